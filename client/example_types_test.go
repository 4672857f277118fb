package client_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"sheaf/client"
	"sheaf/internal/wire"
)

// account is an actor's state.
type account struct{ balance int }

func newAccount(balance int) *account { return &account{balance} }

// Deposit adds an amount and returns the balance.
func (a *account) Deposit(amount int) int {
	a.balance += amount
	return a.balance
}

func ExampleActor() {
	ctx := context.Background()
	c, _ := client.Local(ctx)
	defer c.Close()
	a := c.Actor[*account](newAccount, 100)
	_, _ = a.Call[int](ctx, (*account).Deposit, 10)
	balance, err := a.Call[int](ctx, (*account).Deposit, 5)
	fmt.Println(balance, err)
	// Output: 115 <nil>
}

func ExampleActorFuture() {
	ctx := context.Background()
	c, _ := client.Local(ctx)
	defer c.Close()
	a := c.Actor[*account](newAccount, 0)
	var last *client.ActorFuture[int]
	for range 100 {
		last = a.Go[int](ctx, (*account).Deposit, 1) // does not wait
	}
	fmt.Println(last.Result(ctx))
	// Output: 100 <nil>
}

func ExampleCompleted() {
	ctx := context.Background()
	c, _ := client.Local(ctx)
	defer c.Close()
	done := client.NewCompleted(c.Submit[int](inc, 0))
	for f := range done.All(ctx) {
		v, _ := f.Result(ctx)
		fmt.Println(v)
		if v < 3 { // one leads to the next
			done.Add(c.Submit[int](inc, v))
		}
	}
	// Output:
	// 1
	// 2
	// 3
}

func ExamplePool() {
	ctx := context.Background()
	c, _ := client.Local(ctx)
	defer c.Close()
	dir, _ := os.MkdirTemp("", "pool")
	defer os.RemoveAll(dir)
	p := c.Pool(ctx)
	for _, name := range []string{"a", "b"} {
		p.Go(os.WriteFile, filepath.Join(dir, name), []byte(name), os.FileMode(0o600))
	}
	fmt.Println(p.Wait())
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	fmt.Println(len(files))
	// Output:
	// <nil>
	// 2
}

func ExampleInfo() {
	ctx := context.Background()
	c, _ := client.Local(ctx, client.Workers(3))
	defer c.Close()
	var info *client.Info
	info, err := c.Info(ctx)
	fmt.Println(info.Threads(), err)
	// Output: 3 <nil>
}

func ExampleWorkerInfo() {
	ctx := context.Background()
	c, _ := client.Local(ctx, client.Workers(2))
	defer c.Close()
	info, _ := c.Info(ctx)
	w := info.Workers[0]
	fmt.Println(w.Name, w.Threads, w.Status)
	// Output: local 2 running
}

func ExampleClientInfo() {
	ctx := context.Background()
	c, _ := client.Local(ctx)
	defer c.Close()
	info, _ := c.Info(ctx)
	me := info.Clients[0]
	fmt.Println(strings.Contains(me.Process, fmt.Sprint(os.Getpid())))
	// Output: true
}

func ExampleTaskInfo() {
	ctx := context.Background()
	c, _ := client.Local(ctx)
	defer c.Close()
	info, err := c.Submit[client.TaskInfo](func(ctx context.Context) (client.TaskInfo, error) {
		i, _ := client.Task(ctx)
		if i.Attempt == 1 {
			return i, errors.New("not at the first attempt")
		}
		return i, nil
	}, client.Retries(1)).Result(ctx)
	fmt.Println(info.Worker, info.Attempt, err)
	// Output: local 2 <nil>
}

func ExampleTaskRecord() {
	ctx := context.Background()
	c, _ := client.Local(ctx)
	defer c.Close()
	begin := time.Now()
	_, _ = c.TaskStream(ctx, begin) // the recording begins
	_, _ = c.Submit[int](inc, 1).Result(ctx)
	time.Sleep(20 * time.Millisecond)
	records, err := c.TaskStream(ctx, begin)
	r := records[0]
	fmt.Println(len(records), r.Worker, r.Failed, err)
	// Output: 1 local false <nil>
}

func ExampleMemorySampler() {
	ctx := context.Background()
	c, _ := client.Local(ctx)
	defer c.Close()
	var m client.MemorySampler
	err := m.Sample(ctx, c, "inc", time.Millisecond, func(ctx context.Context) error {
		_, err := c.Gather(ctx, c.Map[int](inc, []int{1, 2, 3}))
		return err
	})
	samples := m.Samples("inc")
	fmt.Println(len(samples) >= 2, samples[0].RSS > 0, err)
	// Output: true true <nil>
}

func ExampleMemorySample() {
	s := client.MemorySample{Values: 1 << 20, Spilled: 1 << 10}
	fmt.Println(s.Values + s.Spilled)
	// Output: 1049600
}

// greeter is a plugin.
type greeter struct{ Name string }

// Setup greets.
func (g greeter) Setup(context.Context) error { fmt.Println("hello,", g.Name); return nil }

// Teardown takes leave.
func (g greeter) Teardown(context.Context) error { fmt.Println("good-bye,", g.Name); return nil }

func ExampleWorkerPlugin() {
	ctx := context.Background()
	c, _ := client.Local(ctx)
	var p client.WorkerPlugin = greeter{"worker"}
	_ = c.RegisterPlugin(ctx, "greeter", p)
	_ = c.Close()
	// Output:
	// hello, worker
	// good-bye, worker
}

func ExampleActors() {
	a := client.NewActors() // a worker's
	_, err := a.Call(context.Background(), wire.ID{Layer: 1}, newAccount(1), []byte("no call"))
	fmt.Println(err != nil)
	// Output: true
}

func ExampleConnection() {
	_, err := client.Dial(context.Background(), "scheduler:4222") // Dial makes a Connection of a URL
	fmt.Println(err)
	// Output: client: Dial("scheduler:4222"): want a URL such as nats://scheduler:4222
}

// A file of this machine, on all workers.
func ExampleClient_UploadFile() {
	ctx := context.Background()
	c, err := client.Local(ctx) // or client.Dial
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	if err := c.UploadReader(ctx, "words.txt", strings.NewReader("sheaf of wheat")); err != nil {
		fmt.Println(err)
		return
	}
	n := c.Submit[int](func(ctx context.Context, name string) (int, error) {
		path, err := client.UploadedFile(ctx, name)
		if err != nil {
			return 0, err
		}
		text, err := os.ReadFile(path)
		return len(strings.Fields(string(text))), err
	}, "words.txt")
	fmt.Println(n.Result(ctx))
	// Output: 3 <nil>
}

func ExampleFiles() {
	files := client.NewFiles(os.TempDir()) // of a worker; package cluster does this
	fmt.Println(files.Close())
	// Output: <nil>
}

// A function in the scheduler's process sees the cluster.
func ExampleClient_RunOnScheduler() {
	ctx := context.Background()
	c, err := client.Local(ctx, client.Workers(3)) // or that of a cluster.StartLocal
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	fmt.Println(c.RunOnScheduler[int](ctx, func(ctx context.Context) (int, error) {
		i, err := client.SchedulerInfo(ctx)
		if err != nil {
			return 0, err
		}
		return i.Threads(), nil
	}))
	// Output: 3 <nil>
}
