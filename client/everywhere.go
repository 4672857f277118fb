package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	"runtime/pprof"
	"slices"
	"sync"
	"time"

	"sheaf"
	"sheaf/fn"
	"sheaf/internal/remote"
	inside "sheaf/internal/task"
	"sheaf/internal/travel"
	"sheaf/internal/wire"
)

var errClosed = sheaf.ErrClosed

// within is the time that ctx leaves, in milliseconds; 0 if it has no end.
func within(ctx context.Context) int64 {
	end, ok := ctx.Deadline()
	if !ok {
		return 0
	}
	return max(1, time.Until(end).Milliseconds())
}

// Run calls f with args once in each worker process, outside of the scheduling, and returns the results by the workers' names. Options among
// the arguments choose the workers: see [OnWorkers]. The error is that of the first worker, by name, that has one; the results of the
// others are returned too. f takes a context first if it wants one.
//
// Same as Client.run.
func (c *Client) Run[T any](ctx context.Context, f any, args ...any) (map[string]T, error) {
	args, s := split(args)
	if t := reflect.TypeOf(f); t == nil || t.Kind() != reflect.Func {
		return nil, fmt.Errorf("client: Run: %T is not a function", f)
	}
	results := map[string]T{}
	if c.closed.Load() {
		return nil, fmt.Errorf("client: the client is %w", sheaf.ErrClosed)
	}
	if c.link == nil {
		v, err := (&travel.Call{Func: f, Args: args}).Do(inside.With(c.Context(ctx), outsider{}))
		if err == nil {
			results[LocalWorker], err = as[T](f, v)
		}
		return results, err
	}
	b, err := travel.EncodeCall(f, args...)
	if err != nil {
		return nil, fmt.Errorf("client: Run: %w", err)
	}
	ran, err := remote.Ask[*wire.Ran](ctx, c.link.x, &wire.Run{Workers: s.run.Workers, Func: b})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(ran.Results, func(a, b wire.RunResult) int { return bytes.Compare([]byte(a.Worker), []byte(b.Worker)) })
	for _, r := range ran.Results {
		v, fault := valueOf[T](f, &r)
		if fault == nil {
			results[r.Worker] = v
		} else if err == nil {
			err = fmt.Errorf("client: Run: worker %s: %w", r.Worker, fault)
		}
	}
	return results, err
}

// valueOf reads what one worker has answered.
func valueOf[T any](f any, r *wire.RunResult) (T, error) {
	var zero T
	if r.Err != nil {
		return zero, travel.DecodeError(r.Err)
	}
	if len(r.Value) == 0 {
		return zero, nil
	}
	v, err := travel.DecodeAny(r.Value)
	if err != nil {
		return zero, err
	}
	return as[T](f, v)
}

func as[T any](f, v any) (T, error) {
	t, ok := v.(T)
	if !ok && v != nil {
		return t, fmt.Errorf("%s returned %T, want %s", fn.SourceOf(f).Short(), v, reflect.TypeFor[T]())
	}
	return t, nil
}

// outsider is the place of functions that run on a worker outside of tasks, in this process.
type outsider struct{}

func (outsider) Info() inside.Info            { return inside.Info{Worker: LocalWorker, Attempt: 1} }
func (outsider) Block() func()                { return func() {} }
func (outsider) Secede() error                { return inside.ErrOutside }
func (outsider) Rejoin(context.Context) error { return inside.ErrOutside }

// CallStack returns the stacks of all goroutines of each worker process, by the workers' names. Tasks are marked with labels.
//
// Same as Client.call_stack.
func (c *Client) CallStack(ctx context.Context, opts ...Option) (map[string]string, error) {
	return c.Run[string](ctx, stacks, asArgs(opts)...)
}

func stacks() (string, error) {
	var b bytes.Buffer
	err := pprof.Lookup("goroutine").WriteTo(&b, 1)
	return b.String(), err
}

// Profile samples the processor use of each worker process for a while, and returns profiles for "go tool pprof", by the workers' names.
//
// Same as Client.profile.
func (c *Client) Profile(ctx context.Context, d time.Duration, opts ...Option) (map[string][]byte, error) {
	return c.Run[[]byte](ctx, profile, append([]any{d}, asArgs(opts)...)...)
}

func profile(ctx context.Context, d time.Duration) ([]byte, error) {
	var b bytes.Buffer
	if err := pprof.StartCPUProfile(&b); err != nil {
		return nil, err
	}
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
	pprof.StopCPUProfile()
	return b.Bytes(), nil
}

func asArgs(opts []Option) []any {
	args := make([]any, len(opts))
	for i, o := range opts {
		args[i] = o
	}
	return args
}

// A WorkerPlugin is set up in each worker process when it is registered, and in those that come later when they start. It is a value that
// travels: its exported and unexported fields are copied to each worker.
//
// Same as distributed.WorkerPlugin.
type WorkerPlugin interface {
	// Setup runs before the worker takes further tasks; an error fails the registration. [TaskInfo] tells the worker's name.
	Setup(ctx context.Context) error
	// Teardown runs when the plugin is removed or the worker ends in order.
	Teardown(ctx context.Context) error
}

// plugins are those of a client in this process.
type plugins struct {
	mu     sync.Mutex // guards byName
	byName map[string]WorkerPlugin
}

// RegisterPlugin sets a plugin up on all workers, now and when they join. One of the same name is taken down first.
//
// Same as Client.register_plugin.
func (c *Client) RegisterPlugin(ctx context.Context, name string, p WorkerPlugin) error {
	if c.closed.Load() {
		return fmt.Errorf("client: the client is %w", sheaf.ErrClosed)
	}
	if c.link == nil {
		return c.plugins.set(c.Context(ctx), name, p)
	}
	b, err := travel.EncodeAny(p)
	if err != nil {
		return fmt.Errorf("client: the plugin %q: %w", name, err)
	}
	return c.plug(ctx, &wire.Plugin{Name: name, Value: b})
}

// plug asks all workers to set up or to remove a plugin.
func (c *Client) plug(ctx context.Context, m *wire.Plugin) error {
	body, err := c.link.x.Call(ctx, m)
	if err != nil {
		return err
	}
	if ran, ok := body.(*wire.Ran); ok {
		for _, r := range ran.Results {
			if r.Err != nil {
				return fmt.Errorf("client: the plugin %q on worker %s: %w", m.Name, r.Worker, travel.DecodeError(r.Err))
			}
		}
	}
	return nil
}

// UnregisterPlugin takes a plugin down everywhere.
//
// Same as Client.unregister_worker_plugin.
func (c *Client) UnregisterPlugin(ctx context.Context, name string) error {
	if c.closed.Load() {
		return fmt.Errorf("client: the client is %w", sheaf.ErrClosed)
	}
	if c.link == nil {
		return c.plugins.set(c.Context(ctx), name, nil)
	}
	return c.plug(ctx, &wire.Plugin{Name: name, Remove: true})
}

// set replaces a plugin; nil removes it.
func (x *plugins) set(ctx context.Context, name string, p WorkerPlugin) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	ctx = inside.With(ctx, outsider{})
	old := x.byName[name]
	if old == nil && p == nil {
		return fmt.Errorf("client: there is no plugin %q", name)
	}
	var err error
	if old != nil {
		delete(x.byName, name)
		err = old.Teardown(ctx)
	}
	if p == nil {
		return err
	}
	if err := p.Setup(ctx); err != nil {
		return fmt.Errorf("client: the plugin %q: %w", name, err)
	}
	if x.byName == nil {
		x.byName = map[string]WorkerPlugin{}
	}
	x.byName[name] = p
	return err
}

// close takes all plugins down.
func (x *plugins) close(ctx context.Context) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	var errs []error
	for _, name := range slices.Sorted(keysOf(x.byName)) {
		errs = append(errs, x.byName[name].Teardown(inside.With(ctx, outsider{})))
	}
	x.byName = nil
	return errors.Join(errs...)
}

func keysOf[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}
