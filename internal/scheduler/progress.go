package scheduler

import (
	"time"

	"sheaf/internal/wire"
)

// progressEvery is how often clients are told how far their graphs are.
const progressEvery = 100 * time.Millisecond

// progress counts what a client is told of its graph next time.
type progress struct {
	layers []wire.LayerCount
	dirty  bool
	due    time.Duration
	tasks  []wire.TaskTime
	told   bool // something
	ended  bool
}

func (s *Scheduler) startProgress(r *run) {
	p := &progress{layers: make([]wire.LayerCount, len(r.layers))}
	for n, l := range r.layers {
		p.layers[n] = wire.LayerCount{Layer: l.ID, Name: l.Name}
	}
	for i := range r.tasks {
		p.layers[r.plan.Layer[i]].Total++
	}
	p.dirty = true
	r.progress = p
	s.reporting = append(s.reporting, r)
}

// done counts an attempt that ended well, with the links of its chain.
func (p *progress) done(r *run, last int32, w *worker, d *wire.DoneTask) {
	p.dirty = true
	head := r.head(last)
	for i := head; ; i = r.plan.Next[i] {
		p.layers[r.plan.Layer[i]].Done++
		if i == last {
			break
		}
	}
	l := &p.layers[r.plan.Layer[last]]
	l.Bytes += d.Bytes
	p.layers[r.plan.Layer[head]].Nanos += d.Nanos
	if r.opts.Details {
		p.tasks = append(p.tasks, wire.TaskTime{
			ID: r.id(last), Key: r.key(last), Worker: uint32(w.number), Thread: int(d.Thread), Start: d.Start, End: d.Start + d.Nanos, Bytes: d.Bytes,
		})
	}
}

// reportProgress tells clients how far their graphs are, if it is time.
func (s *Scheduler) reportProgress() {
	kept := s.reporting[:0]
	for _, r := range s.reporting {
		p := r.progress
		if p.dirty && s.now >= p.due || r.left == 0 {
			s.tellProgress(r)
		}
		if !p.ended {
			kept = append(kept, r)
		}
	}
	clear(s.reporting[len(kept):])
	s.reporting = kept
}

func (s *Scheduler) tellProgress(r *run) {
	p := r.progress
	m := &wire.Progress{Request: r.request, Done: r.left == 0}
	p.ended = m.Done
	for n := range p.layers {
		if l := &p.layers[n]; l.Done > 0 || l.Bytes > 0 || !p.told {
			m.Layers = append(m.Layers, *l)
			l.Done, l.Bytes, l.Nanos = 0, 0, 0
		}
	}
	m.Tasks, p.tasks = p.tasks, nil
	p.dirty, p.told, p.due = false, true, s.now+progressEvery
	if !r.client.away {
		r.client.out.say(m)
	}
}

// endProgress sends the last report of a run that is forgotten.
func (s *Scheduler) endProgress(r *run) {
	if r.progress != nil && !r.progress.ended {
		s.tellProgress(r)
		r.progress.ended = true
	}
}

// progressNext returns when the next report is due.
func (s *Scheduler) progressNext() (time.Duration, bool) {
	at, ok := time.Duration(0), false
	for _, r := range s.reporting {
		if p := r.progress; p.dirty && (!ok || p.due < at) {
			at, ok = p.due, true
		}
	}
	return at, ok
}
