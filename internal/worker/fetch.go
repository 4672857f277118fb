package worker

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"sheaf/internal/wire"
)

// peer is another worker, as one from whom values are fetched.
type peer struct {
	number   uint32
	queue    []entry // heap of what it may have and is wanted, with entries that do not hold any more
	requests int
	fails    int           // in a row
	until    time.Duration // nothing is asked of it before
	active   bool          // in Worker.active

	late map[wire.ID]*request // what it was asked for without a sign of life since: others are asked too, and it may still come
}

// entry is a wish in a peer's queue. It holds as long as the value is wanted and the peer is one of its holders.
type entry struct {
	id      wire.ID
	v       *value
	urgency wire.Priority
	order   uint64
	serial  uint64 // values that one task waits for are fetched in the order of its arguments
}

// request is one fetch under way.
type request struct {
	peer  *peer
	left  int
	late  int  // values for which others are asked too
	still bool // no sign of life has come for a while
	bytes int64
	last  time.Duration // when it was begun, or the last value of it came
	stale bool          // asked for in another epoch: what comes is not what its id says now
}

func (w *Worker) peer(number uint32) *peer {
	p := w.peers[number]
	if p == nil {
		p = &peer{number: number}
		w.peers[number] = p
	}
	return p
}

func (v *value) needed() bool { return len(v.waiters) > 0 || v.replica }

// want queues a value at its holders; without any it is about to be missing.
func (w *Worker) want(v *value) {
	if v.state != Wanted {
		return
	}
	for _, n := range v.holders {
		w.enqueue(w.peer(n), v)
	}
	if len(v.holders) == 0 {
		w.orphans = append(w.orphans, v)
	}
}

func (w *Worker) enqueue(p *peer, v *value) {
	w.serial++
	p.push(entry{v.id, v, v.urgency, v.order, w.serial})
	if !p.active {
		p.active = true
		w.active = append(w.active, p)
	}
}

// places takes note of who holds values.
func (w *Worker) places(where []wire.Place) {
	for i := range where {
		if v := w.values[where[i].ID]; v != nil && v.state != Held {
			w.hold(v, &where[i])
		}
	}
}

func (w *Worker) hold(v *value, p *wire.Place) {
	v.bytes, v.missed = p.Bytes, false
	known := len(v.holders)
	for _, n := range p.Workers {
		if n != w.number && !slices.Contains(v.holders, n) {
			v.holders = append(v.holders, n)
		}
	}
	if r := w.flight[v.id]; r != nil && r.still && len(v.holders) > known {
		w.askOthers(v)
		return
	}
	if v.state != Wanted || !v.needed() {
		return
	}
	for _, n := range v.holders[known:] {
		w.enqueue(w.peer(n), v)
	}
	if len(v.holders) == 0 {
		w.orphans = append(w.orphans, v)
	}
}

// replicate wants values for their own sake.
func (w *Worker) replicate(values []wire.Place) {
	for i := range values {
		v := w.value(values[i].ID)
		v.doomed, v.put = false, 0
		if v.state == Held {
			w.holding = append(w.holding, wire.Size{ID: v.id, Bytes: v.bytes})
			continue
		}
		known := v.needed()
		if !known {
			w.order++
			v.urgency, v.order = wire.Priority{Graph: 1<<64 - 1}, w.order // after what tasks wait for
		}
		v.replica = true
		w.hold(v, &values[i])
		if !known {
			w.want(v) // of the holders that were known before too
		}
	}
}

// request asks peers for what is wanted, the most urgent first, as far as the limits allow.
func (w *Worker) request() {
	if !w.joined || w.over || w.pause != "" && !(w.ready.n == 0 && w.waiting > 0 && w.requests == 0 && w.impatient()) {
		return
	}
	for w.requests < w.conf.Requests && (w.inFlight == 0 || w.inFlight < w.conf.FlightBytes) {
		p := w.nextPeer()
		if p == nil {
			return
		}
		w.ask(p)
		if w.pause != "" {
			return
		}
	}
}

// nextPeer returns the peer with the most urgent wish of those that can be asked now.
func (w *Worker) nextPeer() *peer {
	var best *peer
	for i := 0; i < len(w.active); i++ {
		p := w.active[i]
		for len(p.queue) > 0 && !w.holds(p, &p.queue[0]) {
			p.pop()
		}
		if len(p.queue) == 0 {
			p.active, p.queue = false, nil
			w.active = slices.Delete(w.active, i, i+1)
			i--
			continue
		}
		if p.requests < w.conf.PeerRequests && p.until <= w.now && (best == nil || w.rather(p, best)) {
			best = p
		}
	}
	return best
}

// rather reports whether p is asked before q: those last that give no sign of life. Where both have the same value, it is the one that was
// reached when it was last asked, then the one with fewer requests, else one by chance, so that not everybody asks the same peer.
func (w *Worker) rather(p, q *peer) bool {
	if (len(p.late) > 0) != (len(q.late) > 0) {
		return len(q.late) > 0
	}
	a, b := &p.queue[0], &q.queue[0]
	if a.id != b.id {
		return before(a.urgency, a.order, b.urgency, b.order)
	}
	if p.fails != q.fails {
		return p.fails < q.fails
	}
	if p.requests != q.requests {
		return p.requests < q.requests
	}
	return w.chance(a.id, p.number) < w.chance(a.id, q.number)
}

func (w *Worker) chance(id wire.ID, peer uint32) uint64 {
	return mix(mix(mix(uint64(w.number), uint64(peer)), uint64(id.Layer)), uint64(uint32(id.Index)))
}

// mix joins a number into a hash.
func mix(h, x uint64) uint64 {
	h = (h ^ x) * 0x9e3779b97f4a7c15
	return h ^ h>>29
}

// holds reports whether an entry is still a wish.
func (w *Worker) holds(p *peer, e *entry) bool {
	return e.v.id == e.id && e.v.state == Wanted && e.v.needed() && w.values[e.id] == e.v && slices.Contains(e.v.holders, p.number) && p.late[e.id] == nil
}

// ask makes one request of a peer: many small values, or one large one.
func (w *Worker) ask(p *peer) {
	r := &request{peer: p, last: w.now}
	f := &Fetch{Worker: p.number}
	for len(p.queue) > 0 && len(f.IDs) < w.conf.RequestIDs {
		e := p.queue[0]
		if !w.holds(p, &e) {
			p.pop()
			continue
		}
		if n := r.bytes + e.v.bytes; r.left > 0 && (n > w.conf.RequestBytes || w.inFlight+n > w.conf.FlightBytes) {
			break
		}
		p.pop()
		e.v.state = Flight
		f.IDs = append(f.IDs, e.id)
		w.flight[e.id] = r
		r.left++
		r.bytes += e.v.bytes
	}
	f.Bytes = r.bytes
	p.requests++
	w.requests++
	w.inFlight += r.bytes
	w.emit(f)
}

// resolve ends that a value is under way from a peer, and reports false if it is not, or is not wanted from there any more.
func (w *Worker) resolve(id wire.ID, worker uint32) bool {
	r := w.flight[id]
	if r == nil || r.peer.number != worker {
		return false
	}
	delete(w.flight, id)
	if r.left--; r.left == 0 {
		w.requests--
		w.inFlight -= r.bytes
		r.end()
	}
	if v := w.values[id]; r.stale && v != nil && v.state == Flight {
		v.state = Wanted
		w.want(v)
	}
	return !r.stale
}

// end lets a peer be asked for something else when all of a request has been answered.
func (r *request) end() {
	if r.left == 0 && r.late == 0 {
		r.peer.requests--
	}
}

// unanswered asks others for what a peer was asked for without giving a sign of life.
func (w *Worker) unanswered(u *Unanswered) {
	for _, id := range u.IDs {
		if r := w.flight[id]; r != nil && r.peer.number == u.Worker {
			r.still = true
			if v := w.values[id]; v != nil {
				w.askOthers(v)
			}
		}
	}
}

// askOthers wants a value again that is in flight from a peer that gives no sign of life, if another has it. Who comes first is taken; the
// peer is asked for other things only if nobody else can be.
func (w *Worker) askOthers(v *value) {
	r := w.flight[v.id]
	p := r.peer
	if r.stale || w.peers[p.number] != p || v.state != Flight || !v.needed() ||
		!slices.ContainsFunc(v.holders, func(n uint32) bool { return n != p.number && !w.isLate(n, v.id) }) {
		return
	}
	if p.late == nil {
		p.late = map[wire.ID]*request{}
	}
	p.late[v.id] = r
	r.late++
	w.resolve(v.id, p.number)
	v.state = Wanted
	w.want(v)
}

// isLate reports whether a peer was asked for a value, has given no sign of life, and may still send it.
func (w *Worker) isLate(number uint32, id wire.ID) bool {
	p := w.peers[number]
	return p != nil && p.late[id] != nil
}

// answered takes note that a peer has answered for a value, and reports false if it was not asked, or in another epoch.
func (w *Worker) answered(id wire.ID, worker uint32) (*request, bool) {
	r := w.flight[id]
	if w.resolve(id, worker) {
		r.still = false
		return r, true
	}
	p := w.peers[worker]
	if p == nil || p.late[id] == nil {
		return nil, false
	}
	r = p.late[id]
	delete(p.late, id)
	r.late, r.still = r.late-1, false
	r.end()
	return r, true
}

// forgetLate ends that a peer is waited for, and returns for which values it was.
func (p *peer) forgetLate() []wire.ID {
	ids := slices.SortedFunc(maps.Keys(p.late), wire.ID.Compare)
	for _, id := range ids {
		r := p.late[id]
		r.late--
		r.end()
	}
	p.late = nil
	return ids
}

// landed sets the state of a value of which nothing came: others may have been asked for it too.
func (w *Worker) landed(v *value) {
	if w.flight[v.id] == nil {
		v.state = Wanted
	}
}

func (w *Worker) fetched(f *Fetched) {
	for _, s := range f.Values {
		r, ok := w.answered(s.ID, f.Worker)
		if !ok {
			continue
		}
		if p := w.peers[f.Worker]; p != nil {
			p.fails, p.until = 0, 0
		}
		v := w.values[s.ID]
		switch {
		case v == nil || v.state == Held:
		case !v.needed(): // its users are running
			w.landed(v)
		default:
			v.bytes = s.Bytes
			w.count(r, v)
			w.keepAs(s.ID, wire.Attempt{})
			w.arrive(v)
			if s.ID.Part == 0 {
				w.holding = append(w.holding, s)
			}
		}
	}
}

// movedMax is how many layers are told of at a time, for which values were fetched.
const movedMax = 32

// count notes what it took to fetch a value, for the first of the tasks that wait for it.
func (w *Worker) count(r *request, v *value) {
	took := w.now - r.last
	r.last = w.now
	if len(v.waiters) == 0 {
		return // a replica
	}
	layer := v.waiters[0].ID.Layer
	at := slices.IndexFunc(w.moved, func(m wire.Moved) bool { return m.Layer == layer })
	if at < 0 {
		if len(w.moved) == movedMax {
			w.tellMoved()
		}
		at = len(w.moved)
		w.moved = append(w.moved, wire.Moved{Layer: layer})
	}
	w.moved[at].Bytes += v.bytes
	w.moved[at].Nanos += int64(took)
}

// tellMoved says what was fetched.
func (w *Worker) tellMoved() {
	if w.joined {
		w.send(&wire.Done{Moved: w.moved})
	}
	w.moved = nil
}

func (w *Worker) fetchFailed(f *FetchFailed) {
	failed := false
	for _, id := range f.IDs {
		if _, ok := w.answered(id, f.Worker); !ok {
			continue
		}
		failed = true
		v := w.values[id]
		if v == nil || v.state == Held {
			continue
		}
		w.landed(v)
		w.lose(v, f.Worker)
		w.why = f.Reason
	}
	if p := w.peers[f.Worker]; failed && f.Gone && p != nil && p.until <= w.now { // what was asked beside that is no other failure
		p.until = w.now + w.conf.Backoff<<min(p.fails, 5)
		if p.fails++; p.fails > 1 {
			w.abandon(p)
		}
	}
}

// abandon asks others for what else is wanted of a peer that has not answered again: it need not fail value by value.
func (w *Worker) abandon(p *peer) {
	queue := p.queue
	p.queue = nil
	for k := range queue {
		if e := &queue[k]; w.holds(p, e) {
			w.lose(e.v, p.number)
		}
	}
}

// lose takes note that a peer does not have a value; others are asked.
func (w *Worker) lose(v *value, worker uint32) {
	if at := slices.Index(v.holders, worker); at >= 0 {
		v.holders = slices.Delete(v.holders, at, at+1)
		v.tried = append(v.tried, worker)
	}
	if v.needed() {
		w.want(v)
	}
}

// news takes note of workers that have gone.
func (w *Worker) news(peers []wire.Peer) {
	for i := range peers {
		p := w.peers[peers[i].Number]
		if p == nil || !peers[i].Gone {
			continue
		}
		delete(w.peers, p.number)
		late := p.forgetLate()
		if len(p.queue)+len(late) > 0 {
			w.why = "worker " + peers[i].Name + " has gone"
			w.abandon(p)
		}
		for _, id := range late {
			if v := w.values[id]; v != nil && v.state != Held {
				w.lose(v, p.number)
			}
		}
	}
}

// settle reports what nobody is known to have.
func (w *Worker) settle() {
	for i, v := range w.orphans {
		w.orphans[i] = nil
		if v.state != Wanted || len(v.holders) > 0 || v.missed || !v.needed() || w.values[v.id] != v {
			continue
		}
		if !w.joined {
			v.missed = true // told when the session goes on
			continue
		}
		if w.why == "" {
			w.why = "no worker is known to have it"
		}
		w.missing = append(w.missing, wire.Place{ID: v.id, Bytes: v.bytes, Workers: v.tried})
		v.missed, v.tried, v.replica = true, nil, false
		if v.users == 0 {
			w.unused(v)
		}
	}
	w.orphans = w.orphans[:0]
}

func (p *peer) less(i, j int) bool {
	a, b := &p.queue[i], &p.queue[j]
	if c := a.urgency.Compare(b.urgency); c != 0 {
		return c < 0
	}
	return cmp.Or(cmp.Compare(a.order, b.order), cmp.Compare(a.serial, b.serial)) < 0
}

func (p *peer) push(e entry) {
	p.queue = append(p.queue, e)
	for i := len(p.queue) - 1; i > 0; {
		parent := (i - 1) / 2
		if !p.less(i, parent) {
			return
		}
		p.queue[i], p.queue[parent] = p.queue[parent], p.queue[i]
		i = parent
	}
}

func (p *peer) pop() {
	last := len(p.queue) - 1
	p.queue[0] = p.queue[last]
	p.queue[last] = entry{}
	p.queue = p.queue[:last]
	for i := 0; ; {
		c := 2*i + 1
		if c >= last {
			return
		}
		if c+1 < last && p.less(c+1, c) {
			c++
		}
		if !p.less(c, i) {
			return
		}
		p.queue[i], p.queue[c] = p.queue[c], p.queue[i]
		i = c
	}
}
