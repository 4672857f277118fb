package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"sheaf/bench/cases"
	"sheaf/bench/data"
	"sheaf/client"
	"sheaf/cluster"
	limits "sheaf/internal/machine"
	"sheaf/internal/netns"
)

// chaos runs array, bag and TPC-H work on worker processes for a while, kills one of them every so often, and cuts others off from
// the scheduler. Every answer is compared with that of this process alone. At the end nothing may be left: no task, no client's
// claim, no growth of memory, goroutines or open files.
//
//	go run ./bench chaos -for 15m -kill 20s -cut 1m
type chaos struct {
	length, kill, cut time.Duration
	processes         int
	seed              uint64
	root              string
	out               io.Writer

	scheduler *cluster.Scheduler
	agents    []*cluster.Agent
	proxy     *netns.Proxy
	client    *client.Client

	mu         sync.Mutex // guards what follows
	runs       map[string]int
	violations []string
	kills      int
	cuts       int
	samples    []sample
}

// sample is what may not grow.
type sample struct {
	at                time.Duration
	rss, workers      int64
	goroutines, files int
}

// chaosCases are the programs, with the data sets that they read.
var chaosCases = []string{"seed_sum", "rechunk_sum", "std_axis0", "json_seed", "csv_seed", "q1_like", "join"}

func runChaos(ctx context.Context, args []string) error {
	c := chaos{out: os.Stdout, runs: map[string]int{}}
	f := flag.NewFlagSet("chaos", flag.ContinueOnError)
	f.DurationVar(&c.length, "for", 15*time.Minute, "how long")
	f.DurationVar(&c.kill, "kill", 20*time.Second, "between two kills of a worker process")
	f.DurationVar(&c.cut, "cut", time.Minute, "between two partitions")
	f.IntVar(&c.processes, "processes", 2, "worker processes of each of two agents")
	f.Uint64Var(&c.seed, "seed", 1, "of what is left to chance")
	only := f.String("only", "", "only these cases, separated by commas")
	s := settings{}
	f.StringVar(&s.cache, "cache", "", "as for the benchmark")
	f.StringVar(&s.data, "data", "", "as for the benchmark")
	if err := f.Parse(args); err != nil {
		return err
	}
	if err := s.directories(); err != nil {
		return err
	}
	c.root = s.data
	names := chaosCases
	if *only != "" {
		names = strings.Split(*only, ",")
	}
	if err := c.start(ctx); err != nil {
		return err
	}
	err := c.run(ctx, names)
	return errors.Join(err, c.end(context.WithoutCancel(ctx)))
}

// start starts a scheduler and two agents, the second of which reaches it through a proxy that can stop.
func (c *chaos) start(ctx context.Context) error {
	var err error
	if c.scheduler, err = cluster.StartScheduler(ctx, cluster.SchedulerConfig{}); err != nil {
		return err
	}
	u, err := url.Parse(c.scheduler.URL())
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	c.proxy = netns.NewProxy(l, func() (net.Conn, error) { return net.Dial("tcp", u.Host) })
	for i, address := range []string{c.scheduler.URL(), "nats://" + l.Addr().String()} {
		a, err := cluster.StartAgent(ctx, cluster.AgentConfig{
			URL: address, Name: fmt.Sprintf("host%d", i+1), Security: c.scheduler.Security(), Processes: c.processes, Threads: 1, Host: "127.0.0.1",
			MemoryBytes: limits.MemoryOf().LimitBytes / int64(4*c.processes),
		})
		if err != nil {
			return err
		}
		c.agents = append(c.agents, a)
	}
	if c.client, err = client.Dial(ctx, c.scheduler.URL(), client.Token(c.scheduler.Security().Token)); err != nil {
		return err
	}
	return c.client.WaitForWorkers(ctx, 2*c.processes)
}

// run does the work until the time is up.
func (c *chaos) run(ctx context.Context, names []string) error {
	type program struct {
		name string
		run  cases.Run
		want []float64
	}
	var programs []program
	for _, name := range names {
		k, ok := cases.Find(name)
		if !ok || !cases.HasSheaf(name) {
			return fmt.Errorf("bench: chaos: there is no case %q in this build", name)
		}
		if k.Data != "" {
			if _, err := data.Ensure(ctx, c.root, k.Data); err != nil {
				return err
			}
		}
		run, err := cases.Prepare(ctx, name, c.root)
		if err != nil {
			return err
		}
		a, err := run(ctx)
		if err != nil {
			return fmt.Errorf("bench: chaos: %s in this process: %w", name, err)
		}
		programs = append(programs, program{name, run, a.Values})
	}
	begin := time.Now()
	ctx, cancel := context.WithTimeout(ctx, c.length)
	defer cancel()
	var trouble sync.WaitGroup
	trouble.Go(func() { c.killing(ctx) })
	trouble.Go(func() { c.cutting(ctx) })
	trouble.Go(func() { c.watching(ctx, begin) })
	for i := 0; ctx.Err() == nil; i++ {
		p := programs[i%len(programs)]
		// A run that has begun may end: it is bounded by itself, so that one that hangs is found.
		one, stop := context.WithTimeoutCause(context.WithoutCancel(ctx), 3*time.Minute, errors.New("no answer within 3 minutes"))
		a, err := p.run(c.client.Context(one))
		stop()
		switch {
		case err != nil:
			c.violation("L1 %s: %v", p.name, err)
		case !near(a.Values, p.want):
			c.violation("L2 %s: got %v, want %v", p.name, head(a.Values), head(p.want))
		}
		c.mu.Lock()
		c.runs[p.name]++
		c.mu.Unlock()
	}
	trouble.Wait()
	return nil
}

func near(got, want []float64) bool {
	return slices.EqualFunc(got, want, func(g, w float64) bool { return math.Abs(g-w) <= 1e-9*max(1, math.Abs(w)) })
}

func head(v []float64) []float64 { return v[:min(len(v), 4)] }

// killing kills a worker process now and then.
func (c *chaos) killing(ctx context.Context) {
	r := rand.New(rand.NewPCG(c.seed, 1))
	for pause(ctx, c.kill) {
		a := c.agents[r.IntN(len(c.agents))]
		var names []string
		for name := range a.Workers() {
			names = append(names, name)
		}
		slices.Sort(names)
		if len(names) == 0 {
			continue
		}
		if a.Kill(names[r.IntN(len(names))], "chaos") == nil {
			c.mu.Lock()
			c.kills++
			c.mu.Unlock()
		}
	}
}

// cutting stops the proxy now and then, for less or for more than what makes the scheduler give a worker up.
func (c *chaos) cutting(ctx context.Context) {
	r := rand.New(rand.NewPCG(c.seed, 2))
	for pause(ctx, c.cut) {
		length := time.Duration(r.IntN(20)+1) * time.Second
		both := r.IntN(3) > 0
		c.proxy.Stall(netns.Down, true)
		c.proxy.Stall(netns.Up, both)
		pause(ctx, length)
		c.proxy.Stall(netns.Down, false)
		c.proxy.Stall(netns.Up, false)
		c.mu.Lock()
		c.cuts++
		c.mu.Unlock()
	}
}

// watching notes what may not grow, and says how it goes.
func (c *chaos) watching(ctx context.Context, begin time.Time) {
	for pause(ctx, 10*time.Second) {
		s := sample{at: time.Since(begin), rss: residentBytes(), goroutines: runtime.NumGoroutine(), files: openFiles()}
		if info, err := c.scheduler.Info(ctx); err == nil {
			for i := range info.Workers {
				s.workers += info.Workers[i].Beat.RSSBytes
			}
		}
		c.mu.Lock()
		c.samples = append(c.samples, s)
		if len(c.samples)%6 == 0 {
			_, _ = fmt.Fprintf(c.out, "%6v  runs %v  kills %d  cuts %d  violations %d  scheduler and client %d MB, %d goroutines, %d files; workers %d MB\n",
				s.at.Round(time.Second), c.runs, c.kills, c.cuts, len(c.violations), s.rss>>20, s.goroutines, s.files, s.workers>>20)
		}
		c.mu.Unlock()
	}
}

func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

func (c *chaos) violation(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	v := fmt.Sprintf(format, args...)
	c.violations = append(c.violations, v)
	_, _ = fmt.Fprintln(c.out, "VIOLATION", v)
}

// end checks that nothing is left and that nothing has grown, and reports.
func (c *chaos) end(ctx context.Context) error {
	if c.client != nil {
		_ = c.client.Close()
		if left := c.left(ctx); left != "" {
			c.violation("L5 %s", left)
		}
	}
	c.grown("memory of the scheduler and the client", func(s sample) float64 { return float64(s.rss) }, 64<<20)
	c.grown("goroutines", func(s sample) float64 { return float64(s.goroutines) }, 50)
	c.grown("open files", func(s sample) float64 { return float64(s.files) }, 20)
	var errs []error
	for _, a := range c.agents {
		errs = append(errs, a.Close(ctx))
	}
	if c.proxy != nil {
		c.proxy.Close()
	}
	errs = append(errs, c.scheduler.Close(ctx))
	total := 0
	for _, n := range c.runs {
		total += n
	}
	_, _ = fmt.Fprintf(c.out, "%d runs, %d kills, %d partitions: %d violations\n", total, c.kills, c.cuts, len(c.violations))
	if len(c.violations) > 0 {
		errs = append(errs, fmt.Errorf("bench: chaos: %d violations, the first: %s", len(c.violations), c.violations[0]))
	}
	if total == 0 || c.kills == 0 && c.length > 2*c.kill {
		errs = append(errs, errors.New("bench: chaos: nothing was run, or nobody was killed"))
	}
	return errors.Join(errs...)
}

// left waits until the scheduler has no live task, and says what it has when that takes too long.
func (c *chaos) left(ctx context.Context) string {
	deadline := time.Now().Add(30 * time.Second)
	for {
		info, err := c.scheduler.Info(ctx)
		if err != nil {
			return err.Error()
		}
		live := 0
		for _, t := range info.Tasks {
			live += t.Tasks
		}
		if live == 0 && info.Graphs == 0 {
			return ""
		}
		if time.Now().After(deadline) {
			return fmt.Sprintf("%d tasks and %d graphs are left: %v", live, info.Graphs, info.Tasks)
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// grown reports a violation if the median of the last third of the samples is above that of the middle third by more than a quarter and slack.
func (c *chaos) grown(what string, of func(sample) float64, slack float64) {
	n := len(c.samples) / 3
	if n < 3 {
		return
	}
	median := func(ss []sample) float64 {
		var vs []float64
		for _, s := range ss {
			vs = append(vs, of(s))
		}
		slices.Sort(vs)
		return vs[len(vs)/2]
	}
	before, after := median(c.samples[n:2*n]), median(c.samples[2*n:])
	if after > 1.25*before+slack {
		c.violation("L5 %s grew from %.0f to %.0f", what, before, after)
	}
}

// openFiles counts the open files of this process; 0 where that cannot be known.
func openFiles() int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(entries)
}

// residentBytes returns the resident set of this process; 0 where that cannot be known.
func residentBytes() int64 {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	var size, resident int64
	if _, err := fmt.Sscan(string(b), &size, &resident); err != nil {
		return 0
	}
	return resident * int64(os.Getpagesize())
}
