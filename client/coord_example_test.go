package client_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sheaf/client"
)

func ExampleLock() {
	ctx := context.Background()
	c, _ := client.Local(ctx)
	defer c.Close()
	l := c.Lock("report.csv")
	if err := l.Lock(ctx); err != nil {
		fmt.Println(err)
		return
	}
	defer l.Unlock(ctx)
	got, err := c.Lock("report.csv").TryLock(ctx)
	fmt.Println("fencing token", l.Token(), "a second holder:", got, err)
	// Output: fencing token 1 a second holder: false <nil>
}

func ExampleLock_Do() {
	ctx := context.Background()
	c, _ := client.Local(ctx)
	defer c.Close()
	err := c.Lock("report.csv").Do(ctx, func(ctx context.Context) error {
		fmt.Println("nobody else is here") // ctx ends if the lock is lost
		return nil
	})
	fmt.Println(err)
	// Output:
	// nobody else is here
	// <nil>
}

func ExampleMultiLock() {
	ctx := context.Background()
	c, _ := client.Local(ctx)
	defer c.Close()
	busy := c.Lock("gpu-0")
	_ = busy.Lock(ctx)
	two := c.MultiLock([]string{"gpu-0", "gpu-1", "gpu-2"}, client.Any(2))
	err := two.Lock(ctx)
	fmt.Println(two.Held(), err, two.Unlock(ctx))
	// Output: [gpu-1 gpu-2] <nil> <nil>
}

func ExampleSemaphore() {
	ctx := context.Background()
	c, _ := client.Local(ctx)
	defer c.Close()
	db := c.Semaphore("database connections", 10)
	lease, err := db.Acquire(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer lease.Release(ctx)
	n, err := db.Value(ctx)
	fmt.Println(n, "taken", err)
	// Output: 1 taken <nil>
}

func ExampleLease() {
	ctx := context.Background()
	c, _ := client.Local(ctx)
	defer c.Close()
	lease, _ := c.Semaphore("slots", 1, client.LeaseTime(10*time.Millisecond), client.NoRenew()).Acquire(ctx)
	work := lease.Context(ctx)
	<-work.Done() // the lease has run out
	fmt.Println(errors.Is(context.Cause(work), client.ErrNotHeld))
	// Output: true
}

func ExampleQueue() {
	ctx := context.Background()
	c, _ := client.Local(ctx)
	defer c.Close()
	q := c.Queue[int]("numbers", client.MaxLen(100))
	_ = q.Put(ctx, 1)
	_ = q.PutFuture(ctx, c.Submit[int](inc, 1)) // a future need not be done to be put
	fmt.Println(q.GetN(ctx, 2))
	// Output: [1 2] <nil>
}

func ExampleItem() {
	ctx := context.Background()
	c, _ := client.Local(ctx)
	defer c.Close()
	q := c.Queue[string]("jobs")
	_ = q.Put(ctx, "resize")
	job, _ := q.Take(ctx) // nobody else gets it, unless this process dies before Ack
	name, err := job.Value(ctx)
	fmt.Println(name, err, job.Ack(ctx))
	// Output: resize <nil> <nil>
}

func ExampleVariable() {
	ctx := context.Background()
	c, _ := client.Local(ctx)
	defer c.Close()
	stop := c.Variable[bool]("stop")
	_ = stop.Set(ctx, true)
	v, err := stop.Get(ctx) // waits until somebody has set it
	fmt.Println(v, err)
	// Output: true <nil>
}

func ExampleEvent() {
	ctx := context.Background()
	c, _ := client.Local(ctx)
	defer c.Close()
	loaded := c.Event("loaded")
	go func() { _ = loaded.Set(ctx) }()
	fmt.Println(loaded.Wait(ctx))
	// Output: <nil>
}

func ExampleMessage() {
	ctx := context.Background()
	c, _ := client.Local(ctx)
	defer c.Close()
	losses := c.Subscribe(ctx, "loss")
	_ = c.LogEvent(ctx, "loss", 0.75)
	_ = c.LogEvent(ctx, "loss", 0.5)
	for m, err := range losses {
		fmt.Println(m.Seq, m.Value, m.Missed, err)
		if m.Seq == 2 {
			break
		}
	}
	// Output:
	// 1 0.75 0 <nil>
	// 2 0.5 0 <nil>
}

func ExampleClient_PublishDataset() {
	ctx := context.Background()
	c, _ := client.Local(ctx)
	defer c.Close()
	_ = c.PublishDataset(ctx, "squares", c.Map[int](func(x int) int { return x * x }, []int{1, 2, 3}))
	fs, _ := c.GetDataset[[]*client.Future[int]](ctx, "squares")
	fmt.Println(c.Gather(ctx, fs))
	// Output: [1 4 9] <nil>
}

func ExampleClient_SetMetadata() {
	ctx := context.Background()
	c, _ := client.Local(ctx)
	defer c.Close()
	_ = c.SetMetadata(ctx, map[string]any{"owner": "ada", "rows": 3}, "tables", "trips")
	owner, err := c.GetMetadata[string](ctx, "tables", "trips", "owner")
	fmt.Println(owner, err)
	// Output: ada <nil>
}
