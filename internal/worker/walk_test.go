package worker

import (
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sheaf/internal/wire"
)

// TestRandomWalks drives two equal workers through anything that may happen, in any order, and a body that does what they say.
// All invariants hold after each step, both do the same, and in the end, when all is stopped and freed, nothing is left.
func TestRandomWalks(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c := Config{
			Hello:    wire.WorkerHello{Name: "w", Threads: rapid.IntRange(1, 3).Draw(rt, "threads"), MemoryBytes: 1000},
			Requests: 3, RequestIDs: 3, RequestBytes: 100, FlightBytes: 150, ErredMax: 5, Ahead: -1,
		}
		if rapid.Bool().Draw(rt, "ahead") {
			c.Ahead = 100 * time.Microsecond
		}
		m := &model{
			t: rt, w: New(c), twin: New(c), store: map[wire.ID]bool{}, running: map[wire.Attempt]*execution{}, attempts: map[wire.ID]uint32{},
			open: map[wire.Attempt]wire.Task{}, stopped: map[wire.Attempt]bool{},
		}
		m.step(&Opened{})
		m.step(&FromScheduler{Msg: &wire.Welcome{Number: 1, Epoch: 1, HeartbeatMS: 1000}})
		m.number, m.epoch = 1, 1
		for range rapid.IntRange(1, 120).Draw(rt, "steps") {
			m.now += time.Duration(rapid.IntRange(0, 30).Draw(rt, "pause")) * time.Millisecond
			m.random()
		}
		m.finish()
	})
}

const letters = 12

// printWalk prints what happens: WALK=1 go test -run Walks -rapid.seed=…
var printWalk = os.Getenv("WALK") != ""

type model struct {
	t        *rapid.T
	w, twin  *Worker
	now      time.Duration
	number   uint32
	epoch    uint64
	store    map[wire.ID]bool
	running  map[wire.Attempt]*execution
	order    []wire.Attempt // keys of running
	fetches  []*Fetch
	attempts map[wire.ID]uint32
	lost     bool
	open     map[wire.Attempt]wire.Task // dispatched and not answered
	stopped  map[wire.Attempt]bool      // of open
}

type execution struct {
	task wire.Task
	long bool
}

func (m *model) id() wire.ID {
	return wire.ID{Layer: 7, Index: int32(rapid.IntRange(0, letters-1).Draw(m.t, "id"))}
}

func (m *model) place(id wire.ID) wire.Place {
	p := wire.Place{ID: id, Bytes: int64(rapid.IntRange(0, 200).Draw(m.t, "bytes"))}
	for range rapid.IntRange(0, 3).Draw(m.t, "holders") {
		p.Workers = append(p.Workers, uint32(rapid.IntRange(1, 5).Draw(m.t, "holder")))
	}
	return p
}

// step lets both workers take the same, checks them, and performs the effects.
func (m *model) step(in ...In) {
	told := map[any]bool{}
	for _, i := range in {
		switch i := i.(type) {
		case *Executed:
			if i.Err == nil {
				told[wire.Attempt{ID: i.ID, Attempt: i.Attempt}] = true
			}
		case *Fetched:
			for _, s := range i.Values {
				told[s.ID] = true
			}
		case *Stored:
			for _, s := range i.Values {
				m.store[s.ID] = true
			}
		case *Unstarted:
			for _, id := range i.Damaged {
				delete(m.store, id)
			}
		}
	}
	effects := m.w.Step(m.now, in)
	if printWalk {
		for _, i := range in {
			if f, ok := i.(*FromScheduler); ok {
				fmt.Printf("%T %+v\n", f.Msg, f.Msg)
			} else {
				fmt.Printf("%T %+v\n", i, i)
			}
		}
		for _, e := range effects {
			fmt.Println("   ", sayEffect(e))
		}
	}
	other := m.twin.Step(m.now, in)
	if len(effects) != len(other) || m.w.Hash() != m.twin.Hash() {
		m.t.Fatalf("two runs of the same story differ: %v, %v", effects, other)
	}
	for i := range effects {
		if !reflect.DeepEqual(effects[i], other[i]) {
			m.t.Fatalf("two runs of the same story differ: %v, %v", effects[i], other[i])
		}
	}
	if err := m.w.Check(); err != nil {
		m.t.Fatalf("%v\nafter %v\n%s", err, in, m.w.Dump())
	}
	for _, e := range effects {
		m.perform(e, told)
	}
	for id, v := range m.w.values {
		if (v.state == Held) != m.store[id] {
			m.t.Fatalf("value %v is %v, in the store: %t", id, v.state, m.store[id])
		}
	}
	for id := range m.store {
		if m.w.values[id] == nil {
			m.t.Fatalf("value %v was left in the store", id)
		}
	}
	if next := m.w.Next(); next <= m.now && next != Never {
		m.t.Fatalf("at %v the next step is to be at %v", m.now, next)
	}
}

func (m *model) perform(e Effect, told map[any]bool) {
	switch e := e.(type) {
	case *Execute:
		a := wire.Attempt{ID: e.Task.ID, Attempt: e.Task.Attempt}
		if m.running[a] != nil {
			m.t.Fatalf("%v was started twice", a)
		}
		for _, in := range e.Task.Inputs {
			if !m.store[in] && !m.store[in.Whole()] {
				m.t.Fatalf("%v was started without input %v", a, in)
			}
		}
		m.running[a] = &execution{task: e.Task}
		m.order = append(m.order, a)
		if n := len(m.running); m.w.conf.Ahead < 0 && m.w.busy > m.w.conf.Hello.Threads+m.resumedCount() {
			m.t.Fatalf("%d tasks run on %d threads", n, m.w.conf.Hello.Threads)
		}
	case *Keep:
		if e.Task != (wire.Attempt{}) && !told[e.Task] || e.Task == (wire.Attempt{}) && !told[e.ID] {
			m.t.Fatalf("%v is to be kept, of which nobody spoke", e)
		}
		m.store[e.ID] = true
	case *Free:
		for _, id := range e.IDs {
			if !m.store[id] {
				m.t.Fatalf("%v is freed and not here", id)
			}
			delete(m.store, id)
		}
	case *Interrupt:
		if m.running[e.Task] == nil {
			m.t.Fatalf("%v is interrupted and does not run", e.Task)
		}
	case *Fetch:
		m.fetches = append(m.fetches, &Fetch{Worker: e.Worker, IDs: slices.Clone(e.IDs)})
	case *Send:
		if _, ok := e.Msg.(*wire.WorkerHello); !ok && m.lost {
			m.t.Fatalf("%T is sent without a session", e.Msg)
		}
		m.answered(e.Msg)
	}
}

// answered notes the end of attempts.
func (m *model) answered(msg wire.Message) {
	end := func(a wire.Attempt) {
		delete(m.open, a)
		delete(m.stopped, a)
	}
	switch msg := msg.(type) {
	case *wire.Done:
		for _, d := range msg.Tasks {
			end(wire.Attempt{ID: d.ID, Attempt: d.Attempt})
		}
	case *wire.Failed:
		end(wire.Attempt{ID: msg.ID, Attempt: msg.Attempt})
	case *wire.Returned:
		for _, a := range msg.Tasks {
			end(a)
		}
	}
}

// resumedCount is how many tasks may run beyond the threads, because they were long-running for a while.
func (m *model) resumedCount() int { return len(m.running) }

func (m *model) random() {
	switch rapid.IntRange(0, 16).Draw(m.t, "what") {
	case 0, 1, 2, 3:
		m.compute()
	case 4, 5, 6:
		m.end()
	case 7, 8:
		m.answerFetch()
	case 9:
		m.step(&FromScheduler{Msg: &wire.Free{IDs: []wire.ID{m.id(), m.id()}}})
	case 10:
		m.changeMind()
	case 11:
		m.step(&FromScheduler{Msg: &wire.Fetch{Values: []wire.Place{m.place(m.id())}}})
	case 12:
		m.blockOrStick()
	case 13:
		m.session()
	case 14:
		m.memory()
	case 15:
		part := m.id()
		part.Part = 1
		m.step(&FromScheduler{Msg: &wire.Compute{Where: []wire.Place{m.place(m.id()), m.place(part)}}})
	case 16:
		if len(m.fetches) > 0 {
			f := rapid.SampledFrom(m.fetches).Draw(m.t, "silent")
			m.step(&Unanswered{Worker: f.Worker, IDs: slices.Clone(f.IDs)})
		}
	}
}

func (m *model) compute() {
	c := &wire.Compute{}
	for range rapid.IntRange(1, 4).Draw(m.t, "tasks") {
		t := wire.Task{ID: m.id(), Priority: wire.Priority{Order: int32(rapid.IntRange(0, 5).Draw(m.t, "order"))}}
		if rapid.IntRange(0, 4).Draw(m.t, "again") > 0 || m.attempts[t.ID] == 0 {
			m.attempts[t.ID]++
		}
		t.Attempt = m.attempts[t.ID]
		for range rapid.IntRange(0, 3).Draw(m.t, "inputs") {
			if in := m.id(); in != t.ID {
				in.Part = int32(max(0, rapid.IntRange(-2, 2).Draw(m.t, "part")))
				t.Inputs = append(t.Inputs, in)
				if rapid.IntRange(0, 3).Draw(m.t, "known") > 0 {
					c.Where = append(c.Where, m.place(in))
				}
			}
		}
		if rapid.IntRange(0, 3).Draw(m.t, "chain") == 0 {
			t.Links = []wire.Link{{ID: m.id()}}
		}
		c.Tasks = append(c.Tasks, t)
		if a := (wire.Attempt{ID: t.ID, Attempt: t.Attempt}); !m.lost && !m.stopped[a] {
			m.open[a] = t
			for b := range m.open {
				if b.ID == a.ID && b.Attempt < a.Attempt {
					m.stopped[b] = true
				}
			}
		}
	}
	m.step(&FromScheduler{Msg: c})
}

func (m *model) pick() (wire.Attempt, *execution) {
	if len(m.order) == 0 {
		return wire.Attempt{}, nil
	}
	a := rapid.SampledFrom(m.order).Draw(m.t, "running")
	return a, m.running[a]
}

func (m *model) end() {
	a, x := m.pick()
	if x == nil {
		return
	}
	delete(m.running, a)
	m.order = slices.DeleteFunc(m.order, func(b wire.Attempt) bool { return a == b })
	switch rapid.IntRange(0, 5).Draw(m.t, "how") {
	case 0:
		m.step(&Executed{ID: a.ID, Attempt: a.Attempt, Err: &wire.Failure{Message: "boom"}})
	case 1:
		u := &Unstarted{Tasks: []wire.Attempt{a}}
		if len(x.task.Inputs) > 0 && m.store[x.task.Inputs[0]] && rapid.Bool().Draw(m.t, "damaged") {
			u.Damaged = x.task.Inputs[:1]
		}
		m.step(u)
	default:
		nanos := rapid.SampledFrom([]int64{1e3, 30e3, 1e6}).Draw(m.t, "nanos")
		m.step(&Executed{ID: a.ID, Attempt: a.Attempt, Bytes: 10, Nanos: nanos})
	}
}

func (m *model) answerFetch() {
	if len(m.fetches) == 0 {
		return
	}
	k := rapid.IntRange(0, len(m.fetches)-1).Draw(m.t, "fetch")
	f := m.fetches[k]
	n := rapid.IntRange(1, len(f.IDs)).Draw(m.t, "of it")
	ids := f.IDs[:n]
	if f.IDs = f.IDs[n:]; len(f.IDs) == 0 {
		m.fetches = slices.Delete(m.fetches, k, k+1)
	}
	if rapid.IntRange(0, 2).Draw(m.t, "fails") == 0 {
		m.step(&FetchFailed{Worker: f.Worker, IDs: ids, Reason: "no", Gone: rapid.Bool().Draw(m.t, "gone")})
		return
	}
	got := &Fetched{Worker: f.Worker}
	for _, id := range ids {
		got.Values = append(got.Values, wire.Size{ID: id, Bytes: 5})
	}
	m.step(got)
}

// changeMind stops and steals tasks, known and unknown ones.
func (m *model) changeMind() {
	id := m.id()
	as := []wire.Attempt{{ID: id, Attempt: m.attempts[id]}, {ID: m.id(), Attempt: 1}}
	if rapid.Bool().Draw(m.t, "steal") {
		m.step(&FromScheduler{Msg: &wire.Steal{Tasks: as}})
		return
	}
	for _, a := range as {
		if _, ok := m.open[a]; ok {
			m.stopped[a] = true
		}
	}
	m.step(&FromScheduler{Msg: &wire.Stop{Tasks: as, Reason: "why not"}})
}

func (m *model) blockOrStick() {
	a, x := m.pick()
	switch {
	case x == nil:
	case rapid.IntRange(0, 4).Draw(m.t, "stuck") == 0:
		m.step(&Stuck{Task: a, Err: &wire.Failure{Message: "stuck"}})
	case x.long:
		x.long = false
		m.step(&Resumed{Task: a})
	default:
		x.long = true
		m.step(&Blocked{Task: a})
	}
}

func (m *model) session() {
	switch rapid.IntRange(0, 5).Draw(m.t, "session") {
	case 0:
		m.lost = true
		m.step(&Lost{})
	case 1:
		if m.lost {
			m.welcome(m.number, m.epoch)
		}
	case 2:
		m.welcome(m.number+1, m.epoch)
	case 3:
		m.welcome(1, m.epoch+1)
		clear(m.attempts)
	case 4:
		m.step(&FromScheduler{Msg: &wire.Peers{Workers: []wire.Peer{{Number: uint32(rapid.IntRange(2, 5).Draw(m.t, "peer")), Gone: true}}}})
	case 5:
		id := m.id()
		if !m.store[id] {
			m.step(&Stored{Values: []wire.Size{{ID: id, Bytes: 3}}})
		}
	}
}

func (m *model) welcome(number uint32, epoch uint64) {
	same := number == m.number && epoch == m.epoch
	if !same {
		clear(m.open)
		clear(m.stopped)
	}
	m.step(&Opened{})
	m.lost, m.number, m.epoch = false, number, epoch
	m.step(&FromScheduler{Msg: &wire.Welcome{Number: number, Epoch: epoch, HeartbeatMS: 1000}})
	if !same {
		return
	}
	// As the scheduler does: everything that it waits for is said again.
	c, stop := &wire.Compute{}, &wire.Stop{}
	for a, t := range m.open {
		if m.stopped[a] {
			stop.Tasks = append(stop.Tasks, a)
		} else {
			c.Tasks = append(c.Tasks, t)
		}
	}
	slices.SortFunc(c.Tasks, func(a, b wire.Task) int { return a.ID.Compare(b.ID) })
	slices.SortFunc(stop.Tasks, compareAttempts)
	m.step(&FromScheduler{Msg: c}, &FromScheduler{Msg: &wire.Steal{Tasks: stop.Tasks}}, &FromScheduler{Msg: stop})
}

func (m *model) memory() {
	g := &Memory{Limit: 1000, Used: int64(rapid.IntRange(0, 1000).Draw(m.t, "used"))}
	if rapid.IntRange(0, 3).Draw(m.t, "full") == 0 {
		g.Full = "no space"
	}
	m.step(g)
}

// finish ends everything and wants nothing to be left.
func (m *model) finish() {
	if m.lost {
		m.welcome(m.number, m.epoch)
	}
	m.step(&Memory{Limit: 1000})
	var all []wire.Attempt
	var ids []wire.ID
	for i := range letters {
		id := wire.ID{Layer: 7, Index: int32(i)}
		ids = append(ids, id)
		for a := uint32(0); a <= m.attempts[id]; a++ {
			all = append(all, wire.Attempt{ID: id, Attempt: a})
		}
	}
	for a := range m.open {
		m.stopped[a] = true
	}
	m.step(&FromScheduler{Msg: &wire.Stop{Tasks: all}})
	for len(m.order) > 0 {
		a := m.order[0]
		delete(m.running, a)
		m.order = m.order[1:]
		m.step(&Executed{ID: a.ID, Attempt: a.Attempt, Bytes: 1})
	}
	for len(m.fetches) > 0 {
		f := m.fetches[0]
		m.fetches = m.fetches[1:]
		m.step(&FetchFailed{Worker: f.Worker, IDs: f.IDs})
	}
	m.step(&FromScheduler{Msg: &wire.Free{IDs: ids}})
	if len(m.open) > 0 {
		m.t.Fatalf("attempts were not answered: %v", m.open)
	}
	w := m.w
	for _, p := range w.peers {
		if len(p.late) > 0 || p.requests > 0 {
			m.t.Fatalf("%d requests to peer %d are left, %d values late", p.requests, p.number, len(p.late))
		}
	}
	if n := len(w.tasks) + len(w.loose) + len(w.values) + len(w.flight) + len(w.parts) + len(w.chained) + len(w.delayed) + w.busy + w.long + w.waiting + w.stored + w.requests + len(m.store); n > 0 || w.inFlight != 0 {
		m.t.Fatalf("something is left: %s, store %v", w.Dump(), slices.Collect(maps.Keys(m.store)))
	}
	m.now += time.Hour
	m.step()
	if got, want := m.w.Next(), m.now+time.Second; got != want {
		m.t.Fatalf("got the next step at %v, want only a heartbeat at %v: %s", got, want, fmt.Sprint(len(w.active)))
	}
}
