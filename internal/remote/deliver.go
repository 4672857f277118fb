package remote

import (
	"errors"
	"fmt"

	"sheaf/internal/exec"
	"sheaf/internal/wire"
)

// Welcome begins a session: from now on graphs can be submitted.
func (x *Executor) Welcome(w *wire.Welcome) {
	x.mu.Lock()
	x.number, x.welcome = w.Number, *w
	x.unlock()
}

// Deliver takes messages of the scheduler, in order.
func (x *Executor) Deliver(ms []wire.Message) {
	x.mu.Lock()
	for _, m := range ms {
		x.deliver(m)
	}
	x.unlock()
}

func (x *Executor) deliver(m wire.Message) {
	switch m := m.(type) {
	case *wire.Welcome:
		x.number, x.welcome = m.Number, *m
	case *wire.Admitted:
		x.admitted(m)
	case *wire.Finished:
		for i := range m.Values {
			if e := x.find(m.Values[i].ID); e != nil {
				x.finished(e, m.Values[i])
			}
		}
	case *wire.Erred:
		x.erred(m)
	case *wire.Progress:
		if r := x.runs[m.Request]; r != nil && r.watch != nil {
			r.watch.progress(m)
		}
	case *wire.Restore:
		x.spawn(func() { x.restore(m.IDs) })
	case *wire.Peers:
		x.peers(m.Workers)
	case *wire.Reply:
		if c := x.calls[m.Request]; c != nil {
			x.answer(m.Request, c, m, nil)
		}
	case *wire.Delivery:
		if f := x.conf.Delivery; f != nil {
			x.after.call = append(x.after.call, func() { f(m) })
		}
	}
}

// admitted ends a submission; the caller holds mu.
func (x *Executor) admitted(m *wire.Admitted) {
	r := x.runs[m.Request]
	if r == nil {
		return
	}
	if m.Err == "" {
		r.answered()
		if r.watch == nil {
			delete(x.runs, m.Request)
		}
		return
	}
	err := refusal(m.Err, m.Sort)
	r.err = err
	delete(x.runs, m.Request)
	for _, e := range r.holds {
		e.claims = 0
		x.fail(e, err)
	}
	r.finish(err)
}

// erred fails entries; the caller holds mu.
func (x *Executor) erred(m *wire.Erred) {
	var err error
	for _, id := range m.IDs {
		e := x.find(id)
		if e == nil || e.state == failed && e.claims == 0 || e.has {
			continue
		}
		if err == nil {
			err = x.failure(&m.Cause)
		}
		if e.state == ready {
			e.state = pending
		}
		x.fail(e, err)
	}
}

// failure makes an error of a task's failure.
func (x *Executor) failure(f *wire.Failure) error {
	err := x.conf.Error(f)
	if s := sentinels[f.Sort]; s != nil && !errors.Is(err, s) {
		err = &sorted{err, s}
	}
	return err
}

// sorted is an error of which is known what sort it is.
type sorted struct {
	err  error
	sort error
}

func (s *sorted) Error() string   { return s.err.Error() }
func (s *sorted) Unwrap() []error { return []error{s.err, s.sort} }

// Refusal makes an error of the text and sort in an answer of the scheduler.
func refusal(text string, sort uint8) error {
	err := fmt.Errorf("client: the scheduler: %s", text)
	if s := sentinels[sort]; s != nil {
		return &sorted{err, s}
	}
	return err
}

// sentinels are the errors to match for the sorts of failures.
var sentinels = map[uint8]error{
	wire.SortNoWorkers: exec.ErrNoWorkers,
	wire.SortResources: exec.ErrResources,
	wire.SortCancelled: exec.ErrCancelled,
	wire.SortLost:      exec.ErrLost,
	wire.SortKilled:    exec.ErrKilled,
	wire.SortTimeout:   exec.ErrTimeout,
	wire.SortLimit:     exec.ErrLimit,
	wire.SortSerialize: exec.ErrSerialize,
	wire.SortMemory:    exec.ErrMemory,
	wire.SortGraph:     exec.ErrGraph,
	wire.SortClash:     exec.ErrClash,
	wire.SortCycle:     exec.ErrCycle,
}

// Pushed takes a small value that a worker has sent by itself. It counts once the scheduler has said that this attempt finished.
func (x *Executor) Pushed(v *wire.Value) {
	x.mu.Lock()
	defer x.unlock()
	e := x.find(v.ID)
	if e == nil || e.has || len(v.Frame) > keepBytesMax || e.frame != nil && e.attempt >= v.Attempt {
		return
	}
	e.frame, e.attempt = v.Frame, v.Attempt
	if e.state == ready && len(e.waiters) > 0 && v.Attempt == e.place.Attempt && (e.late || !e.busy) {
		e.late, e.busy = false, false
		x.want(e)
	}
}
