package clienttest

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sheaf"
	"sheaf/client"
	"sheaf/delayed"
	"sheaf/diagnostics"
	"sheaf/fn"
)

func testCaptures(t *testing.T, c *client.Client, has Features) {
	n := 41
	f := c.Submit[int](func() int { return n + 1 })
	if !has.Cluster {
		result(t, f, 42)
	} else if _, err := f.Result(t.Context()); !errors.Is(err, sheaf.ErrSerialize) ||
		!strings.Contains(err.Error(), "fn.Bind") || !strings.Contains(err.Error(), "tasks.go:") {
		t.Errorf("a function that captures: %v", err)
	}
	result(t, c.Submit[int](fn.Bind(add, n), 1), 42)
}

func testExceptions(t *testing.T, c *client.Client) {
	good, bad := c.Submit[int](inc, 1), c.Submit[int](half, 3)
	if err := good.Exception(t.Context()); err != nil || good.Traceback(t.Context()) != "" {
		t.Errorf("a good future has %v", err)
	}
	if err := bad.Exception(t.Context()); !errors.Is(err, errOdd) || !strings.Contains(bad.Traceback(t.Context()), "clienttest.go") {
		t.Errorf("a bad one has %v, traceback %q", err, bad.Traceback(t.Context()))
	}
	if s := c.Submit[int](explode, 1).Traceback(t.Context()); !strings.Contains(s, "explode") || !strings.Contains(s, "goroutine") {
		t.Errorf("traceback of a panic: %q", s)
	}
	if good.Type().Kind().String() != "int" || good.Key() == "" {
		t.Errorf("type %v, key %q", good.Type(), good.Key())
	}
	started := file(t, "started")
	f := c.Submit[int](hang, started)
	if err := await(t.Context(), started); err != nil {
		t.Fatal(err)
	}
	if !f.CancelForce("no more") || f.Status() != client.Cancelled {
		t.Errorf("after CancelForce: %v", f.Status())
	}
	if _, err := f.Result(t.Context()); !errors.Is(err, sheaf.ErrCancelled) || !strings.Contains(err.Error(), "no more") {
		t.Errorf("after CancelForce: %v", err)
	}
}

func whoAmI(ctx context.Context) (string, error) {
	i, ok := client.Task(ctx)
	if !ok {
		return "", errors.New("this is no task's context")
	}
	return i.Worker, nil
}

func testPlacement(t *testing.T, c *client.Client, has Features) {
	threads, err := c.NThreads(t.Context())
	if err != nil || len(threads) == 0 {
		t.Fatalf("NThreads = %v, %v", threads, err)
	}
	for name := range threads {
		f := c.Submit[string](whoAmI, client.OnWorkers(name), client.Pure(false))
		result(t, f, name)
		if who, err := c.WhoHas(t.Context(), []*client.Future[string]{f}); err != nil || len(who[0]) != 1 || who[0][0] != name {
			t.Errorf("WhoHas = %v, %v, want %s", who, err, name)
		}
	}
	f := c.Submit[int](inc, 1, client.OnWorkers("nobody"), client.AllowOther())
	result(t, f, 2)
	for _, f := range []*client.Future[int]{
		c.Submit[int](inc, 1, client.OnWorkers("nobody"), client.Pure(false)), c.Submit[int](inc, 1, client.Resource("GPU", 1), client.Pure(false)),
	} {
		if !has.Cluster {
			if _, err := f.Result(t.Context()); !errors.Is(err, sheaf.ErrNoWorkers) && !errors.Is(err, sheaf.ErrResources) {
				t.Errorf("what no worker may run: %v", err)
			}
			continue
		}
		time.Sleep(30 * time.Millisecond)
		if f.Done() {
			t.Errorf("what no worker may run ended with %v", f.Err())
		}
		info, err := c.Info(t.Context())
		if err != nil || len(info.NoWorker) == 0 {
			t.Errorf("Info does not say what waits for a worker: %v, %v", info, err)
		}
		f.Cancel()
	}
}

func testTimeouts(t *testing.T, c *client.Client) {
	_, err := c.Submit[time.Duration](sleep, time.Minute, client.Timeout(30*time.Millisecond)).Result(t.Context())
	if te, ok := errors.AsType[*sheaf.TaskError](err); !ok || !errors.Is(err, sheaf.ErrTimeout) || !strings.Contains(te.Func.Name, "sleep") {
		t.Errorf("after its time: %v", err)
	}
	result(t, c.Submit[time.Duration](sleep, time.Millisecond, client.Timeout(time.Minute)), time.Millisecond)
}

// secondAttempt returns what the second attempt of a task knows of itself.
func secondAttempt(ctx context.Context) (client.TaskInfo, error) {
	i, _ := client.Task(ctx)
	if i.Attempt < 2 {
		return i, errOdd
	}
	return i, nil
}

func testTaskInfo(t *testing.T, c *client.Client) {
	f := c.Submit[client.TaskInfo](secondAttempt, client.Retries(1))
	i, err := f.Result(t.Context())
	if err != nil || i.Attempt != 2 || i.Worker == "" || i.ID == "" || i.Key != f.Key() {
		t.Errorf("got %+v, %v, want attempt 2 of %s", i, err, f.Key())
	}
	if _, ok := client.Task(t.Context()); ok {
		t.Error("the test is a task")
	}
	if _, err := client.Current(t.Context()); err == nil {
		t.Error("the test's context has a client")
	}
	if own, err := client.Current(c.Context(t.Context())); err != nil || own != c {
		t.Errorf("Current = %v, %v", own, err)
	}
}

func secedeAndAwait(ctx context.Context, path string) error {
	if err := client.Secede(ctx); err != nil {
		return err
	}
	if err := client.Secede(ctx); err == nil {
		return errors.New("a task seceded twice")
	}
	if err := await(ctx, path); err != nil {
		return err
	}
	return client.Rejoin(ctx)
}

func testSecede(t *testing.T, c *client.Client) {
	path := file(t, "done")
	a := c.Submit[any](secedeAndAwait, path)
	b := c.Submit[any](mark, path) // the only worker's only thread must be free for it
	for _, f := range []*client.Future[any]{a, b} {
		if _, err := f.Result(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if client.Secede(t.Context()) == nil || client.Rejoin(t.Context()) == nil {
		t.Error("the test has seceded")
	}
}

// elsewhere wants to be run elsewhere the first two times.
func elsewhere(path string) (int, error) {
	n, err := note(path, "called")
	if err == nil && n < 3 {
		err = client.ErrReschedule
	}
	return n, err
}

func testReschedule(t *testing.T, c *client.Client) {
	result(t, c.Submit[int](elsewhere, file(t, "calls")), 3)
}

func testAnnotations(t *testing.T, c *client.Client) {
	threads, err := c.NThreads(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name := range threads {
		got, err := delayed.Call[string](whoAmI).Compute(c.Context(t.Context()), sheaf.Workers(name))
		if err != nil || got != name {
			t.Errorf("ran on %q, %v, want %s", got, err, name)
		}
		ctx := sheaf.With(c.Context(t.Context()), sheaf.Workers("nobody"), sheaf.AllowOther(), sheaf.Retries(2), sheaf.Replicas(1))
		if n, err := delayed.Call[int](thirdTime, file(t, "calls")).Compute(ctx); err != nil || n != 3 {
			t.Errorf("with annotations: %v, %v", n, err)
		}
	}
	_, err = delayed.Call[time.Duration](sleep, time.Minute).Compute(c.Context(t.Context()), sheaf.Timeout(20*time.Millisecond))
	if !errors.Is(err, sheaf.ErrTimeout) {
		t.Errorf("after its time: %v", err)
	}
}

func testMany(t *testing.T, c *client.Client, has Features) {
	n := 100_000
	if testing.Short() || raceEnabled || has.Cluster && !has.Processes {
		n = 10_000
	}
	xs := make([]int, n)
	for i := range xs {
		xs[i] = i
	}
	got, err := c.Gather(t.Context(), c.Map[int](inc, xs))
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range got {
		if v != i+1 {
			t.Fatalf("result %d is %d", i, v)
		}
	}
}

func fill(n int, b byte) []byte { return slices.Repeat([]byte{b}, n) }

func count(v []byte, b byte) (n int) {
	for _, x := range v {
		if x == b {
			n++
		}
	}
	return n
}

func testLarge(t *testing.T, c *client.Client) {
	const size = 3 << 20
	v, err := c.Submit[[]byte](fill, size, byte(7)).Result(t.Context())
	if err != nil || count(v, 7) != size {
		t.Errorf("a large result: %d bytes, %v", len(v), err)
	}
	result(t, c.Submit[int](count, v, byte(7)), size)
	result(t, c.Submit[int](count, c.Submit[[]byte](fill, size, byte(8)), byte(8)), size)
	blocks, err := c.Gather(t.Context(), c.Map[[]byte](fill, []int{1 << 20, 1 << 10, 1 << 19, 1}, []byte{1, 2, 3, 4}))
	if err != nil || len(blocks) != 4 || count(blocks[0], 1) != 1<<20 || count(blocks[3], 4) != 1 {
		t.Errorf("large and small results together: %d, %v", len(blocks), err)
	}
}

func testForeign(t *testing.T, c *client.Client) {
	other, err := client.Local(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	gate := file(t, "gate")
	theirs := other.Submit[int](threeWhen, gate)
	ours := c.Submit[int](inc, c.Submit[int](inc, theirs))
	if err := mark(gate); err != nil {
		t.Fatal(err)
	}
	result(t, ours, 5)
	if _, err := c.Submit[int](inc, other.Submit[int](half, 3)).Result(t.Context()); !errors.Is(err, errOdd) {
		t.Errorf("on a failure elsewhere: %v", err)
	}
	result(t, other.Submit[int](inc, ours), 6)
}

func testCompleted(t *testing.T, c *client.Client) {
	x := client.NewCompleted(c.Submit[int](inc, 1), c.Submit[int](half, 3))
	sum, failed := 0, 0
	for f := range x.All(t.Context()) {
		v, err := f.Result(t.Context())
		if err != nil {
			failed++
			continue
		}
		if sum += v; v < 4 { // one follows from the other
			x.Add(c.Submit[int](inc, v))
		}
	}
	if sum != 2+3+4 || failed != 1 || x.Len() != 0 {
		t.Errorf("sum %d, %d failed, %d left", sum, failed, x.Len())
	}
	x.Add(c.Map[int](inc, []int{1, 2, 3, 4})...)
	n := 0
	for b := x.Batch(t.Context()); len(b) > 0; b = x.Batch(t.Context()) {
		n += len(b)
	}
	if n != 4 {
		t.Errorf("batches of %d futures in all, want 4", n)
	}
}

func printed(ctx context.Context, x int) int {
	client.Print(ctx, "printed", x)
	return x
}

func testWatching(t *testing.T, c *client.Client) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	path := file(t, "prints")
	w, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := c.Prints(ctx, w); err != nil {
		t.Fatal(err)
	}
	fs := c.Map[int](printed, []int{7, 8})
	var bar strings.Builder
	if err := c.Progress(ctx, &bar, fs); err != nil || !strings.Contains(bar.String(), "printed") || !strings.Contains(bar.String(), "2/2") {
		t.Errorf("progress %q, %v", bar.String(), err)
	}
	eventually(t, "what tasks print is printed here", func() bool {
		got := notes(path)
		return len(got) == 2 && slices.Contains(got, "printed 7")
	})
	bad := c.Submit[int](half, c.Submit[int](inc, 2))
	if _, err := bad.Recreate(ctx); !errors.Is(err, errOdd) {
		t.Errorf("Recreate: %v", err)
	}
	var m client.MemorySampler
	err = m.Sample(ctx, c, "a", 5*time.Millisecond, func(ctx context.Context) error {
		_, err := sleep(ctx, 30*time.Millisecond)
		return err
	})
	if s := m.Samples("a"); err != nil || len(s) < 3 || s[len(s)-1].Since < 30*time.Millisecond {
		t.Errorf("samples %v, %v", s, err)
	}
}

// events counts what a run reports.
type events struct {
	mu            sync.Mutex
	kinds         []diagnostics.Kind
	total, counts int
	details       int
}

// Handle takes an event.
func (l *events) Handle(e diagnostics.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kinds = append(l.kinds, e.Kind)
	l.total += e.Total
	l.details += len(e.Tasks)
	for _, c := range e.Counts {
		l.counts += c.Tasks
	}
}

// Detailed asks for every task.
func (l *events) Detailed() {}

func testEvents(t *testing.T, c *client.Client) {
	var l events
	a := delayed.Call[int](inc, 1)
	b := delayed.Call[int](add, a, delayed.Call[int](inc, 2))
	if v, err := b.Compute(c.Context(t.Context()), sheaf.Listen(&l)); err != nil || v != 5 {
		t.Fatalf("Compute = %v, %v", v, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := len(l.kinds); n < 3 || l.kinds[0] != diagnostics.RunStarted || l.kinds[n-1] != diagnostics.RunDone {
		t.Errorf("events %v, want them from RunStarted to RunDone", l.kinds)
	}
	if l.total != 3 || l.counts != 3 || l.details != 3 {
		t.Errorf("%d tasks, %d done, %d in detail, want 3 of each", l.total, l.counts, l.details)
	}
}
