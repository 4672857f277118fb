package remote

import (
	"context"
	"time"

	"sheaf/graph"
	"sheaf/internal/event"
	"sheaf/internal/wire"
)

// watch turns reports on a run's progress into events. The executor's mu guards it; events are sent without it, in order.
type watch struct {
	run     *Run
	details bool
	layers  map[wire.LayerID]int
	names   []event.Layer
	begun   bool
	over    bool
	ended   chan struct{} // closed when it is over
}

// newWatch returns the watch of a run with listeners, nil if it has none.
func newWatch(r *Run) *watch {
	if len(r.opt.Listeners) == 0 {
		return nil
	}
	w := &watch{run: r, layers: map[wire.LayerID]int{}, ended: make(chan struct{})}
	for _, l := range r.opt.Listeners {
		if _, ok := l.(event.Detailed); ok {
			w.details = true
		}
	}
	return w
}

// send tells the listeners when the lock has been given back; the caller holds mu.
func (w *watch) send(e event.Event) {
	x, listeners := w.run.x, w.run.opt.Listeners
	e.Version, e.Time, e.Run = event.Version, time.Now(), w.run.request
	x.after.call = append(x.after.call, func() {
		for _, l := range listeners {
			l.Handle(e)
		}
	})
}

// progress takes a report; the caller holds mu.
func (w *watch) progress(m *wire.Progress) {
	if w.over {
		return
	}
	if !w.begun {
		w.begin(m)
	}
	e := event.Event{Kind: event.TasksDone}
	for _, l := range m.Layers {
		if k, ok := w.layers[l.Layer]; ok && l.Done > 0 {
			e.Counts = append(e.Counts, event.Count{Layer: k, Tasks: l.Done, Bytes: l.Bytes, Busy: time.Duration(l.Nanos)})
		}
	}
	for i := range m.Tasks {
		e.Tasks = append(e.Tasks, w.task(&m.Tasks[i]))
	}
	if len(e.Counts) > 0 || len(e.Tasks) > 0 {
		w.send(e)
	}
	if m.Done {
		x := w.run.x
		w.run.finish(w.run.err)
		delete(x.runs, w.run.request)
	}
}

// begin announces the run.
func (w *watch) begin(m *wire.Progress) {
	w.begun = true
	total := 0
	for _, l := range m.Layers {
		w.layers[l.Layer] = len(w.names)
		w.names = append(w.names, event.Layer{Name: l.Name, Tasks: l.Total})
		total += l.Total
	}
	w.send(event.Event{Kind: event.RunStarted, Layers: w.names, Total: total})
}

func (w *watch) task(t *wire.TaskTime) event.Task {
	begin := w.run.begin.UnixNano()
	key, id := t.Key, t.ID
	return event.Task{
		Layer: w.layers[t.ID.Layer], Worker: int(t.Worker), Bytes: t.Bytes,
		Start: time.Duration(t.Start - begin), End: time.Duration(t.End - begin),
		Key: func() graph.Key {
			if key == "" {
				key = id.String()
			}
			return graph.Key{Name: key, Index: int(id.Index)}
		},
	}
}

// end says that the run is over; the caller holds mu.
func (w *watch) end(err error) {
	if w.over {
		return
	}
	if w.over = true; w.begun {
		w.send(event.Event{Kind: event.RunDone, Err: err})
	}
	close(w.ended)
}

// lastMax bounds how long the last report is waited for when all values are there already.
const lastMax = 200 * time.Millisecond

// last waits for the last report, which comes with the last values or a little later, so that listeners hear of every task.
func (w *watch) last(ctx context.Context) {
	timer := time.NewTimer(lastMax)
	defer timer.Stop()
	select {
	case <-w.ended:
	case <-timer.C:
	case <-ctx.Done():
	}
}
