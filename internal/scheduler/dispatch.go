package scheduler

import (
	"math"
	"slices"

	"sheaf/internal/wire"
)

// wake has a worker looked at when the messages of this step have been taken.
func (s *Scheduler) wake(w *worker) {
	if !w.dirty {
		w.dirty = true
		s.dirty = append(s.dirty, w)
	}
}

// feed has a class's idle workers looked at: something waits.
func (s *Scheduler) feed(c *class) {
	if !c.fed && len(c.hungry) > 0 {
		c.fed = true
		s.fed = append(s.fed, c)
	}
}

// dispatch hands out what can run. First every thread gets something to do, then workers get what they may begin next.
func (s *Scheduler) dispatch() {
	s.handOut(false)
	s.dirty, s.looked = append(s.dirty, s.looked...), s.looked[:0]
	for _, w := range s.dirty {
		w.dirty = true
		for _, p := range w.posts {
			s.feed(p.class)
		}
	}
	s.handOut(true)
	s.looked = s.looked[:0]
}

// handOut fills the workers that are to be looked at, with ahead also beyond their threads.
func (s *Scheduler) handOut(ahead bool) {
	for len(s.dirty) > 0 || len(s.fed) > 0 {
		for k := 0; k < len(s.dirty); k++ { // it may grow
			w := s.dirty[k]
			s.fill(w, ahead, false)
			w.dirty = false
		}
		s.dirty = s.dirty[:0]
		for k := 0; k < len(s.fed); k++ {
			c := s.fed[k]
			c.fed = false
			s.serve(c, ahead)
		}
		clear(s.fed) // a class has graphs
		s.fed = s.fed[:0]
	}
}

// serveTries is how many idle workers are asked whether what waits elsewhere would pay for them.
const serveTries = 4

// serve gives work to the idle workers of a class as long as they find some.
func (s *Scheduler) serve(c *class, ahead bool) {
	asked := c.hungry
	c.hungry = nil
	tries := 0
	for k, p := range asked {
		p.hungry = false
		if len(c.lanes) == 0 && len(c.backlog.posts) == 0 || tries == serveTries {
			for _, q := range asked[k:] {
				q.hungry = true
			}
			c.hungry = append(c.hungry, asked[k:]...)
			return
		}
		before := p.worker.sent.live
		s.fill(p.worker, ahead, false)
		if p.worker.sent.live == before {
			tries++
		}
	}
}

// room reports whether a worker is to be sent more: each thread has something to do, and with ahead a little to begin next, and
// more of it the shorter the tasks are.
func (s *Scheduler) room(w *worker, ahead bool) bool {
	if !w.open() || w.alone {
		return false
	}
	n := w.sent.live + len(w.zombies) - w.long
	switch {
	case n < w.threads:
		return true
	case !ahead || n >= s.conf.SentMax:
		return false
	case n < s.credit(w):
		return true
	}
	return w.busy < int64(s.conf.Ahead)*int64(w.threads)
}

// pressing reports whether something waits for a worker that its user called more urgent than what the worker has: it is sent even if
// there is no room for others, so that the worker can begin it before them.
func (s *Scheduler) pressing(w *worker) bool {
	if !s.prioritised || !w.open() || w.alone || w.sent.live == 0 || w.sent.live-w.long >= s.credit(w)+w.threads {
		return false
	}
	e, p, _ := s.choose(w)
	return p != nil && e.user > w.least
}

// press has a worker looked at for a task that its user called urgent.
func (s *Scheduler) press(c *class, user int32) {
	if len(c.load.posts) == 0 || !s.prioritised {
		return
	}
	if w := c.load.posts[0].worker; w.sent.live > 0 && w.least < user {
		s.wake(w)
	}
}

// credit returns how many long tasks a worker may have at a time.
func (s *Scheduler) credit(w *worker) int {
	return max(int(math.Ceil(s.conf.Saturation*float64(w.threads))), 1)
}

// fill sends a worker tasks until it has no more room or nothing is left that pays. With all it takes from others whatever
// it costs.
func (s *Scheduler) fill(w *worker, ahead, all bool) {
	if s.workers[w.number] != w {
		return
	}
	for s.room(w, ahead) || ahead && s.pressing(w) {
		e, p, lane := s.choose(w)
		if p == nil && !s.relieve(w, all) {
			break
		}
		if p == nil {
			continue
		}
		if lane < 0 {
			s.block(p, e)
			continue
		}
		if e.suspect() && w.occupied() {
			break // what may kill its worker waits until it is alone there
		}
		if !w.occupy(e.run.class.resources) {
			break // choose looked only at those that are free
		}
		s.pop(p, lane)
		s.send(w, e)
	}
	if ahead {
		s.rest(w)
	} else {
		s.looked = append(s.looked, w)
	}
}

// rest notes whether a worker has room and nothing to run.
func (s *Scheduler) rest(w *worker) {
	if s.room(w, true) {
		for _, p := range w.posts {
			if !p.hungry && !p.guest && covers(w.free, p.class.resources) {
				p.hungry = true
				p.class.hungry = append(p.class.hungry, p)
			}
		}
	}
	switch idle := w.slots() < w.threads && w.open(); {
	case !idle:
		w.idle = -1
	case w.idle < 0:
		w.idle = s.now
	}
}

// choose returns the task whose turn it is among those that wait at the worker (lane is where) and those that wait at none
// (lane is -1) and whose resources are free there. The post is nil if there is none.
func (s *Scheduler) choose(w *worker) (best entry, at *post, lane int) {
	for _, p := range w.posts {
		if !covers(w.free, p.class.resources) {
			continue
		}
		if l, e, ok := p.top(); ok && (at == nil || turn(e, best)) {
			best, at, lane = e, p, l
		}
		if len(p.class.lanes) == 0 || p.guest {
			continue
		}
		if e, ok := s.offered(p.class); ok && (at == nil || turn(e, best)) {
			best, at, lane = e, p, -1
		}
	}
	return best, at, lane
}

// block lets some consecutive tasks of a run that wait at no worker wait at this one, so that what comes next to each other
// is computed in one place.
func (s *Scheduler) block(p *post, e entry) {
	r, w := e.run, p.worker
	each := r.kind(e.head).expected()
	n := max(8, 2*w.threads, int(min(int64(s.conf.Ahead)*int64(w.threads)/each, int64(s.conf.SentMax))))
	n = min(n, max((len(r.roots)-r.next+len(r.ready))/(2*len(p.class.posts)), 1))
	for ; n > 0; n-- {
		head, last, ok := r.first()
		if !ok {
			break
		}
		r.shift(head)
		s.wait(p, r, head, last)
	}
	if _, _, ok := r.first(); !ok {
		s.withdraw(r)
	}
	s.feed(p.class)
}

// relieve takes a task that waits at another worker and lets it wait here, if it would start earlier here.
func (s *Scheduler) relieve(w *worker, all bool) bool {
	for _, p := range w.posts {
		c := p.class
		if len(c.backlog.posts) == 0 || p.guest || !covers(w.free, c.resources) {
			continue
		}
		from := c.backlog.posts[0]
		if from == p {
			continue
		}
		e, ok := from.least()
		if !ok || e.suspect() && w.occupied() {
			continue
		}
		if !all && (s.fetchCost(w, e) >= from.worker.load || e.shuns(w)) {
			continue
		}
		s.unwait(e.run, e.last)
		if e.suspect() { // the other one has waited to be alone with it
			s.wake(from.worker)
		}
		s.wait(p, e.run, e.head, e.last)
		return true
	}
	return false
}

// suspect reports whether a worker has died of the task: it is run where nothing else is.
func (e entry) suspect() bool {
	x := e.run.rare(e.last)
	return x != nil && x.dangerous()
}

// shuns reports whether the task is to run elsewhere than at w if it can.
func (e entry) shuns(w *worker) bool {
	x := e.run.rare(e.last)
	return x != nil && (x.shun == w.number || x.avoid != "" && x.avoid == w.hello.Host)
}

// slots returns how many tasks have a slot of the worker or are sent to have one.
func (w *worker) slots() int { return w.sent.live + len(w.zombies) - w.long }

// waits returns how many tasks were sent that no thread of the worker is free for. Those that are not wanted any more do not wait.
func (w *worker) waits() int { return min(w.slots()-w.threads, w.sent.live) }

// occupied reports whether some task has a slot of the worker.
func (w *worker) occupied() bool { return w.sent.live+len(w.zombies) > w.long }

// least returns a task of the post for another worker: one that is not among its most urgent ones, whose neighbours stay
// together so, unless the most urgent one has a higher priority of its user's.
func (p *post) least() (entry, bool) {
	_, first, ok := p.top()
	if !ok {
		return entry{}, false
	}
	for k := len(p.lanes) - 1; k >= 0; k-- {
		for l := &p.lanes[k]; len(l.entries) > 0; {
			end := len(l.entries) - 1
			e := l.entries[end]
			if !e.valid(p.worker.number) {
				l.entries = l.entries[:end]
				p.stale--
				continue
			}
			if e.user < first.user {
				return first, true
			}
			return e, true
		}
	}
	return first, true
}

// fetchCost returns how long it would take to bring the inputs of a task to w.
func (s *Scheduler) fetchCost(w *worker, e entry) int64 {
	bytes, n := int64(0), int64(0)
	takes := e.run.portions(e.head, s.ends[:0])
	for k, d := range e.run.plan.Deps(e.head) {
		if k == inputsMax {
			break
		}
		dr, di := s.resolve(e.run, d)
		if !dr.holds(di, w) {
			bytes += takes.bytes(e.run, k, d, dr.tasks[di].size)
			n++
		}
	}
	return s.startCost(w, bytes, n) - w.load
}

// send hands a task to a worker.
func (s *Scheduler) send(w *worker, e entry) {
	r, i := e.run, e.last
	t := &r.tasks[i]
	t.attempt++
	if w.sent.crowded() {
		w.sent.compact(func(a ref, at int32) { s.runs[a.run].tasks[a.task].pos = at })
	}
	t.pos = w.sent.push(r.ref(i))
	t.at = w.number
	w.busy += t.size
	if w.sent.live == 1 || e.user < w.least {
		w.least = e.user
	}
	if x := r.rare(i); x != nil && x.dangerous() {
		t.flags |= flagAlone
		w.alone = true
	}
	c := r.client
	s.served = c.served
	c.served += t.size + 1000
	s.move(r, i, statusProcessing, w.number)
	s.reload(w)
	s.compute(w, r, e.head, i, t.attempt)
}

// compute writes an attempt at a processing task into the worker's next message.
func (s *Scheduler) compute(w *worker, r *run, head, last int32, attempt uint32) {
	o := w.out
	m := o.next()
	t := wire.Task{
		ID: r.id(head), Attempt: attempt,
		Priority: wire.Priority{User: r.opts.Priority, Graph: r.serial, Order: head},
		Options:  wire.TaskOptions{Resources: r.opts.Resources, Actor: r.opts.Actor, TimeoutMS: r.opts.TimeoutMS, OutBytes: r.layers[r.plan.Layer[last]].OutBytes},
	}
	if r.tasks[last].claims > 0 && !r.client.gone {
		t.Push = r.client.number
	}
	s.teach(w, m, r, head)
	deps := r.plan.Deps(head)
	if len(deps) > 0 {
		o.inputs = slices.Grow(o.inputs, len(deps))
		at := len(o.inputs)
		takes := r.portions(head, s.ends[:0])
		for k, d := range deps {
			dr, di := s.resolve(r, d)
			id := dr.id(di)
			id.Part = takes.of(k)
			o.inputs = append(o.inputs, id)
			if !dr.holds(di, w) {
				s.where(w, m, dr, di, id, takes.bytes(r, k, d, dr.tasks[di].size))
			}
		}
		t.Inputs = o.inputs[at:len(o.inputs):len(o.inputs)]
		if n := len(r.plan.Layers[r.plan.Layer[head]].Edges()); n > 1 {
			at := len(o.ends)
			o.ends = append(o.ends, r.plan.Ends(head, s.ends[:0])...)
			t.Ends = o.ends[at:len(o.ends):len(o.ends)]
		}
	}
	for i := head; i != last; {
		next := r.plan.Next[i]
		s.teach(w, m, r, next)
		t.Links = append(t.Links, wire.Link{ID: r.id(next), Edge: r.plan.EdgeOf(next)})
		i = next
	}
	m.Tasks = append(m.Tasks, t)
	o.bytes += 32 + 8*len(t.Inputs) + 16*len(t.Links)
}

// where tells a worker which others have a value that it is going to need, of which it will get so many bytes.
func (s *Scheduler) where(w *worker, m *wire.Compute, r *run, i int32, id wire.ID, bytes int64) {
	if !w.out.places.add(id) {
		return
	}
	at := len(w.out.workers)
	for _, h := range r.holders(i, s.scratch[:0]) {
		w.out.workers = append(w.out.workers, uint32(h))
		s.meet(w, s.workers[h])
	}
	m.Where = append(m.Where, wire.Place{ID: id, Bytes: bytes, Workers: slices.Clip(w.out.workers[at:])})
}

// teach gives a worker the parts of a layer that a task needs and that it was not given yet.
func (s *Scheduler) teach(w *worker, m *wire.Compute, r *run, i int32) {
	l := r.layers[r.plan.Layer[i]]
	known, seen := w.known[l.ID]
	at := segmentAt(l, r.plan.Index[i])
	if seen && (at < 0 || known.has(at)) {
		return
	}
	part := wire.Layer{ID: l.ID, Kind: l.Kind}
	if !seen {
		r.taught = append(r.taught, taught{w.number, r.plan.Layer[i]})
		part = *l
		part.Segments, part.External = nil, nil
		part.Edges = make([]wire.Edge, len(l.Edges))
		for k, e := range l.Edges {
			part.Edges[k] = e
			part.Edges[k].Map = nil
		}
	}
	if at >= 0 {
		part.Segments = l.Segments[at : at+1 : at+1]
		w.out.bytes += len(l.Segments[at].Bytes) + 24*len(l.Segments[at].Keys) + 8*len(l.Segments[at].Inputs)
		known.set(at)
	}
	w.known[l.ID] = known
	m.Layers = append(m.Layers, part)
}
