package scheduler

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"sheaf/internal/wire"
)

// A death is what is known of how a worker ended.
type death struct {
	bye    bool // in order: nobody is to blame
	exited *wire.Exited
}

// An obituary waits for an agent's word about a worker that is gone: until then it is not known which of its tasks ran.
type obituary struct {
	name  string
	pid   int
	agent string
	until time.Duration
	ran   []wire.Attempt // tasks that it had
}

// bury charges the attempts that a worker was running with its death, or waits for its agent to say which these were.
func (s *Scheduler) bury(w *worker, ran []ref, reason string, d *death) {
	switch {
	case d != nil && d.bye || len(ran) == 0:
	case d != nil && d.exited != nil:
		s.charge(w.hello.Name, d.exited, ran)
	case w.hello.Agent != "":
		o := &obituary{name: w.hello.Name, pid: w.hello.PID, agent: w.hello.Agent, until: s.now + s.conf.Obituary}
		for _, a := range ran {
			r := s.runs[a.run]
			o.ran = append(o.ran, wire.Attempt{ID: r.id(r.head(a.task)), Attempt: r.tasks[a.task].attempt})
		}
		s.dead = append(s.dead, o)
		s.at(o.until)
		s.suspect(w, ran, reason)
	default:
		s.suspect(w, ran, reason)
	}
}

// suspectedMax is how many workers may die of a task that nobody saw running until it has to run alone, where it shows whether it was
// the cause.
const suspectedMax = 2

// suspect charges those attempts of which the worker itself had said that they run, and one that ran there alone. The others may have
// been too quick to be seen.
func (s *Scheduler) suspect(w *worker, ran []ref, reason string) {
	for _, a := range ran {
		r := s.runs[a.run]
		if t := &r.tasks[a.task]; t.has(flagStarted) || t.has(flagAlone) {
			s.blameDeath(r, a.task, t.attempt, w.hello.Name, reason)
		} else {
			r.rarely(a.task).suspected++
		}
	}
}

// dangerous reports whether a task may kill its worker, so that it has to run alone.
func (x *extra) dangerous() bool { return x.deaths > 0 || x.suspected >= suspectedMax }

// exited takes an agent's word about a worker process that has ended.
func (s *Scheduler) exited(m *wire.Exited) {
	for _, w := range s.live {
		if w.hello.Name == m.Worker && w.hello.PID == m.PID {
			s.removeWorker(w, m.Cause, &death{exited: m})
			return
		}
	}
	at := slices.IndexFunc(s.dead, func(o *obituary) bool { return o.name == m.Worker && o.pid == m.PID })
	if at < 0 {
		return
	}
	o := s.dead[at]
	s.dead = slices.Delete(s.dead, at, at+1)
	s.event("worker %s had ended: %s", m.Worker, m.Cause)
	for _, a := range m.Running {
		r, i, ok := s.unit(a.ID)
		if !ok || !slices.Contains(o.ran, a) {
			continue
		}
		if x := r.rare(i); x == nil || !x.charged(a.Attempt) {
			s.blameDeath(r, i, a.Attempt, m.Worker, causeLine(m))
			s.condemn(r, i, m.OutOfMem)
		}
	}
}

// charge blames the attempts that an agent saw running. Where memory was short and nothing ran, it was inputs on their way that took it: the
// tasks that were to have them come under suspicion, and the one that was alone there is blamed.
func (s *Scheduler) charge(worker string, m *wire.Exited, ran []ref) {
	inputs := m.OutOfMem && m.Exact && len(m.Running) == 0
	for _, a := range ran {
		r := s.runs[a.run]
		t := &r.tasks[a.task]
		at := wire.Attempt{ID: r.id(r.head(a.task)), Attempt: t.attempt}
		switch {
		case slices.Contains(m.Running, at) || !m.Exact && (t.has(flagStarted) || t.has(flagAlone)) || inputs && t.has(flagAlone):
			cause := causeLine(m)
			if inputs {
				cause += ", while its inputs were on their way"
			}
			s.blameDeath(r, a.task, t.attempt, worker, cause)
			if m.OutOfMem {
				r.rarely(a.task).outOfMemory = true
			}
		case inputs:
			r.rarely(a.task).suspected++
		}
	}
}

func causeLine(m *wire.Exited) string {
	text := m.Cause
	if m.PeakBytes > 0 && !strings.Contains(text, "MiB") {
		text += fmt.Sprintf("; it had used up to %d MiB", m.PeakBytes>>20)
	}
	return text
}

// charged reports whether an attempt was blamed already.
func (x *extra) charged(attempt uint32) bool { return x.deaths > 0 && x.lastDeath == attempt }

// blameDeath counts the death of a worker process against a task that it was running. takeBack, or condemn, draws the consequence.
func (s *Scheduler) blameDeath(r *run, i int32, attempt uint32, worker, cause string) {
	x := r.rarely(i)
	x.deaths++
	x.lastDeath = attempt
	x.history = append(x.history, fmt.Sprintf("attempt %d on %s: %s", attempt, worker, cause))
	if int(x.deaths) > s.conf.AllowedFailures {
		x.doomed = true
	}
}

// condemn fails a task of which too many worker processes have died.
func (s *Scheduler) condemn(r *run, i int32, outOfMemory bool) bool {
	x := r.rare(i)
	if x == nil || !x.doomed || unfinished[r.tasks[i].status] == 0 {
		return false
	}
	sort := wire.SortKilled
	if outOfMemory || x.outOfMemory {
		sort = wire.SortMemory
	}
	head := r.head(i)
	f := &wire.Failure{
		Sort: sort, Task: r.id(head), Key: r.key(head), Attempt: r.tasks[i].attempt, History: slices.Clone(x.history),
		Message: fmt.Sprintf("%d worker processes died while they ran %s", x.deaths, r.key(head)),
	}
	if sort == wire.SortMemory {
		f.Message += " or got its inputs; it needs workers with more memory, or smaller chunks"
	}
	if src := r.source(head); src.Name != "" {
		f.Func, f.File, f.Line = src.Name, src.File, src.Line
	}
	s.recordFailure(r, f)
	s.fail(r, i, f)
	return true
}

func historyLine(worker string, attempt uint32, f *wire.Failure) string {
	return fmt.Sprintf("attempt %d on %s: %s", attempt, worker, f.Message)
}
