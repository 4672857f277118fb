package node

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sheaf/fn"
	"sheaf/graph"
	"sheaf/internal/transport/http"
	"sheaf/internal/wire"
)

// rig is a node with a scheduler made of a script, a program made of functions, and peers made of a map.
type rig struct {
	t      testing.TB
	n      *Node
	told   chan wire.Message
	pushes chan *wire.Value
	quits  chan string
	prog   *program
	peers  *peers
	serial uint64
}

type call struct {
	run   func(ctx context.Context, t *graph.Task) (any, error)
	bytes int64
}

func (c call) Run(ctx context.Context, t *graph.Task) (any, error) { return c.run(ctx, t) }
func (c call) Source(int) fn.Source                                { return fn.SourceOf(c.run) }
func (c call) OutBytes(int) int64                                  { return c.bytes }

// program has layers that tests put there.
type program struct {
	mu     sync.Mutex
	layers map[wire.LayerID]*graph.Layer
	adds   atomic.Int32
}

var errUnknown = errors.New("no such layer")

func (p *program) Add(*wire.Layer) error { p.adds.Add(1); return nil }

func (p *program) Bind(id wire.ID) (*graph.Layer, int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.layers[id.Layer]
	if l == nil {
		return nil, 0, errUnknown
	}
	return l, int(id.Index), nil
}

func (p *program) Forget(ids ...wire.LayerID) {}

// peers has the values of others by address.
type peers struct {
	mu    sync.Mutex
	has   map[string]map[wire.ID]any
	down  map[string]bool
	asked []string
}

func (p *peers) Get(ctx context.Context, addr string, ids []wire.ID, sink func(id wire.ID, v any, err error)) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, fmt.Sprint(addr, ids))
	for _, id := range ids {
		v, ok := p.has[addr][id]
		switch {
		case p.down[addr]:
			sink(id, nil, errors.New("connection refused"))
		case !ok:
			sink(id, nil, http.ErrNotHere)
		default:
			sink(id, v, nil)
		}
	}
	return nil
}

func newRig(t testing.TB, change func(c *Config)) *rig {
	r := &rig{
		t: t, told: make(chan wire.Message, 100_000), pushes: make(chan *wire.Value, 1000), quits: make(chan string, 10),
		prog:  &program{layers: map[wire.LayerID]*graph.Layer{}},
		peers: &peers{has: map[string]map[wire.ID]any{}, down: map[string]bool{}},
	}
	c := Config{
		Hello: wire.WorkerHello{Name: "w1", Threads: 2}, Dir: t.TempDir(), Program: r.prog, Fetcher: r.peers, Grace: 50 * time.Millisecond,
		Send: func(m wire.Message) { r.told <- m },
		Push: func(_ uint32, vs []*wire.Value) {
			for _, v := range vs {
				r.pushes <- v
			}
		},
		Quit: func(reason string, _ bool) { r.quits <- reason },
	}
	if change != nil {
		change(&c)
	}
	n, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	r.n = n
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := n.Close(ctx); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	n.Session(true)
	await[*wire.WorkerHello](r)
	r.tell(&wire.Welcome{Number: 1, Epoch: 1, HeartbeatMS: 50})
	return r
}

func (r *rig) tell(ms ...wire.Message) { r.n.Deliver(ms) }

// layer adds a layer of n tasks of a function and returns its id.
func (r *rig) layer(n int, run func(ctx context.Context, t *graph.Task) (any, error), edges ...graph.Edge) wire.LayerID {
	return r.sized(n, -1, run, edges...)
}

func (r *rig) sized(n int, bytes int64, run func(ctx context.Context, t *graph.Task) (any, error), edges ...graph.Edge) wire.LayerID {
	return r.add(graph.Must(graph.Spec{Name: "work", Op: call{run: run, bytes: bytes}, Space: []int{n}, Token: graph.Unique(), Edges: edges}))
}

func (r *rig) add(l *graph.Layer) wire.LayerID {
	r.serial++
	id := wire.NewLayerID(1, r.serial)
	r.prog.mu.Lock()
	r.prog.layers[id] = l
	r.prog.mu.Unlock()
	return id
}

func id(l wire.LayerID, index int) wire.ID { return wire.ID{Layer: l, Index: int32(index)} }

func compute(tasks ...wire.Task) *wire.Compute { return &wire.Compute{Tasks: tasks} }

// await returns the next message of a type that satisfies all conditions; others are skipped.
func await[M wire.Message](r *rig, ok ...func(M) bool) M {
	r.t.Helper()
	timeout := time.After(5 * time.Second)
next:
	for {
		select {
		case m := <-r.told:
			got, is := m.(M)
			if !is {
				continue
			}
			for _, f := range ok {
				if !f(got) {
					continue next
				}
			}
			return got
		case <-timeout:
			var want M
			dump, _ := r.n.Dump(context.Background())
			r.t.Fatalf("no %T came\n%s", want, dump)
		}
	}
}

// done waits until n attempts have ended well.
func (r *rig) done(n int) map[wire.ID]wire.DoneTask {
	r.t.Helper()
	all := map[wire.ID]wire.DoneTask{}
	for len(all) < n {
		m := await[wire.Message](r, func(m wire.Message) bool {
			switch m.(type) {
			case *wire.Done, *wire.Failed:
				return true
			}
			return false
		})
		if f, ok := m.(*wire.Failed); ok {
			r.t.Fatalf("task %v failed: %s", f.ID, f.Cause.Message)
		}
		for _, d := range m.(*wire.Done).Tasks {
			all[d.ID] = d
		}
	}
	return all
}

func (r *rig) value(id wire.ID) any {
	r.t.Helper()
	v, err := r.n.Open(r.t.Context(), id)
	if err != nil {
		r.t.Fatalf("value %v: %v", id, err)
	}
	defer v.Close()
	return v.Any
}

// gone waits until a value is not there any more.
func (r *rig) gone(id wire.ID) {
	r.t.Helper()
	for range 500 {
		v, err := r.n.Open(r.t.Context(), id)
		if errors.Is(err, http.ErrNotHere) {
			return
		}
		v.Close()
		time.Sleep(10 * time.Millisecond)
	}
	r.t.Fatalf("value %v stays", id)
}

// empty waits until no bytes are counted any more.
func (r *rig) empty() {
	r.t.Helper()
	for range 500 {
		if r.n.store.Used() == 0 && r.n.store.OnDisk() == 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	dump, _ := r.n.Dump(r.t.Context())
	r.t.Fatalf("%d bytes in memory and %d on disk are counted although nothing should be left\n%s", r.n.store.Used(), r.n.store.OnDisk(), dump)
}
