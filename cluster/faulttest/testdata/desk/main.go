// Command desk is a client program on a host of its own: it runs programs of examples/seed on a cluster and in its own process, and
// prints those whose results differ.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"sheaf/client"
	"sheaf/cluster"
	"sheaf/examples/data"
	"sheaf/examples/seed"
)

func main() {
	cluster.Init()
	if err := run(); err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
}

func run() error {
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Minute)
	defer cancel()
	c, err := client.Dial(ctx, os.Getenv("FAULTTEST_URL"), client.Token(os.Getenv("FAULTTEST_TOKEN")))
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	if err := c.WaitForWorkers(ctx, 2); err != nil {
		return err
	}
	dir := os.Getenv("FAULTTEST_DIR")
	if err := data.Unpack(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(dir, "graphs"), 0o755); err != nil {
		return err
	}
	for _, name := range []string{"arrays", "bags", "loops", "combined", "delayed", "dataframes", "persist"} {
		p, ok := seed.Lookup(name)
		if !ok {
			fmt.Println("left out:", name)
			continue
		}
		there, err := p.Run(c.Context(ctx), dir)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		here, err := p.Run(ctx, dir)
		if err != nil {
			return fmt.Errorf("%s here: %w", name, err)
		}
		if fmt.Sprint(there) != fmt.Sprint(here) {
			return fmt.Errorf("%s: there %.500q, here %.500q", name, fmt.Sprint(there), fmt.Sprint(here))
		}
		fmt.Println("same:", name)
	}
	fmt.Println("done")
	return nil
}
