package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"sheaf"
	"sheaf/client"
	"sheaf/diagnostics"
	"sheaf/examples/data"
	"sheaf/examples/seed"
)

// demo is how the demo is run.
type demo struct {
	out    io.Writer
	dir    string // where the data is unpacked
	graphs string // where the pictures go
	run    string // a regular expression of names
	bar    time.Duration

	processes int // on which the programs run; 0 means on goroutines of this one
}

func demoCommand() *cobra.Command {
	d := demo{bar: 100 * time.Millisecond}
	list := false
	c := &cobra.Command{
		Use:   "demo",
		Short: `Run every program of Dask's document "User Interfaces" on real data`,
		Long: `Run every program of Dask's document "User Interfaces" on real data: the flights that left New York City in 2013, as` + "\n" +
			"CSV and JSON files by month, and arrays of 10000 × 10000. Each program's text is shown, then its progress, its result and\n" +
			"the time that it took. Pictures of the task graphs are written as SVG files.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			d.out = c.OutOrStdout()
			if list {
				return listPrograms(d.out)
			}
			return d.do(c.Context())
		},
	}
	c.Flags().StringVar(&d.run, "run", "", "only the programs whose names match this regular expression")
	c.Flags().StringVar(&d.dir, "dir", "", "unpack the data here and keep what the programs write (default: a temporary directory)")
	c.Flags().StringVar(&d.graphs, "graphs", filepath.Join(os.TempDir(), "sheaf-demo"), "where the pictures of the task graphs go")
	c.Flags().IntVarP(&d.processes, "processes", "p", 0, "run the programs on so many worker processes, instead of on goroutines")
	c.Flags().BoolVar(&list, "list", false, "list the programs")
	return c
}

func listPrograms(w io.Writer) error {
	for _, p := range seed.Programs() {
		if _, err := fmt.Fprintf(w, "%-12s %s\n", p.Name, p.Title); err != nil {
			return err
		}
	}
	return nil
}

// do unpacks the data and runs the programs. All are run, also when some fail.
func (d *demo) do(ctx context.Context) error {
	programs, err := d.programs()
	if err != nil {
		return err
	}
	begin := time.Now()
	if d.dir == "" {
		dir, cleanup, err := data.Temp()
		if err != nil {
			return err
		}
		defer func() { _ = cleanup() }()
		d.dir = dir
	} else if err := data.Unpack(d.dir); err != nil {
		return err
	}
	fmt.Fprintf(d.out, "sheaf demo: %d programs; the data was unpacked in %s\n", len(programs), since(begin))
	if left := seed.LeftOut(); len(left) > 0 {
		fmt.Fprintf(d.out, "left out, because this build has no data frames (CGO_ENABLED=0): %s\n", strings.Join(left, ", "))
	}
	ctx, end, err := d.workers(ctx)
	if err != nil {
		return err
	}
	defer end()
	failed := 0
	for k, p := range programs {
		if err := d.one(ctx, p, fmt.Sprintf("%d/%d", k+1, len(programs))); err != nil {
			if ctx.Err() != nil {
				return err
			}
			fmt.Fprintf(d.out, "error: %v\n", err)
			failed++
		}
	}
	fmt.Fprintf(d.out, "\n%d programs in %s; pictures of their graphs are in %s\n", len(programs), since(begin), d.graphs)
	if failed > 0 {
		return fmt.Errorf("%d of %d programs failed", failed, len(programs))
	}
	return nil
}

// workers starts the worker processes, if there are to be any, and returns the context in which programs run there.
func (d *demo) workers(ctx context.Context) (context.Context, func(), error) {
	if d.processes <= 0 {
		return ctx, func() {}, nil
	}
	begin := time.Now()
	c, err := client.Local(ctx, client.Processes(d.processes))
	if err != nil {
		return nil, nil, err
	}
	end := func() { _ = c.Close() }
	if err := c.WaitForWorkers(ctx, d.processes); err != nil {
		end()
		return nil, nil, err
	}
	fmt.Fprintf(d.out, "%d worker processes were started in %s\n", d.processes, since(begin))
	return c.Context(ctx), end, nil
}

func (d *demo) programs() ([]seed.Program, error) {
	re, err := regexp.Compile(d.run)
	if err != nil {
		return nil, err
	}
	var found []seed.Program
	for _, p := range seed.Programs() {
		if re.MatchString(p.Name) {
			found = append(found, p)
		}
	}
	if len(found) == 0 {
		return nil, errors.New("no program has a name that matches; sheaf demo --list names them")
	}
	return found, nil
}

// one shows a program's text, runs it, and shows its results.
func (d *demo) one(ctx context.Context, p seed.Program, number string) error {
	text, err := p.Source()
	if err != nil {
		return err
	}
	fmt.Fprintf(d.out, "\n%s\n%s\n\n", d.rule(number+" "+p.Name+": "+p.Title), strings.ReplaceAll(text, "\t", "    "))
	if err := os.MkdirAll(filepath.Join(d.dir, "graphs"), 0o755); err != nil {
		return err
	}
	if d.processes > 0 && strings.Contains(text, "client.Local(") {
		fmt.Fprintf(d.out, "(Its futures are on goroutines: the client is its own.)\n\n")
	}
	bar := &diagnostics.ProgressBar{Out: d.out, Minimum: d.bar}
	ctx = sheaf.With(ctx, sheaf.Progress(false), sheaf.Listen(bar))
	begin := time.Now()
	results, err := p.Run(ctx, d.dir)
	took := since(begin)
	if err != nil {
		return err
	}
	for _, r := range results {
		fmt.Fprintln(d.out, r)
	}
	fmt.Fprintf(d.out, "→ %s", took)
	for _, g := range p.Graphs {
		name := g + ".svg"
		if err := keep(filepath.Join(d.dir, "graphs", name), filepath.Join(d.graphs, name)); err != nil {
			return err
		}
		fmt.Fprintf(d.out, ", graph in %s", filepath.Join(d.graphs, name))
	}
	_, err = fmt.Fprintln(d.out)
	return err
}

// rule is a line with a title in it, as wide as the terminal.
func (d *demo) rule(title string) string {
	width := 100
	if f, ok := d.out.(*os.File); ok {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 20 {
			width = min(n-1, 140)
		}
	}
	return "── " + title + " " + strings.Repeat("─", max(3, width-len([]rune(title))-4))
}

// keep copies a file to a place that stays.
func keep(from, to string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o644)
}

// since returns the time since t, to three digits or so.
func since(t time.Time) string {
	d := time.Since(t)
	if d < 10*time.Millisecond {
		return d.Round(10 * time.Microsecond).String()
	}
	return d.Round(time.Millisecond).String()
}
