package clienttest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sheaf/client"
)

// RunCoord runs the suite of locks, queues, variables, events, topics, datasets and metadata. Functions that it submits capture
// nothing, so that they travel.
func RunCoord(t *testing.T, make Maker) {
	for _, c := range []struct {
		name string
		test func(t *testing.T, c *client.Client)
		n    int
	}{
		{"lock", testLock, 2},
		{"lock and contexts", testLockContext, 2},
		{"lock in tasks", testLockInTasks, 2},
		{"waiting in tasks", testWaitInTasks, 1},
		{"leases run out", testLeaseEnds, 2},
		{"leases are renewed", testLeaseRenewed, 2},
		{"several locks", testMultiLock, 2},
		{"semaphore", testSemaphore, 2},
		{"queue", testQueue, 2},
		{"queue of futures", testQueueFutures, 2},
		{"bounded queue", testQueueBounded, 2},
		{"queue items", testQueueItems, 2},
		{"queue in tasks", testQueueInTasks, 2},
		{"variable", testVariable, 2},
		{"event", testEvent, 2},
		{"topics", testTopics, 2},
		{"topics from tasks", testTopicsInTasks, 2},
		{"datasets", testDatasets, 2},
		{"metadata", testMetadata, 2},
		{"handles travel", testTravel, 2},
		{"wrong use", testWrongUse, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			cl := make(t, c.n)
			done := time.AfterFunc(60*time.Second, func() { panic("clienttest: " + c.name + " hangs") })
			defer done.Stop()
			c.test(t, cl)
			if err := cl.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		})
	}
	t.Run("closed coordination", func(t *testing.T) { testCoordClosed(t, make(t, 1)) })
}

// ok ends the test if err is not nil.
func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wants ends the test if err does not match, or does not say text.
func wants(t *testing.T, err, want error, text string) {
	t.Helper()
	if want != nil && !errors.Is(err, want) || err == nil || !strings.Contains(err.Error(), text) {
		t.Fatalf("got error %v, want %v with %q", err, want, text)
	}
}

func equal[T any](t *testing.T, got, want T) {
	t.Helper()
	if fmt.Sprintf("%#v", got) != fmt.Sprintf("%#v", want) {
		t.Fatalf("got %#v, want %#v", got, want)
	}
}

// brief is a context that ends soon.
func brief(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	t.Cleanup(cancel)
	return ctx
}

func testLock(t *testing.T, c *client.Client) {
	ctx := t.Context()
	var wg sync.WaitGroup
	inside, tokens := 0, []uint64{}
	for range 4 {
		wg.Go(func() {
			l := c.Lock("x")
			for range 20 {
				if err := l.Lock(ctx); err != nil {
					t.Error(err)
					return
				}
				if inside++; inside != 1 {
					t.Error("two are inside")
				}
				tokens = append(tokens, l.Token())
				inside--
				if err := l.Unlock(ctx); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if len(tokens) != 80 || !slices.IsSorted(tokens) || len(slices.Compact(tokens)) != 80 {
		t.Errorf("tokens do not rise: %v", tokens)
	}

	a, b := c.Lock("y"), c.Lock("y")
	ok(t, a.Lock(ctx))
	got, err := b.TryLock(ctx)
	ok(t, err)
	equal(t, got, false)
	held, err := b.Locked(ctx)
	ok(t, err)
	equal(t, held, true)
	wants(t, b.Unlock(ctx), client.ErrNotHeld, `lock "y"`)
	equal(t, b.Token(), 0)
	ok(t, a.Unlock(ctx))
	wants(t, a.Unlock(ctx), client.ErrNotHeld, `lock "y"`)
	got, err = b.TryLock(ctx)
	ok(t, err)
	equal(t, got, true)
	ok(t, b.Unlock(ctx))
	held, err = b.Locked(ctx)
	ok(t, err)
	equal(t, held, false)
}

func testLockContext(t *testing.T, c *client.Client) {
	ctx := t.Context()
	a, b := c.Lock("x"), c.Lock("x")
	ok(t, a.Lock(ctx))
	wants(t, b.Lock(brief(t)), context.DeadlineExceeded, "")
	held := a.Context(ctx)
	ok(t, held.Err())
	gone, cancel := context.WithCancel(ctx)
	cancel()
	ok(t, a.Unlock(gone)) // what is given back is given back, whatever the context
	<-held.Done()
	if err := b.Context(ctx).Err(); err == nil {
		t.Error("the context of a lock that is not held has not ended")
	}
	ok(t, b.Lock(ctx)) // whoever gave up is not in line any more
	ok(t, b.Unlock(ctx))

	sentinel := errors.New("mine")
	wants(t, a.Do(ctx, func(ctx context.Context) error {
		if got, err := b.TryLock(ctx); err != nil || got {
			t.Errorf("TryLock: %v, %v", got, err)
		}
		return sentinel
	}), sentinel, "")
	func() {
		defer func() { _ = recover() }()
		_ = a.Do(ctx, func(context.Context) error { panic("user code") })
	}()
	got, err := b.TryLock(ctx)
	ok(t, err)
	equal(t, got, true)
	ok(t, b.Unlock(ctx))
}

// countUnder adds 1 to a variable, n times, each time under a lock.
func countUnder(ctx context.Context, lock, variable string, n int) error {
	c, found := client.Of(ctx)
	if !found {
		return errors.New("the task has no client")
	}
	l, v := c.Lock(lock), c.Variable[int](variable)
	for range n {
		err := l.Do(ctx, func(ctx context.Context) error {
			x, err := v.Get(ctx)
			if err != nil {
				return err
			}
			return v.Set(ctx, x+1)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// countTask is countUnder with a result.
func countTask(ctx context.Context, lock, variable string, n, _ int) (int, error) {
	return n, countUnder(ctx, lock, variable, n)
}

func testLockInTasks(t *testing.T, c *client.Client) {
	ctx := t.Context()
	v := c.Variable[int]("count")
	ok(t, v.Set(ctx, 0))
	fs := make([]*client.Future[int], 8)
	for i := range fs {
		fs[i] = c.Submit[int](countTask, "guard", "count", 10, i)
	}
	_, err := c.Gather(ctx, fs)
	ok(t, err)
	n, err := v.Get(ctx)
	ok(t, err)
	equal(t, n, 80)
}

// waitFor waits for an event and then sets another one.
func waitFor(ctx context.Context, first, then string) (bool, error) {
	c, _ := client.Of(ctx)
	if err := c.Event(first).Wait(ctx); err != nil {
		return false, err
	}
	return true, c.Event(then).Set(ctx)
}

// set sets an event.
func set(ctx context.Context, event string) (bool, error) {
	c, _ := client.Of(ctx)
	return true, c.Event(event).Set(ctx)
}

// testWaitInTasks has one worker: tasks that wait give their place to those that they wait for.
func testWaitInTasks(t *testing.T, c *client.Client) {
	var fs []*client.Future[bool]
	for i := range 5 {
		fs = append(fs, c.Submit[bool](waitFor, fmt.Sprint("e", i+1), fmt.Sprint("e", i)))
	}
	fs = append(fs, c.Submit[bool](set, "e5"))
	_, err := c.Gather(t.Context(), fs)
	ok(t, err)
	ok(t, c.Event("e0").Wait(t.Context()))
}

func testLeaseEnds(t *testing.T, c *client.Client) {
	ctx := t.Context()
	a, b := c.Lock("x", client.LeaseTime(50*time.Millisecond), client.NoRenew()), c.Lock("x")
	ok(t, a.Lock(ctx))
	token, held := a.Token(), a.Context(ctx)
	ok(t, b.Lock(ctx)) // when the lease has run out
	if b.Token() <= token {
		t.Errorf("token %d after %d", b.Token(), token)
	}
	<-held.Done()
	wants(t, context.Cause(held), client.ErrNotHeld, "50ms")
	wants(t, a.Unlock(ctx), client.ErrNotHeld, "")
	ok(t, b.Unlock(ctx))
}

func testLeaseRenewed(t *testing.T, c *client.Client) {
	ctx := t.Context()
	a, b := c.Lock("x", client.LeaseTime(150*time.Millisecond)), c.Lock("x")
	ok(t, a.Lock(ctx))
	held := a.Context(ctx)
	time.Sleep(500 * time.Millisecond)
	got, err := b.TryLock(ctx)
	ok(t, err)
	equal(t, got, false)
	ok(t, held.Err())
	ok(t, a.Unlock(ctx))
}

func testMultiLock(t *testing.T, c *client.Client) {
	ctx := t.Context()
	ab, ba := c.MultiLock([]string{"a", "b"}), c.MultiLock([]string{"b", "a"})
	var wg sync.WaitGroup
	inside := 0
	for _, l := range []*client.MultiLock{ab, ba} {
		wg.Go(func() {
			for range 50 {
				err := l.Do(ctx, func(context.Context) error {
					if inside++; inside != 1 {
						t.Error("two are inside")
					}
					inside--
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()

	b := c.Lock("b")
	ok(t, b.Lock(ctx))
	got, err := ab.TryLock(ctx)
	ok(t, err)
	equal(t, got, false)
	equal(t, ab.Locked(), false)
	wants(t, ab.Unlock(ctx), client.ErrNotHeld, "a, b")
	one := c.MultiLock([]string{"b", "a"}, client.Any(1))
	ok(t, one.Lock(ctx))
	equal(t, one.Held(), []string{"a"})
	equal(t, one.Locked(), true)
	if one.Token() <= b.Token() || one.Context(ctx).Err() != nil {
		t.Errorf("token %d after %d", one.Token(), b.Token())
	}
	wants(t, ba.Lock(brief(t)), context.DeadlineExceeded, "")
	ok(t, one.Unlock(ctx))
	ok(t, b.Unlock(ctx))
	ok(t, ab.Lock(ctx))
	ok(t, ab.Unlock(ctx))
}

func testSemaphore(t *testing.T, c *client.Client) {
	ctx := t.Context()
	s := c.Semaphore("db", 3)
	a, err := s.Acquire(ctx)
	ok(t, err)
	b, err := s.Acquire(ctx, 2)
	ok(t, err)
	n, err := s.Value(ctx)
	ok(t, err)
	equal(t, n, 3)
	_, got, err := s.TryAcquire(ctx)
	ok(t, err)
	equal(t, got, false)
	_, err = s.Acquire(brief(t))
	wants(t, err, context.DeadlineExceeded, "")
	_, err = c.Semaphore("db", 4).Acquire(ctx)
	wants(t, err, nil, "has 3 units")
	_, err = s.Acquire(ctx, 4)
	wants(t, err, nil, "which has 3")
	ok(t, a.Release(ctx))
	wants(t, a.Release(ctx), client.ErrNotHeld, "")
	if a.Err() == nil || b.Err() != nil || b.Token() <= a.Token() {
		t.Errorf("errors %v and %v, tokens %d and %d", a.Err(), b.Err(), a.Token(), b.Token())
	}
	ok(t, s.Do(ctx, func(ctx context.Context) error {
		n, err := s.Value(ctx)
		equal(t, n, 3)
		return err
	}))
	waits := make(chan error)
	go func() {
		_, err := s.Acquire(ctx, 3)
		waits <- err
	}()
	time.Sleep(10 * time.Millisecond)
	ok(t, s.Close(ctx))
	wants(t, <-waits, client.ErrDeleted, `"db"`)
	ok(t, c.Semaphore("db", 4).Do(ctx, func(context.Context) error { return nil }))
}

func testTravel(t *testing.T, c *client.Client) {
	ctx := t.Context()
	q := c.Queue[int]("q", client.MaxLen(100))
	f := c.Submit[bool](useAll, c.Lock("x", client.LeaseTime(time.Minute)), c.MultiLock([]string{"a", "b"}), c.Semaphore("s", 2), q,
		c.Variable[string]("v"), c.Event("e"))
	result(t, f, true)
	ok(t, c.Event("e").Wait(ctx))
	n, err := q.Get(ctx)
	ok(t, err)
	equal(t, n, 7)
	s, err := c.Variable[string]("v").Get(ctx)
	ok(t, err)
	equal(t, s, "set by a task")
}

// useAll uses everything that it is passed.
func useAll(
	ctx context.Context, l *client.Lock, m *client.MultiLock, s *client.Semaphore, q *client.Queue[int], v *client.Variable[string], e *client.Event,
) (bool, error) {
	err := l.Do(ctx, func(ctx context.Context) error {
		return m.Do(ctx, func(ctx context.Context) error {
			return s.Do(ctx, func(ctx context.Context) error {
				return errors.Join(q.Put(ctx, 7), v.Set(ctx, "set by a task"), e.Set(ctx))
			})
		})
	})
	return err == nil, err
}

func testWrongUse(t *testing.T, c *client.Client) {
	ctx := t.Context()
	wants(t, c.Lock("").Lock(ctx), nil, "without a name")
	wants(t, c.Lock(strings.Repeat("x", 5000)).Lock(ctx), client.ErrLimit, "1024")
	wants(t, c.MultiLock(nil).Lock(ctx), nil, "0 locks")
	wants(t, c.Lock("x", client.LeaseTime(100*time.Hour)).Lock(ctx), client.ErrLimit, "24h")
	wants(t, c.Queue[string]("q").Put(ctx, strings.Repeat("x", 100_000)), client.ErrLimit, "scatter")
	wants(t, c.Queue[chan int]("q").Put(ctx, make(chan int)), nil, "chan int")
	ok(t, c.Queue[string]("q").Put(ctx, "text"))
	_, err := c.Queue[int]("q").Get(ctx)
	wants(t, err, nil, "holds string, want int")
	s, err := c.Queue[string]("q").Get(ctx) // it was put back
	ok(t, err)
	equal(t, s, "text")
	ok(t, c.Variable[string]("v").Set(ctx, "text"))
	_, err = c.Variable[int]("v").Get(ctx)
	wants(t, err, nil, "holds string, want int")
	lost := &client.Lock{}
	b, err := c.Lock("far").MarshalBinary()
	ok(t, err)
	ok(t, lost.UnmarshalBinary(b))
	wants(t, lost.Lock(ctx), nil, "no client")
	ok(t, lost.Do(c.Context(ctx), func(context.Context) error { return nil }))
	wants(t, new(client.Event).UnmarshalBinary(b), nil, "want a event")
}

func testCoordClosed(t *testing.T, c *client.Client) {
	ctx := t.Context()
	l := c.Lock("x")
	ok(t, l.Lock(ctx))
	held := l.Context(ctx)
	waits := make(chan error, 2)
	go func() { waits <- c.Lock("x").Lock(ctx) }()
	go func() {
		for _, err := range c.Subscribe(ctx, "t") {
			waits <- err
		}
	}()
	time.Sleep(20 * time.Millisecond)
	ok(t, c.Close())
	for range 2 {
		wants(t, <-waits, nil, "closed")
	}
	<-held.Done()
	wants(t, l.Unlock(ctx), nil, "closed")
	wants(t, c.Event("e").Set(ctx), nil, "closed")
}
