package scheduler

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"sheaf/internal/wire"
)

// A fakeWorker does what a worker promises to: it runs what it is given once the inputs are there, keeps values until they are freed,
// and answers everything. It complains when the scheduler breaks its side.
type fakeWorker struct {
	name      string
	number    uint32
	epoch     uint64
	peer      Peer
	threads   int
	resources map[string]float64
	executed  int

	inbox  []wire.Message // from the scheduler, not read yet
	outbox []wire.Message // to the scheduler, not delivered yet

	tasks   map[wire.ID]*fakeTask // by head, the last attempt
	order   []wire.ID
	values  map[wire.ID]int64
	freeing map[wire.ID]bool
	ended   map[wire.Attempt]wire.ID // attempts that ended well, and the values that they made
	known   map[wire.LayerID]*wire.Layer
	peers   map[uint32]bool
	where   map[wire.ID][]uint32
	paused  bool
	quit    bool
}

type fakeTask struct {
	wire.Task
	running  bool
	long     bool
	stopping bool
}

func newFakeWorker(name string, threads int) *fakeWorker {
	return &fakeWorker{
		name: name, threads: threads, tasks: map[wire.ID]*fakeTask{}, values: map[wire.ID]int64{}, freeing: map[wire.ID]bool{}, ended: map[wire.Attempt]wire.ID{},
		known: map[wire.LayerID]*wire.Layer{}, peers: map[uint32]bool{}, where: map[wire.ID][]uint32{}, resources: map[string]float64{},
	}
}

func (w *fakeWorker) say(m wire.Message) { w.outbox = append(w.outbox, m) }

// read takes one message of the scheduler's.
func (w *fakeWorker) read(m wire.Message) error {
	switch m := m.(type) {
	case *wire.Welcome:
		w.number, w.epoch = m.Number, m.Epoch
	case *wire.Peers:
		for _, p := range m.Workers {
			w.peers[p.Number] = !p.Gone
		}
	case *wire.Compute:
		return w.compute(m)
	case *wire.Steal:
		r := &wire.Returned{}
		for _, a := range m.Tasks {
			if t := w.tasks[a.ID]; t != nil && t.Attempt == a.Attempt && !t.running {
				r.Tasks = append(r.Tasks, a)
				w.end(a.ID)
			}
		}
		w.say(r)
	case *wire.Stop:
		for _, a := range m.Tasks {
			if t := w.tasks[a.ID]; t != nil && t.Attempt == a.Attempt {
				t.stopping = true
			} else if last, ok := w.ended[a]; ok {
				w.free(last) // it was too late
			}
		}
	case *wire.Free:
		for _, id := range m.IDs {
			w.free(id)
		}
	case *wire.Forget:
		for _, l := range m.Layers {
			if w.known[l] == nil {
				return fmt.Errorf("%s is to forget layer %s, which it does not know", w.name, l)
			}
			delete(w.known, l)
		}
	case *wire.Fetch:
		for _, p := range m.Values {
			for _, n := range p.Workers {
				if !w.knows(n) {
					return fmt.Errorf("%s is to fetch %s from worker %d, of which it was not told", w.name, p.ID, n)
				}
			}
			w.values[p.ID] = p.Bytes
			delete(w.freeing, p.ID)
			w.say(&wire.Holding{Values: []wire.Size{{ID: p.ID, Bytes: p.Bytes}}})
		}
	case *wire.Quit:
		w.quit = true
	}
	return nil
}

func (w *fakeWorker) knows(n uint32) bool { _, ok := w.peers[n]; return ok || n == w.number }

func (w *fakeWorker) compute(m *wire.Compute) error {
	for k := range m.Layers {
		l := m.Layers[k]
		if have := w.known[l.ID]; have != nil {
			have.Segments = append(have.Segments, l.Segments...)
			continue
		}
		if len(l.Space) == 0 && l.Name == "" {
			return fmt.Errorf("%s is given a part of layer %s, which it does not know", w.name, l.ID)
		}
		l.Segments = slices.Clone(l.Segments)
		w.known[l.ID] = &l
	}
	where := map[wire.ID]wire.Place{}
	for _, p := range m.Where {
		where[p.ID] = p
	}
	for _, t := range m.Tasks {
		if old := w.tasks[t.ID]; old != nil {
			if old.Attempt > t.Attempt {
				continue
			}
			if old.Attempt == t.Attempt {
				continue
			}
			if !old.stopping {
				return fmt.Errorf("%s is given attempt %d of %s while attempt %d runs", w.name, t.Attempt, t.ID, old.Attempt)
			}
			w.end(t.ID)
			w.say(&wire.Failed{ID: t.ID, Attempt: old.Attempt, Cause: wire.Failure{Sort: wire.SortCancelled, Message: "stopped"}})
		}
		for _, id := range append([]wire.ID{t.ID}, links(&t)...) {
			if err := w.taught(id); err != nil {
				return err
			}
		}
		for _, id := range t.Inputs {
			if _, ok := w.values[id]; ok {
				continue
			}
			p, ok := where[id]
			if !ok {
				return fmt.Errorf("%s is not told where input %s of %s is", w.name, id, t.ID)
			}
			for _, n := range p.Workers {
				if !w.knows(n) {
					return fmt.Errorf("%s is not told who worker %d is", w.name, n)
				}
			}
			w.where[id] = p.Workers
		}
		w.tasks[t.ID] = &fakeTask{Task: t}
		w.order = append(w.order, t.ID)
	}
	used := map[string]float64{}
	for _, t := range w.tasks {
		for _, r := range t.Options.Resources {
			used[r.Name] += r.Amount
		}
	}
	for name, n := range used {
		if n > w.resources[name] {
			return fmt.Errorf("%s has %g of %s and %g are needed at once", w.name, w.resources[name], name, n)
		}
	}
	return nil
}

func links(t *wire.Task) []wire.ID {
	var ids []wire.ID
	for _, l := range t.Links {
		ids = append(ids, l.ID)
	}
	return ids
}

func (w *fakeWorker) taught(id wire.ID) error {
	l := w.known[id.Layer]
	if l == nil {
		return fmt.Errorf("%s is given %s of a layer that it does not know", w.name, id)
	}
	if !slices.ContainsFunc(l.Segments, func(s wire.Segment) bool { return s.Lo <= id.Index && id.Index < s.Hi }) {
		return fmt.Errorf("%s is given %s of a segment that it does not know", w.name, id)
	}
	return nil
}

// end forgets a task, and frees what was kept for it.
func (w *fakeWorker) end(id wire.ID) {
	delete(w.tasks, id)
	w.order = slices.DeleteFunc(w.order, func(o wire.ID) bool { return o == id })
	for v := range w.freeing {
		if !w.uses(v) {
			delete(w.values, v)
			delete(w.freeing, v)
		}
	}
}

func (w *fakeWorker) uses(v wire.ID) bool {
	for _, t := range w.tasks {
		if !t.stopping && slices.Contains(t.Inputs, v) {
			return true
		}
	}
	return false
}

func (w *fakeWorker) free(id wire.ID) {
	if w.uses(id) {
		w.freeing[id] = true
		return
	}
	delete(w.values, id)
}

// startable returns the tasks that could start, in the order of arrival.
func (w *fakeWorker) startable() []wire.ID {
	running := 0
	for _, t := range w.tasks {
		if t.running && !t.long {
			running++
		}
	}
	var ids []wire.ID
	for _, id := range w.order {
		if t := w.tasks[id]; !t.running && running < w.threads && !w.paused {
			ids = append(ids, id)
		}
	}
	return ids
}

// running returns the tasks that run.
func (w *fakeWorker) runningTasks() []wire.ID {
	var ids []wire.ID
	for _, id := range w.order {
		if w.tasks[id].running {
			ids = append(ids, id)
		}
	}
	return ids
}

// begin starts a task, after fetching its inputs from the world's other workers; it says which are missing.
func (w *fakeWorker) begin(id wire.ID, has func(worker uint32, v wire.ID) bool) {
	t := w.tasks[id]
	missing := &wire.Missing{Reason: "gone"}
	got := &wire.Holding{}
	for _, in := range t.Inputs {
		if _, ok := w.values[in]; ok {
			continue
		}
		found := false
		for _, o := range w.where[in] {
			if found = has(o, in); found {
				break
			}
		}
		if found {
			w.values[in] = 8
			got.Values = append(got.Values, wire.Size{ID: in, Bytes: 8})
		} else {
			missing.Values = append(missing.Values, wire.Place{ID: in, Workers: w.where[in]})
		}
	}
	if len(got.Values) > 0 {
		w.say(got)
	}
	if len(missing.Values) > 0 {
		w.say(missing)
		return
	}
	t.running = true
}

// finish ends a running task.
func (w *fakeWorker) finish(id wire.ID, failure *wire.Failure, again bool) {
	t := w.tasks[id]
	switch {
	case t.stopping:
		w.say(&wire.Failed{ID: id, Attempt: t.Attempt, Cause: wire.Failure{Sort: wire.SortCancelled, Message: "stopped"}})
	case failure != nil || again:
		m := &wire.Failed{ID: id, Attempt: t.Attempt, Again: again}
		if failure != nil {
			m.Cause = *failure
		}
		w.say(m)
	default:
		w.values[t.Last()] = 8
		delete(w.freeing, t.Last())
		w.executed++
		w.ended[wire.Attempt{ID: id, Attempt: t.Attempt}] = t.Last()
		w.say(&wire.Done{Tasks: []wire.DoneTask{{ID: id, Attempt: t.Attempt, Bytes: 8, Nanos: int64(time.Millisecond)}}})
	}
	w.end(id)
}

// holds lists the values of the worker, for its next hello.
func (w *fakeWorker) holds() []wire.Size {
	var vs []wire.Size
	for _, id := range slices.SortedFunc(maps.Keys(w.values), wire.ID.Compare) {
		vs = append(vs, wire.Size{ID: id, Bytes: w.values[id]})
	}
	return vs
}
