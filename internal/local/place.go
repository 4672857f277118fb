package local

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sheaf/internal/exec"
	"sheaf/internal/task"
)

// place is where the tasks of a run are. One value serves all of them: which task asks is found by its goroutine, which costs
// microseconds when it is asked and nothing otherwise.
type place struct {
	engine *Engine
	run    *Run
}

var _ task.Place = place{}

// worker returns the worker of the task that calls, or nil in a goroutine that the task has started.
func (p place) worker() *worker {
	if w, ok := here.Load(goroutine()); ok {
		if w := w.(*worker); w.run == p.run {
			return w
		}
	}
	return nil
}

// Info says which task calls.
func (p place) Info() task.Info {
	i := task.Info{Worker: "local", Attempt: 1}
	if w := p.worker(); w != nil && w.task.Layer != nil {
		i.Key = w.task.Layer.Key(w.task.Index).String()
		i.Attempt, i.Thread = w.task.Attempt, w.number
		i.ID = fmt.Sprintf("%d.%d#%d", p.run.id, w.current.Load(), i.Attempt)
	}
	return i
}

// Block gives the task's slot to others until resume is called.
func (p place) Block() (resume func()) { return p.engine.block() }

var errSeceded = errors.New("local: the task has seceded already, or this is not its own goroutine")

// Secede gives the task's slot to others for the rest of the task.
func (p place) Secede() error {
	w := p.worker()
	if w == nil || w.seceded != nil {
		return errSeceded
	}
	w.seceded = p.engine.block()
	return nil
}

// Rejoin takes a slot again.
func (p place) Rejoin(context.Context) error {
	w := p.worker()
	if w == nil || w.seceded == nil {
		return errors.New("local: the task has not seceded, or this is not its own goroutine")
	}
	w.rejoin()
	return nil
}

// rejoin takes back the slot of a task that has seceded.
func (w *worker) rejoin() {
	if w.seceded != nil {
		w.seceded()
		w.seceded = nil
	}
}

// timed runs f with the time that the run gives an attempt.
func (r *Run) timed(ctx context.Context, f func(context.Context) (any, error)) (any, error) {
	if r.opt.Timeout <= 0 {
		return f(ctx)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, r.opt.Timeout, fmt.Errorf("it ran for more than %v: %w", r.opt.Timeout, exec.ErrTimeout))
	defer cancel()
	v, err := f(ctx)
	if te, ok := err.(*exec.TaskError); ok && ctx.Err() != nil && !errors.Is(err, exec.ErrTimeout) { //nolint:errorlint // only this task's
		te.Err = fmt.Errorf("%w: %w", context.Cause(ctx), te.Err)
	}
	return v, err
}

// rescheduled reports whether a task wants to be run again, which is no failure, after a pause.
func (r *Run) rescheduled(ctx context.Context, err error) bool {
	const pause = time.Millisecond
	if !errors.Is(err, exec.ErrReschedule) {
		return false
	}
	select {
	case <-time.After(pause):
		return true
	case <-ctx.Done():
		return false
	}
}
