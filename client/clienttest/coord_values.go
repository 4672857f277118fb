package clienttest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"sheaf"
	"sheaf/client"
	"sheaf/delayed"
)

// record is a type of the user.
type record struct {
	Name  string
	Parts []int
}

func testQueue(t *testing.T, c *client.Client) {
	ctx := t.Context()
	q := c.Queue[record]("q")
	for i := range 3 {
		ok(t, q.Put(ctx, record{fmt.Sprint("r", i), []int{i}}))
	}
	n, err := q.Len(ctx)
	ok(t, err)
	equal(t, n, 3)
	r, err := q.Get(ctx)
	ok(t, err)
	equal(t, r, record{"r0", []int{0}})
	rest, err := q.GetAll(ctx)
	ok(t, err)
	equal(t, rest, []record{{"r1", []int{1}}, {"r2", []int{2}}})
	rest, err = q.GetAll(ctx)
	ok(t, err)
	equal(t, len(rest), 0)
	_, err = q.Get(brief(t))
	wants(t, err, context.DeadlineExceeded, "")
	_, err = q.GetN(brief(t), 2)
	wants(t, err, context.DeadlineExceeded, "")

	many := c.Queue[int]("many")
	go func() {
		for i := range 3000 {
			if err := many.Put(ctx, i); err != nil {
				t.Error(err)
			}
		}
	}()
	xs, err := many.GetN(ctx, 3000)
	ok(t, err)
	if len(xs) != 3000 || !slices.IsSorted(xs) {
		t.Errorf("%d values, in order: %v", len(xs), slices.IsSorted(xs))
	}
}

// slowly returns x after a while.
func slowly(ctx context.Context, x int) (int, error) {
	select {
	case <-time.After(20 * time.Millisecond):
	case <-ctx.Done():
	}
	return x, ctx.Err()
}

func testQueueFutures(t *testing.T, c *client.Client) {
	ctx := t.Context()
	q := c.Queue[int]("q")
	f := c.Submit[int](slowly, 1)
	ok(t, q.PutFuture(ctx, f))
	ok(t, q.Put(ctx, 2))
	ok(t, q.PutFuture(ctx, c.Submit[int](half, 3)))
	ok(t, q.PutFuture(ctx, c.Submit[int](inc, 3)))
	f.Release() // the queue keeps it alive
	v, err := q.Get(ctx)
	ok(t, err)
	equal(t, v, 1)
	g, err := q.GetFuture(ctx)
	ok(t, err)
	result(t, c.Submit[int](inc, g), 3)
	_, err = q.Get(ctx)
	wants(t, err, nil, "odd")
	g, err = q.GetFuture(ctx)
	ok(t, err)
	result(t, g, 4)

	ok(t, q.PutFuture(ctx, c.Scatter(5)))
	i, err := q.Take(ctx)
	ok(t, err)
	ok(t, i.Return(ctx))
	v, err = q.Get(ctx)
	ok(t, err)
	equal(t, v, 5)

	wrong := c.Queue[string]("q")
	ok(t, q.PutFuture(ctx, c.Submit[int](inc, 8)))
	if _, err = wrong.Get(ctx); err == nil {
		t.Error("a future of an int was read as a string")
	}
	ok(t, q.Close(ctx))
}

func testQueueBounded(t *testing.T, c *client.Client) {
	ctx := t.Context()
	q := c.Queue[int]("q", client.MaxLen(2))
	ok(t, q.Put(ctx, 1))
	ok(t, q.Put(ctx, 2))
	wants(t, q.Put(brief(t), 3), context.DeadlineExceeded, "")
	put := make(chan error)
	go func() { put <- q.Put(ctx, 4) }()
	xs, err := q.GetN(ctx, 3) // more than fit at a time
	ok(t, err)
	equal(t, xs, []int{1, 2, 4})
	ok(t, <-put)

	get := make(chan error)
	go func() {
		_, err := q.Get(ctx)
		get <- err
	}()
	for { // until it waits
		time.Sleep(5 * time.Millisecond)
		ok(t, q.Close(ctx))
		select {
		case err := <-get:
			wants(t, err, client.ErrDeleted, `"q"`)
			return
		default:
		}
	}
}

func testQueueItems(t *testing.T, c *client.Client) {
	ctx := t.Context()
	q := c.Queue[string]("q")
	for _, s := range []string{"a", "b", "c"} {
		ok(t, q.Put(ctx, s))
	}
	a, err := q.Take(ctx)
	ok(t, err)
	b, err := q.Take(ctx)
	ok(t, err)
	v, err := b.Value(ctx)
	ok(t, err)
	equal(t, v, "b")
	ok(t, b.Ack(ctx))
	wants(t, b.Ack(ctx), client.ErrNotHeld, "settled")
	ok(t, a.Return(ctx))
	wants(t, a.Ack(ctx), client.ErrNotHeld, "settled")
	all, err := q.GetN(ctx, 2)
	ok(t, err)
	equal(t, all, []string{"a", "c"})
}

// produce puts n numbers from x on.
func produce(ctx context.Context, q *client.Queue[int], x, n int) (int, error) {
	for i := range n {
		if err := q.Put(ctx, x+i); err != nil {
			return i, err
		}
	}
	return n, nil
}

// consume gets n numbers and returns their sum. Those of one producer must rise.
func consume(ctx context.Context, q *client.Queue[int], n, _ int) (sum int, err error) {
	last := map[int]int{}
	for range n {
		x, err := q.Get(ctx)
		if err != nil {
			return sum, err
		}
		if before, met := last[x/1000]; met && before >= x {
			return sum, fmt.Errorf("%d after %d", x, before)
		}
		last[x/1000] = x
		sum += x
	}
	return sum, nil
}

// testQueueInTasks has more tasks that wait for each other than workers.
func testQueueInTasks(t *testing.T, c *client.Client) {
	q := c.Queue[int]("q", client.MaxLen(3))
	var sums, made []*client.Future[int]
	for i := range 4 {
		sums = append(sums, c.Submit[int](consume, q, 50, i))
	}
	for i := range 4 {
		made = append(made, c.Submit[int](produce, q, i*1000, 50))
	}
	_, err := c.Gather(t.Context(), made)
	ok(t, err)
	got, err := c.Gather(t.Context(), sums)
	ok(t, err)
	want, sum := 0, 0
	for i := range 4 {
		for k := range 50 {
			want += i*1000 + k
		}
		sum += got[i]
	}
	equal(t, sum, want)
}

func testVariable(t *testing.T, c *client.Client) {
	ctx := t.Context()
	v := c.Variable[int]("v")
	_, err := v.Get(brief(t))
	wants(t, err, context.DeadlineExceeded, "")
	_, set, err := v.TryGet(ctx)
	ok(t, err)
	equal(t, set, false)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if x, err := v.Get(ctx); err != nil || x != 41 {
				t.Errorf("got %v, %v", x, err)
			}
		})
	}
	ok(t, v.Set(ctx, 41))
	wg.Wait()
	f := c.Submit[int](slowly, 42)
	ok(t, v.SetFuture(ctx, f))
	f.Release() // the variable keeps it alive
	x, err := v.Get(ctx)
	ok(t, err)
	equal(t, x, 42)
	g, err := v.GetFuture(ctx)
	ok(t, err)
	ok(t, v.Set(ctx, 7)) // whoever has the future keeps it
	result(t, g, 42)
	g, err = v.GetFuture(ctx)
	ok(t, err)
	result(t, c.Submit[int](inc, g), 8)
	x, set, err = v.TryGet(ctx)
	ok(t, err)
	equal(t, x, 7)
	equal(t, set, true)
	ok(t, v.Delete(ctx))
	set, err = v.IsSet(ctx)
	ok(t, err)
	equal(t, set, false)
	ok(t, v.Delete(ctx))
	ok(t, c.Variable[any]("any").Set(ctx, record{"x", nil}))
	y, err := c.Variable[any]("any").Get(ctx)
	ok(t, err)
	equal(t, y, any(record{Name: "x"}))
}

func testEvent(t *testing.T, c *client.Client) {
	ctx := t.Context()
	e := c.Event("e")
	wants(t, e.Wait(brief(t)), context.DeadlineExceeded, "")
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if err := c.Event("e").Wait(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	ok(t, e.Set(ctx))
	wg.Wait()
	set, err := e.IsSet(ctx)
	ok(t, err)
	equal(t, set, true)
	ok(t, e.Clear(ctx))
	set, err = e.IsSet(ctx)
	ok(t, err)
	equal(t, set, false)
	wants(t, e.Wait(brief(t)), context.DeadlineExceeded, "")
}

func testTopics(t *testing.T, c *client.Client) {
	ctx := t.Context()
	ok(t, c.LogEvent(ctx, "t", "before"))
	seq := c.Subscribe(ctx, "t")
	all := c.Subscribe(ctx, "t", client.From(1))
	for i := range 600 { // more than are sent ahead
		ok(t, c.LogEvent(ctx, "t", i))
	}
	i := 0
	for m, err := range seq {
		ok(t, err)
		if m.Value != i || m.Seq != uint64(i+2) || m.Missed != 0 || m.Topic != "t" || time.Since(m.Time) > time.Hour {
			t.Fatalf("got %+v, want %d", m, i)
		}
		if i++; i == 600 {
			break
		}
	}
	for m, err := range all {
		ok(t, err)
		equal(t, m.Value, any("before"))
		break
	}
	for _, err := range all {
		wants(t, err, nil, "read before")
	}
	ms, err := c.Events(ctx, "t", client.From(599))
	ok(t, err)
	equal(t, len(ms), 3)
	equal(t, ms[0].Value, any(597))

	for i := range 1500 { // more than are remembered
		ok(t, c.LogEvent(ctx, "t", i))
	}
	for m, err := range c.Subscribe(ctx, "t", client.From(602)) {
		ok(t, err)
		equal(t, m.Missed, 500)
		equal(t, m.Value, any(500))
		break
	}
	ms, err = c.Events(ctx, "t")
	ok(t, err)
	equal(t, len(ms), 1000)
	names, err := c.Topics(ctx)
	ok(t, err)
	equal(t, names, []string{"t"})
	for _, err := range c.Subscribe(brief(t), "silent") {
		wants(t, err, context.DeadlineExceeded, "")
	}
	wants(t, c.LogEvent(ctx, "t", make(chan int)), nil, "topic t")
}

// report logs an event from a task.
func report(ctx context.Context, x int) (int, error) {
	c, _ := client.Of(ctx)
	return x, c.LogEvent(ctx, "reports", record{"task", []int{x}})
}

func testTopicsInTasks(t *testing.T, c *client.Client) {
	ctx := t.Context()
	seq := c.Subscribe(ctx, "reports")
	_, err := c.Gather(ctx, c.Map[int](report, []int{1, 2, 3}))
	ok(t, err)
	var got []int
	for m, err := range seq {
		ok(t, err)
		if got = append(got, m.Value.(record).Parts...); len(got) == 3 {
			break
		}
	}
	slices.Sort(got)
	equal(t, got, []int{1, 2, 3})
}

func testDatasets(t *testing.T, c *client.Client) {
	ctx := c.Context(t.Context())
	lazy, err := sheaf.Persist(ctx, delayed.Call[int](inc, 41))
	ok(t, err)
	ok(t, c.PublishDataset(ctx, "answer", lazy))
	wants(t, c.PublishDataset(ctx, "answer", lazy), client.ErrExists, "override")
	back, err := c.GetDataset[*delayed.Value[int]](ctx, "answer")
	ok(t, err)
	v, err := back.Compute(ctx)
	ok(t, err)
	equal(t, v, 42)

	fs := c.Map[int](inc, []int{1, 2, 3})
	ok(t, c.PublishDataset(ctx, "futures", fs))
	c.Release(fs) // the name keeps them alive
	again, err := c.GetDataset[[]*client.Future[int]](ctx, "futures")
	ok(t, err)
	xs, err := c.Gather(ctx, again)
	ok(t, err)
	equal(t, xs, []int{2, 3, 4})
	c.Release(again)
	named, err := c.GetDataset[[]*client.Future[int]](ctx, "futures")
	ok(t, err)
	result(t, named[2], 4)

	f := c.Submit[int](inc, 9)
	ok(t, c.PublishDataset(ctx, "answer", f, client.Override()))
	_, err = c.GetDataset[*delayed.Value[int]](ctx, "answer")
	wants(t, err, nil, "Future[int]")
	g, err := c.GetDataset[*client.Future[int]](ctx, "answer")
	ok(t, err)
	result(t, g, 10)
	names, err := c.ListDatasets(ctx)
	ok(t, err)
	equal(t, names, []string{"answer", "futures"})
	ok(t, c.UnpublishDataset(ctx, "answer"))
	wants(t, c.UnpublishDataset(ctx, "answer"), client.ErrNotFound, `"answer"`)
	_, err = c.GetDataset[int](ctx, "answer")
	wants(t, err, client.ErrNotFound, `"answer"`)
	result(t, g, 10) // whoever has it keeps it
}

func testMetadata(t *testing.T, c *client.Client) {
	ctx := t.Context()
	ok(t, c.SetMetadata(ctx, 3, "tables", "trips", "size"))
	ok(t, c.SetMetadata(ctx, "ada", "tables", "trips", "owner"))
	n, err := c.GetMetadata[int](ctx, "tables", "trips", "size")
	ok(t, err)
	equal(t, n, 3)
	m, err := c.GetMetadata[map[string]any](ctx, "tables")
	ok(t, err)
	equal(t, m, map[string]any{"trips": map[string]any{"size": 3, "owner": "ada"}})
	_, err = c.GetMetadata[int](ctx, "tables")
	wants(t, err, nil, "mapping")
	_, err = c.GetMetadata[string](ctx, "tables", "trips", "size")
	wants(t, err, nil, "holds int, want string")
	ok(t, c.SetMetadata(ctx, map[string]any{"a": record{Name: "x"}, "b": map[string]any{"c": 1.5}}, "tables"))
	x, err := c.GetMetadata[float64](ctx, "tables", "b", "c")
	ok(t, err)
	equal(t, x, 1.5)
	r, err := c.GetMetadata[record](ctx, "tables", "a")
	ok(t, err)
	equal(t, r, record{Name: "x"})
	_, err = c.GetMetadata[int](ctx, "tables", "trips", "size")
	wants(t, err, client.ErrNotFound, "tables/trips/size")
	ok(t, c.DeleteMetadata(ctx, "tables"))
	_, err = c.GetMetadata[any](ctx, "tables")
	wants(t, err, client.ErrNotFound, "tables")
	if err := errors.Join(c.SetMetadata(ctx, 1), nil); err == nil {
		t.Error("metadata without a path was set")
	}
}
