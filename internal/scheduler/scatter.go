package scheduler

import (
	"fmt"
	"slices"

	"sheaf/graph"
	"sheaf/internal/lower"
	"sheaf/internal/wire"
)

// scattered takes values that a client has put on workers. It claims them.
func (s *Scheduler) scattered(c *client, m *wire.Scattered) {
	for k := range m.Values {
		v := &m.Values[k]
		if v.ID.Layer.Client() != c.number || v.ID.Index < 0 {
			s.tellUnknown(c, v.ID)
			continue
		}
		if m.Again && !s.waitsFor(v.ID) { // not needed any more
			for _, n := range v.Workers {
				if w := s.worker(n); w != nil {
					w.out.free(v.ID)
				}
			}
			continue
		}
		r, i := s.scatterTask(c, v.ID)
		if r == nil {
			s.tellUnknown(c, v.ID)
			continue
		}
		t := &r.tasks[i]
		if !m.Again {
			r.kept = m.Kept
			c.claims++
			s.claim(r, i, 1)
		}
		var at []*worker
		for _, n := range v.Workers {
			if w := s.worker(n); w != nil && !slices.Contains(at, w) {
				at = append(at, w)
			}
		}
		if len(at) > 1 {
			x := r.rarely(i)
			x.goal = max(x.goal, int32(len(at)))
		}
		switch {
		case t.status == statusMemory:
			s.tellReadyTo(c, r, i, v.ID)
		case len(at) == 0:
			s.nowhere(c, r, i, v, m.Again)
			continue
		case t.status == statusErred:
			c.out.err(v.ID, r.causeOf(i))
			continue
		default:
			s.arrive(r, i, at[0], v.Bytes)
			at = at[1:]
		}
		for _, w := range at {
			s.replica(r, i, w)
		}
	}
}

// nowhere takes the word of a client that a value is on no worker of those that are here now.
func (s *Scheduler) nowhere(c *client, r *run, i int32, v *wire.Scatter, again bool) {
	switch t := &r.tasks[i]; {
	case again && len(v.Workers) > 0: // which have gone meanwhile
		c.out.touch()
		c.out.restore = append(c.out.restore, v.ID)
	case again:
		x := r.rarely(i)
		x.lost += "; it could not be put there again: " + v.Fault
		s.fail(r, i, s.lostForGood(r, i))
	default:
		t.flags |= flagLost
		r.rarely(i).lost = fmt.Sprintf("its workers %v were gone at %s", v.Workers, seconds(s.now))
		if t.status == statusReleased {
			s.want(r, i)
		}
	}
}

// scatterTask returns the task that stands for a scattered value, a new one if the id is.
func (s *Scheduler) scatterTask(c *client, id wire.ID) (*run, int32) {
	r := s.byLayer[id.Layer]
	if r == nil {
		r = s.scatterRun(c, id.Layer)
	}
	if r.index == nil || r.client != c {
		return nil, 0
	}
	if i, ok := r.index[id.Index]; ok {
		return r, i
	}
	i := int32(len(r.tasks))
	r.index[id.Index] = i
	r.plan.Append(0, id.Index)
	r.tasks = append(r.tasks, task{status: statusReleased})
	s.counts[statusReleased]++
	return r, i
}

// scatterRun makes a run for values that exist already.
func (s *Scheduler) scatterRun(c *client, id wire.LayerID) *run {
	h := graph.NewHasher("scatter")
	h.Int(int(id))
	token := h.Sum()
	l := graph.Held("scatter", token, nil)
	s.runSerial++
	r := &run{
		serial: s.runSerial, client: c, plan: lower.Flat(l), layers: []*wire.Layer{{ID: id, Kind: wire.LayerExternal, Name: "scatter", Token: token}},
		number: map[wire.LayerID]int32{id: 0}, index: map[int32]int32{}, moved: s.now,
	}
	r.slot = s.slotFor(r)
	r.class = s.classOf(c.hello.Executable, &r.opts)
	r.class.runs++
	c.graphs++
	s.learnKinds(r)
	s.byLayer[id] = r
	return r
}

// waitsFor reports whether a client was asked to put a value again, and it is still wanted.
func (s *Scheduler) waitsFor(id wire.ID) bool {
	r := s.byLayer[id.Layer]
	if r == nil || r.index == nil {
		return false
	}
	i, ok := r.index[id.Index]
	return ok && r.tasks[i].status == statusWaiting
}

// restore has the client put a scattered value on a worker again, if it is one that the client keeps, and reports whether it is. The task waits for
// the client as others wait for inputs.
func (s *Scheduler) restore(r *run, i int32) bool {
	if !r.restorable() || !r.tasks[i].has(flagLost) {
		return false
	}
	s.move(r, i, statusWaiting, 0)
	r.tasks[i].missing = 1
	r.client.out.touch()
	r.client.out.restore = append(r.client.out.restore, r.id(i))
	return true
}

// restorable reports whether the run's values are scattered ones that a client keeps which has not left.
func (r *run) restorable() bool { return r.index != nil && r.kept && r.client != nil }
