package scheduler

// A function that does not look at its context goes on after it was cancelled, and keeps its thread: a goroutine cannot be ended from
// outside. A process can: when such functions have all threads of a worker, and have had the time to end, the worker is retired, and its agent
// starts another process in its place.

// replaceStuck begins to replace workers that can run nothing any more, at most half of all at a time: the others take what they hold.
func (s *Scheduler) replaceStuck() {
	if s.conf.Stuck < 0 {
		return
	}
	room := max(1, len(s.live)/2)
	for _, t := range s.retired {
		if t.stuck {
			room--
		}
	}
	for _, w := range s.live {
		if room <= 0 {
			return
		}
		if w.open() && w.hello.Agent != "" && len(w.zombies) >= w.threads && s.stuck(w) >= w.threads {
			s.event("worker %s is replaced: functions that were cancelled %s ago go on in all its threads", w, seconds(s.conf.Stuck))
			s.beginRetirement(w, &retirement{worker: w, stuck: true})
			room--
		}
	}
}

// stuck returns how many threads of a worker are occupied by what should have ended long ago.
func (s *Scheduler) stuck(w *worker) (n int) {
	for _, z := range w.zombies {
		if !z.spec && !z.long && s.now-z.unwanted >= s.conf.Stuck {
			n++
		}
	}
	return n
}

// expendable reports whether a worker that is to be replaced may end with what it holds, which nobody has taken for long: it can all be
// computed again.
func (s *Scheduler) expendable(t *retirement) bool {
	if s.now-t.since < s.conf.Stuck || t.worker.sent.live > 0 {
		return false
	}
	for _, a := range t.worker.holds {
		if s.runs[a.run].irreplaceable() {
			return false
		}
	}
	return true
}
