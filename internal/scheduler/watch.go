package scheduler

import (
	"fmt"
	"time"
)

// watch says of graphs that have not moved for long while workers idle why that may be. It is to be the last to know: every
// such note is a mistake of this package, of a worker, or of a user who waits for what never comes.
func (s *Scheduler) watch() {
	idle := 0
	for _, w := range s.live {
		if w.open() && w.sent.live == w.long && len(w.zombies) == 0 {
			idle++
		}
	}
	if idle == 0 {
		return
	}
	for _, r := range s.runs {
		if r == nil || r.left == 0 || s.now-r.moved < s.conf.Stall {
			continue
		}
		r.moved = s.now // say it once in a while
		s.stalls++
		s.log("stall", s.whyStalled(r))
		s.note(LevelWarn, s.whyStalled(r))
	}
}

// whyStalled says what the tasks of a run wait for.
func (s *Scheduler) whyStalled(r *run) string {
	var n [statusEnd]int
	held, long := 0, 0
	for i := range r.tasks {
		t := &r.tasks[i]
		n[t.status]++
		if t.status == statusQueued && t.has(flagHeld) {
			held++
		}
		if t.status == statusProcessing && t.has(flagLong) {
			long++
		}
	}
	text := fmt.Sprintf("graph %d of client %d has not moved for %s: %d tasks wait for inputs, %d for a worker, %d run",
		r.request, r.client.number, seconds(time.Duration(s.conf.Stall)), n[statusWaiting], n[statusQueued], n[statusProcessing])
	switch {
	case len(r.class.posts) == 0 && n[statusQueued] > 0:
		text += "; " + s.whyVacant(r.class)
	case held > 0:
		text += fmt.Sprintf("; %d wait to be tried again", held)
	case long > 0:
		text += fmt.Sprintf("; %d of these wait for futures or have seceded", long)
	}
	return text
}

func nanos(n int64) string { return seconds(time.Duration(n)) }
