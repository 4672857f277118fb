package scheduler

import (
	"cmp"
	"fmt"

	"sheaf/internal/wire"
)

// cancel gives up a client's claims to values, whose tasks end if nobody else claims them; with Force they end for everybody.
func (s *Scheduler) cancel(c *client, m *wire.Cancel) {
	by := cmp.Or(c.hello.Name, c.hello.Process, fmt.Sprintf("client %d", c.number))
	for _, id := range m.IDs {
		r, i, ok := s.task(id)
		if !ok {
			continue
		}
		reason := cmp.Or(m.Reason, "no reason given")
		f := &wire.Failure{
			Sort: wire.SortCancelled, Task: r.id(i), Key: r.key(i), Reason: reason, By: by,
			Message: fmt.Sprintf("%s was cancelled by %s: %s", r.key(i), by, reason),
		}
		s.pin(r, i, 1) // until what it means for others is known
		for range s.claimsOf(c, r, i, id) {
			s.release(c, id)
		}
		if m.Force {
			s.cancelAll(r, i, f)
		} else if unfinished[r.tasks[i].status] == 1 && !s.otherClaims(c, r, i) {
			s.fail(r, i, f)
		}
		s.pin(r, i, -1)
	}
}

// otherClaims reports whether anybody but c claims the task or what needs it, or something else than a claim keeps it.
func (s *Scheduler) otherClaims(c *client, r *run, i int32) bool {
	seen := map[ref]bool{r.ref(i): true}
	stack := []ref{r.ref(i)}
	first := true
	for len(stack) > 0 {
		a := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		r, i := s.runs[a.run], a.task
		t := &r.tasks[i]
		kept := t.pins
		if first {
			kept-- // by cancel
		}
		if t.claims > 0 && (r.client != c || first) {
			return true
		}
		first = false
		push := func(f ref) {
			if !seen[f] {
				seen[f] = true
				stack = append(stack, f)
			}
		}
		if x := r.rare(i); x != nil {
			for _, o := range x.claims {
				if o.client != c {
					return true
				}
				kept -= o.n
			}
			kept -= int32(len(x.followers))
			for _, f := range x.followers {
				push(f)
			}
		}
		if kept > 0 {
			return true
		}
		for _, u := range r.plan.Uses(i) {
			if last := r.last(u); unfinished[r.tasks[last].status] == 1 {
				push(r.ref(last))
			}
		}
	}
	return false
}

// claimsOf returns how many claims a client has to a value under a name.
func (s *Scheduler) claimsOf(c *client, r *run, i int32, id wire.ID) int32 {
	if r.client == c && id == r.id(i) {
		return r.tasks[i].claims
	}
	return c.named[id]
}

// cancelAll ends a task for everybody: what needs it fails, and a value that is there already is forgotten.
func (s *Scheduler) cancelAll(r *run, i int32, f *wire.Failure) {
	r, i = s.resolve(r, i)
	switch t := &r.tasks[i]; t.status {
	case statusMemory:
		s.free(r, i)
		s.move(r, i, statusReleased, 0)
		s.unspread(r, i)
		s.fail(r, i, f)
	case statusErred, statusLinked:
	default:
		s.fail(r, i, f)
	}
}

// retry runs tasks that failed again, with whatever failed before them.
func (s *Scheduler) retry(c *client, m *wire.Retry) {
	var again []ref
	for _, id := range m.IDs {
		r, i, ok := s.task(id)
		if !ok {
			s.tellUnknown(c, id)
			continue
		}
		again = s.unfail(r, i, again)
	}
	for _, a := range again {
		if r := s.runs[a.run]; r.tasks[a.task].status == statusReleased && r.tasks[a.task].needed() {
			s.want(r, a.task)
		}
	}
}

// unfail releases an erred task, the erred ones that it needs, and what has failed for the same reason, and appends them to again.
func (s *Scheduler) unfail(r *run, i int32, again []ref) []ref {
	stack := []ref{r.ref(i)}
	scanned := map[*wire.Failure]*run{}
	for len(stack) > 0 {
		a := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		r, i := s.runs[a.run], a.task
		t := &r.tasks[i]
		if t.status != statusErred {
			continue
		}
		if f := r.causeOf(i); scanned[f] != r {
			scanned[f] = r
			for k := range r.tasks {
				if t := &r.tasks[k]; t.status == statusErred && int32(k) != i && r.causeOf(int32(k)) == f {
					stack = append(stack, r.ref(int32(k)))
				}
			}
		}
		r.unblame(i)
		r.frozen = false
		s.move(r, i, statusReleased, 0)
		if x := r.rare(i); x != nil {
			x.retried, x.deaths, x.suspected, x.history, x.doomed, x.after = nil, 0, 0, nil, false, 0
		}
		again = append(again, a)
		if t.has(flagProxy) {
			stack = append(stack, r.extra[i].target)
			continue
		}
		for _, d := range r.plan.Deps(r.head(i)) {
			stack = append(stack, r.ref(d))
			if r.tasks[d].has(flagProxy) { // which may not be needed any more, while the other has still failed
				stack = append(stack, r.extra[d].target)
			}
		}
	}
	return again
}
