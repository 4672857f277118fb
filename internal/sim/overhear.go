package sim

import (
	"slices"

	"sheaf/internal/scheduler"
	"sheaf/internal/wire"
)

// peer returns what is known of a session.
func (a *auditor) peer(name scheduler.Peer) *peer {
	p := a.peers[name]
	if p == nil {
		p = &peer{name: name, claims: map[wire.ID]*story{}}
		if m := a.w.hub.members[name]; m != nil {
			p.node, p.client = m.peer.node, m.peer.client
		}
		a.peers[name] = p
		a.known = append(a.known, p)
	}
	return p
}

// beforeStep takes note of what the scheduler is told.
func (a *auditor) beforeStep(in []scheduler.In) {
	a.step++
	for _, i := range in {
		p := a.peer(i.From)
		if a.w.log != nil {
			a.w.logf("scheduler <- %s: %s", i.From, messageText(i.Msg))
		}
		if p.gone {
			continue
		}
		if p.client != nil {
			a.heardClient(p, i.Msg)
		} else {
			a.heardWorker(p, i.Msg)
		}
	}
}

func (a *auditor) heardClient(p *peer, m wire.Message) {
	switch m := m.(type) {
	case *wire.Submit:
		for _, o := range m.Graph.Outputs {
			for _, i := range a.indices(o) {
				a.claim(p, wire.ID{Layer: o.Layer, Index: i})
			}
		}
	case *wire.Claim:
		for _, id := range m.IDs {
			a.claim(p, id)
		}
	case *wire.Release:
		for _, id := range m.IDs {
			a.unclaim(p, id, "released")
		}
	case *wire.Cancel:
		for _, id := range m.IDs {
			a.unclaim(p, id, "cancelled")
			a.stop(a.story(id), m.Force)
		}
	case *wire.Retry:
		for _, id := range m.IDs {
			a.claim(p, id)
		}
	case *wire.Scattered:
		for _, v := range m.Values {
			a.claim(p, v.ID)
			for _, n := range v.Workers {
				if w := a.workers[n]; w != nil && !w.gone {
					a.place(a.story(v.ID), w, v.ID)
				} else if s := a.story(v.ID); s != nil {
					s.losses++
				}
			}
		}
	case *wire.Unreadable:
		if w := a.workers[m.Worker]; w != nil {
			a.doubt(a.story(m.ID), w, string(p.name))
		}
	case *wire.Call:
		if b, ok := m.Body.(*wire.Coord); ok {
			a.heardCoord(p, m.Request, b)
		}
	case *wire.Bye, *wire.Gone:
		a.clientLost(p)
	}
}

// indices lists the tasks of an output.
func (a *auditor) indices(o wire.Output) []int32 {
	if !o.All {
		return o.Index
	}
	index := make([]int32, len(a.layers[o.Layer]))
	for i := range index {
		index[i] = int32(i)
	}
	return index
}

// clientLost notes that a client's claims count no more.
func (a *auditor) clientLost(p *peer) {
	if p.gone {
		return
	}
	p.gone = true
	var kept []wire.ID // what it claimed to the end, in case that it comes back
	for _, id := range p.order {
		if p.claims[id] != nil {
			a.unclaim(p, id, "given up")
			kept = append(kept, id)
		}
	}
	p.order = kept
}

// stop notes that a value may not come because somebody has cancelled it, nor what needs it. By force it does not come for anybody.
func (a *auditor) stop(s *story, force bool) {
	if s == nil {
		return
	}
	stack := []*story{s}
	for len(stack) > 0 {
		t := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if t.stopped || t.revoked && !force {
			continue
		}
		t.revoked, t.stopped = true, t.stopped || force
		stack = append(stack, t.users...)
	}
}

func (a *auditor) heardWorker(p *peer, m wire.Message) {
	switch m := m.(type) {
	case *wire.WorkerHello:
		for _, h := range m.Holds {
			a.place(a.story(h.ID), p, h.ID)
		}
	case *wire.Done:
		for _, t := range m.Tasks {
			a.done(p, t)
		}
	case *wire.Failed:
		if at := a.attempts[wire.Attempt{ID: m.ID, Attempt: m.Attempt}]; at != nil && at.p == p {
			if m.Again {
				at.loseMembers()
				a.close(at, "superseded (given back)")
			} else {
				a.close(at, "failed")
			}
		}
	case *wire.Returned:
		for _, t := range m.Tasks {
			if at := a.attempts[t]; at != nil && at.p == p {
				a.close(at, "superseded (given back)")
			}
		}
	case *wire.Missing:
		for _, v := range m.Values {
			for _, n := range v.Workers {
				if w := a.workers[n]; w != nil {
					a.doubt(a.story(v.ID), w, string(p.name))
				}
			}
		}
	case *wire.Holding:
		for _, v := range m.Values {
			s := a.story(v.ID)
			a.place(s, p, v.ID)
			if s != nil && s.stoppedAt == p { // it may as well be of the attempt that is to be dropped
				a.doubt(s, p, "anybody for sure")
			}
		}
		for _, id := range m.Dropped {
			a.loseReplica(a.story(id), p, id, "is dropped by")
		}
	case *wire.Exited: // of an agent
		for _, w := range a.known {
			if w.node != nil && w.node.name == m.Worker && w.node.id == m.PID {
				a.workerLost(w, m.Cause)
			}
		}
	case *wire.Bye:
		a.workerLost(p, "bye")
	case *wire.Gone:
		a.workerLost(p, "gone")
	}
}

// loseMembers counts that the tasks of an attempt may have to run again.
func (at *attempt) loseMembers() {
	for _, m := range at.members {
		m.losses++
	}
}

// afterStep takes note of what the scheduler says.
func (a *auditor) afterStep(out []scheduler.Effect) {
	for _, o := range out { // what must be known before the rest is judged
		if s, ok := o.(*scheduler.Send); ok {
			switch m := s.Msg.(type) {
			case *wire.Welcome:
				a.welcomed(a.peer(s.To), m)
			case *wire.Stop, *wire.Free:
				a.said(a.peer(s.To), m)
			case *wire.Finished:
				for _, r := range m.Values {
					a.announce(a.peer(s.To), r)
				}
			case *wire.Erred: // a claim to what has failed keeps nothing
				for _, id := range m.IDs {
					a.unclaim(a.peer(s.To), id, "told to have failed")
				}
			}
		}
	}
	for _, o := range out {
		switch o := o.(type) {
		case *scheduler.Drop:
			p := a.peer(o.Peer)
			if p.client != nil {
				a.clientLost(p)
			} else {
				a.workerLost(p, o.Reason)
			}
		case *scheduler.Send:
			if a.w.log != nil {
				a.w.logf("scheduler -> %s: %s", o.To, messageText(o.Msg))
			}
			a.said(a.peer(o.To), o.Msg)
		}
	}
}

// welcomed takes note of the number of a session.
func (a *auditor) welcomed(p *peer, m *wire.Welcome) {
	p.number = m.Number
	numbers := a.workers
	if p.client != nil {
		numbers = a.clients
	} else if p.node == nil {
		return // an agent
	}
	if old := numbers[m.Number]; old != nil {
		a.transfer(old, p)
	}
	numbers[m.Number] = p
}

func (a *auditor) said(p *peer, m wire.Message) {
	switch m := m.(type) {
	case *wire.Compute:
		for k := range m.Tasks {
			a.dispatch(p, &m.Tasks[k])
		}
	case *wire.Stop:
		for _, t := range m.Tasks {
			if at := a.attempts[t]; at != nil && at.p == p && !at.stopped {
				at.stopped = true
				a.stopped(at, m.Reason)
			}
		}
	case *wire.Free:
		for _, id := range m.IDs {
			a.free(p, id)
		}
	case *wire.Forget:
		for _, l := range m.Layers {
			a.forgotten[l] = true
		}
	case *wire.Reply:
		if b, ok := m.Body.(*wire.Coord); ok && p.client != nil {
			a.saidCoord(p, m.Request, b)
		}
	case *wire.Admitted:
		if m.Err != "" {
			a.refused(p, m)
		}
	case *wire.Finished:
		for _, r := range m.Values {
			a.announced(p, r)
		}
	}
}

// refused takes the claims of a graph back that was not admitted.
func (a *auditor) refused(p *peer, m *wire.Admitted) {
	if p.client == nil {
		return
	}
	for _, s := range a.submissions {
		if s.c == p.client && s.request == m.Request {
			for _, f := range s.outputs {
				a.unclaim(p, f.id, "refused")
			}
		}
	}
}

// announce takes note of what a client is told about a value.
func (a *auditor) announce(p *peer, r wire.Ready) {
	s := a.story(r.ID)
	if s == nil {
		return
	}
	for k := range s.announced {
		if n := &s.announced[k]; n.p == p && n.id == r.ID {
			n.value = r.Value
			return
		}
	}
	s.announced = append(s.announced, announcement{p, r.ID, r.Value})
}

// announced judges what a client is told about a value.
func (a *auditor) announced(p *peer, r wire.Ready) {
	s := a.story(r.ID)
	if s == nil {
		a.internal("%s is told of %v, which nobody has submitted", p.name, r.ID)
		return
	}
	a.tell(s, "is announced to "+string(p.name)+" as", r.Value, r.Attempt, 0, "")
	if s != a.story(r.Value) {
		a.violateStory(rule2, s, "%v is announced to be %v, which is something else", r.ID, r.Value)
	}
	if s.shaken == a.step {
		return
	}
	if !s.held() {
		a.violateStory(rule3, s, "%v is announced although nobody has it", r.ID)
		return
	}
	// A value that a worker brought back from an earlier session may bear the number of an attempt that it made unnecessary.
	if c := s.commit; c != nil && c.last == r.Value && (r.Attempt < c.Attempt.Attempt || r.Attempt > a.last[c.ID]) {
		a.violateStory(rule3, s, "%v is announced to be of attempt %d, but attempt %d was committed", r.ID, r.Attempt, c.Attempt.Attempt)
	}
	for _, n := range r.Workers {
		if w := a.workers[n]; w == nil || !s.on(w) {
			a.violateStory(rule3, s, "%v is announced to be on worker %d, which does not have it", r.ID, n)
		}
	}
}

// on reports whether a worker is known to have the value.
func (s *story) on(p *peer) bool {
	return slices.ContainsFunc(s.places, func(at place) bool { return at.p == p })
}
