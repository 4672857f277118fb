package scheduler

import (
	"cmp"
	"slices"
)

// Workers keep what they have fetched for their tasks. In rounds, copies of values are let go that exceed both the goal and what tasks that
// wait for the value can make use of.

// reduceUses bounds how many users of values one round looks at. What it does not come to is first in the next one.
const reduceUses = 100_000

// copied1 notes that a value has more than one holder, to be looked at in the rounds.
func (s *Scheduler) copied1(r *run, i int32, x *extra) {
	if s.conf.Reduce > 0 && !x.listed {
		x.listed = true
		s.copies = append(s.copies, r.ref(i))
	}
}

// reduce makes a round, if it is time. It is linear in the number of values with copies, and in that of workers only if there are any.
func (s *Scheduler) reduce() {
	if len(s.copies) == 0 || s.now < s.reduceAt {
		return
	}
	s.reduceAt = s.now + s.conf.Reduce
	s.round++
	var coming idSet
	for _, w := range s.live {
		for id := range w.fetching {
			coming.add(id)
		}
	}
	left := reduceUses
	seen := 0
	var kept []ref
	for ; seen < len(s.copies) && left > 0; seen++ {
		a := s.copies[seen]
		r := s.runs[a.run]
		if r == nil || int(a.task) >= len(r.tasks) { // forgotten; another graph may have its slot
			continue
		}
		x := r.rare(a.task)
		if x == nil || !x.listed || x.round == s.round { // the last: the slot was another graph's, and its values were listed too
			continue
		}
		x.round = s.round
		left--
		if _, ok := coming[r.id(a.task)]; !ok && len(x.more) > 0 {
			left -= s.reduce1(r, a.task)
		}
		if x = r.rare(a.task); x == nil {
			continue
		}
		if x.listed = len(x.more) > 0; x.listed {
			kept = append(kept, a)
		} else {
			r.tidy(a.task)
		}
	}
	if rest := s.copies[seen:]; len(rest)+len(kept) > 0 {
		s.copies = append(slices.Clone(rest), kept...)
	} else {
		s.copies = nil
	}
}

// reduce1 lets the copies of one value go that nobody needs, and returns how many users it has looked at.
func (s *Scheduler) reduce1(r *run, i int32) (looked int) {
	surplus := 1 + len(r.extra[i].more) - int(max(r.goal(i), 1))
	if surplus <= 0 {
		return 0
	}
	have := r.holders(i, nil)
	u := users{have: have, at: make([]bool, len(have))}
	if t := &r.tasks[i]; (t.claims > 0 || t.pins > 0) && s.workers[t.at].open() {
		u.mark(t.at) // clients were told of the first one, and would ask there in vain
	}
	s.usersOf(&u, r, i)
	if surplus = min(surplus, len(have)-u.n); surplus <= 0 || u.fetched {
		return u.looked
	}
	var free []*worker
	for k, n := range have {
		if !u.at[k] {
			free = append(free, s.workers[n])
		}
	}
	slices.SortStableFunc(free, func(a, b *worker) int {
		switch {
		case a.open() == b.open():
			return cmp.Compare(a.room(), b.room())
		case b.open():
			return -1
		}
		return 1
	})
	for _, w := range free[:min(surplus, len(free))] {
		w.out.free(r.id(i))
		s.unreplica(r, i, w)
		s.reduced++
	}
	return u.looked
}

// room is how many bytes of values the worker can take still, below 0 if its memory is not known.
func (w *worker) room() int64 { return w.hello.MemoryBytes - w.held }

// users is who can make use of the copies of a value.
type users struct {
	have    []int32 // the holders
	at      []bool  // of these, those where a task runs, or is to run, that needs it, and the first one of what clients want
	n       int     // how many copies are of use: one for each of these, and for each task that has no place yet
	looked  int
	fetched bool // somebody is getting it, who was told of these holders
}

// usersOf counts the tasks that need a value and have not ended, in this run and in those that share it, until each copy is of use.
func (s *Scheduler) usersOf(u *users, r *run, i int32) {
	stack := []ref{r.ref(i)}
	for len(stack) > 0 {
		a := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		r := s.runs[a.run]
		if x := r.rare(a.task); x != nil {
			stack = append(stack, x.followers...)
		}
		if r.tasks[a.task].uses == 0 {
			continue
		}
		for _, d := range r.plan.Uses(a.task) {
			if u.n >= len(u.have) || u.fetched {
				return
			}
			u.looked++
			s.user(u, r, r.last(d))
		}
	}
}

// user counts one task that needs the value.
func (s *Scheduler) user(u *users, r *run, i int32) {
	t := &r.tasks[i]
	if t.has(flagProxy) {
		return
	}
	switch t.status {
	case statusWaiting:
		u.n++
	case statusQueued:
		if t.at == 0 || !u.mark(t.at) {
			u.n++
		}
	case statusProcessing:
		u.fetched = !u.mark(t.at) || u.fetched
		if x := r.rare(i); x != nil && x.spec.attempt != 0 {
			u.fetched = !u.mark(x.spec.worker) || u.fetched
		}
	}
}

// mark notes that the copy of a worker is of use, and reports whether it has one.
func (u *users) mark(worker int32) bool {
	k := slices.Index(u.have, worker)
	if k < 0 {
		return false
	}
	if !u.at[k] {
		u.at[k] = true
		u.n++
	}
	return true
}
