package scheduler

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sheaf/graph"
	"sheaf/internal/wire"
)

// A walk is a random history of a cluster: clients that submit, claim, release and cancel, and workers that join, run, fail,
// pause, retire and die, with every message delayed at will.
type walk struct {
	t       *rapid.T
	s       *Scheduler
	now     time.Duration
	in      []In
	log     []string
	workers []*fakeWorker // live ones
	lost    []*fakeWorker // cut off, may come back
	clients []*fakeClient
	serial  int
	layers  uint64
	steps   []walkStep
}

// walkStep is what a scheduler was told in one step.
type walkStep struct {
	now time.Duration
	in  []In
}

type fakeClient struct {
	number uint32
	peer   Peer
	claims map[wire.ID]int
	done   map[wire.ID]bool
	erred  map[wire.ID]string
	req    uint64
}

func (w *walk) n(lo, hi int, what string) int { return rapid.IntRange(lo, hi).Draw(w.t, what) }

func (w *walk) say(p Peer, m wire.Message) { w.in = append(w.in, In{From: p, Msg: m}) }

func (w *walk) fail(format string, args ...any) {
	w.t.Fatalf("%s\nhistory:\n%s\n%s", fmt.Sprintf(format, args...), strings.Join(w.log[max(0, len(w.log)-60):], "\n"), w.s.text())
}

func (w *walk) step() {
	w.now += time.Millisecond
	effects := w.s.Step(w.now, w.in)
	w.steps = append(w.steps, walkStep{w.now, w.in})
	w.in = nil
	if err := w.s.Check(); err != nil {
		w.fail("%v", err)
	}
	for _, e := range effects {
		switch e := e.(type) {
		case *Send:
			w.deliver(e.To, e.Msg)
		case *Drop:
			w.workers = slices.DeleteFunc(w.workers, func(f *fakeWorker) bool {
				if f.peer == e.Peer {
					w.lost = append(w.lost, f)
				}
				return f.peer == e.Peer
			})
		}
	}
}

func (w *walk) deliver(to Peer, m wire.Message) {
	for _, f := range w.workers {
		if f.peer == to {
			f.inbox = append(f.inbox, m)
			return
		}
	}
	for _, c := range w.clients {
		if c.peer == to {
			w.tell(c, m)
		}
	}
}

func (w *walk) tell(c *fakeClient, m wire.Message) {
	switch m := m.(type) {
	case *wire.Welcome:
		c.number = m.Number
	case *wire.Finished:
		for _, v := range m.Values {
			c.done[v.ID] = true
			delete(c.erred, v.ID)
		}
	case *wire.Erred:
		for _, id := range m.IDs {
			c.erred[id] = m.Cause.Message
			delete(c.done, id)
		}
	case *wire.Admitted:
		if m.Err != "" && !strings.Contains(m.Err, "released") {
			w.fail("not admitted: %s", m.Err)
		}
	}
}

func (w *walk) addWorker(again *fakeWorker) {
	w.serial++
	f := again
	if f == nil {
		f = newFakeWorker(fmt.Sprint("w", w.serial), w.n(1, 3, "threads"))
		f.resources["GPU"] = float64(w.n(0, 2, "GPU"))
	}
	f.peer = Peer(fmt.Sprintf("%s#%d", f.name, w.serial))
	h := &wire.WorkerHello{Version: wire.Version, Name: f.name, Host: f.name, Threads: f.threads, Executable: "exe", Was: f.number, Holds: f.holds()}
	if f.resources["GPU"] > 0 {
		h.Resources = []wire.Resource{{Name: "GPU", Amount: f.resources["GPU"]}}
	}
	f.inbox, f.outbox = nil, nil
	f.tasks, f.order, f.known, f.peers = map[wire.ID]*fakeTask{}, nil, map[wire.LayerID]*wire.Layer{}, map[uint32]bool{}
	f.freeing, f.paused = map[wire.ID]bool{}, false
	w.workers = append(w.workers, f)
	w.say(f.peer, h)
}

func (w *walk) addClient() {
	w.serial++
	c := &fakeClient{peer: Peer(fmt.Sprint("c#", w.serial)), claims: map[wire.ID]int{}, done: map[wire.ID]bool{}, erred: map[wire.ID]string{}}
	w.clients = append(w.clients, c)
	w.say(c.peer, &wire.ClientHello{Version: wire.Version, Name: string(c.peer), Executable: "exe"})
	w.step()
}

// submit sends a random graph. Tasks are named by their place in one large imaginary graph, so that graphs share some.
func (w *walk) submit(c *fakeClient) {
	w.layers++
	c.req++
	list := wire.Layer{ID: wire.NewLayerID(c.number, w.layers), Kind: wire.LayerList, Name: "list", Token: tokenOf("list", c.number, w.layers), OutBytes: -1}
	list.Content = list.Token
	list.Edges = []wire.Edge{{}}
	list.Names = []string{"t"}
	seg := wire.Segment{Start: []int32{0}}
	place := map[int]int32{}
	var add func(k int) int32
	add = func(k int) int32 {
		if at, ok := place[k]; ok {
			return at
		}
		var refs []graph.Ref
		for _, d := range imagined(k) {
			refs = append(refs, graph.Ref{Edge: graph.Self, Index: add(d)})
		}
		at := int32(len(seg.Keys))
		place[k] = at
		seg.Keys = append(seg.Keys, tokenOf("task", k))
		seg.Inputs = append(seg.Inputs, refs...)
		seg.Start = append(seg.Start, int32(len(seg.Inputs)))
		seg.NameOf, seg.Source = append(seg.NameOf, 0), append(seg.Source, 0)
		return at
	}
	out := wire.Output{Layer: list.ID}
	for range w.n(1, 3, "outputs") {
		at := add(w.n(0, 30, "output"))
		if !slices.Contains(out.Index, at) {
			out.Index = append(out.Index, at)
		}
	}
	seg.Hi = int32(len(seg.Keys))
	list.Segments, list.Space = []wire.Segment{seg}, []int{len(seg.Keys)}
	m := &wire.Submit{Request: c.req, Graph: wire.Graph{Layers: []wire.Layer{list}, Outputs: []wire.Output{out}}}
	m.Options.Retries = int32(w.n(0, 1, "retries"))
	m.Options.KeepGoing = w.n(0, 1, "keep") == 1
	m.Options.Priority = int32(w.n(0, 1, "priority"))
	if w.n(0, 4, "needs") == 0 {
		m.Options.Resources = []wire.Resource{{Name: "GPU", Amount: 1}}
	}
	if w.n(0, 4, "copies") == 0 {
		m.Options.Replicas = 2
	}
	if len(w.workers) > 0 && w.n(0, 2, "wish") == 0 {
		m.Options.Workers, m.Options.AllowOther = []string{w.workers[w.n(0, len(w.workers)-1, "wished")].name}, true
	}
	m.Options.ExcludeHost = w.n(0, 1, "exclude") == 1
	if w.n(0, 5, "external") == 0 {
		w.external(c, m, out)
	}
	w.say(c.peer, m)
	for _, o := range m.Graph.Outputs {
		for _, k := range o.Index {
			c.claims[wire.ID{Layer: o.Layer, Index: k}]++
		}
	}
}

// external adds a layer to a graph whose tasks need values that the client claims.
func (w *walk) external(c *fakeClient, m *wire.Submit, out wire.Output) {
	ids := slices.SortedFunc(maps.Keys(c.claims), wire.ID.Compare)
	if len(ids) == 0 {
		return
	}
	w.layers++
	ext := wire.Layer{ID: wire.NewLayerID(c.number, w.layers), Kind: wire.LayerExternal, Name: "ext", Token: tokenOf("ext", c.number, w.layers), Space: []int{1}}
	ext.Content = ext.Token
	ext.External = []wire.ID{ids[w.n(0, len(ids)-1, "value")]}
	w.layers++
	use := wire.Layer{
		ID: wire.NewLayerID(c.number, w.layers), Kind: wire.LayerOps, Name: "use", Token: tokenOf("use", c.number, w.layers), Space: []int{3}, OutBytes: 8,
		Edges:    []wire.Edge{{From: ext.ID, Map: graph.All{N: 1}}, {From: m.Graph.Layers[0].ID, Map: graph.All{N: m.Graph.Layers[0].Space[0]}}},
		Segments: []wire.Segment{{Hi: 3, Bytes: []byte("op")}},
	}
	use.Content = use.Token
	m.Graph.Layers = append(m.Graph.Layers, ext, use)
	m.Graph.Outputs = append(m.Graph.Outputs, wire.Output{Layer: use.ID, Index: []int32{0, 2}})
	_ = out
}

// imagined returns the inputs of task k of the imaginary graph.
func imagined(k int) []int {
	switch {
	case k < 6:
		return nil
	case k%5 == 0:
		return []int{k - 1}
	case k%7 == 0:
		return []int{k / 2, k / 2, k / 3}
	}
	return []int{k - 6, k / 2}
}

// act does one random thing.
func (w *walk) act() {
	what := w.n(0, 27, "what")
	switch {
	case what <= 2:
		w.submit(w.clients[w.n(0, len(w.clients)-1, "client")])
	case what <= 15 && len(w.workers) > 0:
		w.work(w.workers[w.n(0, len(w.workers)-1, "worker")])
	case what == 16 && len(w.workers) < 4:
		w.addWorker(nil)
	case what == 17 && len(w.lost) > 0 && len(w.workers) < 4:
		f := w.lost[0]
		w.lost = w.lost[1:]
		w.log = append(w.log, f.name+" comes back")
		w.addWorker(f)
	case what == 18 && len(w.workers) > 0:
		w.lose(w.n(0, len(w.workers)-1, "lost"))
	case what <= 21:
		w.claims(w.clients[w.n(0, len(w.clients)-1, "client")])
	case what == 22:
		w.now += time.Duration(w.n(1, 2000, "pause")) * time.Millisecond
		for _, f := range w.workers { // nobody is silent
			w.say(f.peer, &wire.Heartbeat{Status: statusOf(f)})
		}
	case what == 23 && len(w.workers) > 0:
		f := w.workers[w.n(0, len(w.workers)-1, "paused")]
		f.paused = !f.paused
		f.say(&wire.Heartbeat{Status: statusOf(f), Reason: "memory"})
	case what == 24 && len(w.workers) > 1:
		c := w.clients[w.n(0, len(w.clients)-1, "client")]
		c.req++
		f := w.workers[w.n(0, len(w.workers)-1, "retired")]
		w.log = append(w.log, "retire "+f.name)
		w.say(c.peer, &wire.Call{Request: c.req, Body: &wire.Retire{Workers: []string{f.name}, WithinMS: 3000}})
	case what == 25:
		c := w.clients[w.n(0, len(w.clients)-1, "client")]
		c.req++
		w.say(c.peer, &wire.Call{Request: c.req, Body: &wire.Rebalance{}})
	}
}

func statusOf(f *fakeWorker) wire.Status {
	if f.paused {
		return wire.StatusPaused
	}
	return wire.StatusRunning
}

func (w *walk) lose(k int) {
	f := w.workers[k]
	w.log = append(w.log, "lose "+f.name)
	w.workers = slices.Delete(w.workers, k, k+1)
	if w.n(0, 1, "process") == 0 {
		w.lost = append(w.lost, f)
	}
	w.say(f.peer, &wire.Gone{Reason: "cut"})
}

// claims lets a client claim what another one has, release or cancel.
func (w *walk) claims(c *fakeClient) {
	other := w.clients[w.n(0, len(w.clients)-1, "other")]
	ids := slices.SortedFunc(maps.Keys(other.claims), wire.ID.Compare)
	if len(ids) == 0 {
		return
	}
	id := ids[w.n(0, len(ids)-1, "id")]
	w.log = append(w.log, fmt.Sprintf("client %d has a wish for %s", c.number, id))
	switch w.n(0, 4, "wish") {
	case 0:
		c.claims[id]++
		w.say(c.peer, &wire.Claim{IDs: []wire.ID{id}})
	case 1:
		w.forget(other, id)
		w.say(other.peer, &wire.Cancel{IDs: []wire.ID{id}, Force: w.n(0, 3, "force") == 0})
		for _, o := range w.clients {
			if o != other && o.claims[id] > 0 { // it will be told, or not: a force may hit it
				continue
			}
		}
	case 2:
		w.say(other.peer, &wire.Retry{IDs: []wire.ID{id}})
	default:
		if other.claims[id]--; other.claims[id] == 0 {
			w.forget(other, id)
		}
		w.say(other.peer, &wire.Release{IDs: []wire.ID{id}})
	}
}

func (w *walk) forget(c *fakeClient, id wire.ID) {
	delete(c.claims, id)
	delete(c.done, id)
	delete(c.erred, id)
}

// work lets a worker do one thing: read, speak, start or end a task.
func (w *walk) work(f *fakeWorker) {
	switch k := w.n(0, 9, "work"); {
	case k <= 3 && len(f.inbox) > 0:
		m := f.inbox[0]
		f.inbox = f.inbox[1:]
		w.log = append(w.log, fmt.Sprintf("%s reads %T %v", f.name, m, m))
		if err := f.read(m); err != nil {
			w.fail("%v", err)
		}
		if f.quit {
			w.log = append(w.log, f.name+" quits")
			w.workers = slices.DeleteFunc(w.workers, func(o *fakeWorker) bool { return o == f })
			w.say(f.peer, &wire.Bye{})
		}
	case k <= 6 && len(f.outbox) > 0:
		m := f.outbox[0]
		f.outbox = f.outbox[1:]
		w.log = append(w.log, fmt.Sprintf("%s says %T %v", f.name, m, m))
		w.say(f.peer, m)
	case k <= 7:
		if ids := f.startable(); len(ids) > 0 {
			w.begin(f, ids[0])
		}
	default:
		if ids := f.runningTasks(); len(ids) > 0 {
			w.end(f, ids[w.n(0, len(ids)-1, "task")])
		}
	}
}

func (w *walk) begin(f *fakeWorker, id wire.ID) {
	f.begin(id, func(n uint32, v wire.ID) bool {
		for _, o := range w.workers {
			if _, ok := o.values[v]; ok && o.number == n {
				return true
			}
		}
		return false
	})
}

func (w *walk) end(f *fakeWorker, id wire.ID) {
	switch w.n(0, 19, "end") {
	case 0:
		f.finish(id, &wire.Failure{Sort: wire.SortUser, Message: "boom"}, false)
	case 1:
		f.finish(id, nil, true)
	case 2, 3:
		if t := f.tasks[id]; !t.stopping {
			t.long = !t.long
			f.say(&wire.LongRunning{Task: wire.Attempt{ID: id, Attempt: t.Attempt}, Back: !t.long})
		}
	case 4:
		f.say(&wire.Started{Tasks: []wire.Attempt{{ID: id, Attempt: f.tasks[id].Attempt}}})
	default:
		f.finish(id, nil, false)
	}
}

// settle lets everything come to an end, without further faults.
func (w *walk) settle() {
	for _, f := range w.workers {
		f.paused = false
	}
	for range 400 {
		w.now += 20 * time.Millisecond
		if !slices.ContainsFunc(w.workers, func(f *fakeWorker) bool { return f.resources["GPU"] > 0 }) {
			w.serial++
			f := newFakeWorker(fmt.Sprint("last", w.serial), 2)
			f.resources["GPU"] = 2
			w.addWorker(f)
		}
		for _, f := range slices.Clone(w.workers) {
			w.say(f.peer, &wire.Heartbeat{Status: wire.StatusRunning})
			for len(f.inbox) > 0 && !f.quit {
				m := f.inbox[0]
				f.inbox = f.inbox[1:]
				w.log = append(w.log, fmt.Sprintf("%s reads %T %v", f.name, m, m))
				if err := f.read(m); err != nil {
					w.fail("%v", err)
				}
			}
			for _, id := range f.startable() {
				if len(f.startable()) > 0 {
					w.begin(f, id)
				}
			}
			for _, id := range f.runningTasks() {
				f.finish(id, nil, false)
			}
			for _, m := range f.outbox {
				w.log = append(w.log, fmt.Sprintf("%s says %T %v", f.name, m, m))
				w.say(f.peer, m)
			}
			f.outbox = nil
			if f.quit {
				w.workers = slices.DeleteFunc(w.workers, func(o *fakeWorker) bool { return o == f })
				w.say(f.peer, &wire.Bye{})
			}
		}
		w.step()
		if w.calm() {
			return
		}
	}
	w.fail("it does not come to an end")
}

func (w *walk) calm() bool {
	for _, f := range w.workers {
		if len(f.inbox)+len(f.outbox)+len(f.tasks) > 0 {
			return false
		}
	}
	for _, r := range w.s.runs {
		if r != nil && r.left > 0 {
			return false
		}
	}
	return len(w.s.retired) == 0
}

// replay tells another scheduler the same, and compares what became of it.
func (w *walk) replay() {
	again := New(w.s.conf)
	for _, st := range w.steps {
		again.Step(st.now, st.in)
	}
	if a, b := w.s.Hash(), again.Hash(); a != b {
		w.fail("the same told again leads to another state: %x and %x\n%s", a, b, again.text())
	}
}

// TestWalk: whatever happens, in the end every claim has its value or its error, and when all are released nothing is left. The
// same inputs lead to the same state.
func TestWalk(t *testing.T) {
	defer func(n int) { tableMin = n }(tableMin)
	rapid.Check(t, func(t *rapid.T) {
		tableMin = rapid.SampledFrom([]int{1, 4, 1024}).Draw(t, "table")
		conf := Config{AllowedFailures: 100}
		if rapid.Bool().Draw(t, "busy") { // looks around, also for copies to let go, in almost every step
			conf.Heartbeat, conf.Reduce = 2*time.Millisecond, time.Millisecond
		}
		w := &walk{t: t, s: New(conf)}
		for range w.n(1, 3, "clients") {
			w.addClient()
		}
		for range w.n(0, 3, "workers") {
			w.addWorker(nil)
		}
		for range w.n(5, 150, "events") {
			w.act()
			if w.n(0, 2, "step") > 0 {
				w.step()
			}
		}
		w.settle()
		w.replay()
		for _, c := range w.clients {
			for _, id := range slices.SortedFunc(maps.Keys(c.claims), wire.ID.Compare) {
				if !c.done[id] && c.erred[id] == "" {
					w.fail("client %d claims %s and was told nothing of it", c.number, id)
				}
			}
		}
		for _, c := range w.clients {
			for _, id := range slices.SortedFunc(maps.Keys(c.claims), wire.ID.Compare) {
				for range c.claims[id] {
					w.say(c.peer, &wire.Release{IDs: []wire.ID{id}})
				}
			}
		}
		w.step()
		w.settle()
		h := theatre{s: w.s}
		if left := h.left(); left != "" {
			w.fail("left over: %s", left)
		}
		for _, f := range w.workers {
			if len(f.values)+len(f.known) > 0 {
				w.fail("worker %s keeps %v and %d layers", f.name, f.holds(), len(f.known))
			}
		}
	})
}
