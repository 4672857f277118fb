package scheduler

import "slices"

func entryBefore(a, b entry) bool { return a.before(b) }

func headBefore(a, b int32) bool { return a < b }

// valid reports whether the entry's task still waits at the worker (0: at none).
func (e entry) valid(worker int32) bool {
	t := &e.run.tasks[e.last]
	return t.status == statusQueued && t.at == worker
}

// wait lets a task that can run wait at a post.
func (s *Scheduler) wait(p *post, r *run, head, last int32) {
	t := &r.tasks[last]
	t.at = p.worker.number
	t.size = r.kind(head).expected()
	at := slices.IndexFunc(p.lanes, func(l postLane) bool { return l.client == r.client })
	if at < 0 {
		p.lanes = append(p.lanes, postLane{client: r.client})
		at = len(p.lanes) - 1
	}
	l := &p.lanes[at]
	l.entries = pushHeap(l.entries, entry{r, r.opts.Priority, head, last}, entryBefore)
	p.queued++
	p.nanos += t.size
	p.worker.queuedNanos += t.size
	p.class.backlog.push(p)
	s.reload(p.worker)
	s.wake(p.worker)
}

// unwait notes that a task waits at its worker no more; what is left of it is stale.
func (s *Scheduler) unwait(r *run, last int32) {
	t := &r.tasks[last]
	if t.at == 0 {
		return // in the run's own queue: found stale there
	}
	w := s.workers[t.at]
	p := w.post(r.class)
	t.at = 0
	w.queuedNanos -= t.size
	s.reload(w)
	s.wake(w) // others may have waited for this one to be alone
	if p == nil {
		return
	}
	p.nanos -= t.size
	p.queued--
	p.stale++
	if p.stale > p.queued+64 {
		p.sweep()
	}
	p.settle()
}

// settle keeps a post's place among those with a backlog.
func (p *post) settle() {
	if p.queued == 0 {
		p.class.backlog.remove(p)
	} else {
		p.class.backlog.fix(p)
	}
}

// sweep removes the stale entries of a post.
func (p *post) sweep() {
	kept := p.lanes[:0]
	for _, l := range p.lanes {
		l.entries = slices.DeleteFunc(l.entries, func(e entry) bool { return !e.valid(p.worker.number) })
		for i := len(l.entries)/2 - 1; i >= 0; i-- {
			siftDown(l.entries, i, entryBefore)
		}
		if len(l.entries) > 0 {
			kept = append(kept, l)
		}
	}
	clear(p.lanes[len(kept):])
	p.lanes = kept
	p.stale = 0
}

// top returns the lane of the post whose turn it is, and its most urgent task.
func (p *post) top() (lane int, e entry, ok bool) {
	lane = -1
	for k := 0; k < len(p.lanes); k++ {
		l := &p.lanes[k]
		for len(l.entries) > 0 && !l.entries[0].valid(p.worker.number) {
			l.entries, _ = popHeap(l.entries, entryBefore)
			p.stale--
		}
		if len(l.entries) == 0 {
			p.lanes = slices.Delete(p.lanes, k, k+1)
			k--
			continue
		}
		if c := l.entries[0]; lane < 0 || turn(c, e) {
			lane, e = k, c
		}
	}
	return lane, e, lane >= 0
}

// turn reports whether a's turn is before b's: by the users' priorities, then by how much their clients have been given,
// and for one client by the order of its graphs and tasks.
func turn(a, b entry) bool {
	if a.user != b.user {
		return a.user > b.user
	}
	if c, d := a.run.client, b.run.client; c != d {
		if c.served != d.served {
			return c.served < d.served
		}
		return c.number < d.number
	}
	return a.before(b)
}

// pop removes the task that top has returned.
func (s *Scheduler) pop(p *post, lane int) {
	l := &p.lanes[lane]
	var e entry
	l.entries, e = popHeap(l.entries, entryBefore)
	s.popped(p, e)
}

func (s *Scheduler) popped(p *post, e entry) {
	t := &e.run.tasks[e.last]
	p.queued--
	p.nanos -= t.size
	p.worker.queuedNanos -= t.size
	t.at = 0
	p.settle()
}

// shelve lets a task that can run wait in its run, at no worker.
func (s *Scheduler) shelve(r *run, head, last int32) {
	r.tasks[last].at = 0
	r.ready = pushHeap(r.ready, head, headBefore)
	s.offer(r)
	s.feed(r.class)
}

// offer enters a run into its class's lanes if tasks wait in it.
func (s *Scheduler) offer(r *run) {
	if r.lane != nil || r.next == len(r.roots) && len(r.ready) == 0 {
		return
	}
	c := r.class
	at := slices.IndexFunc(c.lanes, func(l *runLane) bool { return l.client == r.client })
	if at < 0 {
		c.lanes = append(c.lanes, &runLane{client: r.client})
		at = len(c.lanes) - 1
	}
	r.lane = c.lanes[at]
	r.lane.push(r)
	s.vacant(c)
	s.feed(c)
	s.press(c, r.opts.Priority)
}

// withdraw removes a run from its class's lanes.
func (s *Scheduler) withdraw(r *run) {
	l := r.lane
	if l == nil {
		return
	}
	r.lane = nil
	l.remove(r)
	if len(l.runs) == 0 {
		c := r.class
		c.lanes = slices.DeleteFunc(c.lanes, func(o *runLane) bool { return o == l })
		s.vacant(c)
	}
}

func (l *runLane) push(r *run) {
	l.runs = append(l.runs, r)
	r.laneAt = len(l.runs) - 1
	l.up(r.laneAt)
}

func (l *runLane) remove(r *run) {
	at, end := r.laneAt, len(l.runs)-1
	l.swap(at, end)
	l.runs[end] = nil
	l.runs = l.runs[:end]
	if at < end {
		l.up(at)
		l.down(at)
	}
}

func (l *runLane) swap(i, j int) {
	l.runs[i], l.runs[j] = l.runs[j], l.runs[i]
	l.runs[i].laneAt, l.runs[j].laneAt = i, j
}

func (l *runLane) up(i int) {
	for i > 0 && runBefore(l.runs[i], l.runs[(i-1)/2]) {
		l.swap(i, (i-1)/2)
		i = (i - 1) / 2
	}
}

func (l *runLane) down(i int) {
	for {
		c := 2*i + 1
		if c >= len(l.runs) {
			return
		}
		if c+1 < len(l.runs) && runBefore(l.runs[c+1], l.runs[c]) {
			c++
		}
		if !runBefore(l.runs[c], l.runs[i]) {
			return
		}
		l.swap(i, c)
		i = c
	}
}

// first returns the most urgent of the tasks that wait in the run at no worker, dropping what waits no more.
func (r *run) first() (head, last int32, ok bool) {
	for r.next < len(r.roots) {
		head = r.roots[r.next]
		last = r.last(head)
		if t := &r.tasks[last]; t.status == statusQueued && t.at == 0 {
			ok = true
			break
		}
		r.next++
	}
	for len(r.ready) > 0 {
		h := r.ready[0]
		l := r.last(h)
		if t := &r.tasks[l]; t.status == statusQueued && t.at == 0 {
			if !ok || h < head {
				return h, l, true
			}
			break
		}
		r.ready, _ = popHeap(r.ready, headBefore)
	}
	return head, last, ok
}

// shift removes the task that first has returned.
func (r *run) shift(head int32) {
	if r.next < len(r.roots) && r.roots[r.next] == head {
		r.next++
		return
	}
	r.ready, _ = popHeap(r.ready, headBefore)
}

// offered returns the task of the class whose turn it is among those that wait at no worker.
func (s *Scheduler) offered(c *class) (e entry, ok bool) {
	for k := 0; k < len(c.lanes); k++ {
		l := c.lanes[k]
		for len(l.runs) > 0 {
			r := l.runs[0]
			head, last, some := r.first()
			if !some {
				s.withdraw(r) // the last run takes the lane with it
				continue
			}
			if t := (entry{r, r.opts.Priority, head, last}); !ok || turn(t, e) {
				e, ok = t, true
			}
			break
		}
		if len(l.runs) == 0 {
			k--
		}
	}
	return e, ok
}
