package remote_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sheaf/graph"
	"sheaf/internal/event"
	"sheaf/internal/exec"
	"sheaf/internal/remote"
	"sheaf/internal/wire"
)

// square is an operation: the square of the task's number, or of its input.
type square struct{ Fail int }

func (o square) Run(_ context.Context, t *graph.Task) (any, error) {
	x := t.Index
	if in := t.Inputs(); len(in) > 0 {
		x = in[0].(int)
	}
	if x == o.Fail {
		return nil, fmt.Errorf("%d is not wanted", x)
	}
	return x * x, nil
}

type big struct{ N int }

func (o big) Run(_ context.Context, t *graph.Task) (any, error) {
	b := make([]byte, o.N)
	b[0] = byte(t.Index)
	return b, nil
}

func squares(n, fail int) *graph.Layer {
	return graph.Must(graph.Spec{Name: "square", Op: square{fail}, Space: []int{n}, Token: graph.Unique()})
}

func start(t testing.TB, c *cluster, g graph.Graph, o exec.Options) *remote.Run {
	t.Helper()
	r, err := c.x.Start(t.Context(), g, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestComputeInOrder(t *testing.T) {
	for _, push := range []bool{false, true} {
		t.Run(fmt.Sprint("push ", push), func(t *testing.T) {
			c := newCluster(t)
			c.push = push
			l := squares(3000, -1)
			// Outputs may name one layer several times, in any order and twice.
			r := start(t, c, graph.Graph{Outputs: []graph.Output{{Layer: l, Index: []int32{7, 3, 7}}, {Layer: l}, {Layer: l, Index: []int32{2}}}}, exec.Options{})
			if err := r.Wait(t.Context()); err != nil {
				t.Fatal(err)
			}
			for k, want := range []int{49, 9, 49} {
				if v, err := r.Output(0, k); err != nil || v != want {
					t.Errorf("output 0, %d = %v, %v, want %d", k, v, err, want)
				}
			}
			for k := range 3000 {
				if v, err := r.Output(1, k); err != nil || v != k*k {
					t.Fatalf("output 1, %d = %v, %v", k, v, err)
				}
			}
			if push && c.asked > 300 {
				t.Errorf("%d of 3000 pushed values were fetched", c.asked)
			}
			if !push && (c.fetches > 300 || c.asked != 3000) {
				t.Errorf("%d requests for %d values, want few for 3000", c.fetches, c.asked)
			}
			r.Release()
			r.Release()
			c.baseline()
		})
	}
}

func TestErrorsOfTasks(t *testing.T) {
	c := newCluster(t)
	r := start(t, c, graph.Of(squares(10, 4)), exec.Options{})
	err := r.Wait(t.Context())
	if te, ok := errors.AsType[*exec.TaskError](err); !ok || te.Worker != "w1" || !strings.Contains(err.Error(), "4 is not wanted") {
		t.Errorf("got %v", err)
	}
	r.Release()
	r = start(t, c, graph.Of(squares(10, 4)), exec.Options{KeepGoing: true})
	if err := r.Wait(t.Context()); err == nil {
		t.Error("no error")
	}
	if v, err := r.Output(0, 5); err != nil || v != 25 {
		t.Errorf("the others: %v, %v", v, err)
	}
	if _, err := r.Output(0, 4); err == nil {
		t.Error("the failed one has no error")
	}
	r.Release()
	c.baseline()
}

func TestHandlesOutliveTheRun(t *testing.T) {
	c := newCluster(t)
	r := start(t, c, graph.Of(squares(4, -1)), exec.Options{})
	h := r.Handle(0, 3)
	r.Release()
	other := h.Share().(*remote.Handle)
	h.Release()
	h.Release()
	if v, err := other.Wait(t.Context()); err != nil || v != 9 {
		t.Errorf("got %v, %v", v, err)
	}
	if !other.Done() || other.Err() != nil || !strings.HasPrefix(other.Key().String(), "square") {
		t.Errorf("done %v, err %v, key %v", other.Done(), other.Err(), other.Key())
	}
	if w, n := other.Where(); len(w) != 1 || w[0] != "w1" || n == 0 {
		t.Errorf("where: %v, %d bytes", w, n)
	}
	called := make(chan struct{})
	other.Notify(func() { close(called) })
	<-called
	runtime.KeepAlive(other)
	other = nil // garbage gives the claim up
	for range 10 {
		runtime.GC()
		time.Sleep(2 * time.Millisecond)
	}
	c.baseline()
}

func TestGraphsOnHandles(t *testing.T) {
	c := newCluster(t)
	hold := make(chan struct{})
	c.hold = hold
	a := start(t, c, graph.Of(squares(3, -1)), exec.Options{})
	held := graph.Held("held", graph.Token{}, []graph.Pending{a.Handle(0, 2)})
	b := start(t, c, graph.Of(graph.Must(graph.Spec{Name: "again", Op: square{-1}, Space: []int{1}, Edges: []graph.Edge{{From: held, Map: graph.Each{}}}})), exec.Options{})
	a.Release()
	if n := count[*wire.Submit](c); n != 2 {
		t.Errorf("%d graphs submitted at once, want 2: the second need not wait for the first", n)
	}
	close(hold)
	if err := b.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	if v, _ := b.Output(0, 0); v != 16 {
		t.Errorf("got %v", v)
	}
	b.Release()
	runtime.KeepAlive(held)
	held = nil //nolint:ineffassign,wastedassign // for the collector
	runtime.GC()
	time.Sleep(5 * time.Millisecond)
	runtime.GC()
	// A graph on a released value is refused.
	r := start(t, c, graph.Of(squares(1, -1)), exec.Options{})
	h := r.Handle(0, 0)
	r.Release()
	h.Release()
	if _, err := c.x.Start(t.Context(), graph.Of(graph.Held("held", graph.Token{}, []graph.Pending{h})), exec.Options{}); err == nil {
		t.Error("a graph on a released value was accepted")
	}
}

// elsewhere is a value of another executor.
type elsewhere struct {
	there chan struct{}
	v     any
	err   error
}

func (p elsewhere) Key() graph.Key { return graph.Key{Name: "elsewhere", Token: graph.Unique()} }

func (p elsewhere) Notify(f func()) {
	go func() {
		<-p.there
		f()
	}()
}

func (p elsewhere) Value(context.Context) (any, error) { return p.v, p.err }

func TestValuesOfOthersComeFirst(t *testing.T) {
	c := newCluster(t)
	p := elsewhere{there: make(chan struct{}), v: 5}
	on := func(p graph.Pending) graph.Graph {
		held := graph.Held("held", graph.Token{}, []graph.Pending{p})
		return graph.Of(graph.Must(graph.Spec{Name: "again", Op: square{-1}, Space: []int{1}, Edges: []graph.Edge{{From: held, Map: graph.Each{}}}}))
	}
	a := start(t, c, on(p), exec.Options{})
	b := start(t, c, on(a.Handle(0, 0)), exec.Options{}) // stands on what was not submitted yet
	if n := count[*wire.Submit](c); n != 0 {
		t.Errorf("%d graphs submitted before the value is there", n)
	}
	close(p.there)
	if err := b.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	if v, _ := b.Output(0, 0); v != 625 {
		t.Errorf("got %v, want 625", v)
	}
	if count[*wire.Scattered](c) != 1 || count[*wire.Submit](c) != 2 {
		t.Errorf("%d scattered, %d submitted", count[*wire.Scattered](c), count[*wire.Submit](c))
	}
	a.Release()
	b.Release()
	failed := elsewhere{there: make(chan struct{}), err: errors.New("no luck elsewhere")}
	close(failed.there)
	r := start(t, c, on(failed), exec.Options{})
	if err := r.Wait(t.Context()); err == nil || !strings.Contains(err.Error(), "no luck") {
		t.Errorf("got %v", err)
	}
	r.Release()
}

func TestLargeConstantsAreScattered(t *testing.T) {
	c := newCluster(t)
	r := start(t, c, graph.Of(graph.Const("const", graph.Token{}, make([]byte, 1<<20))), exec.Options{})
	if err := r.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	if v, _ := r.Output(0, 0); len(v.([]byte)) != 1<<20 {
		t.Error("wrong value")
	}
	if count[*wire.Scattered](c) != 1 {
		t.Error("it was not scattered")
	}
	r.Release()
	c.baseline()
}

func TestScatter(t *testing.T) {
	c := newCluster(t)
	values := make([]any, 10)
	for i := range values {
		values[i] = i
	}
	hs, err := c.x.Scatter(t.Context(), values, remote.ScatterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := remote.Gather(t.Context(), hs, true)
	for i, v := range got {
		if err != nil || v != i {
			t.Fatalf("value %d is %v, %v", i, v, err)
		}
	}
	on := map[string]int{}
	for _, h := range hs {
		w, _ := h.Where()
		on[w[0]]++
	}
	if on["w1"] != 5 || on["w2"] != 5 {
		t.Errorf("spread over %v", on)
	}
	for _, h := range hs {
		h.Release()
	}
	all, err := c.x.Scatter(t.Context(), []any{"x"}, remote.ScatterOptions{Broadcast: true})
	if err != nil {
		t.Fatal(err)
	}
	if v, err := all[0].Wait(t.Context()); err != nil || v != "x" {
		t.Errorf("got %v, %v", v, err)
	}
	if w, _ := all[0].Where(); len(w) != 2 {
		t.Errorf("a broadcast is on %v", w)
	}
	all[0].Release()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	nowhere, err := c.x.Scatter(ctx, []any{1}, remote.ScatterOptions{Workers: []string{"w9"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := nowhere[0].Wait(t.Context()); !errors.Is(err, exec.ErrNoWorkers) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("scattered to a worker that is not there: %v", err)
	}
	nowhere[0].Release()
	func1, err := c.x.Scatter(t.Context(), []any{make(chan int)}, remote.ScatterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := func1[0].Wait(t.Context()); !errors.Is(err, exec.ErrSerialize) {
		t.Errorf("a channel was scattered: %v", err)
	}
	func1[0].Release()
	c.baseline()
}

func TestOtherHolders(t *testing.T) {
	c := newCluster(t)
	c.both, c.again = true, true
	var failures atomic.Int32
	c.broken = func(worker string, id wire.ID) error {
		switch {
		case id.Index%3 == 0 && worker == "a1":
			return errors.New("checksum does not match")
		case id.Index == 50 && failures.Add(1) <= 2:
			return io.ErrUnexpectedEOF // the connection breaks in the middle
		}
		return nil
	}
	r := start(t, c, graph.Of(squares(100, -1)), exec.Options{})
	if err := r.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	for k := range 100 {
		if v, _ := r.Output(0, k); v != k*k {
			t.Fatalf("output %d = %v", k, v)
		}
	}
	if count[*wire.Unreadable](c) == 0 {
		t.Error("the scheduler was not told")
	}
	r.Release()
	c.baseline()
}

// TestSilentHolder: what a worker that gives no sign of life was asked for comes from another one, and what that worker says later, be it the
// values or why there are none, changes nothing.
func TestSilentHolder(t *testing.T) {
	for name, late := range map[string]error{
		"late": nil, "broken": io.ErrUnexpectedEOF, "not there": errors.New("no such value"), "other copies are asked for": errors.New("no such value"),
	} {
		t.Run(name, func(t *testing.T) {
			c := newCluster(t)
			c.both, c.again, c.patience = !strings.Contains(name, "asked for"), true, 20*time.Millisecond
			wake := make(chan struct{})
			var asked atomic.Int32
			c.broken = func(worker string, _ wire.ID) error {
				if worker == "a1" {
					asked.Add(1)
					<-wake
					return late
				}
				return nil
			}
			r := start(t, c, graph.Of(squares(100, -1)), exec.Options{})
			if err := r.Wait(t.Context()); err != nil {
				t.Fatal(err)
			}
			for k := range 100 {
				if v, _ := r.Output(0, k); v != k*k {
					t.Fatalf("output %d = %v", k, v)
				}
			}
			if asked.Load() == 0 {
				t.Error("nothing was asked of the silent worker")
			}
			close(wake)
			r.Release()
			c.baseline()
			if n := count[*wire.Unreadable](c); n > 0 {
				t.Errorf("the scheduler was told %d times of values that had come", n)
			}
		})
	}
}

// TestNobodyHasIt: the scheduler is told, has the value computed again, and says where it is.
func TestNobodyHasIt(t *testing.T) {
	c := newCluster(t)
	var bad atomic.Bool
	bad.Store(true)
	c.broken = func(string, wire.ID) error {
		if bad.Load() {
			return errors.New("no such value")
		}
		return nil
	}
	r := start(t, c, graph.Of(squares(5, -1)), exec.Options{})
	h := r.Handle(0, 4)
	r.Release()
	got := make(chan any, 1)
	go func() {
		v, err := h.Wait(context.Background())
		got <- []any{v, err}
	}()
	for count[*wire.Unreadable](c) == 0 {
		time.Sleep(time.Millisecond)
	}
	bad.Store(false)
	c.deliver(&wire.Finished{Values: []wire.Ready{{ID: h.ID(), Value: h.ID(), Attempt: 2, Bytes: 30, Workers: []uint32{2}}}})
	if g := <-got; fmt.Sprint(g) != "[16 <nil>]" {
		t.Errorf("got %v", g)
	}
	h.Release()

	bad.Store(true)
	r = start(t, c, graph.Of(squares(1, -1)), exec.Options{})
	h = r.Handle(0, 0)
	r.Release()
	go func() {
		v, err := h.Wait(context.Background())
		got <- []any{v, errors.Is(err, exec.ErrLost)}
	}()
	for count[*wire.Unreadable](c) < 2 {
		time.Sleep(time.Millisecond)
	}
	c.deliver(&wire.Erred{IDs: []wire.ID{h.ID()}, Cause: wire.Failure{Sort: wire.SortLost, Message: "scattered, and its worker died"}})
	if g := <-got; fmt.Sprint(g) != "[<nil> true]" {
		t.Errorf("got %v", g)
	}
	h.Release()
	c.baseline()
}

func TestCancel(t *testing.T) {
	c := newCluster(t)
	c.hold = make(chan struct{})
	r := start(t, c, graph.Of(squares(3, -1)), exec.Options{})
	h := r.Handle(0, 1)
	r.Release()
	why := fmt.Errorf("changed my mind: %w", exec.ErrCancelled)
	if !h.Cancel(why) || h.Cancel(why) {
		t.Error("Cancel reports the wrong thing")
	}
	if _, err := h.Wait(t.Context()); !errors.Is(err, exec.ErrCancelled) || !h.Done() {
		t.Errorf("got %v", err)
	}
	if ok, err := h.Retry(); ok || err != nil {
		t.Errorf("retry of what was cancelled here: %v, %v", ok, err)
	}
	h.Release()
	ctx, cancel := context.WithCancelCause(t.Context())
	run, err := c.x.Start(ctx, graph.Of(squares(3, -1)), exec.Options{})
	if err != nil {
		t.Fatal(err)
	}
	cancel(errors.New("enough"))
	if err := run.Wait(context.Background()); err == nil || err.Error() != "enough" {
		t.Errorf("a cancelled run: %v", err)
	}
	run.Release()
	if n := count[*wire.Cancel](c); n != 2 {
		t.Errorf("%d Cancel messages, want 2", n)
	}
	close(c.hold)
	c.baseline()
	if _, err := c.x.Start(ctx, graph.Of(squares(3, -1)), exec.Options{}); err == nil {
		t.Error("a run was started with a context that has ended")
	}
}

func TestRefusalAndLoss(t *testing.T) {
	c := newCluster(t)
	c.admit = func(*wire.Submit) string { return "no worker has two GPUs" }
	r := start(t, c, graph.Of(squares(3, -1)), exec.Options{})
	if err := r.Wait(t.Context()); !errors.Is(err, exec.ErrNoWorkers) || !strings.Contains(err.Error(), "two GPUs") {
		t.Errorf("got %v", err)
	}
	r.Release()
	c.admit = nil
	c.hold = make(chan struct{})
	defer close(c.hold)
	r = start(t, c, graph.Of(squares(3, -1)), exec.Options{})
	called := make(chan error, 1)
	if _, err := c.x.Begin(&wire.Info{}, func(_ *wire.Reply, err error) { called <- err }); err != nil {
		t.Fatal(err)
	}
	if err := <-called; err != nil {
		t.Errorf("call: %v", err)
	}
	c.x.Lost("it was restarted")
	if err := r.Wait(t.Context()); !errors.Is(err, exec.ErrLost) || !strings.Contains(err.Error(), "restarted") {
		t.Errorf("after the session was lost: %v", err)
	}
	r.Release()
	if _, err := c.x.Start(t.Context(), graph.Of(squares(3, -1)), exec.Options{}); !errors.Is(err, exec.ErrLost) {
		t.Errorf("without a session: %v", err)
	}
	if _, err := c.x.Call(t.Context(), &wire.Info{}); !errors.Is(err, exec.ErrLost) {
		t.Errorf("a call without a session: %v", err)
	}
	c.x.Deliver([]wire.Message{&wire.Welcome{Number: 6}, &wire.Peers{Workers: []wire.Peer{{Number: 1, Name: "w1", Address: "a1"}}}})
	if a, err := remote.Ask[*wire.Text](t.Context(), c.x, &wire.Info{}); err != nil || a.Text != "*wire.Info" {
		t.Errorf("Ask = %v, %v", a, err)
	}
	if _, err := remote.Ask[*wire.Names](t.Context(), c.x, &wire.Info{}); err == nil {
		t.Error("an answer of another kind was accepted")
	}
	if len(c.x.Peers()) != 1 {
		t.Errorf("peers %v", c.x.Peers())
	}
}

func TestAdopted(t *testing.T) {
	c := newCluster(t)
	id := wire.ID{Layer: wire.NewLayerID(77, 1), Index: 3}
	if err := c.Put(t.Context(), "", []remote.Item{{ID: id, Value: "from another client"}}, func(int, error) {}); err != nil {
		t.Fatal(err)
	}
	a, b := c.x.Adopt(id), c.x.Adopt(id)
	c.deliver(&wire.Finished{Values: []wire.Ready{{ID: id, Value: id, Bytes: 30, Workers: []uint32{1}}}})
	for _, h := range []*remote.Handle{a, b} {
		if v, err := h.Wait(t.Context()); err != nil || v != "from another client" {
			t.Errorf("got %v, %v", v, err)
		}
		h.Release()
	}
	c.baseline()
}

type log struct {
	events chan event.Event
}

func (l log) Handle(e event.Event) { l.events <- e }

func TestProgress(t *testing.T) {
	c := newCluster(t)
	l := log{make(chan event.Event, 100)}
	r := start(t, c, graph.Of(squares(10, -1)), exec.Options{Listeners: []event.Listener{l}})
	if err := r.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.Release()
	if e := <-l.events; e.Kind != event.RunStarted || e.Total != 10 || e.Layers[0].Name != "all" {
		t.Errorf("got %+v", e)
	}
	var e event.Event
	for e = range l.events {
		if e.Kind == event.RunDone {
			break
		}
	}
	if e.Err != nil {
		t.Errorf("ended with %v", e.Err)
	}
}

// TestBoundedFlight reads 64 values of 1 MiB with at most 4 MiB on their way.
func TestBoundedFlight(t *testing.T) {
	c := newCluster(t)
	r := start(t, c, graph.Of(graph.Must(graph.Spec{Name: "big", Op: big{1 << 20}, Space: []int{64}})), exec.Options{})
	if err := r.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	if c.mostBytes == 0 || c.mostBytes > flightMax+1<<20 {
		t.Errorf("%d bytes were on their way at a time, at most %d allowed", c.mostBytes, flightMax)
	}
	for k := range 64 {
		if v, _ := r.Output(0, k); v.([]byte)[0] != byte(k) {
			t.Fatalf("output %d is not in its place", k)
		}
	}
	r.Release()
	c.baseline()
}

func BenchmarkGather(b *testing.B) {
	c := newCluster(b)
	c.push = true
	const n = 100_000
	for b.Loop() {
		r := start(b, c, graph.Of(squares(n, -1)), exec.Options{})
		if err := r.Wait(b.Context()); err != nil {
			b.Fatal(err)
		}
		r.Release()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/task")
}
