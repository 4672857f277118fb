package cluster_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"sheaf/array"
	"sheaf/client"
	"sheaf/cluster"
)

// A program that wants worker processes calls cluster.Init at the top of main. Here TestMain does.
func Example() {
	ctx := context.Background()
	c, err := client.Local(ctx, client.Processes(2))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	ctx = c.Context(ctx) // from here on everything runs on the processes
	fmt.Println(array.Arange(0, 1000, 1, array.Chunks(100)).Sum().Compute(ctx))
	// Output: 499500 <nil>
}

func ExampleStartLocal() {
	ctx := context.Background()
	l, err := cluster.StartLocal(ctx, cluster.Config{Workers: 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer l.Close(ctx)
	c, err := l.Client(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	fmt.Println(c.Submit[int](add, c.Submit[int](inc, 1), 40).Result(ctx))
	// Output: 42 <nil>
}

func ExampleLocal() {
	ctx := context.Background()
	l, err := cluster.StartLocal(ctx, cluster.Config{Workers: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer l.Close(ctx)
	l.Scale(2)
	c, err := client.Dial(ctx, l.URL(), client.Token(l.Security().Token)) // as another process of the same program would
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	fmt.Println(c.WaitForWorkers(ctx, 2), len(l.Agent().Workers()))
	// Output: <nil> 2
}

func ExampleConfig() {
	ctx := context.Background()
	l, err := cluster.StartLocal(ctx, cluster.Config{Workers: 1, Threads: 3, MemoryBytes: 1 << 30, Resources: map[string]float64{"GPU": 1}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer l.Close(ctx)
	c, err := l.Client(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	if err := c.WaitForWorkers(ctx, 1); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c.NThreads(ctx))
	fmt.Println(c.Submit[int](inc, 1, client.Resource("GPU", 1)).Result(ctx))
	// Output:
	// map[local-0:3] <nil>
	// 2 <nil>
}

func ExampleInProcess() {
	ctx := context.Background()
	p, err := cluster.StartInProcess(ctx, cluster.Config{Workers: 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer p.Close(ctx)
	c, err := p.Client(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	fmt.Println(c.Submit[int](inc, 1).Result(ctx))
	k := 2
	err = c.Submit[int](func(x int) int { return x + k }, 1).Exception(ctx) // what could not travel is refused as everywhere
	fmt.Println(strings.Contains(err.Error(), "pass them with fn.Bind"))
	// Output:
	// 2 <nil>
	// true
}

// The three parts of a cluster, as the commands sheaf scheduler and sheaf worker start them on several machines.
func ExampleScheduler() {
	ctx := context.Background()
	s, err := cluster.StartScheduler(ctx, cluster.SchedulerConfig{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close(ctx)
	a, err := cluster.StartAgent(ctx, cluster.AgentConfig{URL: s.URL(), Security: s.Security(), Name: "host1", Processes: 2, Threads: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer a.Close(ctx)
	c, err := client.Dial(ctx, s.URL(), client.Token(s.Security().Token))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	fmt.Println(c.Submit[int](inc, 1).Result(ctx))
	// Output: 2 <nil>
}

func ExampleSchedulerConfig() {
	_, err := cluster.StartScheduler(context.Background(), cluster.SchedulerConfig{Listen: "0.0.0.0:0", Security: cluster.Security{}})
	fmt.Println(errors.Is(err, cluster.ErrSecurity))
	// Output: true
}

func ExampleAgent() {
	ctx := context.Background()
	l, err := cluster.StartLocal(ctx, cluster.Config{Workers: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer l.Close(ctx)
	c, err := l.Client(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	before, err := c.Submit[int](os.Getpid, client.Pure(false)).Result(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(l.Agent().Kill("local-0", "as an example"))
	after, err := c.Submit[int](os.Getpid, client.Pure(false)).Result(ctx)
	fmt.Println(before != after, err) // another process, that the agent has started
	// Output:
	// <nil>
	// true <nil>
}

func ExampleAgentConfig() {
	ctx := context.Background()
	s, err := cluster.StartScheduler(ctx, cluster.SchedulerConfig{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close(ctx)
	a, err := cluster.StartAgent(ctx, cluster.AgentConfig{
		URL: s.URL(), Security: s.Security(), Name: "host2", Processes: 2, Threads: 3, MemoryBytes: 1 << 30, Resources: map[string]float64{"GPU": 1},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer a.Close(ctx)
	c, err := s.Client(ctx) // what connects brings the executable
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	if err := c.WaitForWorkers(ctx, 2); err != nil {
		fmt.Println(err)
		return
	}
	info, err := c.Info(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, w := range info.Workers {
		fmt.Println(w.Name[:5], w.Threads, w.Resources)
	}
	// Output:
	// host2 3 map[GPU:1]
	// host2 3 map[GPU:1]
}

func ExampleSecurity() {
	ctx := context.Background()
	s, err := cluster.TemporarySecurity() // a token and certificates
	if err != nil {
		fmt.Println(err)
		return
	}
	l, err := cluster.StartLocal(ctx, cluster.Config{Workers: 1, Security: s})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer l.Close(ctx)
	c, err := l.Client(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	fmt.Println(s.Encrypted(), l.URL()[:6])
	fmt.Println(c.Submit[int](inc, 1).Result(ctx))
	// Output:
	// true tls://
	// 2 <nil>
}

func ExampleInfo() {
	ctx := context.Background()
	p, err := cluster.StartInProcess(ctx, cluster.Config{Workers: 2, Threads: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer p.Close(ctx)
	c, err := p.Client(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	if err := c.WaitForWorkers(ctx, 2); err != nil {
		fmt.Println(err)
		return
	}
	info, err := p.Info(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, w := range info.Workers {
		fmt.Println(w.Name, w.Threads)
	}
	// Output:
	// worker-0 1
	// worker-1 1
}

func ExampleSpan() {
	fmt.Print(cluster.DescribeSpans([]cluster.Span{
		{Path: []string{"etl", "load"}, Graphs: 1, Tasks: 8, Done: 6, Nanos: 2e9, Bytes: 1 << 20, MovedBytes: 2048, MovedNanos: 3000, Start: 1e9, End: 2e9},
		{Path: []string{"etl"}},
	}))
	// Output:
	// span        graphs  tasks  done  to do  failed  ran  results  fetched         for
	// etl         0       0      0     0      0       0s   0 B      0 B in 0s       0s
	// etl / load  1       8      6     0      0       2s   1.0 MiB  2.0 KiB in 3µs  1s
}
