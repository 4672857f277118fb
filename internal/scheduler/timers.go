package scheduler

import (
	"time"

	"sheaf/internal/wire"
)

// A timer makes something happen later: a task is tried again, or if run is nil Step is just to be called.
type timer struct {
	at   time.Duration
	run  *run
	task int32
}

func timerBefore(a, b timer) bool { return a.at < b.at }

// at has Step called at a time.
func (s *Scheduler) at(t time.Duration) { s.timers = pushHeap(s.timers, timer{at: t}, timerBefore) }

// hold lets a task that can run wait until a time.
func (s *Scheduler) hold(r *run, i int32, until time.Duration) {
	r.tasks[i].flags |= flagHeld
	r.tasks[i].at = 0
	s.timers = pushHeap(s.timers, timer{until, r, i}, timerBefore)
}

// expire does what is due.
func (s *Scheduler) expire() {
	for len(s.timers) > 0 && s.timers[0].at <= s.now {
		var t timer
		s.timers, t = popHeap(s.timers, timerBefore)
		if t.run == nil || s.runs[t.run.slot] != t.run {
			continue
		}
		if x := &t.run.tasks[t.task]; x.has(flagHeld) {
			x.flags &^= flagHeld
			if x.status == statusQueued && x.at == 0 {
				s.place(t.run, t.task)
			}
		}
	}
	s.coordTick()
	if s.now >= s.ticks {
		s.ticks = s.now + s.conf.Heartbeat/2
		s.tick()
	}
}

// tick is the regular look around. It is linear in the number of peers and of graphs, not in that of tasks.
func (s *Scheduler) tick() {
	for k := 0; k < len(s.live); k++ {
		if w := s.live[k]; s.now-w.heard > s.conf.Lost {
			s.drop(w.peer, "nothing was heard of it")
			s.removeWorker(w, "nothing was heard of it for "+seconds(s.now-w.heard), nil)
			k--
		}
	}
	for k := 0; k < len(s.clients); k++ {
		if c := s.clients[k]; c.away && s.now >= c.leaves {
			s.removeClient(c, "it did not come back within "+seconds(s.conf.Lease), false)
			k--
		}
	}
	for k := 0; k < len(s.dead); k++ {
		if s.now >= s.dead[k].until {
			s.dead = append(s.dead[:k], s.dead[k+1:]...)
			k--
		}
	}
	s.expireClasses()
	s.balance()
	s.expireAttempts()
	s.tickFetches()
	s.reduce()
	s.replaceStuck()
	s.tickRetirements()
	s.tickAgents()
	s.watch()
}

// expireClasses fails the tasks that have waited too long for a worker that may run them.
func (s *Scheduler) expireClasses() {
	if s.conf.NoWorkers < 0 {
		return
	}
	for k := 0; k < len(s.classes); k++ {
		c := s.classes[k]
		s.vacant(c)
		if c.since < 0 || s.now-c.since < s.conf.NoWorkers {
			continue
		}
		why := s.whyVacant(c)
		sort := wire.SortNoWorkers
		if len(c.resources) > 0 {
			sort = wire.SortResources
		}
		for len(c.lanes) > 0 {
			r := c.lanes[0].runs[0]
			_, last, ok := r.first()
			if !ok {
				s.withdraw(r)
				continue
			}
			s.fail(r, last, &wire.Failure{
				Sort: sort, Task: r.id(last), Key: r.key(last),
				Message: "no worker could run it within " + seconds(s.conf.NoWorkers) + ": " + why,
			})
		}
	}
}

// heartbeat takes a worker's report of how it is.
func (s *Scheduler) heartbeat(w *worker, m *wire.Heartbeat) {
	w.beat = *m
	if m.Event != "" {
		s.event("worker %s: %s", w, m.Event)
	}
	if m.Status != wire.StatusInvalid {
		s.setStatus(w, m.Status, m.Reason)
	}
}
