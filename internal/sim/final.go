package sim

import (
	"slices"
	"time"

	"sheaf/internal/wire"
)

// unsettled returns the futures that have not come to an outcome: those of clients that live, and are pending.
func (a *auditor) unsettled() []*future {
	var open []*future
	kept := a.futures[:0]
	for _, f := range a.futures {
		if f.state == futureGiven || !f.c.alive {
			continue
		}
		kept = append(kept, f)
		if f.state == futurePending || f.state == futureReady && f.c.closing && !f.read {
			open = append(open, f)
		}
	}
	a.futures = kept
	return open
}

// overdue finds fault with everything that has not come to an outcome in time.
func (a *auditor) overdue(limit time.Duration) {
	for _, f := range a.unsettled() {
		what := "has no outcome"
		if f.state == futureReady {
			what = "could not be read"
		}
		if f.sub != nil && f.sub.c == f.c && f.sub.answered && a.story(f.id) != nil && a.story(f.id).dispatches == 0 && a.story(f.id).commit == nil {
			what += ", and was never handed to a worker"
		}
		a.violateStory(rule1, f.story, "%v, which %s claims, %s %v after the last fault", f.id, f.c.name, what, limit)
	}
	for _, s := range a.submissions {
		if !s.answered && s.c.alive && s.c.welcome && s.sameSession() {
			a.violateStory(rule7, nil, "the submission %d of %s was never answered", s.request, s.c.name)
		}
		if s.answered && s.refused == "" {
			a.ignored(s)
		}
	}
	for _, c := range a.w.clients {
		for request := uint64(1); request <= c.request && c.alive; request++ {
			if k := c.calls[request]; k != nil && k.answered == 0 {
				a.violateStory(rule7, nil, "the call %d (%T) of %s was never answered", request, k.body, c.name)
			}
		}
	}
}

// ignored finds fault with a graph that was admitted and of which then nothing was heard.
func (a *auditor) ignored(s *submission) {
	for _, f := range s.outputs {
		if f.state != futurePending {
			return
		}
	}
	for _, st := range s.stories {
		if st.dispatches > 0 || st.commit != nil {
			return
		}
	}
	if len(s.outputs) > 0 {
		a.violateStory(rule7, s.outputs[0].story, "the submission %d of %s was admitted and forgotten", s.request, s.c.name)
	}
}

// sameSession reports whether the client still has the session in which it submitted.
func (s *submission) sameSession() bool {
	return slices.Contains(s.c.submits, s)
}

// balance judges the ledger of attempts when nothing is wanted any more.
func (a *auditor) balance() {
	if a.open == 0 {
		return
	}
	for _, s := range a.all {
		for _, at := range s.open {
			a.violateStory(rule4, s, "attempt %d of %v, on %s, has not ended", at.Attempt.Attempt, at.ID, at.p.name)
		}
	}
}

// bound judges how often each key was run: once for each time that somebody asked for it, once for each failure, and once for each time
// that it, or something that needs it, had to be made again because it was lost, in each of the graphs that do not share it.
func (a *auditor) bound() {
	again := make(map[*story]int, len(a.all))
	for _, s := range a.all {
		allowed := s.needs + a.mayRepeat(s, again)*max(1, len(s.ids))
		if s.runs > allowed {
			a.violateStory(rule8, s, "it ran %d times; %d needs, %d losses, %d failures and what uses it explain at most %d",
				s.runs, s.needs, s.losses, s.failures, allowed)
		}
		if n := s.runs - 1 - s.failures; n > 0 {
			a.sums.repeated += n
		}
	}
}

// mayRepeat returns how often a task may have had to run again: it failed, its value was lost, or that was so for what uses it.
func (a *auditor) mayRepeat(s *story, known map[*story]int) int {
	if n, ok := known[s]; ok {
		return n
	}
	n := s.losses + s.retries + s.failures
	for k, u := range s.users {
		if k > 0 && u == s.users[k-1] {
			continue // it needs the value twice
		}
		n += a.mayRepeat(u, known)
	}
	known[s] = min(n, 1<<20)
	return known[s]
}

// baseline judges what is left when every client has gone.
func (a *auditor) baseline(info *wire.Cluster) {
	for _, n := range a.w.nodes {
		if !n.alive {
			continue
		}
		for _, id := range n.order {
			a.violate(rule5, id, "%s still has the value %v", n.name, id)
		}
		for _, r := range n.runs {
			a.violate(rule5, r.task.ID, "%s still runs %v", n.name, r.task.ID)
		}
		if len(n.layers) > 0 {
			a.violateStory(rule5, nil, "%s still knows the operations of %d layers", n.name, len(n.layers))
		}
		if n.sending > 0 || n.getting > 0 {
			a.violateStory(rule5, nil, "%s has %d and %d transfers open", n.name, n.sending, n.getting)
		}
	}
	if info == nil {
		a.violateStory(rule7, nil, "the scheduler does not answer at the end")
		return
	}
	for _, c := range info.Tasks {
		if c.Tasks != 0 {
			a.violateStory(rule5, nil, "the scheduler still has %d tasks in state %s", c.Tasks, c.State)
		}
	}
	if info.Graphs != 0 {
		a.violateStory(rule5, nil, "the scheduler still has %d graphs", info.Graphs)
	}
	for _, c := range info.Clients {
		if c.Claims != 0 {
			a.violateStory(rule5, nil, "the scheduler still has %d claims of client %s", c.Claims, c.Name)
		}
	}
	for _, w := range info.Workers {
		if w.Processing != 0 {
			a.violateStory(rule5, nil, "the scheduler still has %d tasks at %s", w.Processing, w.Name)
		}
	}
}

// claimless reports whether the scheduler has been told that nobody wants anything any more.
func (a *auditor) claimless() bool {
	if a.w.now < a.w.leases {
		return false // of clients that went without a word
	}
	for _, s := range a.all {
		if s.claims > 0 {
			return false
		}
	}
	return true
}
