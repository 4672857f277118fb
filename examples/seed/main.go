package seed

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"sheaf/examples/data"
)

// Main is the main function of examples/NAME: it unpacks the data, runs the program, and prints what it returns.
func Main(name string) {
	if err := run(name); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(name string) error {
	keep := flag.String("dir", "", "unpack the data here and keep what the program writes (default: a temporary directory)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	p, ok := Lookup(name)
	if !ok {
		return fmt.Errorf("%s needs dataframes, which this program was built without (CGO_ENABLED=0)", name)
	}
	dir := *keep
	if dir == "" {
		temp, cleanup, err := data.Temp()
		if err != nil {
			return err
		}
		defer func() { _ = cleanup() }()
		dir = temp
	} else if err := data.Unpack(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(dir, "graphs"), 0o755); err != nil {
		return err
	}
	begin := time.Now()
	results, err := p.Run(ctx, dir)
	if err != nil {
		return err
	}
	for _, r := range results {
		fmt.Println(r)
	}
	fmt.Fprintf(os.Stderr, "%s: %v\n", name, time.Since(begin).Round(time.Millisecond))
	return nil
}
