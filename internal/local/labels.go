package local

import (
	"context"
	"runtime/pprof"
	"strconv"
	"sync"

	"sheaf/graph"
)

// labels are the contexts that a run's tasks get: one per name of task, with the name as a runtime/pprof label, so that a CPU
// profile can be read by task.
type labels struct {
	base context.Context
	run  string
	mu   *sync.RWMutex
	ctx  map[string]context.Context
}

// namesMax bounds the labels of one run; further names share the label of their layer.
const namesMax = 1000

func newLabels(ctx context.Context, run uint64) labels {
	return labels{base: ctx, run: strconv.FormatUint(run, 10), mu: new(sync.RWMutex), ctx: map[string]context.Context{}}
}

// enter labels the worker's goroutine for a task and returns the task's context.
func (s *labels) enter(w *worker, l *graph.Layer, index int) context.Context {
	name := l.TaskName(index)
	if w.labelRun == w.run && w.label == name {
		return w.labelCtx
	}
	s.mu.RLock()
	ctx, ok := s.ctx[name]
	s.mu.RUnlock()
	if !ok {
		s.mu.Lock()
		if len(s.ctx) >= namesMax {
			name = l.Name()
		}
		if ctx, ok = s.ctx[name]; !ok {
			ctx = pprof.WithLabels(s.base, pprof.Labels("task", name, "run", s.run))
			s.ctx[name] = ctx
		}
		s.mu.Unlock()
	}
	w.labelRun, w.label, w.labelCtx = w.run, name, ctx
	pprof.SetGoroutineLabels(ctx)
	return ctx
}
