package remote

import (
	"context"
	"slices"

	"sheaf/internal/wire"
)

// attend has others asked for the values of a request when their worker gives no sign of life; who comes first is taken. The caller calls end at
// the first sign, and at the end.
func (x *Executor) attend(s *source, batch []*entry, turns []uint8) (ctx context.Context, end func()) {
	if x.conf.Attend == nil {
		return x.ctx, func() {}
	}
	silent := false // x.mu guards it
	ctx, stop := x.conf.Attend(x.ctx, func() {
		x.mu.Lock()
		silent = true
		s.silent++
		x.askOthers(s, batch, turns)
		var alone []*entry
		for i, e := range batch {
			if e.turn == turns[i] && e.wanted() {
				alone = append(alone, e)
			}
		}
		alone = append(alone, s.queue...)
		ids := make([]wire.ID, len(alone))
		for i, e := range alone {
			ids[i] = e.place.Value
		}
		x.unlock()
		if len(alone) > 0 {
			x.lookFor(ids, alone, func() { x.askOthers(s, batch, turns) })
		}
	})
	return ctx, func() {
		stop()
		x.mu.Lock()
		if silent {
			silent = false
			s.silent--
		}
		x.mu.Unlock()
	}
}

// wanted reports whether somebody waits for an entry's value; the caller holds mu.
func (e *entry) wanted() bool { return e.state == ready && !e.has && len(e.waiters) > 0 }

// askOthers fetches from others what a worker was asked for, and what it was to be asked for, as far as they are known to have it. The caller
// holds mu.
func (x *Executor) askOthers(s *source, batch []*entry, turns []uint8) {
	for i, e := range batch {
		if e.turn == turns[i] && e.wanted() && x.elsewhere(e, s) {
			e.turn++
			x.fetch(e)
		}
	}
	queue := s.queue
	s.queue = nil
	for _, e := range queue { // what only this worker has stays
		x.fetch(e)
	}
}

// lookFor asks the scheduler who has the values of entries by now, which does not tell clients of each copy, and calls then when it knows.
func (x *Executor) lookFor(ids []wire.ID, entries []*entry, then func()) {
	_, _ = x.Begin(&wire.WhoHas{IDs: ids}, func(reply *wire.Reply, err error) { // without a session nobody can be found
		places, err := Answer[*wire.Places](reply, err)
		if err != nil || len(places.Values) != len(ids) {
			return
		}
		x.mu.Lock()
		defer x.unlock()
		for i, e := range entries {
			if e.place.Value != ids[i] || places.Values[i].ID != ids[i] {
				continue
			}
			workers := slices.Clone(e.place.Workers) // those of the message may be somebody else's too
			for _, w := range places.Values[i].Workers {
				if !slices.Contains(workers, w) {
					workers = append(workers, w)
				}
			}
			e.place.Workers = workers
		}
		then()
	})
}

// elsewhere reports whether another worker can be asked for a value at once; the caller holds mu.
func (x *Executor) elsewhere(e *entry, not *source) bool {
	return slices.ContainsFunc(e.place.Workers, func(w uint32) bool {
		s := x.sources[w]
		return s != nil && s != not && !s.peer.Gone && !s.idle() && !e.hasTried(w)
	})
}
