package node

import (
	"context"
	"errors"
	"testing"
	"time"

	"sheaf/graph"
	"sheaf/internal/transport/http"
	"sheaf/internal/wire"
)

// hole is a fetcher to which one address gives no sign of life until its patience is over.
type hole struct {
	Fetcher
	address  string
	patience time.Duration
	asked    chan int // how many values
}

func (h *hole) Get(ctx context.Context, addr string, ids []wire.ID, sink func(id wire.ID, v any, err error)) error {
	if addr != h.address {
		return h.Fetcher.Get(ctx, addr, ids, sink)
	}
	h.asked <- len(ids)
	err := errors.New("connection timed out")
	select {
	case <-time.After(h.patience):
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	for _, id := range ids {
		sink(id, nil, err)
	}
	return err
}

// TestSilentPeer: a value that two have is there long before the one that does not answer has been given up; and a value that only that one
// has is reported when it has.
func TestSilentPeer(t *testing.T) {
	const patience = 2 * time.Second
	asked := make(chan int, 100)
	r := newRig(t, nil)
	f := &hole{Fetcher: r.peers, address: "hole:1", patience: patience, asked: asked}
	b := newRig(t, func(c *Config) { c.Fetcher = f })
	x, y := wire.ID{Layer: 77}, wire.ID{Layer: 77, Index: 1}
	r.peers.has["good:1"] = map[wire.ID]any{x: 20}
	b.tell(&wire.Peers{Workers: []wire.Peer{{Number: 2, Address: "hole:1"}, {Number: 3, Address: "good:1"}}})
	work := b.layer(2, func(_ context.Context, t *graph.Task) (any, error) { return t.Inputs()[0].(int) + 1, nil })
	m := compute()
	m.Where = []wire.Place{{ID: x, Bytes: 8, Workers: []uint32{2}}, {ID: y, Bytes: 8, Workers: []uint32{2}}}
	m.Tasks = []wire.Task{{ID: id(work, 0), Attempt: 1, Inputs: []wire.ID{x}}, {ID: id(work, 1), Attempt: 1, Inputs: []wire.ID{y}}}
	start := time.Now()
	b.tell(m)
	<-asked // the hole it is
	also := compute()
	also.Where = []wire.Place{{ID: x, Bytes: 8, Workers: []uint32{3}}}
	b.tell(also)
	b.done(1)
	if d := time.Since(start); d < 200*time.Millisecond || d > patience/2 {
		t.Errorf("the value of the other holder was used after %v", d)
	}
	if got := b.value(id(work, 0)); got != 21 {
		t.Errorf("got %v, want 21", got)
	}
	missing := await[*wire.Missing](b)
	if len(missing.Values) != 1 || missing.Values[0].ID != y || len(missing.Values[0].Workers) != 1 || missing.Values[0].Workers[0] != 2 {
		t.Errorf("got %+v, want %v of worker 2", missing, y)
	}
	if d := time.Since(start); d < patience {
		t.Errorf("given up after %v", d)
	}
}

// stuck is a source that takes requests and answers none until it is closed.
type stuck struct{ closed chan struct{} }

func (s stuck) Open(context.Context, wire.ID) (http.Value, error) {
	<-s.closed
	return http.Value{}, http.ErrNotHere
}

// TestPeerThatTakesAndDoesNotAnswer: a connection alone is no sign of life for ever, and one that answers late is not called silent before.
func TestPeerThatTakesAndDoesNotAnswer(t *testing.T) {
	source := stuck{make(chan struct{})}
	s, err := http.Serve(http.ServerConfig{Source: source, Anonymous: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close(context.Background()) }()
	defer close(source.closed)
	a := newRig(t, nil)
	made := a.layer(1, func(context.Context, *graph.Task) (any, error) { return 20, nil })
	c := compute()
	c.Tasks = []wire.Task{{ID: id(made, 0), Attempt: 1}}
	a.tell(c)
	a.done(1)
	good, err := http.Serve(http.ServerConfig{Source: a.n, Anonymous: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = good.Close(context.Background()) }()

	f := http.NewFetcher(http.FetcherConfig{})
	defer f.Close()
	b := newRig(t, func(c *Config) { c.Fetcher, c.ConnectWait, c.AnswerWait = f, 50*time.Millisecond, 400*time.Millisecond })
	b.tell(&wire.Peers{Workers: []wire.Peer{{Number: 2, Address: s.Addr()}, {Number: 3, Address: good.Addr()}}})
	work := b.layer(1, func(_ context.Context, t *graph.Task) (any, error) { return t.Inputs()[0].(int) + 1, nil })
	m := compute()
	x := id(made, 0)
	m.Where = []wire.Place{{ID: x, Bytes: 8, Workers: []uint32{2}}}
	m.Tasks = []wire.Task{{ID: id(work, 0), Attempt: 1, Inputs: []wire.ID{x}}}
	start := time.Now()
	b.tell(m)
	also := compute()
	also.Where = []wire.Place{{ID: x, Bytes: 8, Workers: []uint32{3}}}
	time.Sleep(20 * time.Millisecond)
	b.tell(also)
	b.done(1)
	if d := time.Since(start); d < 390*time.Millisecond || d > 5*time.Second {
		t.Errorf("the other holder was asked after %v, want about 400 ms", d)
	}
}
