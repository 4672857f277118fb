package scheduler

import (
	"fmt"
	"math"
	"slices"

	"sheaf/internal/wire"
)

// Check looks for contradictions in the whole state: each table must be the exact inverse of its counterpart. It is for tests
// and takes time linear in the state.
func (s *Scheduler) Check() error {
	for _, check := range []func() error{s.checkTasks, s.checkWorkers, s.checkClients, s.checkClasses, s.checkKnown, s.checkCopies, s.coord.machine.Check} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (s *Scheduler) checkTasks() error {
	var counts [statusEnd]int
	for slot, r := range s.runs {
		if r == nil {
			continue
		}
		if r.slot != uint32(slot) {
			return fmt.Errorf("graph %d stands in slot %d and thinks %d", r.serial, slot, r.slot)
		}
		left, claimed := 0, 0
		if counted := newTallies(r.plan, r.layers, r.tasks); r.index == nil {
			for k := range counted.all {
				if got, want := r.tallies.all[k].counts, counted.all[k].counts; got != want {
					return fmt.Errorf("graph %d: tasks %d by state: got %v, counted %v", r.serial, k, got, want)
				}
			}
		}
		uses := make([]int32, len(r.tasks))
		for i := range r.tasks {
			t := &r.tasks[i]
			counts[t.status]++
			left += unfinished[t.status]
			if t.claims > 0 || t.pins > 0 {
				claimed++
			}
			if unfinished[t.status] == 1 && !t.has(flagProxy) {
				for _, d := range r.plan.Deps(r.head(int32(i))) {
					uses[d]++
				}
			}
		}
		if left != r.left || claimed != r.claimed {
			return fmt.Errorf("graph %d: %d tasks left and %d claimed, counted %d and %d", r.serial, r.left, r.claimed, left, claimed)
		}
		for i := range r.tasks {
			if err := s.checkTask(r, int32(i), uses[i]); err != nil {
				return fmt.Errorf("graph %d: task %s %s: %w", r.serial, r.id(int32(i)), r.tasks[i].status, err)
			}
		}
	}
	counts[statusInvalid] = s.counts[statusInvalid]
	if counts != s.counts {
		return fmt.Errorf("tasks by state: got %v, counted %v", s.counts, counts)
	}
	return nil
}

func (s *Scheduler) checkTask(r *run, i, uses int32) error {
	t := &r.tasks[i]
	if t.status == statusLinked {
		if r.plan.Next[i] < 0 || t.needed() {
			return fmt.Errorf("a link of a chain with claims or without a next")
		}
		return nil
	}
	if r.plan.Next[i] >= 0 {
		return fmt.Errorf("it is in the middle of a chain")
	}
	if t.uses != uses {
		return fmt.Errorf("%d uses, counted %d", t.uses, uses)
	}
	if pins := s.countPins(r, i); pins != t.pins {
		return fmt.Errorf("%d pins, counted %d", t.pins, pins)
	}
	if t.has(flagExtra) != (r.extra[i] != nil) {
		return fmt.Errorf("rare state and flag differ")
	}
	if t.status == statusReleased {
		if t.claims > 0 || t.pins > 0 {
			return fmt.Errorf("it is wanted and does nothing")
		}
		return nil
	}
	if !t.needed() {
		return fmt.Errorf("nobody needs it")
	}
	if t.has(flagProxy) {
		return s.checkProxy(r, i)
	}
	return s.checkState(r, i)
}

// countPins counts everything that keeps a task besides its users and its client.
func (s *Scheduler) countPins(r *run, i int32) int32 {
	pins := int32(0)
	if x := r.rare(i); x != nil {
		pins += int32(len(x.followers))
		for _, c := range x.claims {
			pins += c.n
		}
	}
	for id, n := range s.coord.held {
		if hr, hi, ok := s.task(id); ok && hr == r && hi == i {
			pins += n
		}
	}
	return pins
}

func (s *Scheduler) checkProxy(r *run, i int32) error {
	x := r.extra[i]
	tr := s.runs[x.target.run]
	if tr == nil {
		return fmt.Errorf("it stands for a task of a graph that is forgotten")
	}
	if !slices.Contains(r.anchors, tr) {
		return fmt.Errorf("it stands for a task of a graph that may be forgotten")
	}
	tt := &tr.tasks[x.target.task]
	if r.tasks[i].status == statusErred {
		return nil
	}
	if tx := tr.rare(x.target.task); tx == nil || int(x.place) >= len(tx.followers) || tx.followers[x.place] != r.ref(i) {
		return fmt.Errorf("the task for which it stands does not know")
	}
	t := &r.tasks[i]
	if same := t.status == tt.status || t.status == statusWaiting && unfinished[tt.status] == 1; !same {
		return fmt.Errorf("it stands for a task that is %s", tt.status)
	}
	return nil
}

func (s *Scheduler) checkState(r *run, i int32) error {
	t := &r.tasks[i]
	if x := r.rare(i); x != nil && x.specs > 0 && t.status != statusProcessing {
		return fmt.Errorf("it has a second attempt")
	}
	missing := int32(0)
	for _, d := range r.plan.Deps(r.head(i)) {
		dt := &r.tasks[d]
		if dt.status != statusMemory {
			missing++
		}
		if t.status == statusWaiting && dt.status <= statusReleased {
			return fmt.Errorf("it waits for %s, which is %s", r.id(d), dt.status)
		}
	}
	switch t.status {
	case statusWaiting:
		if r.index != nil {
			missing = 1 // the client
		}
		if t.missing != missing || missing == 0 {
			return fmt.Errorf("%d inputs are missing, counted %d", t.missing, missing)
		}
	case statusQueued:
		if missing > 0 {
			return fmt.Errorf("%d inputs are missing", missing)
		}
		return s.checkQueued(r, i)
	case statusProcessing:
		if x := r.rare(i); x != nil && x.spec.attempt > 0 {
			v := s.workers[x.spec.worker]
			if v == nil || !v.zombies[wire.Attempt{ID: r.id(r.head(i)), Attempt: x.spec.attempt}].spec {
				return fmt.Errorf("worker %d does not have its second attempt", x.spec.worker)
			}
		}
		w := s.workers[t.at]
		if w == nil || int(t.pos) >= len(w.sent.items) || w.sent.items[t.pos] != r.ref(i) {
			return fmt.Errorf("worker %d does not have it at %d", t.at, t.pos)
		}
	case statusMemory:
		return s.checkHeld(r, i)
	case statusErred:
		if r.causeOf(i) == nil {
			return fmt.Errorf("it has no cause")
		}
	}
	return nil
}

// checkHeld looks for a value at the places where it stands in its workers' lists.
func (s *Scheduler) checkHeld(r *run, i int32) error {
	t := &r.tasks[i]
	if t.has(flagProxy) {
		return nil
	}
	at := func(h holder) error {
		if w := s.workers[h.worker]; w == nil || int(h.pos) >= len(w.holds) || w.holds[h.pos] != r.ref(i) {
			return fmt.Errorf("worker %d does not hold it at %d", h.worker, h.pos)
		}
		return nil
	}
	if err := at(holder{t.at, t.pos}); err != nil {
		return err
	}
	x := r.rare(i)
	if x == nil {
		return nil
	}
	for k, h := range x.more {
		if err := at(h); err != nil {
			return err
		}
		if h.worker == t.at || slices.ContainsFunc(x.more[:k], func(o holder) bool { return o.worker == h.worker }) {
			return fmt.Errorf("worker %d holds it twice", h.worker)
		}
	}
	if len(x.more) > 0 && s.conf.Reduce > 0 && !x.listed {
		return fmt.Errorf("it has copies and is not looked at")
	}
	return nil
}

// checkCopies looks for the values with copies that are looked at in the rounds.
func (s *Scheduler) checkCopies() error {
	among := make(map[ref]bool, len(s.copies))
	for _, a := range s.copies {
		among[a] = true
	}
	for _, r := range s.runs {
		if r == nil {
			continue
		}
		for i, x := range r.extra {
			if x.listed && !among[r.ref(i)] {
				return fmt.Errorf("value %s has copies and thinks that it is looked at", r.id(i))
			}
		}
	}
	return nil
}

// checkQueued looks for the place where a task that can run waits.
func (s *Scheduler) checkQueued(r *run, i int32) error {
	t := &r.tasks[i]
	head := r.head(i)
	if t.has(flagHeld) && t.at == 0 {
		return nil
	}
	if t.at == 0 {
		if r.lane == nil {
			return fmt.Errorf("it waits in a graph that nobody looks at")
		}
		roots := r.roots[r.next:]
		if _, sorted := slices.BinarySearch(roots, head); !sorted && !slices.Contains(roots, head) && !slices.Contains(r.ready, head) {
			return fmt.Errorf("it waits nowhere")
		}
		return nil
	}
	w := s.workers[t.at]
	if w == nil {
		return fmt.Errorf("it waits at worker %d, which is gone", t.at)
	}
	p := w.post(r.class)
	if p == nil {
		return fmt.Errorf("it waits at worker %s, which may not run it", w)
	}
	for _, l := range p.lanes {
		for _, e := range l.entries {
			if e.run == r && e.head == head && e.last == i {
				return nil
			}
		}
	}
	return fmt.Errorf("it does not wait at worker %s", w)
}

func (s *Scheduler) checkWorkers() error {
	for _, w := range s.live {
		if s.workers[w.number] != w || s.peers[w.peer] != any(w) {
			return fmt.Errorf("worker %s is not where it should be", w)
		}
		if err := s.checkWorker(w); err != nil {
			return fmt.Errorf("worker %s: %w", w, err)
		}
	}
	return nil
}

func (s *Scheduler) checkWorker(w *worker) error {
	bytes := int64(0)
	for at, a := range w.holds {
		r := s.runs[a.run]
		if r == nil || !r.holds(a.task, w) {
			return fmt.Errorf("it holds a value that does not know")
		}
		pos := r.tasks[a.task].pos
		if r.tasks[a.task].at != w.number {
			for _, h := range r.extra[a.task].more {
				if h.worker == w.number {
					pos = h.pos
				}
			}
		}
		if pos != int32(at) {
			return fmt.Errorf("value %s stands at %d and thinks %d", r.id(a.task), at, pos)
		}
		bytes += r.tasks[a.task].size
	}
	busy, long, live := int64(0), 0, 0
	free := slices.Clone(w.free)
	give := worker{free: free}
	alone := false
	for a := range w.sent.refs() {
		r := s.runs[a.run]
		t := &r.tasks[a.task]
		if t.status != statusProcessing || t.at != w.number {
			return fmt.Errorf("it is sent %s, which is %s at %d", r.id(a.task), t.status, t.at)
		}
		live++
		busy += t.size
		if t.has(flagLong) {
			long++
		}
		alone = alone || t.has(flagAlone)
		give.vacate(r.class.resources)
	}
	for _, z := range w.zombies {
		busy += z.nanos
		if z.long {
			long++
		}
		alone = alone || z.alone
		give.vacate(z.resources)
	}
	if bytes != w.held || busy != w.busy || long != w.long || live != w.sent.live || alone != w.alone {
		return fmt.Errorf("held %d, busy %d, long %d, sent %d, alone %v; counted %d, %d, %d, %d, %v",
			w.held, w.busy, w.long, w.sent.live, w.alone, bytes, busy, long, live, alone)
	}
	for k, f := range free {
		if math.Abs(f.Amount-w.hello.Resources[k].Amount) > resourceSlack || w.free[k].Amount < -resourceSlack {
			return fmt.Errorf("of %s %g are free and %g in all, which does not fit what runs", f.Name, w.free[k].Amount, w.hello.Resources[k].Amount)
		}
	}
	return s.checkPosts(w)
}

func (s *Scheduler) checkPosts(w *worker) error {
	queued := int64(0)
	for _, p := range w.posts {
		n, sum := 0, int64(0)
		seen := map[ref]bool{}
		for _, l := range p.lanes {
			for _, e := range l.entries {
				if a := e.run.ref(e.last); s.runs[a.run] == e.run && e.valid(w.number) && !seen[a] {
					seen[a] = true
					n++
					sum += e.run.tasks[e.last].size
				}
			}
		}
		if n != p.queued || sum != p.nanos {
			return fmt.Errorf("%d tasks of %d ns wait, counted %d of %d", p.queued, p.nanos, n, sum)
		}
		if (n > 0) != (p.at[1] >= 0) {
			return fmt.Errorf("%d tasks wait, and its place among those with a backlog is %d", n, p.at[1])
		}
		queued += sum
		if s.room(w, true) && n > 0 && covers(w.free, p.class.resources) && !s.suspects(w) {
			return fmt.Errorf("it has room and %d tasks of class %q wait: %v", n, p.class.key, p.lanes)
		}
		if s.room(w, true) && len(p.class.lanes) > 0 && !p.guest && covers(w.free, p.class.resources) && !s.suspects(w) {
			if e, ok := s.offered(p.class); ok {
				return fmt.Errorf("it has room and task %s waits at no worker", e.run.id(e.head))
			}
		}
	}
	if queued != w.queuedNanos {
		return fmt.Errorf("work of %d ns waits, counted %d", w.queuedNanos, queued)
	}
	return nil
}

// suspects reports whether the worker waits for a task under suspicion, which is to be alone there.
func (s *Scheduler) suspects(w *worker) bool {
	for _, p := range w.posts {
		for _, l := range p.lanes { // whose turn it is may have changed since
			if slices.ContainsFunc(l.entries, func(e entry) bool { return e.valid(w.number) && e.suspect() }) {
				return true
			}
		}
	}
	return false
}

func (s *Scheduler) checkClients() error {
	for _, c := range s.clients {
		n, graphs := 0, 0
		for _, r := range s.runs {
			if r == nil {
				continue
			}
			if r.client == c {
				graphs++
				for i := range r.tasks {
					n += int(r.tasks[i].claims)
				}
			}
			for _, i := range sortedKeys(r.extra) {
				for _, o := range r.extra[i].claims {
					if o.client != c {
						continue
					}
					n += int(o.n)
					if c.named[o.id] != o.n {
						return fmt.Errorf("client %d: %d claims of %s, counted %d", c.number, c.named[o.id], o.id, o.n)
					}
				}
			}
		}
		if n != c.claims || graphs != c.graphs {
			return fmt.Errorf("client %d has %d claims and %d graphs, counted %d and %d", c.number, c.claims, c.graphs, n, graphs)
		}
	}
	return nil
}

func sortedKeys(m map[int32]*extra) []int32 {
	keys := make([]int32, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func (s *Scheduler) checkClasses() error {
	for _, c := range s.classes {
		runs := 0
		for _, r := range s.runs {
			if r != nil && r.class == c {
				runs++
			}
		}
		if runs != c.runs || runs == 0 {
			return fmt.Errorf("class %q has %d graphs, counted %d", c.key, c.runs, runs)
		}
		for _, p := range c.posts {
			if p.worker.post(c) != p || !p.worker.open() {
				return fmt.Errorf("class %q has a post at worker %s, which may not run its tasks", c.key, p.worker)
			}
		}
		for at, p := range c.load.posts {
			if p.at[0] != at || at > 0 && lessLoad(p, c.load.posts[(at-1)/2]) {
				return fmt.Errorf("class %q: the workers are not in order of their loads", c.key)
			}
		}
		for at, p := range c.backlog.posts {
			if p.at[1] != at || at > 0 && moreBacklog(p, c.backlog.posts[(at-1)/2]) {
				return fmt.Errorf("class %q: the workers are not in order of what waits there", c.key)
			}
		}
		if len(c.load.posts) != len(c.posts) {
			return fmt.Errorf("class %q: %d workers of %d are in order", c.key, len(c.load.posts), len(c.posts))
		}
	}
	return nil
}

// checkKnown looks for ids of graphs that are gone.
func (s *Scheduler) checkKnown() error {
	for id, r := range s.byLayer {
		if s.runs[r.slot] != r {
			return fmt.Errorf("layer %s is of a graph that is forgotten", id)
		}
	}
	for _, same := range s.shared {
		for _, l := range same {
			if s.runs[l.run] == nil {
				return fmt.Errorf("a layer of a graph that is forgotten is shared")
			}
		}
	}
	for _, a := range s.keys {
		if s.runs[a.run] == nil {
			return fmt.Errorf("a task of a graph that is forgotten is shared")
		}
	}
	for _, w := range s.live {
		for id := range w.known {
			if s.byLayer[id] == nil {
				return fmt.Errorf("worker %s knows layer %s, which is forgotten", w, id)
			}
		}
	}
	return nil
}
