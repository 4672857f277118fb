package local

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"time"

	"sheaf/graph"
	"sheaf/internal/exec"
	"sheaf/internal/lower"
)

// TestChaos runs random graphs at once on one engine: tasks fail, panic, end their goroutine, start runs of their own, are
// cancelled one by one or with their run, and feed other runs. Afterwards nothing may be left: no value, file, worker or count.
func TestChaos(t *testing.T) {
	rounds := 5
	if testing.Short() {
		rounds = 3
	}
	for seed := range uint64(rounds) {
		rng := rand.New(rand.NewPCG(seed, 7))
		limit := []int64{0, 2 << 20, 100 << 10}[rng.IntN(3)]
		e := limited(t, 1+rng.IntN(4), limit)
		var wg sync.WaitGroup
		for g := range uint64(4) {
			wg.Go(func() {
				c := chaos{t: t, e: e, rng: rand.New(rand.NewPCG(seed, 100+g)), mu: new(sync.Mutex)}
				for range 15 {
					c.round()
				}
			})
		}
		done := make(chan struct{})
		go func() { wg.Wait(); close(done) }()
		within(t, fmt.Sprintf("seed %d hangs", seed), done)
		settled(t, e, fmt.Sprintf("seed %d", seed))
	}
}

// settled waits until an engine is at rest, and fails if it does not come to it.
func settled(t *testing.T, e *Engine, what string) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		e.mu.Lock()
		active, runs := e.active, len(e.runs)
		e.mu.Unlock()
		left := fmt.Sprintf("%d workers, %d runs, idle %d of %d, executing %d, waiting %d, returning %d, %d bytes, %d on disk", active, runs,
			e.idle.Load(), e.conf.Workers, e.executing.Load(), e.waiting.Load(), e.returning.Load(), e.store.Used(), e.store.OnDisk())
		if left == fmt.Sprintf("0 workers, 0 runs, idle %d of %d, executing 0, waiting 0, returning 0, 0 bytes, 0 on disk", e.conf.Workers, e.conf.Workers) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: left are %s", what, left)
		}
		runtime.GC() // for handles that nobody has any more
	}
}

type chaos struct {
	t   *testing.T
	e   *Engine
	mu  *sync.Mutex // guards rng, which tasks use too
	rng *rand.Rand
}

func (c *chaos) int(n int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.rng.IntN(n)
}

// task does something at random.
func (c *chaos) task(ctx context.Context, t *graph.Task, depth int) (any, error) {
	for _, v := range t.Inputs() {
		if v == nil {
			c.t.Error("an input is missing")
		}
		if b, ok := v.([]byte); ok && len(b) > 0 && b[0] != 7 {
			c.t.Error("an input is another")
		}
	}
	switch k := c.int(200); {
	case k < 2:
		return nil, errBoom
	case k == 2:
		panic(errBoom)
	case k == 3:
		runtime.Goexit()
	case k < 8:
		time.Sleep(time.Duration(c.int(300)) * time.Microsecond)
	case k < 14 && depth < 3:
		v, err := nested(ctx, c.e, sum(layer("inner", 1+c.int(5), func(ctx context.Context, t *graph.Task) (any, error) {
			if v, err := c.task(ctx, t, depth+1); err != nil || v == nil {
				return nil, err
			}
			return 1, nil
		})))
		if err != nil {
			return nil, err
		}
		return v, nil
	case k < 80:
		b := make([]byte, 1+c.int(120<<10))
		b[0] = 7
		return b, nil
	}
	return k(c), nil
}

// k is some small value.
func k(c *chaos) int { return c.int(10) }

// graph makes layers over each other, on top of held values if there are any.
func (c *chaos) graph(held []graph.Pending) *graph.Layer {
	in := layer("a", 1+c.int(40), func(ctx context.Context, t *graph.Task) (any, error) { return c.task(ctx, t, 0) })
	if held != nil {
		in = graph.Held("held", graph.Token{}, held)
	}
	for range 1 + c.int(3) {
		f := func(ctx context.Context, t *graph.Task) (any, error) { return c.task(ctx, t, 0) }
		n := 1 + c.int(40)
		m := graph.Table{Start: make([]int32, n+1)}
		for i := range n {
			for range c.int(4) {
				m.Index = append(m.Index, int32(c.int(in.Len())))
			}
			m.Start[i+1] = int32(len(m.Index))
		}
		edges := []graph.Edge{{From: in, Map: m}}
		if c.int(2) == 0 {
			edges = append(edges, graph.Edge{From: in, Map: graph.All{N: in.Len()}})
		}
		in = layer("b", n, f, edges...)
	}
	return in
}

// round runs one graph, and maybe another one on top of its values.
func (c *chaos) round() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	first := c.graph(nil)
	r := c.start(ctx, first)
	defer r.Release()
	var pending []graph.Pending
	if c.int(2) == 0 {
		for k := range first.Len() {
			pending = append(pending, r.Handle(0, k))
		}
	}
	switch c.int(5) {
	case 0:
		time.AfterFunc(time.Duration(c.int(2000))*time.Microsecond, cancel)
	case 1:
		for range 5 {
			r.CancelTask(int32(c.int(len(r.plan.Outputs[0]))), errBoom)
		}
	}
	if pending != nil {
		s := c.start(ctx, c.graph(pending))
		if c.int(3) == 0 {
			for _, p := range pending {
				p.(*Handle).Release()
			}
		}
		c.end(s.Wait(ctx))
		s.Release()
	}
	c.end(r.Wait(ctx))
	for _, p := range pending {
		p.(*Handle).Release()
	}
}

func (c *chaos) start(ctx context.Context, l *graph.Layer) *Run {
	p, err := lower.Expand(graph.Of(l))
	if err != nil {
		c.t.Error(err)
	}
	return c.e.Start(ctx, p, exec.Options{KeepGoing: c.int(2) == 0, Retries: c.int(2), Priority: c.int(3)})
}

func (c *chaos) end(err error) {
	for _, want := range []error{errBoom, exec.ErrGoexit, context.Canceled} {
		if err == nil || errors.Is(err, want) {
			return
		}
	}
	c.t.Errorf("got %v", err)
}
