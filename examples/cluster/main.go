// Command cluster runs the programs of examples/seed on worker processes, shows that they give what they give on goroutines, and kills a
// worker in the midst.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"sheaf/client"
	"sheaf/cluster"
	"sheaf/examples/data"
	"sheaf/examples/seed"
)

func main() {
	cluster.Init() // first: the workers are copies of this program

	workers := flag.Int("workers", 2, "worker processes")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *workers); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, workers int) error {
	l, err := cluster.StartLocal(ctx, cluster.Config{Workers: workers}) // on many machines: sheaf scheduler, sheaf worker,
	if err != nil {
		return err
	}
	defer func() { _ = l.Close(context.WithoutCancel(ctx)) }()
	c, err := l.Client(ctx) // and client.Dial(ctx, "nats://scheduler:4222", client.Token(…))
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.WaitForWorkers(ctx, workers); err != nil {
		return err
	}
	processes, err := c.Run[int](ctx, os.Getpid)
	if err != nil {
		return err
	}
	fmt.Printf("A cluster of %d worker processes is up.\n", len(processes))

	dir, cleanup, err := data.Temp()
	if err != nil {
		return err
	}
	defer func() { _ = cleanup() }()
	if err := os.MkdirAll(filepath.Join(dir, "graphs"), 0o755); err != nil {
		return err
	}
	for _, name := range []string{"arrays", "dataframes", "bags", "loops", "combined", "persist", "delayed"} {
		if err := compare(ctx, c, name, dir); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return survive(ctx, l, c)
}

// compare runs a program on the cluster and then on goroutines. All that changes is the context.
func compare(ctx context.Context, c *client.Client, name, dir string) error {
	p, ok := seed.Lookup(name)
	if !ok {
		fmt.Printf("%-10s  left out: this build has no data frames (CGO_ENABLED=0)\n", name)
		return nil
	}
	there, err := p.Run(c.Context(ctx), dir)
	if err != nil {
		return err
	}
	here, err := p.Run(ctx, dir)
	if err != nil {
		return err
	}
	if fmt.Sprint(there...) != fmt.Sprint(here...) {
		return fmt.Errorf("on processes: %v; on goroutines: %v", there, here)
	}
	fmt.Printf("%-10s  the same on processes and on goroutines\n", name)
	return nil
}

// slowSquare is a task that takes its time.
func slowSquare(x int) int {
	time.Sleep(20 * time.Millisecond)
	return x * x
}

// survive kills a worker while futures are being computed, and gathers them all the same.
func survive(ctx context.Context, l *cluster.Local, c *client.Client) error {
	numbers := make([]int, 100)
	for i := range numbers {
		numbers[i] = i
	}
	futures := c.Map[int](slowSquare, numbers)
	defer c.Release(futures)
	if _, err := futures[10].Result(ctx); err != nil {
		return err
	}
	if err := l.Agent().Kill("local-0", "to see what happens"); err != nil {
		return err
	}
	squares, err := c.Gather(ctx, futures)
	if err != nil {
		return err
	}
	sum := 0
	for _, s := range squares {
		sum += s
	}
	fmt.Printf("A worker was killed at work; the squares of 0 to 99 add up to %d nevertheless.\n", sum)
	return nil
}
