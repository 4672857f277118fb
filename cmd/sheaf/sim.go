package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sheaf/internal/sim"
)

func simCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "sim [flags]",
		Short: "Run simulated clusters, with faults, and judge what they do",
		Long: "Run a whole cluster in one goroutine on a clock of its own, from one seed: a scheduler, workers, clients, and a network that loses,\n" +
			"repeats, delays and damages what they say; kills, pauses, partitions, full disks and clocks that go wrong. An auditor knows what\n" +
			"must become of every task. A seed gives the same output each time. See sheaf sim -h for the flags.",
		DisableFlagParsing: true, // they are those of package flag, with one dash
		RunE: func(c *cobra.Command, args []string) error {
			return simulate(c.Context(), c.OutOrStdout(), args)
		},
	}
}

// simulation is what the flags say.
type simulation struct {
	seed, seeds             uint64
	workers, clients, tasks int
	small, verbose          bool
	faults                  float64
	plant                   string
	duration                time.Duration
}

func simulate(ctx context.Context, out io.Writer, args []string) error {
	var s simulation
	f := flag.NewFlagSet("sheaf sim", flag.ContinueOnError)
	f.SetOutput(out)
	f.Uint64Var(&s.seed, "seed", 1, "what everything that happens by chance is drawn from")
	f.Uint64Var(&s.seeds, "seeds", 1, "run so many seeds, from seed on")
	f.IntVar(&s.workers, "workers", 10, "worker processes")
	f.IntVar(&s.clients, "clients", 3, "client processes")
	f.IntVar(&s.tasks, "tasks", 1000, "tasks that the clients submit in all")
	f.Float64Var(&s.faults, "faults", 1, "how many faults: 0 for none, 2 for twice as many as usual")
	f.DurationVar(&s.duration, "for", 0, "how long clients submit and faults come, in virtual time")
	f.BoolVar(&s.small, "small", false, "small clusters whose sizes are drawn from the seed too, as the tests use them")
	f.StringVar(&s.plant, "plant", "", "put a bug in on purpose: "+strings.Join(sim.Plants(), ", "))
	f.BoolVar(&s.verbose, "v", false, "write every event")
	if err := f.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil
		}
		return err
	}
	if s.plant != "" && !slices.Contains(sim.Plants(), s.plant) {
		return fmt.Errorf("there is no plant %q; there are %s", s.plant, strings.Join(sim.Plants(), ", "))
	}
	if f.NArg() > 0 {
		return fmt.Errorf("sheaf sim takes flags only, got %q", f.Args())
	}
	if s.seeds < 1 || s.workers < 1 || s.clients < 1 || s.tasks < 1 {
		return fmt.Errorf("-seeds %d -workers %d -clients %d -tasks %d: want at least 1 of each", s.seeds, s.workers, s.clients, s.tasks)
	}
	if !s.small {
		if err := s.fits(); err != nil {
			return err
		}
	}
	return s.run(ctx, out)
}

// Limits of a simulated cluster. A worker takes about 40 kB: 10,000 took 380 MB, so that the most take some 4 GB.
const (
	simWorkersMax = 100_000
	simClientsMax = 10_000
	simTasksMax   = 10_000_000
)

// fits refuses what would take more memory than machines have.
func (s *simulation) fits() error {
	for _, n := range []struct {
		flag     string
		got, max int
	}{{"workers", s.workers, simWorkersMax}, {"clients", s.clients, simClientsMax}, {"tasks", s.tasks, simTasksMax}} {
		if n.got > n.max {
			return fmt.Errorf("-%s is %d, want at most %d: a simulated cluster is kept in the memory of this process", n.flag, n.got, n.max)
		}
	}
	return nil
}

func (s *simulation) run(ctx context.Context, out io.Writer) error {
	broken := 0
	for k := range s.seeds {
		c := s.config(s.seed + k)
		if s.verbose {
			c.Log = out
		}
		c.Stop = func() bool { return ctx.Err() != nil }
		done := make(chan *sim.Report, 1)
		go func() { done <- sim.Run(c) }()
		var r *sim.Report
		select {
		case r = <-done:
		case <-ctx.Done(): // an event of a large cluster can take seconds: the run ends after it
		}
		if ctx.Err() != nil {
			return fmt.Errorf("seed %d was interrupted: %w", c.Seed, context.Cause(ctx))
		}
		r.Command = s.command(r.Seed)
		if r.Broken > 0 {
			broken++
		}
		if s.seeds == 1 || r.Broken > 0 || s.verbose {
			fmt.Fprint(out, r)
		}
	}
	if s.seeds > 1 {
		fmt.Fprintf(out, "%d seeds from %d on, %d of them with violations\n", s.seeds, s.seed, broken)
	}
	if broken > 0 {
		return fmt.Errorf("%d of %d runs broke a rule", broken, s.seeds)
	}
	return nil
}

// config is that of one seed.
func (s *simulation) config(seed uint64) sim.Config {
	c := sim.Small(seed)
	if !s.small {
		c = sim.Large(seed, s.workers, s.clients, s.tasks)
	}
	c.Faults = c.Faults.Scaled(s.faults)
	if s.faults == 0 {
		c.Calm()
	}
	if s.duration > 0 {
		c.For = s.duration
	}
	c.Plant = s.plant
	return c
}

// command is the one that repeats a seed.
func (s *simulation) command(seed uint64) string {
	parts := []string{"go run ./cmd/sheaf sim", fmt.Sprintf("-seed %d", seed)}
	if s.small {
		parts = append(parts, "-small")
	} else {
		parts = append(parts, fmt.Sprintf("-workers %d -clients %d -tasks %d", s.workers, s.clients, s.tasks))
	}
	if s.faults != 1 {
		parts = append(parts, fmt.Sprintf("-faults %g", s.faults))
	}
	if s.duration > 0 {
		parts = append(parts, fmt.Sprintf("-for %v", s.duration))
	}
	if s.plant != "" {
		parts = append(parts, "-plant "+s.plant)
	}
	return strings.Join(append(parts, "-v"), " ")
}
