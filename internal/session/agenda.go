package session

import (
	"container/heap"
	"fmt"
	"time"

	"sheaf/internal/link"
)

// agenda is a heap of peers by the time when they have to be polled.
type agenda []*peer

func (h agenda) Len() int           { return len(h) }
func (h agenda) Less(i, j int) bool { return h[i].due < h[j].due }
func (h agenda) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i, j
}

// Push is for package heap.
func (h *agenda) Push(x any) {
	p := x.(*peer)
	p.place = len(*h)
	*h = append(*h, p)
}

// Pop is for package heap.
func (h *agenda) Pop() any {
	old := *h
	p := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	p.place = -1
	return p
}

// set moves or adds a peer.
func (h *agenda) set(p *peer, due time.Duration) {
	p.due = due
	if p.place < 0 {
		heap.Push(h, p)
	} else {
		heap.Fix(h, p.place)
	}
}

func (h *agenda) remove(p *peer) {
	if p.place >= 0 {
		heap.Remove(h, p.place)
	}
}

// loop polls the peers that have something to send or to wait for.
func (a *Acceptor) loop() {
	defer close(a.done)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	var batch []*peer
	for {
		a.mu.Lock()
		batch, a.dirty = a.dirty, batch[:0]
		now := a.now()
		for len(a.timers) > 0 && a.timers[0].due <= now {
			p := heap.Pop(&a.timers).(*peer)
			if !p.queued {
				batch = append(batch, p)
			}
		}
		for _, p := range batch {
			p.queued = false
		}
		a.mu.Unlock()
		for i, p := range batch {
			batch[i] = nil
			a.serve(p)
		}
		a.mu.Lock()
		next := time.Hour
		if len(a.dirty) > 0 {
			next = 0
		} else if len(a.timers) > 0 {
			next = a.timers[0].due - a.now()
		}
		a.mu.Unlock()
		timer.Reset(max(0, next))
		select {
		case <-a.wake:
		case <-timer.C:
		case <-a.stop:
			return
		}
	}
}

// serve polls a peer and notices when it is lost.
func (a *Acceptor) serve(p *peer) {
	now := a.now()
	next := p.poll(now, a.end)
	unheard, unacknowledged := p.silence(now)
	a.mu.Lock()
	lost, accepted, ending := p.lost, p.accepted, p.ending
	_, alive := a.epochs[p.local]
	a.mu.Unlock()
	switch {
	case !alive:
		return
	case ending > 0 && (now >= ending || p.idle()):
		p.mu.Lock()
		reason := p.reason
		p.mu.Unlock()
		a.finish(p, reason, true)
		return
	case ending > 0:
		next = min(next, now+20*time.Millisecond)
	case !accepted && now-p.born > helloMax:
		a.count("no hello")
		a.finish(p, "no hello came", true)
		return
	case !accepted:
		next = min(next, p.born+helloMax+time.Millisecond)
	case lost > 0 && unheard >= lost:
		a.finish(p, fmt.Sprintf("silent for %v", unheard.Round(time.Millisecond)), true)
		return
	case lost > 0 && unacknowledged >= lost:
		a.finish(p, fmt.Sprintf("it is heard, but has acknowledged nothing for %v", unacknowledged.Round(time.Millisecond)), true)
		return
	case lost > 0:
		next = min(next, now+lost-max(unheard, unacknowledged))
	}
	a.mu.Lock()
	if _, alive := a.epochs[p.local]; alive && next != link.Never {
		a.timers.set(p, next)
	}
	a.mu.Unlock()
}
