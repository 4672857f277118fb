package node

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"sheaf/graph"
	"sheaf/internal/exec"
	"sheaf/internal/local"
	"sheaf/internal/slots"
	"sheaf/internal/task"
	"sheaf/internal/travel"
	"sheaf/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func number(_ context.Context, t *graph.Task) (any, error) { return t.Index, nil }

func total(_ context.Context, t *graph.Task) (any, error) {
	sum := 0
	for _, v := range t.Inputs() {
		sum += v.(int)
	}
	return sum, nil
}

func TestTasksRunAndValuesCanBeRead(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Slots = slots.NewMemory(8) })
	a := r.layer(100, number)
	b := r.layer(1, total)
	c := compute()
	sum := wire.Task{ID: id(b, 0), Attempt: 3}
	for i := range 100 {
		c.Tasks = append(c.Tasks, wire.Task{ID: id(a, i), Attempt: 1})
		sum.Inputs = append(sum.Inputs, id(a, i))
	}
	r.tell(c)
	r.done(100)
	r.tell(compute(sum))
	d := r.done(1)[id(b, 0)]
	if d.Attempt != 3 || d.Bytes != 8 || d.Start == 0 || d.Nanos <= 0 {
		t.Errorf("got %+v", d)
	}
	if got := r.value(id(b, 0)); got != 4950 {
		t.Errorf("got %v, want 4950", got)
	}
	r.tell(&wire.Free{IDs: append(sum.Inputs, id(b, 0))})
	r.gone(id(b, 0))
	r.empty()
}

func TestChain(t *testing.T) {
	r := newRig(t, nil)
	a, b := r.layer(5, number), r.layer(5, total, graph.Edge{From: graph.Must(graph.Spec{Name: "x", Op: call{run: number}, Space: []int{5}}), Map: graph.Each{}})
	r.tell(compute(wire.Task{ID: id(a, 4), Attempt: 1, Links: []wire.Link{{ID: id(b, 4)}, {ID: id(b, 3)}}, Push: 7}))
	r.done(1)
	if got := r.value(id(b, 3)); got != 4 {
		t.Errorf("got %v, want 4", got)
	}
	p := <-r.pushes
	if v, err := travel.ParseValue(p.Frame); err != nil || v != 4 || p.ID != id(b, 3) || p.Attempt != 1 || p.Worker != 1 {
		t.Errorf("got %v, %v of %+v", v, err, p)
	}
}

func TestFailures(t *testing.T) {
	boom := errors.New("boom")
	for name, tc := range map[string]struct {
		run   func(context.Context, *graph.Task) (any, error)
		want  string
		panic bool
		again bool
		sort  uint8
	}{
		"error":      {run: func(context.Context, *graph.Task) (any, error) { return nil, boom }, want: "boom", sort: wire.SortUser},
		"panic":      {run: func(context.Context, *graph.Task) (any, error) { panic("at the disco") }, want: "at the disco", panic: true, sort: wire.SortUser},
		"goexit":     {run: func(context.Context, *graph.Task) (any, error) { runtime.Goexit(); return nil, nil }, want: "Goexit", sort: wire.SortUser},
		"reschedule": {run: func(context.Context, *graph.Task) (any, error) { return nil, exec.ErrReschedule }, want: "reschedule", again: true, sort: wire.SortUser},
		"timeout": {
			run:  func(ctx context.Context, _ *graph.Task) (any, error) { <-ctx.Done(); return nil, ctx.Err() },
			want: "timeout: it was given 20ms", sort: wire.SortTimeout,
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, func(c *Config) { c.Hello.Threads = 1 })
			bad, good := r.layer(1, tc.run), r.layer(1, number)
			r.tell(compute(wire.Task{ID: id(bad, 0), Attempt: 2, Options: wire.TaskOptions{TimeoutMS: 20}}, wire.Task{ID: id(good, 0), Attempt: 1}))
			f := await[*wire.Failed](r)
			if f.ID != id(bad, 0) || f.Attempt != 2 || f.Again != tc.again || f.Cause.Panic != tc.panic || f.Cause.Sort != tc.sort || f.Cause.Worker != "w1" {
				t.Errorf("got %+v", f)
			}
			if err := travel.DecodeError(&f.Cause); !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), "node_test.go:") {
				t.Errorf("got %v", err)
			}
			if name == "goexit" || name == "panic" || name == "error" {
				r.done(1) // the worker goes on
			}
		})
	}
}

func TestUnknownLayer(t *testing.T) {
	r := newRig(t, nil)
	r.tell(compute(wire.Task{ID: id(99, 0), Attempt: 1}))
	if f := await[*wire.Failed](r); !strings.Contains(f.Cause.Message, "no such layer") {
		t.Errorf("got %+v", f)
	}
}

func TestStopInterrupts(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Hello.Threads = 1 })
	started := make(chan error, 1)
	slow := r.layer(2, func(ctx context.Context, _ *graph.Task) (any, error) {
		started <- nil
		<-ctx.Done()
		return nil, context.Cause(ctx)
	})
	r.tell(compute(wire.Task{ID: id(slow, 0), Attempt: 1}, wire.Task{ID: id(slow, 1), Attempt: 1}))
	<-started
	r.tell(&wire.Stop{Tasks: []wire.Attempt{{ID: id(slow, 0), Attempt: 1}}, Reason: "ann said so"})
	if f := await[*wire.Failed](r); f.Cause.Sort != wire.SortCancelled || f.Cause.Message != "cancelled: ann said so" {
		t.Errorf("got %+v", f)
	}
	<-started // the other one has the slot
}

func TestFunctionThatDoesNotStop(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Hello.Threads = 1 })
	release, started := make(chan struct{}), make(chan struct{})
	hang := r.layer(1, func(context.Context, *graph.Task) (any, error) { close(started); <-release; return 1, nil })
	next := r.layer(1, number)
	r.tell(compute(wire.Task{ID: id(hang, 0), Attempt: 1}, wire.Task{ID: id(next, 0), Attempt: 1}))
	<-started
	r.tell(&wire.Stop{Tasks: []wire.Attempt{{ID: id(hang, 0), Attempt: 1}}, Reason: "enough"})
	f := await[*wire.Failed](r)
	if !strings.Contains(f.Cause.Message, "TestFunctionThatDoesNotStop") || !strings.Contains(f.Cause.Message, "node_test.go:") || f.Cause.Line == 0 {
		t.Errorf("the function is not named: %+v", f.Cause)
	}
	if h := await[*wire.Heartbeat](r); h.Executing != 1 || h.Ready != 1 {
		t.Errorf("got %+v, want the slot to be busy", h)
	}
	close(release)
	r.done(1)
	if _, err := r.n.Open(t.Context(), id(hang, 0)); err == nil {
		t.Error("the value of a stopped attempt is kept")
	}
}

func TestTimeoutOfAFunctionThatDoesNotStop(t *testing.T) {
	r := newRig(t, nil)
	release := make(chan struct{})
	hang := r.layer(1, func(context.Context, *graph.Task) (any, error) { <-release; return 1, nil })
	r.tell(compute(wire.Task{ID: id(hang, 0), Attempt: 1, Options: wire.TaskOptions{TimeoutMS: 10}}))
	if f := await[*wire.Failed](r); f.Cause.Sort != wire.SortTimeout || !strings.Contains(f.Cause.Message, "timeout after 10ms: ") {
		t.Errorf("got %+v", f.Cause)
	}
	close(release)
}

// TestBlockedTasksGiveTheirSlot: on one thread a task waits for what another one does.
func TestBlockedTasksGiveTheirSlot(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Hello.Threads = 1 })
	ch := make(chan int)
	get := r.layer(3, func(ctx context.Context, _ *graph.Task) (any, error) {
		defer local.Block(ctx)() // by way of package task
		return <-ch, nil
	})
	put := r.layer(3, func(ctx context.Context, t *graph.Task) (any, error) {
		p, _ := task.Of(ctx)
		if i := p.Info(); i.Worker != "w1" || i.Attempt != 5 || !strings.HasSuffix(i.ID, "#5") {
			return nil, errors.New("got another task's info")
		}
		ch <- t.Index
		return nil, nil
	})
	c := compute()
	for i := range 3 {
		c.Tasks = append(c.Tasks, wire.Task{ID: id(get, i), Attempt: 1})
	}
	for i := range 3 {
		c.Tasks = append(c.Tasks, wire.Task{ID: id(put, i), Attempt: 5, Priority: wire.Priority{Order: 1}})
	}
	r.tell(c)
	if m := await[*wire.LongRunning](r); m.Back {
		t.Errorf("got %+v", m)
	}
	r.done(6)
}

func TestSecede(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Hello.Threads = 1 })
	seceded, rejoin := make(chan struct{}), make(chan struct{})
	long := r.layer(1, func(ctx context.Context, _ *graph.Task) (any, error) {
		p, _ := task.Of(ctx)
		if err := p.Secede(); err != nil {
			return nil, err
		}
		if p.Secede() == nil {
			return nil, errors.New("a second secede is no error")
		}
		close(seceded)
		<-rejoin
		return 1, p.Rejoin(ctx)
	})
	short := r.layer(20, func(context.Context, *graph.Task) (any, error) { time.Sleep(time.Millisecond); return 1, nil })
	r.tell(compute(wire.Task{ID: id(long, 0), Attempt: 1}))
	<-seceded
	c := compute()
	for i := range 20 {
		c.Tasks = append(c.Tasks, wire.Task{ID: id(short, i), Attempt: 1})
	}
	r.tell(c)
	close(rejoin)
	r.done(21)
}

func TestFetching(t *testing.T) {
	r := newRig(t, nil)
	sum := r.layer(1, total)
	x, y, z := id(50, 0), id(50, 1), id(50, 2)
	r.peers.has["one"] = map[wire.ID]any{x: 1}
	r.peers.has["two"] = map[wire.ID]any{x: 1, y: 20}
	r.peers.down["three"] = true
	r.tell(&wire.Peers{Workers: []wire.Peer{{Number: 2, Address: "one"}, {Number: 3, Address: "two"}, {Number: 4, Address: "three"}}})
	r.tell(&wire.Compute{
		Tasks: []wire.Task{{ID: id(sum, 0), Attempt: 1, Inputs: []wire.ID{x, y, z}}},
		Where: []wire.Place{{ID: x, Bytes: 8, Workers: []uint32{2}}, {ID: y, Bytes: 8, Workers: []uint32{3}}, {ID: z, Bytes: 8, Workers: []uint32{4, 2, 9}}},
	})
	m := await[*wire.Missing](r)
	if len(m.Values) != 1 || m.Values[0].ID != z || len(m.Values[0].Workers) != 3 {
		t.Errorf("got %+v", m)
	}
	r.peers.mu.Lock()
	r.peers.has["two"][z] = 300
	r.peers.mu.Unlock()
	r.tell(&wire.Compute{Where: []wire.Place{{ID: z, Bytes: 8, Workers: []uint32{3}}}})
	r.done(1)
	if got := r.value(id(sum, 0)); got != 321 {
		t.Errorf("got %v, want 321", got)
	}
}

// parts is a value made of parts.
type parts []int

func (p parts) Only(k int) any { return parts{p[k]} }

func TestParts(t *testing.T) {
	r := newRig(t, nil)
	send := r.layer(1, func(context.Context, *graph.Task) (any, error) { return parts{10, 11, 12}, nil })
	r.tell(compute(wire.Task{ID: id(send, 0), Attempt: 1}))
	r.done(1)
	part := wire.ID{Layer: send, Part: 2}
	if got := r.value(part).(parts); len(got) != 1 || got[0] != 11 {
		t.Errorf("got %v, want part 1", got)
	}
	plain := r.layer(1, number)
	r.tell(compute(wire.Task{ID: id(plain, 0), Attempt: 1}))
	r.done(1)
	if _, err := r.n.Open(t.Context(), wire.ID{Layer: plain, Part: 1}); err == nil || !strings.Contains(err.Error(), "which has no parts") {
		t.Errorf("got %v", err)
	}
}

func TestPut(t *testing.T) {
	r := newRig(t, nil)
	x := id(50, 0)
	if err := r.n.Put(t.Context(), x, 41, 0); err != nil {
		t.Fatal(err)
	}
	if got := r.value(x); got != 41 {
		t.Errorf("got %v", got)
	}
	inc := r.layer(1, total)
	r.tell(compute(wire.Task{ID: id(inc, 0), Attempt: 1, Inputs: []wire.ID{x, x}}))
	r.done(1)
	if v, ok, err := r.n.Value(t.Context(), id(inc, 0)); v != 82 || !ok || err != nil {
		t.Errorf("got %v, %t, %v", v, ok, err)
	}
	if _, ok, err := r.n.Value(t.Context(), id(51, 0)); ok || err != nil {
		t.Errorf("got a value that is not there, %v", err)
	}
}

func TestQuestions(t *testing.T) {
	r := newRig(t, func(c *Config) {
		c.Answer = func(_ context.Context, n *Node, b wire.Body) (wire.Body, error) {
			switch b.(type) {
			case *wire.Run:
				return &wire.Ran{}, nil
			case *wire.Plugin:
				panic("oh")
			}
			return nil, errors.New("no")
		}
	})
	r.tell(&wire.Call{Request: 1, Body: &wire.Run{}})
	if m := await[*wire.Reply](r); m.Request != 1 || m.Err != "" || m.Body == nil {
		t.Errorf("got %+v", m)
	}
	r.tell(&wire.Call{Request: 2, Body: &wire.Plugin{}})
	if m := await[*wire.Reply](r); m.Request != 2 || m.Err != "panic: oh" {
		t.Errorf("got %+v", m)
	}
	r.tell(&wire.Call{Request: 3, Body: &wire.Dump{}})
	if m := await[*wire.Reply](r); !strings.HasPrefix(m.Body.(*wire.Text).Text, "worker 1") {
		t.Errorf("got %+v", m)
	}
	r.tell(&wire.Quit{Reason: "bye"})
	if got := <-r.quits; got != "bye" {
		t.Errorf("got %q", got)
	}
}

// TestShortTasksBeforeALongOne: what was handed out ahead of a task that turns out to be long can be stolen.
func TestShortTasksBeforeALongOne(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Hello.Threads = 1 })
	release := make(chan struct{})
	var ran atomic.Int32
	mixed := r.layer(2000, func(_ context.Context, t *graph.Task) (any, error) {
		if ran.Add(1); t.Index == 500 {
			<-release
		}
		return nil, nil
	})
	c := compute()
	steal := &wire.Steal{}
	for i := range 2000 {
		c.Tasks = append(c.Tasks, wire.Task{ID: id(mixed, i), Attempt: 1, Priority: wire.Priority{Order: int32(i)}})
		steal.Tasks = append(steal.Tasks, wire.Attempt{ID: id(mixed, i), Attempt: 1})
	}
	r.tell(c)
	r.done(500)
	back := 0
	for range 100 {
		r.tell(steal)
		if back += len(await[*wire.Returned](r).Tasks); back == 1499 {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	if back != 1499 {
		t.Errorf("%d tasks came back, want all 1499 behind the long one", back)
	}
	close(release)
	r.done(1)
}

func TestLossOfTheSession(t *testing.T) {
	r := newRig(t, nil)
	a := r.layer(2, number)
	r.tell(compute(wire.Task{ID: id(a, 1), Attempt: 1}))
	r.done(1)
	r.n.Session(false)
	r.n.Session(true)
	h := await[*wire.WorkerHello](r)
	if h.Was != 1 || h.Epoch != 1 || len(h.Holds) != 1 || h.Holds[0].ID != id(a, 1) {
		t.Errorf("got %+v", h)
	}
	r.tell(&wire.Welcome{Number: 1, Epoch: 2})
	r.gone(id(a, 1))
}

func TestCloseNamesWhatHangs(t *testing.T) {
	release, started := make(chan struct{}), make(chan struct{})
	r := newRig(t, nil)
	hang := r.layer(1, func(context.Context, *graph.Task) (any, error) {
		close(started)
		<-release
		return make([]byte, 1<<20), nil
	})
	r.tell(compute(wire.Task{ID: id(hang, 0), Attempt: 1}))
	<-started
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := r.n.Close(ctx); err == nil || !strings.Contains(err.Error(), "TestCloseNamesWhatHangs") {
		t.Errorf("got %v", err)
	}
	close(release)
	if err := r.n.Put(t.Context(), id(1, 1), 1, 1); !errors.Is(err, ErrClosed) {
		t.Errorf("got %v, want ErrClosed", err)
	}
}

func TestConfig(t *testing.T) {
	if _, err := New(Config{}); err == nil {
		t.Error("a node without a program is no error")
	}
}
