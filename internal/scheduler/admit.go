package scheduler

import (
	"errors"
	"fmt"
	"iter"
	"slices"

	"sheaf/graph"
	"sheaf/internal/wire"
)

// sharedLayer is a layer of a live run, whose tasks others may share.
type sharedLayer struct {
	run   uint32
	layer int32
}

// submit admits a graph, or says why it does not.
func (s *Scheduler) submit(c *client, m *wire.Submit, p *Prepared) {
	if told, ok := c.requests[m.Request]; ok { // it comes again because the answer was lost with a session
		c.answer(told)
		return
	}
	answer := wire.Admitted{Request: m.Request}
	var err error
	if p == nil {
		p, err = Prepare(m)
	}
	if err == nil {
		err = s.admissible(c, m, p)
	}
	if err == nil {
		answer.Tasks = s.admit(c, m, p).plan.N
	} else {
		answer.Err, answer.Sort = err.Error(), sortOf(err)
		s.event("graph %d of client %d is refused: %s", m.Request, c.number, firstLine(err.Error()))
	}
	c.remember(answer)
	c.answer(answer)
}

// remember keeps the answer to a submission.
func (c *client) remember(a wire.Admitted) {
	if len(c.recent) == requestsMax {
		delete(c.requests, c.recent[0])
		c.recent = c.recent[1:]
	}
	c.recent = append(c.recent, a.Request)
	c.requests[a.Request] = a
}

func (c *client) answer(a wire.Admitted) {
	c.out.touch()
	c.out.first = append(c.out.first, &a)
}

// errUnknown is the refusal of a graph that needs a value which the cluster does not know.
var errUnknown = errors.New("unknown value")

// sortOf says which of the clients' sentinel errors an error of the admission is.
func sortOf(err error) uint8 {
	switch {
	case errors.Is(err, graph.ErrClash):
		return wire.SortClash
	case errors.Is(err, graph.ErrCycle):
		return wire.SortCycle
	case errors.Is(err, errLimit):
		return wire.SortLimit
	case errors.Is(err, errUnknown):
		return wire.SortLost
	}
	return wire.SortGraph
}

// admissible refuses graphs that clash with what is here, or need what is not here.
func (s *Scheduler) admissible(c *client, m *wire.Submit, p *Prepared) error {
	for _, l := range p.layers {
		if l.ID.Client() != c.number {
			return fmt.Errorf("graph: layer %q has the id %s, which is not one of client %d: %w", l.Name, l.ID, c.number, graph.ErrGraph)
		}
		if s.byLayer[l.ID] != nil {
			return fmt.Errorf("graph: layer %q has the id %s, which is taken: %w", l.Name, l.ID, graph.ErrGraph)
		}
		for _, other := range s.shared[sharedKey{c.hello.Executable, l.Token}] {
			o := s.runs[other.run].layers[other.layer]
			if l.Kind == wire.LayerOps && o.Kind == l.Kind && o.Content != l.Content {
				return fmt.Errorf("graph: %w: %q and %q of client %d both have the identity %s, but they are not the same computation; give one of them another name",
					graph.ErrClash, l.Name, o.Name, o.ID.Client(), l.Token.Short())
			}
		}
	}
	for _, i := range p.foreign {
		if id, ok := p.external(i); !ok || !s.knows(id) {
			return fmt.Errorf("graph: %w: the graph needs the value %s, which everybody has released", errUnknown, id)
		}
	}
	return s.keyClash(c, p)
}

// knows reports whether an id names a value of a live graph.
func (s *Scheduler) knows(id wire.ID) bool {
	r, i, ok := s.task(id)
	return ok && r.tasks[i].status != statusLinked
}

// external returns the id of the value for which task i stands.
func (p *Prepared) external(i int32) (wire.ID, bool) {
	l, at := p.layers[p.plan.Layer[i]], p.plan.Index[i]
	if l.Kind != wire.LayerExternal || int(at) >= len(l.External) {
		return wire.ID{}, false
	}
	return l.External[at], true
}

// twins goes through the tasks of lists that may be here already, in ascending order: all of them, or those of a large graph
// that are among the fewer live ones.
func (s *Scheduler) twins(exec string, p *Prepared) iter.Seq[int32] {
	if p.keys == nil || len(s.tables) > 0 || len(s.keys) > p.plan.N/8 {
		return func(yield func(int32) bool) {
			for i := range int32(p.plan.N) {
				if p.layers[p.plan.Layer[i]].Kind == wire.LayerList && !yield(i) {
					return
				}
			}
		}
	}
	var found []int32
	for k := range s.keys {
		if i, ok := p.keys.get(p.plan, k.token); ok && k.executable == exec {
			found = append(found, i)
		}
	}
	slices.Sort(found)
	return slices.Values(found)
}

// keyClash refuses tasks of lists that have the identity of a live one and are something else.
func (s *Scheduler) keyClash(c *client, p *Prepared) error {
	if len(s.keys) == 0 && len(s.tables) == 0 {
		return nil
	}
	for i := range s.twins(c.hello.Executable, p) {
		o, at, ok := s.keyed(c.hello.Executable, p.plan.Token(i))
		if !ok {
			continue
		}
		k := p.plan.Key(i)
		p.hits = append(p.hits, hit{i, o.ref(at)})
		if name := o.name(at); name != k.Name {
			return fmt.Errorf("graph: %w: %q and %q of client %d both have the key %s, but they are not the same computation; give one of them another key",
				graph.ErrClash, k.Name, name, o.client.number, k.Token.Short())
		}
	}
	return nil
}

// admit makes a run of a graph. What it shares with live runs it takes from them.
func (s *Scheduler) admit(c *client, m *wire.Submit, p *Prepared) *run {
	s.runSerial++
	r := &run{
		serial: s.runSerial, client: c, request: m.Request, opts: m.Options, plan: p.plan, layers: p.layers, number: p.number,
		tasks: p.tasks, tallies: p.tallies, roots: p.roots, keys: p.keys, left: p.units, moved: s.now,
	}
	r.slot = s.slotFor(r)
	r.class = s.classOf(c.hello.Executable, &r.opts)
	r.class.runs++
	c.graphs++
	if c.served < s.served {
		c.served = s.served // what it did not use while it asked for nothing is gone
	}
	s.learnKinds(r)
	s.enterSpan(r)
	s.recordAdmission(c, m)
	s.graphHappened(r)
	for i := range r.tasks {
		s.counts[r.tasks[i].status]++
		if n := r.tasks[i].claims; n > 0 {
			r.claimed++
			c.claims += int(n)
		}
	}
	for id := range p.number {
		s.byLayer[id] = r
	}
	for _, n := range p.claims {
		s.addNamed(c, r, n)
	}
	r.claimed++ // while it is being admitted
	if r.opts.Progress {
		s.startProgress(r)
	}
	s.connect(r, p)
	if r.claimed--; r.claimed == 0 {
		s.dying = append(s.dying, r)
	}
	s.event("graph %d of client %d: %d tasks", r.request, c.number, r.plan.N)
	s.prioritised = s.prioritised || r.opts.Priority != 0
	s.offer(r)
	return r
}

func (s *Scheduler) slotFor(r *run) uint32 {
	if n := len(s.slots); n > 0 {
		slot := s.slots[n-1]
		s.slots = s.slots[:n-1]
		s.runs[slot] = r
		return slot
	}
	s.runs = append(s.runs, r)
	return uint32(len(s.runs) - 1)
}

func (s *Scheduler) addNamed(c *client, r *run, n named) {
	x := r.rarely(n.task)
	at := slices.IndexFunc(x.claims, func(o claim) bool { return o.client == c && o.id == n.id })
	if at < 0 {
		x.claims = append(x.claims, claim{c, n.id, 0})
		at = len(x.claims) - 1
	}
	x.claims[at].n++
	c.named[n.id]++
	c.claims++
	s.pin(r, n.task, 1)
}

// connect ties a run to the live runs whose values it needs, or has in common with them.
func (s *Scheduler) connect(r *run, p *Prepared) {
	for _, i := range p.foreign {
		id, _ := p.external(i)
		tr, ti, _ := s.task(id)
		s.proxy(r, i, tr, ti)
	}
	if !r.opts.Actor {
		s.shareAll(r, p.hits)
	}
	for _, i := range r.proxies { // after all of them are known, for one that has failed already may take the others along
		if t := &r.tasks[i]; t.status == statusReleased && t.needed() {
			s.want(r, i)
		}
	}
	r.proxies = nil
}

// shareAll makes proxies of the tasks that other live runs have too, hits among them, and enters the others for later runs to find.
func (s *Scheduler) shareAll(r *run, hits []hit) {
	exec := r.client.hello.Executable
	twins := make([][]sharedLayer, len(r.layers)) // of layers that are here
	for n, l := range r.layers {
		if l.Kind != wire.LayerOps {
			continue
		}
		k := sharedKey{exec, l.Token}
		same := s.shared[k]
		twins[n] = slices.Clip(same)
		s.shared[k] = append(same, sharedLayer{r.slot, int32(n)})
	}
	if r.keys != nil {
		for k := len(hits) - 1; k >= 0; k-- {
			h := hits[k]
			s.share(r, h.task, s.runs[h.twin.run], h.twin.task)
		}
		s.tables = append(s.tables, r)
		if !slices.ContainsFunc(twins, func(t []sharedLayer) bool { return len(t) > 0 }) {
			return
		}
	}
	// Users before their inputs: what only a shared task needs is not shared but let go.
	for i := int32(r.plan.N) - 1; i >= 0; i-- {
		n := r.plan.Layer[i]
		switch {
		case len(twins[n]) > 0:
			for _, twin := range twins[n][:min(len(twins[n]), twinsMax)] {
				tr := s.runs[twin.run]
				if ti, ok := tr.plan.Task(twin.layer, r.plan.Index[i]); ok && sharable(r, tr, ti) {
					s.share(r, i, tr, ti)
					break
				}
			}
		case r.layers[n].Kind == wire.LayerList && r.keys == nil:
			token := r.plan.Token(i)
			if tr, ti, ok := s.keyed(exec, token); ok && sharable(r, tr, ti) {
				s.share(r, i, tr, ti)
			} else {
				s.keys[sharedKey{exec, token}] = r.ref(i)
			}
		}
	}
}

// keyed returns the task of a live list that has an identity.
func (s *Scheduler) keyed(exec string, token graph.Token) (*run, int32, bool) {
	if at, ok := s.keys[sharedKey{exec, token}]; ok {
		return s.runs[at.run], at.task, true
	}
	for _, r := range s.tables {
		if r.client.hello.Executable != exec {
			continue
		}
		if i, ok := r.keys.get(r.plan, token); ok {
			return r, i, true
		}
	}
	return nil, 0, false
}

// twinsMax is in how many runs of one layer a task is looked for that can be shared.
const twinsMax = 16

// sharable reports whether task ti of tr can be shared by r. One whose value was let go cannot: to make it again would take inputs of tr
// that may be gone for good, while r has its own.
func sharable(r, tr *run, ti int32) bool {
	return tr != r && tr.tasks[ti].status != statusLinked && tr.tasks[ti].status != statusReleased
}

// share makes task i of r a proxy of its equal in tr, if it is needed and the other can be shared.
func (s *Scheduler) share(r *run, i int32, tr *run, ti int32) {
	if t := &r.tasks[i]; t.status != statusLinked && !t.needed() {
		return
	}
	if !sharable(r, tr, ti) {
		return
	}
	s.unlink(r, i)
	if r.tasks[i].needed() {
		s.proxy(r, i, tr, ti)
	}
}

// proxy makes task i of r stand for a task of another run.
func (s *Scheduler) proxy(r *run, i int32, tr *run, ti int32) {
	t := &r.tasks[i]
	head := r.head(i)
	for _, d := range r.plan.Deps(head) {
		if r.tasks[d].unuse() {
			s.unneeded(r, d)
		}
	}
	r.rarely(i).target = tr.ref(ti)
	s.anchor(r, tr)
	s.move(r, i, statusReleased, 0)
	t.flags |= flagProxy
	t.missing = 0
	r.proxies = append(r.proxies, i)
}

// anchor keeps tr as long as r: its values may be needed again.
func (s *Scheduler) anchor(r, tr *run) {
	if tr.mark == r.serial {
		return // it is already
	}
	tr.mark = r.serial
	r.anchors = append(r.anchors, tr)
	tr.anchored++
}

// unlink ends the chain in which task i of a run that is being admitted stands after it, and begins one with it.
func (s *Scheduler) unlink(r *run, i int32) {
	if prev := r.plan.Deps(i); len(prev) == 1 && r.plan.Next[prev[0]] == i {
		s.cutAfter(r, prev[0])
	}
	if r.plan.Next[i] >= 0 {
		s.cutAfter(r, i)
	}
}

// cutAfter makes two chains of one: the first ends in i.
func (s *Scheduler) cutAfter(r *run, i int32) {
	last := r.last(i)
	r.plan.Next[i] = -1
	a, b := &r.tasks[i], &r.tasks[last]
	a.missing, a.uses = b.missing, 1
	s.counts[statusLinked]--
	s.counts[b.status]++
	r.count(i, statusLinked, b.status)
	a.status = b.status
	r.left += unfinished[a.status]
	if b.status == statusReleased {
		a.uses = 0
		return
	}
	if b.status == statusQueued {
		s.move(r, last, statusWaiting, 0)
	}
	b.missing = 1
}

// bury1 forgets the runs of which nothing is needed any more.
func (s *Scheduler) bury1() {
	for len(s.dying) > 0 {
		last := len(s.dying) - 1
		r := s.dying[last]
		s.dying[last] = nil // or it would stay until the next one dies
		s.dying = s.dying[:last]
		if r.claimed == 0 && r.anchored == 0 && s.runs[r.slot] == r {
			s.forget(r)
		}
	}
}

// forget removes a run.
func (s *Scheduler) forget(r *run) {
	s.endProgress(r)
	s.recordForgotten(r)
	if s.observed && r.index == nil {
		s.happened(Happening{What: GraphForgotten, Graph: r.serial})
	}
	s.withdraw(r)
	s.leaveClass(r.class)
	s.unlearnKinds(r)
	if r.span != nil {
		r.span.runs--
	}
	exec := r.client.hello.Executable
	for n, l := range r.layers {
		k := sharedKey{exec, l.Token}
		if same := s.shared[k]; len(same) > 0 {
			same = slices.DeleteFunc(same, func(o sharedLayer) bool { return o.run == r.slot })
			if len(same) == 0 {
				delete(s.shared, k)
			} else {
				s.shared[k] = same
			}
		}
		if l.Kind == wire.LayerList && r.keys == nil && len(s.keys) > 0 {
			s.forgetKeys(r, int32(n), exec)
		}
	}
	for _, t := range r.taught {
		if w := s.workers[t.worker]; w != nil {
			id := r.layers[t.layer].ID
			if _, ok := w.known[id]; ok {
				delete(w.known, id)
				w.out.touch()
				w.out.forget = append(w.out.forget, id)
			}
			for _, v := range sortedIDs(w.spare) {
				if v.Layer == id {
					delete(w.spare, v)
					w.out.free(v)
				}
			}
		}
	}
	if r.keys != nil {
		s.tables = slices.DeleteFunc(s.tables, func(o *run) bool { return o == r })
	}
	for id := range r.number {
		delete(s.byLayer, id)
	}
	for i := range r.tasks {
		s.counts[r.tasks[i].status]--
	}
	r.client.graphs--
	s.runs[r.slot] = nil
	s.slots = append(s.slots, r.slot)
	for _, a := range r.anchors {
		if a.anchored--; a.anchored == 0 && a.claimed == 0 {
			s.dying = append(s.dying, a)
		}
	}
}

func (s *Scheduler) forgetKeys(r *run, layer int32, exec string) {
	l := r.plan.Layers[layer]
	for index := range int32(l.Len()) {
		if i, ok := r.plan.Task(layer, index); ok {
			if k := (sharedKey{exec, r.plan.Token(i)}); s.keys[k] == r.ref(i) {
				delete(s.keys, k)
			}
		}
	}
}
