package client

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"sync/atomic"

	"sheaf"
	"sheaf/delayed"
	"sheaf/graph"
)

// A Future is a result that is being computed or is there already. It may be passed as an argument to Submit, Map and
// delayed functions, in the place of a plain value. It has no Compute: what runs already needs no starting, so use Result.
//
// The value is kept until [Future.Release], or until nobody has the future any more.
//
// Same as distributed.Future.
type Future[R any] struct {
	delayed.Ref[R]
	share *share
}

// share is one future's part in a cell. It is apart from the future so that it can be given up when the future is gone.
type share struct {
	cell     *cell
	released atomic.Bool
}

func (s *share) release() {
	if !s.released.Swap(true) {
		s.cell.release()
	}
}

// task is a submitted task: what local and remote executors know about it.
type task interface {
	graph.Pending
	Done() bool
	Wait(ctx context.Context) (any, error)
	Cancel(cause error) bool
	Release()
}

// A Status is how far a future has come.
type Status string

// The states of a future, as Dask spells them.
const (
	Pending   Status = "pending"
	Finished  Status = "finished"
	Error     Status = "error"
	Cancelled Status = "cancelled"
	Released  Status = "released"
)

func newFuture[R any](x *cell) *Future[R] {
	f := &Future[R]{}
	f.adopt(x)
	return f
}

// adopt makes an empty future one of the cell's, which has counted it.
func (f *Future[R]) adopt(x *cell) {
	f.share = &share{cell: x}
	f.Bind(f.share.pending)
	runtime.AddCleanup(f, (*share).release, f.share)
}

// errNoFuture is the error of a future that stands for nothing.
var errNoFuture = errors.New("client: the future is nil or empty: it comes from no Submit, Map, Scatter or the like")

// own returns the future's part of its task; that of a nil or empty future has failed.
func (f *Future[R]) own() *share {
	if f != nil && f.share != nil {
		return f.share
	}
	s := &share{cell: &cell{err: errNoFuture}}
	s.released.Store(true)
	return s
}

// sharedCell returns the cell of a future of any type.
func (f *Future[R]) sharedCell() *cell { return f.own().cell }

// failed is a future whose call was wrong.
func failed[R any](c *Client, err error) *Future[R] { return newFuture[R](&cell{c: c, err: err}) }

// get returns the task, or why there is none.
func (s *share) get() (task, error) {
	t, err := s.cell.get()
	if err == nil && s.released.Load() {
		return nil, fmt.Errorf("client: the future %s was %w", t.Key(), ErrReleased)
	}
	return t, err
}

// pending returns what graphs stand on. A graph that stands on a future keeps its value, also when nobody has the future any more.
func (s *share) pending() graph.Pending {
	t, err := s.get()
	if err != nil {
		return broken{err}
	}
	if own, ok := t.(interface{ Share() graph.Pending }); ok {
		return own.Share()
	}
	return t
}

// broken is a future that has failed before it began.
type broken struct{ err error }

func (b broken) Key() graph.Key { return graph.Key{Name: "failed", Token: graph.Unique()} }

func (b broken) Notify(f func()) { f() }

func (b broken) Value(context.Context) (any, error) { return nil, b.err }

// Pending returns the future as something that graphs can stand on.
func (f *Future[R]) Pending() graph.Pending { return f.own().pending() }

// Result waits until the result is there and returns it, or the error of the function: a *sheaf.TaskError that names the
// function, its file and line. Inside of a task it gives the task's place to others while it waits, so ctx should be the
// task's.
func (f *Future[R]) Result(ctx context.Context) (R, error) {
	var zero R
	t, err := f.own().get()
	if err != nil {
		return zero, err
	}
	v, err := t.Wait(ctx)
	runtime.KeepAlive(f)
	if err != nil {
		return zero, err
	}
	f.own().cell.settle()
	r, ok := v.(R)
	if !ok && v != nil {
		return zero, fmt.Errorf("client: the task %s returned %T, want %T", t.Key(), v, zero)
	}
	return r, nil
}

// Err returns the error of the function, or nil if it has none or is not done. It does not wait.
//
// Same as Future.exception without waiting.
func (f *Future[R]) Err() error {
	t, err := f.own().get()
	if err != nil || !t.Done() {
		return err
	}
	if known, ok := t.(interface{ Err() error }); ok { // without the value
		return known.Err()
	}
	_, err = t.Value(context.Background())
	return err
}

// Done reports whether the result is there, or failed, or was cancelled.
func (f *Future[R]) Done() bool {
	t, err := f.own().get()
	return err != nil || t.Done()
}

// Status returns how far the future has come.
func (f *Future[R]) Status() Status {
	switch err := f.Err(); {
	case errors.Is(err, ErrCancelled):
		return Cancelled
	case errors.Is(err, ErrReleased):
		return Released
	case err != nil:
		return Error
	case f.Done():
		return Finished
	}
	return Pending
}

// Cancelled reports whether the future was cancelled.
func (f *Future[R]) Cancelled() bool { return f.Status() == Cancelled }

// Key returns the name of the task.
func (f *Future[R]) Key() string {
	t, err := f.own().get()
	if err != nil {
		return ""
	}
	return t.Key().String()
}

// String returns "Future[R](key: status)"; it does not wait.
func (f *Future[R]) String() string {
	var zero *R
	name := fmt.Sprintf("%T", zero)[1:]
	if key := f.Key(); key != "" {
		return fmt.Sprintf("Future[%s](%s: %s)", name, key, f.Status())
	}
	return fmt.Sprintf("Future[%s](%s)", name, f.Status())
}

// Cancel cancels the function: if it has not begun it does not run, else its context is cancelled and its result ignored.
// Futures that depend on it fail too. It reports whether there was anything to cancel.
func (f *Future[R]) Cancel(reason ...string) bool {
	t, err := f.own().get()
	if err != nil {
		return false
	}
	return f.own().cell.end(t.Cancel(cancelled(t, reason)))
}

func cancelled(t task, reason []string) error {
	cause := fmt.Errorf("client: the task %s was %w", t.Key(), ErrCancelled)
	if len(reason) > 0 {
		cause = fmt.Errorf("%w: %s", cause, reason[0])
	}
	return cause
}

// CancelForce is [Future.Cancel] for everybody: the task ends although other clients of the cluster want its result too, and results that are
// there already are forgotten.
//
// Same as Client.cancel(force=True).
func (f *Future[R]) CancelForce(reason ...string) bool {
	t, err := f.own().get()
	if err != nil {
		return false
	}
	if all, ok := t.(interface{ CancelForce(cause error) bool }); ok {
		return f.own().cell.end(all.CancelForce(cancelled(t, reason)))
	}
	return f.own().cell.end(t.Cancel(cancelled(t, reason)))
}

// Exception waits until the future is done and returns the error of the function, nil if it has none. Err does not wait.
//
// Same as Future.exception.
func (f *Future[R]) Exception(ctx context.Context) error {
	done := make(chan struct{})
	f.Pending().Notify(func() { close(done) })
	resume := block(ctx)
	defer resume()
	select {
	case <-done:
		return f.Err()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Traceback waits until the future is done and returns the stack of the panic that ended the function, or the function's file and line if it
// returned an error. It is empty if there is no error.
//
// Same as Future.traceback.
func (f *Future[R]) Traceback(ctx context.Context) string {
	te, ok := errors.AsType[*sheaf.TaskError](f.Exception(ctx))
	switch {
	case !ok:
		return ""
	case te.Stack != "":
		return te.Stack
	}
	return te.Func.String()
}

// Recreate makes the call again in this goroutine, with the same arguments, so that a debugger steps into a function that failed elsewhere. It
// is there until the future has given its result.
//
// Same as Client.recreate_error_locally.
func (f *Future[R]) Recreate(ctx context.Context) (R, error) {
	var zero R
	x := f.own().cell
	x.mu.Lock()
	here, err := x.here, x.err
	x.mu.Unlock()
	switch {
	case err != nil:
		return zero, err
	case here == nil:
		return zero, fmt.Errorf("client: %s cannot be made again here: it is not the call of a function, or has succeeded", f.Key())
	}
	l, err := sheaf.NewLocal(sheaf.LocalConfig{Synchronous: true})
	if err != nil {
		return zero, err
	}
	defer func() { _ = l.Close() }()
	v, err := here(sheaf.With(ctx, sheaf.On(l)))
	if err != nil {
		return zero, err
	}
	r, _ := v.(R)
	return r, nil
}

// Type returns the type of the result.
func (f *Future[R]) Type() reflect.Type { return reflect.TypeFor[R]() }

// Retry runs a function that failed or was cancelled again, after those of its arguments that failed. If it has not failed
// nothing happens.
func (f *Future[R]) Retry(ctx context.Context) error {
	if f.Err() == nil {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	if f.own().released.Load() {
		return f.Err()
	}
	return f.own().cell.again()
}

// AddDoneCallback calls callback with the future once it is done, in a goroutine of its own.
func (f *Future[R]) AddDoneCallback(callback func(*Future[R])) {
	t, err := f.own().get()
	if err != nil {
		go callback(f)
		return
	}
	t.Notify(func() { go callback(f) })
}

// Release gives up the result. Other futures of the same task, and tasks that were submitted with it, keep theirs.
func (f *Future[R]) Release() { f.own().release() }

// retrier is a future of any type.
type retrier interface {
	Retry(ctx context.Context) error
}
