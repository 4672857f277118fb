package logs

import (
	"context"
	"log/slog"
	"math"
	"slices"
	"sync"
	"sync/atomic"

	"sheaf/internal/task"
)

// A Listener is told of records.
type Listener struct {
	Level slog.Level // and above

	// Wants reports whether the listener wants what is written at a place; nil is outside of tasks, or in goroutines that tasks started
	// and write without their context.
	Wants func(place task.Place) bool

	// Take gets a record. It is called in the goroutine that writes, so it must not wait or log. If it returns true the record is not
	// written by this process itself.
	Take func(ctx context.Context, r Record) (instead bool)
}

// hub is the listeners of this process.
var hub struct {
	mu        sync.Mutex // guards changes
	listeners atomic.Pointer[[]*Listener]
	level     atomic.Int64 // the lowest of theirs
	installed *installation
}

// Listen begins to tell a listener of what is written from now on, until stop is called. While there are listeners the default loggers of
// log/slog and log are this package's, which pass everything on to those that were there before; whoever replaces them meanwhile is not
// heard.
func Listen(l *Listener) (stop func()) {
	hub.mu.Lock()
	defer hub.mu.Unlock()
	change(func(all []*Listener) []*Listener { return append(all, l) })
	if hub.installed == nil {
		hub.installed = install()
	}
	return sync.OnceFunc(func() {
		hub.mu.Lock()
		defer hub.mu.Unlock()
		change(func(all []*Listener) []*Listener {
			return slices.DeleteFunc(all, func(o *Listener) bool { return o == l })
		})
		if all := hub.listeners.Load(); len(*all) == 0 {
			hub.installed.remove()
			hub.installed = nil
		}
	})
}

// change replaces the listeners; the caller holds mu.
func change(f func([]*Listener) []*Listener) {
	var all []*Listener
	if old := hub.listeners.Load(); old != nil {
		all = slices.Clone(*old)
	}
	all = f(all)
	level := int64(math.MaxInt64)
	for _, l := range all {
		level = min(level, int64(l.Level))
	}
	hub.level.Store(level)
	hub.listeners.Store(&all)
}

// Underlying returns the handler that writes what this process logs, whether or not somebody listens.
func Underlying() slog.Handler {
	hub.mu.Lock()
	defer hub.mu.Unlock()
	if hub.installed != nil {
		return hub.installed.next
	}
	return slog.Default().Handler()
}

type passedOn struct{}

// PassOn returns a context for handling a record that was taken: handlers of this package do not take it again.
func PassOn(ctx context.Context) context.Context { return context.WithValue(ctx, passedOn{}, true) }

// tell offers a record to the listeners.
func tell(ctx context.Context, r *slog.Record, s *scope) (instead bool) {
	if int64(r.Level) < hub.level.Load() || ctx.Value(passedOn{}) != nil {
		return false
	}
	all := hub.listeners.Load()
	if all == nil || len(*all) == 0 {
		return false
	}
	place, ok := task.Of(ctx)
	if !ok {
		place, _ = task.Here()
	}
	made := false
	var record Record
	for _, l := range *all {
		if r.Level < l.Level || !l.Wants(place) {
			continue
		}
		if !made {
			made = true
			record = newRecord(r, s)
			if place != nil {
				record.Task = place.Info().Key
			}
		}
		if l.Take(ctx, record) {
			instead = true
		}
	}
	return instead
}

// forwarder is the default handler while somebody listens.
type forwarder struct {
	next  slog.Handler
	scope *scope
}

// Enabled implements slog.Handler.
func (f *forwarder) Enabled(ctx context.Context, l slog.Level) bool {
	return int64(l) >= hub.level.Load() || f.next.Enabled(ctx, l)
}

// Handle implements slog.Handler.
func (f *forwarder) Handle(ctx context.Context, r slog.Record) error {
	instead := tell(ctx, &r, f.scope)
	if instead || !f.next.Enabled(ctx, r.Level) {
		return nil
	}
	return f.next.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (f *forwarder) WithAttrs(attrs []slog.Attr) slog.Handler {
	if len(attrs) == 0 {
		return f
	}
	return &forwarder{f.next.WithAttrs(attrs), &scope{outer: f.scope, attrs: attrs}}
}

// WithGroup implements slog.Handler.
func (f *forwarder) WithGroup(name string) slog.Handler {
	if name == "" {
		return f
	}
	return &forwarder{f.next.WithGroup(name), &scope{outer: f.scope, group: name}}
}
