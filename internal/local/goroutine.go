package local

import (
	"context"
	"sync"
	"time"

	"sheaf/internal/task"
)

// here finds the worker of a goroutine, so that a task that waits without its context (a captured client and
// context.Background) gives its place to others too, instead of waiting for ever for a task that has no place to run.
var here sync.Map // goroutine number → *worker

func init() {
	task.RegisterFinder(func(goroutine uint64) (task.Place, bool) {
		if w, ok := here.Load(goroutine); ok {
			if w := w.(*worker); w.run != nil {
				return place{w.engine, w.run}, true
			}
		}
		return nil, false
	})
}

// goroutine returns the number of the calling goroutine.
func goroutine() uint64 { return task.Goroutine() }

// slotOf returns the slot of the task that calls: by its context, or else by its goroutine.
func slotOf(ctx context.Context) slot {
	if s, ok := ctx.Value(slotKey{}).(slot); ok {
		return s
	}
	if _, ok := task.Of(ctx); ok {
		return slot{} // of another executor
	}
	if w, ok := here.Load(goroutine()); ok {
		if w := w.(*worker); w.run != nil {
			return slot{w.engine, w.run}
		}
	}
	return slot{}
}

// patience is how long a wait without a task's context is taken for one outside of tasks, before that is looked up.
const patience = 100 * time.Microsecond

// soon waits a moment for what is nearly done, where finding out whether a task waits would cost more than that. It reports
// whether done was closed.
func soon(ctx context.Context, done <-chan struct{}) bool {
	if _, ok := ctx.Value(slotKey{}).(slot); ok {
		return false
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-ctx.Done():
	case <-timer.C:
	}
	return false
}
