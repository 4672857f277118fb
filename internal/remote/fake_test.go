package remote_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"testing"
	"time"

	"sheaf/graph"
	"sheaf/internal/codec"
	"sheaf/internal/exec"
	"sheaf/internal/local"
	"sheaf/internal/lower"
	"sheaf/internal/remote"
	"sheaf/internal/store"
	"sheaf/internal/wire"
)

// cluster is a scheduler with workers that runs everything on the goroutines of this process, and can be told to fail.
type cluster struct {
	t  testing.TB
	x  *remote.Executor
	in chan func() // keeps messages to the client in order

	engine *local.Engine
	work   sync.WaitGroup

	mu                sync.Mutex
	packed            []graph.Graph // by the order of packing
	outs              []*wire.Graph
	values            map[wire.ID][]byte // on worker 1, and on worker 2 if both is set
	claims            map[wire.ID]int
	sent              []wire.Message
	both              bool
	push              bool
	again             bool
	patience          time.Duration             // until a worker that says nothing is silent; 0 for ever
	admit             func(*wire.Submit) string // why not; may be nil
	broken            func(worker string, id wire.ID) error
	hold              chan struct{} // if set, nothing is finished before it is closed
	fetches           int
	asked             int // values
	flying, mostBytes int64
	down              error
	runs              map[wire.LayerID]*local.Run
}

func newCluster(t testing.TB) *cluster {
	c := &cluster{
		t: t, in: make(chan func(), 1<<16), values: map[wire.ID][]byte{}, claims: map[wire.ID]int{}, runs: map[wire.LayerID]*local.Run{},
		engine: local.New(local.Config{Workers: 2, Store: store.New(store.Config{Codec: frames{}}), SizeOf: codec.SizeOf}),
	}
	c.x = remote.New(remote.Config{
		Attend:        c.attend,
		FetchBytesMax: flightMax, Send: c.send, Fetcher: c, Pack: c.pack, SizeOf: codec.SizeOf,
		Parse: func(b []byte) (any, error) { return codec.DecodeFrame(bytes.NewReader(b)) },
		Error: func(f *wire.Failure) error {
			return &exec.TaskError{Key: graph.Key{Name: f.Key}, Worker: f.Worker, Attempt: int(f.Attempt), Err: errors.New(f.Message)}
		},
	})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for f := range c.in {
			f()
		}
	}()
	t.Cleanup(func() {
		c.x.Close(exec.ErrCancelled)
		_ = c.engine.Stop(exec.ErrCancelled)
		c.work.Wait()
		close(c.in)
		<-done
	})
	c.x.Deliver([]wire.Message{
		&wire.Welcome{Number: 5},
		&wire.Peers{Workers: []wire.Peer{{Number: 1, Name: "w1", Address: "a1", Threads: 1}, {Number: 2, Name: "w2", Address: "a2", Threads: 1}}},
	})
	return c
}

// flightMax is what an executor may have on its way.
const flightMax = 4 << 20

type frames struct{}

func (frames) Encode(w io.Writer, v any) error { return codec.EncodeFrame(w, v) }
func (frames) Decode(r io.Reader) (any, error) { return codec.DecodeFrame(r) }

func (c *cluster) deliver(ms ...wire.Message) {
	c.in <- func() { c.x.Deliver(ms) }
}

// pack names the layers and keeps the graph.
func (c *cluster) pack(g graph.Graph, n remote.Names) (*wire.Graph, error) {
	layers, err := g.Layers()
	if err != nil {
		return nil, err
	}
	w := &wire.Graph{}
	ids := map[*graph.Layer]wire.LayerID{}
	for _, l := range layers {
		ids[l] = n.Layer()
		for i := range l.Len() {
			if p := l.Pending(i); p != nil {
				if _, err := n.External(p); err != nil {
					return nil, err
				}
			}
		}
		if vs, ok := l.Values(); ok && codec.SizeOf(vs[0]) > 32<<10 {
			if _, err := n.Large(vs[0]); err != nil {
				return nil, err
			}
		}
	}
	for _, o := range g.Outputs {
		w.Outputs = append(w.Outputs, wire.Output{Layer: ids[o.Layer], All: o.Index == nil, Index: o.Index})
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.packed, c.outs = append(c.packed, g), append(c.outs, w)
	return w, nil
}

func (c *cluster) send(m wire.Message) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.down != nil {
		return c.down
	}
	c.sent = append(c.sent, m)
	switch m := m.(type) {
	case *wire.Submit:
		at := slices.IndexFunc(c.outs, func(w *wire.Graph) bool {
			return len(w.Outputs) > 0 && w.Outputs[0].Layer == m.Graph.Outputs[0].Layer
		})
		g := c.packed[at]
		for out, o := range m.Graph.Outputs {
			for _, id := range idsOf(o, g.Outputs[out].Layer.Len()) {
				c.claims[id]++
			}
		}
		c.work.Go(func() { c.submit(m, g) })
	case *wire.Unreadable: // as a scheduler that has it computed again
		if c.again {
			c.work.Go(func() {
				c.deliver(&wire.Finished{Values: []wire.Ready{{ID: m.ID, Value: m.ID, Attempt: 2, Bytes: 30, Workers: []uint32{1, 2}}}})
			})
		}
	case *wire.Release:
		for _, id := range m.IDs {
			if c.claims[id]--; c.claims[id] == 0 {
				delete(c.claims, id)
				delete(c.values, id)
			} else if c.claims[id] < 0 {
				c.t.Errorf("%v was released more often than claimed", id)
			}
		}
	case *wire.Scattered:
		for _, v := range m.Values {
			c.claims[v.ID]++
		}
	case *wire.Claim:
		for _, id := range m.IDs {
			c.claims[id]++
		}
	case *wire.Cancel:
		for _, id := range m.IDs {
			delete(c.claims, id)
			if r := c.runs[id.Layer]; r != nil {
				r.CancelTask(id.Index, errors.New(m.Reason))
			}
		}
	case *wire.Call:
		var body wire.Body = &wire.Text{Text: fmt.Sprintf("%T", m.Body)}
		if who, ok := m.Body.(*wire.WhoHas); ok { // there are more copies than clients were told
			places := &wire.Places{}
			for _, id := range who.IDs {
				places.Values = append(places.Values, wire.Place{ID: id, Workers: []uint32{1, 2}})
			}
			body = places
		}
		c.work.Go(func() { c.deliver(&wire.Reply{Request: m.Request, Body: body}) })
	}
	return nil
}

// submit runs a graph.
func (c *cluster) submit(m *wire.Submit, g graph.Graph) {
	c.mu.Lock()
	refused := ""
	if c.admit != nil {
		refused = c.admit(m)
	}
	hold := c.hold
	c.mu.Unlock()
	if refused != "" {
		c.deliver(&wire.Admitted{Request: m.Request, Err: refused, Sort: wire.SortNoWorkers})
		return
	}
	p, err := lower.Expand(g)
	if err != nil {
		c.t.Error(err)
		return
	}
	c.deliver(&wire.Admitted{Request: m.Request, Tasks: p.N})
	if m.Options.Progress {
		c.deliver(&wire.Progress{Request: m.Request, Layers: []wire.LayerCount{{Layer: 9, Name: "all", Total: p.N}}})
	}
	if hold != nil {
		<-hold
	}
	run := c.engine.Start(context.Background(), p, exec.Options{KeepGoing: true})
	for out, o := range m.Graph.Outputs {
		for k, id := range idsOf(o, g.Outputs[out].Layer.Len()) {
			h := run.Handle(out, k)
			c.work.Add(1)
			h.Notify(func() {
				go func() {
					defer c.work.Done()
					c.finished(h, id)
				}()
			})
		}
	}
	_ = run.Wait(context.Background())
	if m.Options.Progress {
		c.deliver(&wire.Progress{Request: m.Request, Done: true, Layers: []wire.LayerCount{{Layer: 9, Name: "all", Total: p.N, Done: p.N}}})
	}
}

func idsOf(o wire.Output, n int) []wire.ID {
	var ids []wire.ID
	if o.All {
		for i := range n {
			ids = append(ids, wire.ID{Layer: o.Layer, Index: int32(i)})
		}
	}
	for _, i := range o.Index {
		ids = append(ids, wire.ID{Layer: o.Layer, Index: i})
	}
	return ids
}

// finished tells of one value, pushing it too.
func (c *cluster) finished(h *local.Handle, id wire.ID) {
	v, err := h.Value(context.Background())
	h.Release()
	if err != nil {
		f := wire.Failure{Sort: wire.SortUser, Key: h.Key().String(), Worker: "w1", Attempt: 1, Message: err.Error()}
		if errors.Is(err, exec.ErrCancelled) {
			f.Sort = wire.SortCancelled
		}
		c.deliver(&wire.Erred{IDs: []wire.ID{id}, Cause: f})
		return
	}
	var b bytes.Buffer
	if err := codec.EncodeFrame(&b, v); err != nil {
		c.t.Error(err)
	}
	c.mu.Lock()
	c.values[id] = b.Bytes()
	push := c.push
	workers := []uint32{1}
	if c.both {
		workers = append(workers, 2)
	}
	c.mu.Unlock()
	if push && b.Len() <= 1<<10 {
		c.x.Pushed(&wire.Value{ID: id, Attempt: 1, Worker: 1, Frame: b.Bytes()})
	}
	c.deliver(&wire.Finished{Values: []wire.Ready{{ID: id, Value: id, Attempt: 1, Bytes: int64(b.Len()), Workers: workers}}})
}

// attend calls silent what is so for as long as the test says.
func (c *cluster) attend(ctx context.Context, silent func()) (context.Context, func()) {
	if c.patience == 0 {
		return ctx, func() {}
	}
	var mu sync.Mutex
	over := false
	time.AfterFunc(c.patience, func() {
		mu.Lock()
		defer mu.Unlock()
		if !over {
			silent()
		}
	})
	return ctx, func() {
		mu.Lock()
		defer mu.Unlock()
		over = true
	}
}

// Fetch serves values as a worker does.
func (c *cluster) Fetch(_ context.Context, address string, ids []wire.ID, got func(int, any, error)) error {
	c.mu.Lock()
	c.fetches++
	c.asked += len(ids)
	bytes1 := int64(0)
	for _, id := range ids {
		bytes1 += int64(len(c.values[id]))
	}
	c.flying += bytes1
	c.mostBytes = max(c.mostBytes, c.flying)
	c.mu.Unlock()
	if bytes1 > 1<<20 {
		time.Sleep(time.Millisecond)
	}
	defer func() {
		c.mu.Lock()
		c.flying -= bytes1
		c.mu.Unlock()
	}()
	for i, id := range ids {
		c.mu.Lock()
		b, broken := c.values[id], c.broken
		c.mu.Unlock()
		if broken != nil {
			if err := broken(address, id); errors.Is(err, io.ErrUnexpectedEOF) {
				return err
			} else if err != nil {
				got(i, nil, err)
				continue
			}
		}
		if b == nil {
			got(i, nil, errors.New("no such value"))
			continue
		}
		v, err := codec.DecodeFrame(bytes.NewReader(b))
		got(i, v, err)
	}
	return nil
}

// Put takes values as a worker does.
func (c *cluster) Put(_ context.Context, _ string, items []remote.Item, done func(int, error)) error {
	for i, it := range items {
		var b bytes.Buffer
		if err := codec.EncodeFrame(&b, it.Value); err != nil {
			done(i, fmt.Errorf("%w: %w", exec.ErrSerialize, err))
			continue
		}
		c.mu.Lock()
		c.values[it.ID] = b.Bytes()
		c.mu.Unlock()
		done(i, nil)
	}
	return nil
}

// count returns how many messages of a type were sent.
func count[M wire.Message](c *cluster) (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range c.sent {
		if _, ok := m.(M); ok {
			n++
		}
	}
	return n
}

// baseline waits until no claim is left.
func (c *cluster) baseline() {
	c.t.Helper()
	for range 500 {
		c.mu.Lock()
		claims := len(c.claims)
		c.mu.Unlock()
		if claims == 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t.Errorf("%d claims are left", len(c.claims))
}
