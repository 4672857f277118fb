package scheduler

// candidatesMax is how many holders of inputs are compared, and inputsMax how many inputs are looked at.
const (
	candidatesMax = 8
	inputsMax     = 32
)

// place lets a task that can run wait where it is likely to end first: at a worker that has its inputs, or at the one with
// the least to do.
func (s *Scheduler) place(r *run, last int32) {
	head := r.head(last)
	p := s.best(r, head, last)
	if p == nil {
		s.shelve(r, head, last)
		return
	}
	s.wait(p, r, head, last)
	s.feed(r.class)
	s.press(r.class, r.opts.Priority)
}

// best compares the workers that have inputs of a task, and the one with the least to do, by the time at which the task
// would start: after what waits there, and after its other inputs have come.
func (s *Scheduler) best(r *run, head, last int32) *post {
	c := r.class
	if len(c.load.posts) == 0 {
		return nil
	}
	avoid, shun := "", int32(0)
	if x := r.rare(last); x != nil {
		avoid, shun = x.avoid, x.shun
	}
	var found [candidatesMax]struct {
		post  *post
		bytes int64
		n     int64
	}
	n, total, inputs := 0, int64(0), int64(0)
	takes := r.portions(head, s.ends[:0])
	for k, d := range r.plan.Deps(head) {
		if k == inputsMax {
			break
		}
		dr, di := s.resolve(r, d)
		t := &dr.tasks[di]
		if t.status != statusMemory {
			continue
		}
		bytes := takes.bytes(r, k, d, t.size)
		total += bytes
		inputs++
		for _, h := range dr.holders(di, s.scratch[:0]) {
			w := s.workers[h]
			if w == nil {
				continue // it is being removed
			}
			p := w.post(c)
			if p == nil || p.guest {
				continue
			}
			at := 0
			for at < n && found[at].post != p {
				at++
			}
			if at == n {
				if n == candidatesMax {
					continue
				}
				found[n].post = p
				n++
			}
			found[at].bytes += bytes
			found[at].n++
		}
	}
	best := c.load.posts[0]
	cost := s.startCost(best.worker, total, inputs)
	for _, f := range found[:n] {
		x := s.startCost(f.post.worker, total-f.bytes, inputs-f.n)
		if x < cost || x == cost && f.post.worker.held < best.worker.held {
			best, cost = f.post, x
		}
	}
	if best.worker.number == shun || avoid != "" && best.worker.hello.Host == avoid {
		if other := c.elsewhere(avoid, shun); other != nil {
			return other
		}
		if other := s.guest(c, avoid, shun); other != nil {
			return other
		}
	}
	return best
}

// startCost returns in how many nanoseconds a task could start at w if bytes of n inputs have to be brought there.
func (s *Scheduler) startCost(w *worker, bytes, n int64) int64 {
	move := n*int64(s.conf.Latency) + bytes*1000/max(s.conf.Bandwidth/1_000_000, 1)
	return w.load + move
}

// elsewhere returns the post with the least to do on another host than the given one, or nil if all are there. It is for
// retries, which are rare, and looks at all posts.
func (c *class) elsewhere(host string, worker int32) *post {
	var best *post
	for _, p := range c.posts {
		if p.worker.hello.Host != host && p.worker.number != worker && (best == nil || lessLoad(p, best)) {
			best = p
		}
	}
	return best
}
