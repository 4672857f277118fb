package scheduler

// want makes a released task run, and whatever it needs that is not there.
func (s *Scheduler) want(r *run, i int32) {
	type failing struct {
		run  *run
		task int32
		of   int32
	}
	var failed []failing
	stack := []ref{r.ref(i)}
	for len(stack) > 0 {
		a := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		r, i := s.runs[a.run], a.task
		t := &r.tasks[i]
		if t.status != statusReleased || !t.needed() { // something that failed meanwhile may have been all that needed it
			continue
		}
		if t.has(flagProxy) {
			if target, released := s.follow(r, i); released {
				stack = append(stack, target)
			}
			continue
		}
		if s.gone(r, i) || s.restore(r, i) {
			continue
		}
		s.move(r, i, statusWaiting, 0)
		t.missing = 0
		bad := int32(-1)
		for _, d := range r.plan.Deps(r.head(i)) {
			dt := &r.tasks[d]
			dt.uses++
			switch dt.status {
			case statusMemory:
				continue
			case statusErred:
				bad = d
			case statusReleased:
				stack = append(stack, r.ref(d))
			}
			t.missing++
		}
		switch {
		case bad >= 0:
			failed = append(failed, failing{r, i, bad})
		case t.missing == 0:
			s.ready(r, i)
		}
	}
	for _, f := range failed {
		if f.run.tasks[f.of].status == statusErred {
			s.fail(f.run, f.task, f.run.causeOf(f.of))
		}
	}
}

// ready queues a task whose inputs are all in memory.
func (s *Scheduler) ready(r *run, i int32) {
	s.move(r, i, statusQueued, 0)
	if x := r.rare(i); x != nil && x.after > s.now {
		s.hold(r, i, x.after)
		return
	}
	s.place(r, i)
}

// unneeded lets a task go if nobody needs it: its value is freed, or it does not run, and so on for what only it needed.
func (s *Scheduler) unneeded(r *run, i int32) {
	stack := append(s.stack[:0], r.ref(i))
	for len(stack) > 0 {
		a := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		r, i := s.runs[a.run], a.task
		t := &r.tasks[i]
		if t.needed() || t.status <= statusReleased {
			continue
		}
		was := t.status
		if t.has(flagProxy) {
			if was == statusErred {
				r.unblame(i)
				s.move(r, i, statusReleased, 0)
				continue
			}
			s.move(r, i, statusReleased, 0)
			if target, ok := s.unfollow(r, i); ok {
				stack = append(stack, target)
			}
			continue
		}
		switch was {
		case statusMemory:
			s.free(r, i)
			s.move(r, i, statusReleased, 0)
			continue
		case statusErred:
			r.unblame(i)
			s.move(r, i, statusReleased, 0)
			continue
		case statusQueued:
			s.unwait(r, i)
		case statusProcessing:
			if t.at != 0 {
				s.supersede(r, i, "not needed any more")
			}
		}
		s.move(r, i, statusReleased, 0)
		for _, d := range r.plan.Deps(r.head(i)) {
			if dt := &r.tasks[d]; dt.unuse() {
				stack = append(stack, r.ref(d))
			}
		}
	}
	s.stack = stack
}

// unuse gives up one use and reports whether nobody needs the task any more.
func (t *task) unuse() bool {
	t.uses--
	return !t.needed()
}

// pin keeps a task's value for a reason other than its users and its client; n may be negative.
func (s *Scheduler) pin(r *run, i int32, n int32) {
	t := &r.tasks[i]
	was := t.claims > 0 || t.pins > 0
	t.pins += n
	s.claimed(r, i, was)
}

// claim counts claims of the run's own client; n may be negative.
func (s *Scheduler) claim(r *run, i int32, n int32) {
	t := &r.tasks[i]
	was := t.claims > 0 || t.pins > 0
	t.claims += n
	s.claimed(r, i, was)
}

func (s *Scheduler) claimed(r *run, i int32, was bool) {
	t := &r.tasks[i]
	switch is := t.claims > 0 || t.pins > 0; {
	case is && !was:
		r.claimed++
	case was && !is:
		if r.claimed--; r.claimed == 0 {
			s.dying = append(s.dying, r)
		}
		s.unneeded(r, i)
	}
}

// follow makes a proxy take the state of the task that it stands for, and returns that task if it is to be computed first.
func (s *Scheduler) follow(r *run, i int32) (target ref, released bool) {
	x := r.extra[i]
	tr, ti := s.runs[x.target.run], x.target.task
	tx := tr.rarely(ti)
	x.place = int32(len(tx.followers))
	tx.followers = append(tx.followers, r.ref(i))
	s.pin(tr, ti, 1)
	switch tr.tasks[ti].status {
	case statusMemory:
		s.move(r, i, statusMemory, 0)
		s.spread(r, i)
	case statusErred:
		s.move(r, i, statusWaiting, 0)
		s.fail(r, i, tr.causeOf(ti))
	default:
		s.move(r, i, statusWaiting, 0)
		return x.target, tr.tasks[ti].status == statusReleased
	}
	return ref{}, false
}

// unfollow gives up a proxy's hold on its task, and returns that if nobody needs it any more.
func (s *Scheduler) unfollow(r *run, i int32) (target ref, unneeded bool) {
	x := r.extra[i]
	tr, ti := s.runs[x.target.run], x.target.task
	tx := tr.rare(ti)
	if tx == nil {
		return ref{}, false
	}
	k := int(x.place)
	if k >= len(tx.followers) || tx.followers[k] != r.ref(i) {
		return ref{}, false // it follows no more
	}
	end := len(tx.followers) - 1
	moved := tx.followers[end]
	tx.followers[k] = moved
	tx.followers = tx.followers[:end]
	s.runs[moved.run].extra[moved.task].place = int32(k)
	t := &tr.tasks[ti]
	t.pins--
	if t.pins == 0 && t.claims == 0 {
		if tr.claimed--; tr.claimed == 0 {
			s.dying = append(s.dying, tr)
		}
	}
	tr.tidy(ti)
	return x.target, !t.needed()
}

// tidy drops the rare part of a task's state when nothing is in it.
func (r *run) tidy(i int32) {
	x := r.rare(i)
	if x == nil || x.target != (ref{}) || r.tasks[i].has(flagProxy) || len(x.followers) > 0 || len(x.claims) > 0 || len(x.more) > 0 ||
		len(x.retried) > 0 || x.specs > 0 || x.deaths > 0 || x.suspected > 0 || x.goal > 0 || x.strikes > 0 || x.shun > 0 || x.lost != "" || x.actor || len(x.history) > 0 {
		return
	}
	delete(r.extra, i)
	r.tasks[i].flags &^= flagExtra
}
