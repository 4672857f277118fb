package cluster_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sheaf/cluster"
)

// Members are started in the background, started again when they die, and scaled.
func ExampleSpec() {
	ctx := context.Background()
	c, err := cluster.StartSpec(ctx, cluster.Spec{
		Template: cluster.LocalWorkers(cluster.AgentConfig{Processes: 1, Threads: 1}), Initial: 1,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close(ctx)
	if err := c.Wait(ctx); err != nil {
		fmt.Println(err)
		return
	}
	k, err := c.Client(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer k.Close()
	fmt.Println(k.Submit[int](inc, 1).Result(ctx))
	// Output: 2 <nil>
}

func ExampleSpecCluster() {
	ctx := context.Background()
	c, err := cluster.StartSpec(ctx, cluster.Spec{Template: cluster.LocalWorkers(cluster.AgentConfig{Processes: 1, Threads: 2})})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close(ctx)
	fmt.Println(c.ScaleThreads(4)) // returns at once
	fmt.Println(c.Wait(ctx), c.Status().Names(cluster.Running))
	fmt.Println(c.Scale(1))
	fmt.Println(c.Wait(ctx), c.Status().Running())
	// Output:
	// <nil>
	// <nil> [worker-0 worker-1]
	// <nil>
	// <nil> 1
}

// An idler is a process that does nothing: what a Starter of some batch system would do instead is to ask for a job.
type idler struct{ done chan struct{} }

func (i *idler) Done() <-chan struct{} { return i.done }

func (i *idler) Err() error { return nil }

func (i *idler) Close(context.Context) error {
	select {
	case <-i.done:
	default:
		close(i.done)
	}
	return nil
}

type idlers struct{}

func (idlers) Start(_ context.Context, j cluster.Join) (cluster.Process, error) {
	if j.Name == "unlucky" {
		return nil, errors.New("no machine is free")
	}
	return &idler{make(chan struct{})}, nil
}

func ExampleStarter() {
	ctx := context.Background()
	c, err := cluster.StartSpec(ctx, cluster.Spec{Workers: []cluster.Member{{Name: "lucky", Starter: idlers{}}, {Name: "unlucky", Starter: idlers{}}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close(ctx)
	for c.Status().Err() == nil || c.Status().Running() == 0 {
		time.Sleep(time.Millisecond)
	}
	fmt.Println(c.Status().Err())
	// Output: unlucky: no machine is free
}

func ExampleProcess() {
	ctx := context.Background()
	var p cluster.Process = &idler{make(chan struct{})}
	fmt.Println(p.Close(ctx), p.Close(ctx))
	<-p.Done()
	fmt.Println(p.Err())
	// Output:
	// <nil> <nil>
	// <nil>
}

func ExampleJoin() {
	p, err := idlers{}.Start(context.Background(), cluster.Join{Name: "worker-0", URL: "nats://scheduler:4222"})
	fmt.Println(p != nil, err)
	// Output: true <nil>
}

// A scheduler can be given to a Spec by whatever starts one.
type ownScheduler struct{ conf cluster.SchedulerConfig }

func (o ownScheduler) StartScheduler(ctx context.Context, j cluster.Join) (cluster.SchedulerProcess, error) {
	conf := o.conf
	conf.Name, conf.Security = j.Cluster, j.Security
	s, err := cluster.StartScheduler(context.WithoutCancel(ctx), conf)
	if err != nil {
		return nil, err
	}
	return s, nil
}

func ExampleSchedulerStarter() {
	ctx := context.Background()
	c, err := cluster.StartSpec(ctx, cluster.Spec{Name: "mine", Scheduler: ownScheduler{cluster.SchedulerConfig{NoLog: true}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close(ctx)
	info, err := c.Info(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(info.Name, len(info.Workers))
	// Output: mine 0
}

func ExampleSchedulerProcess() {
	ctx := context.Background()
	s, err := cluster.LocalScheduler(cluster.SchedulerConfig{}).StartScheduler(ctx, cluster.Join{Cluster: "mine", Security: cluster.Security{Token: "secret"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.URL()[:15])
	fmt.Println(s.Close(ctx))
	// Output:
	// nats://127.0.0.
	// <nil>
}

// Members need not be alike; what they have is needed to scale by threads or memory, and to adapt within bounds of these.
func ExampleMember() {
	ctx := context.Background()
	c, err := cluster.StartSpec(ctx, cluster.Spec{
		Workers:  []cluster.Member{{Name: "big", Starter: idlers{}}},
		Template: cluster.Member{Name: "small", Starter: idlers{}, Workers: 2, Threads: 4, MemoryBytes: 8 << 30},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close(ctx)
	fmt.Println(c.ScaleMemory(40 << 30))
	fmt.Println(c.Wait(ctx), c.Status().Names())
	// Output:
	// <nil>
	// <nil> [big small-0 small-1]
}

func ExampleSpecStatus() {
	s := cluster.SpecStatus{Wanted: 2, Members: []cluster.MemberStatus{
		{Name: "node1", Wanted: true, Phase: cluster.Running},
		{Name: "node2", Wanted: true, Phase: cluster.Waiting, Failures: 3, Err: errors.New("no route to host")},
	}}
	fmt.Print(s)
	fmt.Println(s.Names(cluster.Waiting), s.Err())
	// Output:
	// 1 of 2 members run
	//   node1  running
	//   node2  waiting  3 failures in a row  no route to host
	// [node2] node2: no route to host
}

func ExampleMemberStatus() {
	ctx := context.Background()
	c, err := cluster.StartSpec(ctx, cluster.Spec{Workers: []cluster.Member{{Name: "a", Starter: idlers{}}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close(ctx)
	if err := c.Wait(ctx); err != nil {
		fmt.Println(err)
		return
	}
	m := c.Status().Members[0]
	fmt.Println(m.Name, m.Phase, m.Failures, m.Err)
	// Output: a running 0 <nil>
}

func ExamplePhase() {
	fmt.Println(cluster.Waiting, cluster.Starting, cluster.Running, cluster.Leaving)
	// Output: waiting starting running leaving
}

// The scheduler and each agent are processes of their own, which end when this one does.
func ExampleRemoteConfig() {
	ctx := context.Background()
	remote := cluster.RemoteConfig{Own: true, Lost: 10 * time.Second}
	c, err := cluster.StartSpec(ctx, cluster.Spec{
		Scheduler: cluster.RemoteScheduler(cluster.Subprocesses(), cluster.SchedulerConfig{}, remote),
		Template:  cluster.RemoteWorkers(cluster.Subprocesses(), cluster.AgentConfig{Processes: 1, Threads: 1}, remote), Initial: 1,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close(ctx)
	if err := c.Wait(ctx); err != nil {
		fmt.Println(err)
		return
	}
	k, err := c.Client(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer k.Close()
	fmt.Println(k.Submit[int](add, 20, 22).Result(ctx))
	// Output: 42 <nil>
}

// A picky launcher leaves the launching to another one, and gives out only so many machines.
type picky struct {
	cluster.Launcher
	free map[string]bool
}

func (p picky) Launch(ctx context.Context, member string) (*cluster.Streams, error) {
	if !p.free[member] {
		return nil, errors.New("no machine is free")
	}
	s, err := p.Launcher.Launch(ctx, member)
	if err == nil {
		s.Where = "machine 7"
	}
	return s, err
}

func ExampleLauncher() {
	ctx := context.Background()
	l := picky{cluster.Subprocesses(), map[string]bool{"scheduler": true}}
	c, err := cluster.StartSpec(ctx, cluster.Spec{
		Scheduler: cluster.RemoteScheduler(l, cluster.SchedulerConfig{}, cluster.RemoteConfig{}),
		Template:  cluster.RemoteWorkers(l, cluster.AgentConfig{}, cluster.RemoteConfig{}), Initial: 1,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close(ctx)
	for c.Status().Err() == nil {
		time.Sleep(time.Millisecond)
	}
	fmt.Println(c.Status().Err())
	// Output: worker-0: cluster: worker-0: no machine is free
}

func ExampleStreams() {
	s, err := cluster.Subprocesses().Launch(context.Background(), "worker-0")
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = s.Stdin.Close() // it was not told what to be, so it says so and ends
	buf := make([]byte, 1<<10)
	n, _ := s.Stderr.Read(buf)
	fmt.Println(string(buf[:n])[:23])
	fmt.Println(s.Wait() != nil)
	// Output:
	// error: cluster: member:
	// true
}
