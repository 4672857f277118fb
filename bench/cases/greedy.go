package cases

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"sheaf"
	"sheaf/client"
	"sheaf/cluster"
	"sheaf/delayed"
	"sheaf/graph"
)

// The cases of a client beside a greedy one, which submits a graph of a million tasks from a process of its own.

func init() {
	ours["cluster_admit"] = clusterAdmit
	ours["cluster_delay"] = clusterDelay("admitted")
	ours["cluster_delay_run"] = clusterDelay("done")
}

// million is a graph of a million tasks and a sum over them.
func million() *delayed.Value[int] {
	xs := make([]*delayed.Value[int], 1_000_000)
	for i := range xs {
		xs[i] = delayed.Call[int](inc, i)
	}
	return delayed.Call[int](sum, xs)
}

// admit starts a graph and waits until the scheduler has admitted it.
func admit(ctx context.Context, c *client.Client, g graph.Graph) (sheaf.Run, error) {
	run, err := c.Start(ctx, g, sheaf.RunOptions{})
	if err != nil {
		return nil, err
	}
	r, ok := run.(interface{ Admitted(context.Context) error })
	if !ok {
		err = fmt.Errorf("a %T does not tell when it is admitted", run)
	} else {
		err = r.Admitted(ctx)
	}
	if err != nil {
		run.Release()
		return nil, err
	}
	return run, nil
}

// clusterAdmit measures how long it takes from submitting a graph of a million tasks until the scheduler has admitted it.
func clusterAdmit(ctx context.Context, _ string) (Run, error) {
	c, err := twoWorkers(ctx, cluster.SchedulerConfig{})
	if err != nil {
		return nil, err
	}
	g, err := million().Graph()
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (Answer, error) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		start := time.Now()
		run, err := admit(ctx, c, g)
		took := time.Since(start)
		if err != nil {
			return Answer{}, err
		}
		run.Release()
		return Answer{Values: []float64{0}, Measured: took.Seconds()}, nil
	}, nil
}

// greedyVariable names the environment variable that makes a copy of this program the greedy client: "URL TOKEN".
const greedyVariable = "BENCH_GREEDY_CLIENT"

// Greedy does nothing, except in a process that clusterDelay has started: there it submits a graph of a million tasks when it is told
// to, and returns when it has run. It says how far it is, a word a line. Done means that the process was such a one, and has nothing
// else to do.
func Greedy(ctx context.Context) (done bool, err error) {
	where, ok := os.LookupEnv(greedyVariable)
	if !ok {
		return false, nil
	}
	url, token, _ := strings.Cut(where, " ")
	c, err := client.Dial(ctx, url, client.Token(token))
	if err != nil {
		return true, err
	}
	g, err := million().Graph()
	if err != nil {
		return true, err
	}
	fmt.Println("ready")
	if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
		return true, err
	}
	run, err := admit(ctx, c, g)
	if err != nil {
		return true, err
	}
	fmt.Println("admitted")
	if err := run.Wait(ctx); err != nil {
		return true, err
	}
	fmt.Println("done")
	return true, nil
}

// greedy is the process of the greedy client.
type greedy struct {
	cmd  *exec.Cmd
	in   io.Writer
	said chan string // closed when it has ended
}

// startGreedy starts the greedy client of a cluster, and returns when its graph is ready to be submitted.
func startGreedy(ctx context.Context, l *cluster.Local) (*greedy, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	g := &greedy{cmd: exec.CommandContext(ctx, self), said: make(chan string, 10)}
	g.cmd.Env = append(os.Environ(), greedyVariable+"="+l.URL()+" "+l.Security().Token)
	g.cmd.Stderr = os.Stderr
	if g.in, err = g.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := g.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := g.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		defer close(g.said)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			g.said <- lines.Text()
		}
	}()
	if word := <-g.said; word != "ready" {
		g.end()
		return nil, fmt.Errorf("the greedy client says %q, and not that it is ready: %v", word, g.cmd.ProcessState)
	}
	return g, nil
}

// submit makes it submit its graph.
func (g *greedy) submit() error {
	_, err := fmt.Fprintln(g.in, "go")
	return err
}

// has reports whether it has said the word since the last time; it does not wait.
func (g *greedy) has(word string) (bool, error) {
	for {
		select {
		case w, ok := <-g.said:
			if !ok {
				return false, fmt.Errorf("the greedy client has ended before it said %q", word)
			}
			if w == word {
				return true, nil
			}
		default:
			return false, nil
		}
	}
}

// end kills it: by itself it would wait for a cluster that is gone.
func (g *greedy) end() {
	_ = g.cmd.Process.Kill()
	_ = g.cmd.Wait()
}

// clusterDelay measures how many times longer the 99th percentile of a client's round trips gets while the greedy client submits its graph:
// until that says the given word.
func clusterDelay(until string) Setup {
	return func(ctx context.Context, _ string) (Run, error) {
		l, err := cluster.StartLocal(ctx, cluster.Config{Workers: 2, Threads: 1})
		if err != nil {
			return nil, err
		}
		c, err := l.Client(ctx)
		if err != nil {
			return nil, err
		}
		g, err := startGreedy(ctx, l)
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context) (Answer, error) {
			defer g.end()
			ratio, err := delay(ctx, c, g, until)
			return Answer{Values: []float64{0}, Measured: ratio}, err
		}, nil
	}
}

// delay returns the ratio of the 99th percentiles of round trips beside the greedy client, until it says a word, and alone.
func delay(ctx context.Context, c *client.Client, g *greedy, until string) (ratio float64, err error) {
	const n = 2000
	alone, _, err := trip(ctx, c, n)
	if err != nil {
		return 0, err
	}
	if err := g.submit(); err != nil {
		return 0, err
	}
	var beside []time.Duration
	for {
		few, _, err := trip(ctx, c, 1)
		if err != nil {
			return 0, err
		}
		beside = append(beside, few...)
		if said, err := g.has(until); err != nil {
			return 0, err
		} else if said {
			break
		}
	}
	slices.Sort(beside)
	return beside[len(beside)*99/100].Seconds() / alone[n*99/100].Seconds(), nil
}
