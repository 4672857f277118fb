package scheduler

import (
	"fmt"
	"slices"

	"sheaf/internal/wire"
)

// addClaim adds n claims of a client to the value that it calls id. It reports whether there is such a value.
func (s *Scheduler) addClaim(c *client, id wire.ID, n int32) (*run, int32, bool) {
	r, i, ok := s.task(id)
	if !ok || r.tasks[i].status == statusLinked {
		return nil, 0, false
	}
	c.claims += int(n)
	if r.client == c && id == r.id(i) {
		s.claim(r, i, n)
		return r, i, true
	}
	x := r.rarely(i)
	at := slices.IndexFunc(x.claims, func(o claim) bool { return o.client == c && o.id == id })
	if at < 0 {
		x.claims = append(x.claims, claim{c, id, 0})
		at = len(x.claims) - 1
	}
	x.claims[at].n += n
	c.named[id] += n
	s.pin(r, i, n)
	return r, i, true
}

// claimed takes a client's claims to values that others have given it.
func (s *Scheduler) claims(c *client, m *wire.Claim) {
	for _, id := range m.IDs {
		r, i, ok := s.addClaim(c, id, 1)
		if !ok {
			s.tellUnknown(c, id)
			continue
		}
		if r.tasks[i].status == statusReleased {
			s.want(r, i) // which tells the client, should it be there or have failed at once
			continue
		}
		s.tellState(c, r, i, id)
	}
}

// release gives up one claim of a client.
func (s *Scheduler) release(c *client, id wire.ID) {
	r, i, ok := s.task(id)
	if !ok {
		return
	}
	if r.client == c && id == r.id(i) {
		if r.tasks[i].claims > 0 {
			c.claims--
			s.claim(r, i, -1)
		}
		return
	}
	s.releaseNamed(c, id, 1)
}

// releaseNamed gives up n claims of a client under a name that is not the task's own.
func (s *Scheduler) releaseNamed(c *client, id wire.ID, n int32) {
	r, i, ok := s.task(id)
	if !ok || c.named[id] < n {
		return
	}
	c.claims -= int(n)
	if c.named[id] -= n; c.named[id] == 0 {
		delete(c.named, id)
	}
	x := r.extra[i]
	at := slices.IndexFunc(x.claims, func(o claim) bool { return o.client == c && o.id == id })
	if x.claims[at].n -= n; x.claims[at].n == 0 {
		x.claims = slices.Delete(x.claims, at, at+1)
	}
	s.pin(r, i, -n)
	r.tidy(i)
}

func (s *Scheduler) tellUnknown(c *client, id wire.ID) {
	c.out.err(id, &wire.Failure{
		Sort: wire.SortLost, Task: id, Key: id.String(),
		Message: fmt.Sprintf("the cluster does not know the value %s: everybody who claimed it has released it", id),
	})
}

// tellReady tells all clients that claim a value where it can be read.
func (s *Scheduler) tellReady(r *run, i int32) {
	t := &r.tasks[i]
	if t.claims > 0 {
		s.tellReadyTo(r.client, r, i, r.id(i))
	}
	if x := r.rare(i); x != nil {
		for _, c := range x.claims {
			s.tellReadyTo(c.client, r, i, c.id)
		}
	}
}

// tellReadyTo tells one client, which calls the value id.
func (s *Scheduler) tellReadyTo(c *client, r *run, i int32, id wire.ID) {
	if c.away || c.gone {
		return
	}
	r, i = s.resolve(r, i)
	t := &r.tasks[i]
	ready := wire.Ready{ID: id, Value: r.id(i), Attempt: t.attempt, Bytes: t.size}
	for _, h := range r.holders(i, s.scratch[:0]) {
		ready.Workers = append(ready.Workers, uint32(h))
	}
	c.out.touch()
	c.out.finished = append(c.out.finished, ready)
}

// tellErred tells all clients that claim a value that it will not come.
func (s *Scheduler) tellErred(r *run, i int32, f *wire.Failure) {
	if r.tasks[i].claims > 0 && !r.client.away {
		r.client.out.err(r.id(i), f)
	}
	if x := r.rare(i); x != nil {
		for _, c := range x.claims {
			if !c.client.away {
				c.client.out.err(c.id, f)
			}
		}
	}
}

// err adds an id to the message about a failure.
func (o *outbox) err(id wire.ID, f *wire.Failure) {
	for k := len(o.erred) - 1; k >= 0 && k >= len(o.erred)-64; k-- {
		if o.causes[k] == f {
			o.erred[k].IDs = append(o.erred[k].IDs, id)
			return
		}
	}
	o.touch()
	o.erred = append(o.erred, wire.Erred{IDs: []wire.ID{id}, Cause: *f})
	o.causes = append(o.causes, f)
}

// tellState tells a client how a value that it claims stands, unless it is still to come.
func (s *Scheduler) tellState(c *client, r *run, i int32, id wire.ID) {
	switch r.tasks[i].status {
	case statusMemory:
		s.tellReadyTo(c, r, i, id)
	case statusErred:
		c.out.err(id, r.causeOf(i))
	}
}

// retell tells a client that was away the state of everything that it claims.
func (s *Scheduler) retell(c *client) {
	for _, r := range s.runs {
		if r == nil || r.client != c {
			continue
		}
		for i := range r.tasks {
			if r.tasks[i].claims > 0 {
				s.tellState(c, r, int32(i), r.id(int32(i)))
			}
		}
	}
	for _, id := range sortedIDs(c.named) {
		if r, i, ok := s.task(id); ok {
			s.tellState(c, r, i, id)
		}
	}
}

func sortedIDs[V any](m map[wire.ID]V) []wire.ID {
	ids := make([]wire.ID, 0, len(m))
	for id := range m {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, wire.ID.Compare)
	return ids
}
