package sheaf

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"sheaf/graph"
	"sheaf/internal/codec"
	"sheaf/internal/config"
	"sheaf/internal/local"
	"sheaf/internal/lower"
	"sheaf/internal/store"
	"sheaf/internal/testexec"
)

// LocalConfig describes an executor of this process. What is zero comes from the configuration (see `sheaf config`).
type LocalConfig struct {
	Workers          int           // goroutines that run tasks; by default workers, which is GOMAXPROCS
	Synchronous      bool          // run every task in the goroutine that asks for the result, so that a debugger steps into it
	MemoryLimitBytes int64         // for the values of tasks; by default memory.limit, 60 % of what there is; negative means none
	TemporaryDir     string        // for spilled values; by default temporary-directory, which is the system's
	Grace            time.Duration // how long a cancelled run waits for functions that ignore their context; by default cancel.grace
}

// complete fills in what is zero from the configuration.
func (c LocalConfig) complete() (LocalConfig, error) {
	ctx := context.Background()
	scheduler, err := config.Scheduler.Get(ctx)
	if err != nil {
		return c, err // the same for every key
	}
	workers, _ := config.Workers.Get(ctx)
	limit, _ := config.MemoryLimit.Get(ctx)
	dir, _ := config.TemporaryDirectory.Get(ctx)
	grace, _ := config.CancelGrace.Get(ctx)
	c.Synchronous = c.Synchronous || scheduler == "synchronous"
	c.Workers = cmp.Or(c.Workers, workers)
	c.MemoryLimitBytes = cmp.Or(c.MemoryLimitBytes, limit)
	c.TemporaryDir = cmp.Or(c.TemporaryDir, dir)
	c.Grace = cmp.Or(c.Grace, grace)
	return c, nil
}

// A Local runs graphs on the goroutines of this process. It is safe for concurrent use.
type Local struct{ engine *local.Engine }

// NewLocal returns an executor of its own, with its own workers and memory limit.
func NewLocal(c LocalConfig) (*Local, error) {
	c, err := c.complete()
	if err != nil {
		return nil, err
	}
	limit := max(0, c.MemoryLimitBytes)
	s := store.New(store.Config{
		LimitBytes: limit, Dir: c.TemporaryDir, Codec: frames{}, Pressure: local.NewSoftener(limit).Press,
	})
	return &Local{local.New(local.Config{
		Workers: c.Workers, Synchronous: c.Synchronous, Grace: c.Grace, Store: s, SizeOf: codec.SizeOf,
	})}, nil
}

var defaultLocal = sync.OnceValues(func() (Executor, error) {
	if e, err := testexec.Open(); e != nil || err != nil { // only in tests
		other, _ := e.(Executor)
		return other, err
	}
	return NewLocal(LocalConfig{})
})

// Start expands a graph and begins to run it.
func (l *Local) Start(ctx context.Context, g graph.Graph, o RunOptions) (Run, error) {
	if err := checkLocal(o); err != nil {
		return nil, err
	}
	p, err := lower.Expand(g)
	if err != nil {
		return nil, err
	}
	return localRun{l.engine.Start(ctx, p, o)}, nil
}

// Workers returns how many goroutines run tasks.
func (l *Local) Workers() int { return l.engine.Workers() }

// Close stops all runs and waits for them to end. Values that were spilled are gone afterwards.
func (l *Local) Close() error {
	if err := l.engine.Stop(fmt.Errorf("sheaf: the executor was %w", ErrClosed)); err != nil {
		return fmt.Errorf("sheaf: closing the executor: %w", err)
	}
	return nil
}

type localRun struct{ *local.Run }

func (r localRun) Pending(out, k int) graph.Pending { return r.Handle(out, k) }

// frames writes values as checksummed frames.
type frames struct{}

func (frames) Encode(w io.Writer, v any) error { return codec.EncodeFrame(w, v) }

func (frames) Decode(r io.Reader) (any, error) { return codec.DecodeFrame(r) }
