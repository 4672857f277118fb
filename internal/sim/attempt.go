package sim

import (
	"slices"
	"time"

	"sheaf/internal/wire"
)

// An attempt is one dispatch of a task, with its chain.
type attempt struct {
	wire.Attempt
	story   *story   // of the last task of the chain, whose value is the result
	members []*story // of all of them
	p       *peer
	last    wire.ID // of the chain
	end     string  // how it ended; empty while it is open
	ended   int     // in which step
	stopped bool    // its worker was told to end it
	since   time.Duration
}

// secondAfter is how long a task has been with a worker before another one may try it too.
const secondAfter = time.Second

// dispatch notes that a task was handed to a worker, and judges whether it should have been.
func (a *auditor) dispatch(p *peer, t *wire.Task) {
	at := &attempt{Attempt: wire.Attempt{ID: t.ID, Attempt: t.Attempt}, p: p, story: a.story(t.Last()), last: t.Last(), since: a.w.now}
	a.sums.dispatched++
	for _, id := range append([]wire.ID{t.ID}, linkIDs(t.Links)...) {
		s := a.story(id)
		if s == nil {
			a.internal("the scheduler dispatches %v, which nobody has submitted", id)
			return
		}
		s.dispatches++
		if !slices.Contains(s.ids, id) {
			s.ids = append(s.ids, id)
		}
		at.members = append(at.members, s)
		a.tell(s, "is handed out in", t.ID, t.Attempt, p.number, "")
	}
	s := at.story
	if last := a.last[t.ID]; t.Attempt <= last {
		a.violateStory(rule4, s, "attempt %d of %v comes after attempt %d", t.Attempt, t.ID, last)
	}
	a.last[t.ID] = t.Attempt
	switch {
	case p.gone:
		a.internal("%v is handed to %s, which is gone", t.ID, p.name)
	case s.sureOf(at.last) && s.placed != a.step:
		a.violateStory(rule3, s, "%v is handed to %s although %s has its value", t.ID, p.name, s.places[0].p.name)
	default:
		a.besides(at)
	}
	for _, id := range t.Inputs {
		if in := a.story(id); in == nil || !in.heldAs(id.Whole()) && in.shaken != a.step {
			a.violateStory(ruleOther, s, "%v is handed to %s although nobody has its input %v", t.ID, p.name, id)
		}
	}
	a.attempts[at.Attempt] = at
	p.opened = append(p.opened, at)
	s.open = append(s.open, at)
	a.open++
}

// besides judges an attempt by the others at the same task that are open: one that takes long may be tried once more by another worker.
func (a *auditor) besides(at *attempt) {
	var others []*attempt
	for _, o := range at.story.open {
		if o.last == at.last {
			others = append(others, o)
		}
	}
	switch {
	case len(others) == 0:
	case len(others) == 1 && others[0].p != at.p && a.w.now-others[0].since >= secondAfter:
		for _, m := range at.members {
			m.losses++ // it may well run once more
		}
	default:
		for _, o := range others {
			a.violateStory(rule3, at.story, "%v is handed to %s while %s still has attempt %d", at.ID, at.p.name, o.p.name, o.Attempt.Attempt)
			a.close(o, "superseded")
		}
	}
}

// close ends an attempt.
func (a *auditor) close(at *attempt, how string) {
	if at.end != "" {
		return
	}
	at.end, at.ended = how, a.step
	a.open--
	at.story.open = slices.DeleteFunc(at.story.open, func(o *attempt) bool { return o == at })
	at.p.opened = slices.DeleteFunc(at.p.opened, func(o *attempt) bool { return o == at })
	switch how {
	case "committed":
		a.sums.committed++
	case "failed":
		a.sums.failed++
	default:
		a.sums.superseded++
	}
	a.tell(at.story, how+":", at.ID, at.Attempt.Attempt, at.p.number, "")
}

// done takes note of an attempt that ended well.
func (a *auditor) done(p *peer, t wire.DoneTask) {
	at := a.attempts[wire.Attempt{ID: t.ID, Attempt: t.Attempt}]
	switch {
	case at == nil || at.p != p:
		// Of another session of this worker.
	case at.end != "":
		a.tell(at.story, "done too late:", t.ID, t.Attempt, p.number, "")
		a.sums.spared++
	default:
		a.close(at, "committed")
		if c := at.story.commit; c == nil || c.end != "committed" || c.ended != a.step { // of two in one step the first counts
			at.story.commit = at
		}
		a.place(at.story, p, at.last)
	}
}

// stopped ends an attempt that is not wanted any more. If it is told to have ended well in the same step, that came too late.
func (a *auditor) stopped(at *attempt, why string) {
	at.story.stoppedAt = at.p
	if at.end == "committed" && at.ended == a.step {
		a.displace(at.story, at.p, at.last)
		if at.story.commit == at {
			at.story.commit = nil
		}
		at.end = "superseded"
		a.sums.committed--
		a.sums.superseded++
		a.tell(at.story, "not committed, but superseded ("+why+"):", at.ID, at.Attempt.Attempt, at.p.number, "")
	}
	if at.end == "" {
		a.close(at, "superseded ("+why+")")
	}
	for _, m := range at.members {
		m.losses++
	}
}

// place notes that a worker has a value.
func (a *auditor) place(s *story, p *peer, id wire.ID) {
	if s == nil || p.gone || a.forgotten[id.Layer] {
		return
	}
	s.placed = a.step
	if k := s.at(p, id); k >= 0 {
		return
	}
	s.places = append(s.places, place{p: p, id: id})
	p.held = append(p.held, s)
	a.tell(s, "is held as", id, 0, p.number, "")
}

// displace notes that a worker does not have a value any more, and reports whether it was known to have it, and whether that had
// been in doubt.
func (a *auditor) displace(s *story, p *peer, id wire.ID) (known, doubt bool) {
	if s == nil {
		return false, false
	}
	k := s.at(p, id)
	if k < 0 {
		return false, false
	}
	doubt = s.places[k].doubt
	s.places = slices.Delete(s.places, k, k+1)
	return true, doubt
}

// loseReplica notes that a value is not where it was.
func (a *auditor) loseReplica(s *story, p *peer, id wire.ID, how string) {
	if known, _ := a.displace(s, p, id); known {
		s.shaken = a.step
		a.tell(s, how, id, 0, p.number, "")
		if !s.heldAs(id) {
			s.losses++
			a.sums.lostValues++
		}
	}
}

// doubt notes that somebody could not read a value from a worker.
func (a *auditor) doubt(s *story, p *peer, who string) {
	if s == nil {
		return
	}
	for k := range s.places {
		if at := &s.places[k]; at.p == p {
			at.doubt = true
			a.tell(s, "could not be read by "+who+" from", at.id, 0, p.number, "")
		}
	}
}

// workerLost notes the end of a worker's session.
func (a *auditor) workerLost(p *peer, how string) {
	if p.gone {
		return
	}
	p.gone = true
	for _, at := range slices.Clone(p.opened) {
		for _, m := range at.members {
			m.losses++
			m.killed++ // for all that the scheduler knows
		}
		a.close(at, "superseded ("+how+")")
	}
	for _, s := range p.held {
		for k := 0; k < len(s.places); {
			if s.places[k].p == p {
				a.loseReplica(s, p, s.places[k].id, "lost with its worker: "+how)
			} else {
				k++
			}
		}
	}
	p.held = nil
}

// free judges the letting go of a value, and takes note of it.
func (a *auditor) free(p *peer, id wire.ID) {
	s := a.story(id)
	known, doubt := a.displace(s, p, id)
	if !known {
		return
	}
	a.tell(s, "is let go as", id, 0, p.number, "")
	shaken := s.shaken == a.step // another replica was lost in the moment in which this one was given up for it
	s.shaken = a.step
	if s.heldAs(id) {
		return
	}
	if s.scattered || s.impure { // it cannot be made again if something needs it after all
		s.losses++
	}
	if doubt || shaken {
		s.losses++
		a.sums.lostValues++
		return
	}
	if s.claims == 0 || s.unclaimed == a.step || s.stopped || !a.told(s, id) {
		return
	}
	a.violateStory(rule8, s, "the last replica of %v, on %s, is let go although %d clients claim it", id, p.name, s.claims)
}

// told reports whether a client claims a value and was told that it is the one with this id. Of a graph that was admitted when the value
// had been let go, the scheduler keeps another task with the same key apart.
func (a *auditor) told(s *story, id wire.ID) bool {
	return slices.ContainsFunc(s.announced, func(n announcement) bool { return n.value == id && n.p.claims[n.id] == s })
}

// claim and unclaim keep the count of who wants a value, as the scheduler has been told.
func (a *auditor) claim(p *peer, id wire.ID) {
	s := a.story(id)
	if s == nil || p.claims[id] != nil {
		return
	}
	p.claims[id] = s
	p.order = append(p.order, id)
	s.claims++
}

func (a *auditor) unclaim(p *peer, id wire.ID, how string) {
	s := p.claims[id]
	if s == nil {
		return
	}
	delete(p.claims, id)
	a.tell(s, how+" by "+string(p.name)+":", id, 0, 0, "")
	if s.claims--; s.claims == 0 {
		s.unclaimed = a.step
	}
}

// transfer makes a session go on with what another one of the same worker or client had.
func (a *auditor) transfer(from, to *peer) {
	if from == to || to.gone {
		return
	}
	if to.client != nil {
		for _, id := range from.order {
			a.claim(to, id)
		}
		a.clientLost(from)
		return
	}
	if from.gone {
		return
	}
	for _, s := range from.held {
		for k := 0; k < len(s.places); {
			at := s.places[k]
			switch {
			case at.p != from:
				k++
			case s.at(to, at.id) >= 0: // it said so in its hello
				s.places = slices.Delete(s.places, k, k+1)
			default:
				a.loseReplica(s, from, at.id, "was not brought back by")
			}
		}
	}
	for _, at := range from.opened {
		at.p = to
	}
	to.opened, from.opened, from.held = append(to.opened, from.opened...), nil, nil
	from.gone = true
}
