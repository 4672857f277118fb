package remote

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"sheaf/internal/exec"
	"sheaf/internal/wire"
)

// source is a worker as a place to fetch from. The executor's mu guards it.
type source struct {
	peer     wire.Peer
	queue    []*entry
	active   int
	failures int // in a row
	resting  bool
	silent   int // requests to which no sign of life has come for a while
}

// idle reports whether a worker is better not asked now, if another can be.
func (s *source) idle() bool { return s.resting || s.silent > 0 }

// want has an entry's value read: from the frame that was pushed, or from a worker; the caller holds mu.
func (x *Executor) want(e *entry) {
	if e.busy || e.has || e.state != ready {
		return
	}
	switch {
	case e.frame != nil && e.attempt == e.place.Attempt:
		e.busy = true
		x.after.decode = append(x.after.decode, e)
	case e.place.Bytes <= pushBytesMax && e.reads == 0 && x.conf.PushWait > 0 && e.frame == nil:
		e.busy, e.late = true, true
		if x.late = append(x.late, e); len(x.late) == 1 {
			time.AfterFunc(x.conf.PushWait, x.overdue)
		}
	default:
		x.fetch(e)
	}
}

// overdue fetches small values that were not pushed in time.
func (x *Executor) overdue() {
	x.mu.Lock()
	defer x.unlock()
	late := x.late
	x.late = nil
	for _, e := range late {
		if !e.late { // it came
			continue
		}
		if e.late, e.busy = false, false; e.state == ready && !e.has {
			x.fetch(e)
		}
	}
}

// decode reads pushed frames; nobody holds mu.
func (x *Executor) decode(entries []*entry) {
	type read struct {
		v   any
		err error
	}
	reads := make([]read, len(entries))
	for i, e := range entries {
		x.mu.Lock()
		frame := e.frame
		x.mu.Unlock()
		reads[i].v, reads[i].err = x.conf.Parse(frame)
	}
	x.mu.Lock()
	for i, e := range entries {
		if !e.busy {
			continue
		}
		if reads[i].err == nil {
			x.settle(e, reads[i].v)
			continue
		}
		e.frame, e.busy = nil, false // damaged on its way: fetch it
		if e.state == ready {
			x.fetch(e)
		}
	}
	x.unlock()
}

// fetch queues an entry at a worker that holds its value; the caller holds mu.
func (x *Executor) fetch(e *entry) {
	if len(e.waiters) == 0 {
		e.busy = false
		return
	}
	e.busy = true
	var best *source
	unknown, left := false, uint32(0)
	for _, w := range e.place.Workers {
		s := x.sources[w]
		switch {
		case e.hasTried(w):
		case s == nil:
			unknown = true
		case s.peer.Gone:
			left = w
		case best == nil || best.idle() && !s.idle() || best.idle() == s.idle() && len(s.queue) < len(best.queue):
			best = s
		}
	}
	switch {
	case best != nil:
		best.queue = append(best.queue, e)
		x.dispatch(best)
	case unknown:
		x.homeless = append(x.homeless, e)
	case left != 0: // what it had was moved, perhaps without a word to this client, which did not need to know
		x.unreadable(e, left, "the worker is gone")
	default: // the scheduler has been told, and will say where it is next
		e.busy = false
		e.state = pending
	}
}

// peers takes note of workers; the caller holds mu.
func (x *Executor) peers(ps []wire.Peer) {
	for _, p := range ps {
		s := x.sources[p.Number]
		if s == nil {
			s = &source{}
			x.sources[p.Number] = s
		}
		s.peer = p
		if p.Gone {
			queue := s.queue
			s.queue = nil
			for _, e := range queue {
				x.unreadable(e, p.Number, "the worker is gone")
			}
		}
	}
	close(x.came)
	x.came = make(chan struct{})
	homeless := x.homeless
	x.homeless = nil
	for _, e := range homeless {
		if e.state == ready && !e.has {
			x.fetch(e)
		}
	}
}

// dispatch sends requests for what is queued at a worker; the caller holds mu.
func (x *Executor) dispatch(s *source) {
	for len(s.queue) > 0 && s.active < fetchesMax && !s.resting && (x.flying == 0 || x.flying < x.conf.FetchBytesMax) {
		var batch []*entry
		bytes, k := int64(0), 0
		for ; k < len(s.queue) && len(batch) < fetchIDsMax; k++ {
			e := s.queue[k]
			if e.state != ready || e.has || len(e.waiters) == 0 {
				e.busy = false
				continue
			}
			if len(batch) > 0 && (bytes+e.place.Bytes > fetchBytesMax || x.flying+bytes+e.place.Bytes > x.conf.FetchBytesMax) {
				break
			}
			batch = append(batch, e)
			bytes += e.place.Bytes
		}
		s.queue = slices.Delete(s.queue, 0, k)
		if len(batch) == 0 {
			continue
		}
		s.active++
		x.flying += bytes
		x.spawn(func() { x.request1(s, batch, bytes) })
	}
}

// dispatchAll lets all workers send what the limit of bytes has held back; the caller holds mu.
func (x *Executor) dispatchAll() {
	for _, s := range x.sources {
		x.dispatch(s)
	}
}

// got is one value of a request.
type got struct {
	e    *entry
	turn uint8
	v    any
	err  error
}

// request1 makes one request for values.
func (x *Executor) request1(s *source, batch []*entry, bytes int64) {
	x.mu.Lock()
	address, number := s.peer.Address, s.peer.Number
	ids, large, turns := make([]wire.ID, len(batch)), make([]bool, len(batch)), make([]uint8, len(batch))
	for i, e := range batch {
		ids[i], large[i], turns[i] = e.place.Value, e.place.Bytes > keepBytesMax, e.turn
	}
	x.mu.Unlock()
	ctx, sign := x.attend(s, batch, turns)
	seen, first := make([]bool, len(batch)), true
	var some []got
	flush := func() {
		x.mu.Lock()
		for _, g := range some {
			switch {
			case g.err == nil:
				x.settle(g.e, g.v)
			case g.e.turn != g.turn: // another worker has been asked since
			case errors.Is(g.err, exec.ErrSerialize) || errors.Is(g.err, exec.ErrLimit):
				x.hopeless(g.e, g.err)
			default:
				x.unreadable(g.e, number, g.err.Error())
			}
		}
		x.unlock()
		some = some[:0]
	}
	err := x.conf.Fetcher.Fetch(ctx, address, ids, func(i int, v any, err error) {
		if first {
			first = false
			sign()
		}
		if i < 0 || i >= len(batch) || seen[i] {
			return
		}
		seen[i] = true
		if some = append(some, got{batch[i], turns[i], v, err}); len(some) >= chunkEntries || large[i] {
			flush()
		}
	})
	sign()
	flush()
	x.mu.Lock()
	defer x.unlock()
	s.active--
	x.flying -= bytes
	if err == nil {
		s.failures = 0
	} else {
		x.rest(s)
	}
	for i, e := range batch {
		switch {
		case seen[i], e.turn != turns[i]:
		case err == nil:
			x.unreadable(e, number, "it did not send the value")
		case s.failures > connectionsMax:
			x.unreadable(e, number, err.Error())
		case e.state == ready && !e.has: // another holder at once, or this one a little later
			x.fetch(e)
		default:
			e.busy = false
		}
	}
	x.dispatchAll()
}

// rest leaves a worker alone for a while after a failed request; the caller holds mu.
func (x *Executor) rest(s *source) {
	s.failures++
	if s.resting || x.closed != nil {
		return
	}
	s.resting = true
	time.AfterFunc(25*time.Millisecond<<min(s.failures, 7), func() {
		x.mu.Lock()
		s.resting = false
		x.dispatch(s)
		x.unlock()
	})
}

// hopeless fails an entry whose value is there, but cannot be had; the caller holds mu.
func (x *Executor) hopeless(e *entry, err error) {
	e.busy = false
	if e.state == ready && !e.has {
		e.state = pending
		if _, ok := err.(*exec.TaskError); !ok { //nolint:errorlint // which says all by itself
			err = fmt.Errorf("client: a result cannot be read: %w", err)
		}
		x.fail(e, err)
	}
}

// unreadable notes that a worker did not give a value, and tries the next holder; the caller holds mu.
func (x *Executor) unreadable(e *entry, worker uint32, reason string) {
	if e.state != ready || e.has {
		e.busy = false
		return
	}
	if e.reads++; e.reads > readsMax {
		e.busy, e.state = false, pending
		x.fail(e, fmt.Errorf("client: a result cannot be read (%s): %w", reason, exec.ErrLost))
		return
	}
	e.tried = append(e.tried, worker)
	_ = x.conf.Send(&wire.Unreadable{ID: e.place.Value, Worker: worker, Reason: reason})
	x.fetch(e)
}
