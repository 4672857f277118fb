package coord

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"sheaf/internal/wire"
)

// A State is everything that a machine knows, as plain data. Times are what is left of them, so that a machine that runs by
// another clock can go on. All lists are in a fixed order: machines of equal history have equal states.
type State struct {
	Token, Order, Item uint64 // the last ones
	Sessions           []SessionState
	Leases             []LeaseState
	Pools              []PoolState
	Queues             []QueueState
	Taken              []TakenState
	Variables          []NamedValue
	Events             []string // that are set
	Topics             []TopicState
	Subscriptions      []SubscriptionState
	Datasets           []NamedValue
	Meta               []MetaState
	Waits              []WaitState
	Lent               []LentState
}

// A SessionState is a session with the answers that it may ask for again.
type SessionState struct {
	Session Session
	Last    uint64
	Silent  bool
	Replies []ReplyState
}

// A ReplyState is an answer that is remembered.
type ReplyState struct {
	Request uint64
	Result  Result
	Err     *Error
}

// A PoolState is a semaphore that exists, or a lock.
type PoolState struct {
	Space Space
	Name  string
	Limit int
}

// A LeaseState is who holds locks or units of a semaphore.
type LeaseState struct {
	Token   uint64
	Session Session
	Space   Space
	Names   []string
	Units   int
	Lease   time.Duration
	Left    time.Duration
}

// A LentState is futures that a session was told of and has not claimed.
type LentState struct {
	Session Session
	Request uint64
	IDs     []wire.ID
}

// A QueueState is a queue with its items, oldest first.
type QueueState struct {
	Name  string
	Max   int
	Items []Item
}

// A TakenState is an item that a session took and has not acknowledged. Queue is empty if the queue was closed since.
type TakenState struct {
	Session Session
	Queue   string
	Item    Item
}

// A NamedValue is a variable or a dataset.
type NamedValue struct {
	Name  string
	Value Value
}

// A TopicState is a topic with the messages that are remembered.
type TopicState struct {
	Name     string
	Last     uint64
	Messages []Message
}

// A SubscriptionState is how far a subscription has come. Open and Sizes are the messages on their way.
type SubscriptionState struct {
	Session Session
	ID      uint64
	Order   uint64
	Topic   string
	Next    uint64
	Open    []uint64
	Sizes   []int
}

// A MetaState is one node of the metadata: a plain value, or an empty mapping.
type MetaState struct {
	Path    []string
	Mapping bool
	Bytes   []byte
}

// A WaitState is a request that waits. Left is [Forever] if it has no end.
type WaitState struct {
	Session Session
	ID      uint64
	Order   uint64
	Request []byte // by AppendRequest
	Left    time.Duration
	Items   []Item // that a getter has so far
}

// Snapshot returns the machine's state. It shares memory with the machine's values, which do not change.
func (m *Machine) Snapshot(now time.Duration) State {
	m.now = max(m.now, now)
	s := State{Token: m.token, Order: m.order, Item: m.item}
	for _, name := range slices.Sorted(maps.Keys(m.sessions)) {
		m.snapSession(&s, m.sessions[name])
	}
	slices.SortFunc(s.Leases, func(a, b LeaseState) int { return cmp.Compare(a.Token, b.Token) })
	slices.SortFunc(s.Taken, func(a, b TakenState) int { return cmp.Compare(a.Item.Seq, b.Item.Seq) })
	slices.SortFunc(s.Subscriptions, func(a, b SubscriptionState) int { return cmp.Compare(a.Order, b.Order) })
	slices.SortFunc(s.Waits, func(a, b WaitState) int { return cmp.Compare(a.Order, b.Order) })
	for _, space := range []Space{Locks, Semaphores} {
		for _, name := range m.namesOf(space) {
			s.Pools = append(s.Pools, PoolState{space, name, m.poolsOf(space)[name].limit})
		}
	}
	for _, name := range m.namesOf(Queues) {
		q := m.queues[name]
		s.Queues = append(s.Queues, QueueState{name, q.max, itemsOf(slices.Concat(q.front, q.items))})
	}
	for _, name := range m.namesOf(Variables) {
		if v := m.variables[name]; v.set {
			s.Variables = append(s.Variables, NamedValue{name, v.value})
		}
	}
	for _, name := range m.namesOf(Events) {
		if m.events[name].set {
			s.Events = append(s.Events, name)
		}
	}
	for _, name := range m.namesOf(Topics) {
		t := m.topics[name]
		s.Topics = append(s.Topics, TopicState{name, t.last, slices.Clone(t.messages)})
	}
	for _, name := range m.namesOf(Datasets) {
		s.Datasets = append(s.Datasets, NamedValue{name, m.datasets[name]})
	}
	m.meta.snap(nil, &s.Meta)
	return s
}

func itemsOf(items []*item) []Item {
	var out []Item
	for _, i := range items {
		out = append(out, Item{i.seq, i.value})
	}
	return out
}

// snap lists the leaves and the empty mappings below n.
func (n *node) snap(path []string, to *[]MetaState) {
	if n.leaf || len(n.below) == 0 && len(path) > 0 {
		*to = append(*to, MetaState{slices.Clone(path), !n.leaf, n.bytes})
	}
	for _, name := range slices.Sorted(maps.Keys(n.below)) {
		n.below[name].snap(append(path, name), to)
	}
}

func (m *Machine) snapSession(to *State, s *session) {
	x := SessionState{Session: s.name, Last: s.last, Silent: s.silent}
	for _, id := range s.order {
		if k := s.replies[id]; k != nil {
			x.Replies = append(x.Replies, ReplyState{id, k.result, k.err})
		}
	}
	to.Sessions = append(to.Sessions, x)
	for _, g := range s.grants {
		l := LeaseState{g.token, s.name, g.pools[0].space, nil, g.units, g.lease, g.timer.at - m.now}
		for _, p := range g.pools {
			l.Names = append(l.Names, p.name)
		}
		to.Leases = append(to.Leases, l)
	}
	for _, i := range s.taken {
		name := i.queue.name
		if i.queue.gone {
			name = ""
		}
		to.Taken = append(to.Taken, TakenState{s.name, name, Item{i.seq, i.value}})
	}
	for _, sub := range s.subs {
		x := SubscriptionState{Session: s.name, ID: sub.id, Order: sub.order, Topic: sub.topic.name, Next: sub.next}
		for _, o := range sub.open {
			x.Open, x.Sizes = append(x.Open, o.seq), append(x.Sizes, o.size)
		}
		to.Subscriptions = append(to.Subscriptions, x)
	}
	for _, id := range slices.Sorted(maps.Keys(s.lent)) {
		to.Lent = append(to.Lent, LentState{s.name, id, s.lent[id]})
	}
	for _, w := range s.waits {
		x := WaitState{s.name, w.id, w.order, AppendRequest(nil, w.request), Forever, itemsOf(w.items)}
		if w.timer.index >= 0 {
			x.Left = w.timer.at - m.now
		}
		to.Waits = append(to.Waits, x)
	}
}

// Held returns the futures that the machine keeps alive, one entry for each of its holds, in order.
func (m *Machine) Held() []wire.ID {
	var ids []wire.ID
	m.values(func(v Value) { ids = append(ids, v.IDs...) })
	for _, s := range m.sessions {
		for _, lent := range s.lent {
			ids = append(ids, lent...)
		}
	}
	slices.SortFunc(ids, wire.ID.Compare)
	return ids
}

// values calls f with all values that are kept, in no order.
func (m *Machine) values(f func(Value)) {
	for _, q := range m.queues {
		for _, i := range slices.Concat(q.front, q.items) {
			f(i.value)
		}
	}
	for _, v := range m.variables {
		f(v.value)
	}
	for _, v := range m.datasets {
		f(v)
	}
	for _, s := range m.sessions {
		for _, i := range s.taken {
			f(i.value)
		}
		for _, w := range s.waits {
			if r, ok := w.request.(QueuePut); ok {
				f(r.Value)
			}
			for _, i := range w.items {
				f(i.value)
			}
		}
	}
}

// Restore returns a machine in a state that [Machine.Snapshot] returned. The driver holds what [Machine.Held] names.
func Restore(c Config, now time.Duration, s State) (*Machine, error) {
	m := New(c)
	m.now, m.token, m.order, m.item = now, s.Token, s.Order, s.Item
	for _, x := range s.Sessions {
		y := m.session(x.Session)
		y.last, y.silent = x.Last, x.Silent
		for _, r := range x.Replies {
			k := &kept{r.Result, r.Err}
			y.replies[r.Request] = k
			y.order = append(y.order, r.Request)
			y.replyBytes += k.size()
		}
	}
	for _, x := range s.Pools {
		m.objects++
		m.poolsOf(x.Space)[x.Name] = &pool{space: x.Space, name: x.Name, limit: x.Limit, grants: map[uint64]*grant{}}
	}
	for _, x := range s.Variables {
		v := m.variable(x.Name)
		v.value, v.set = x.Value, true
		m.bytes += int64(x.Value.size())
	}
	for _, name := range s.Events {
		m.event(name).set = true
	}
	for _, x := range s.Datasets {
		m.datasets[x.Name] = x.Value
		m.objects++
		m.bytes += int64(x.Value.size())
	}
	for _, x := range s.Meta {
		last := len(x.Path) - 1
		if last < 0 {
			return nil, fmt.Errorf("coord: metadata without a path")
		}
		m.meta.mapping(x.Path[:last]).put(x.Path[last], &node{leaf: !x.Mapping, bytes: x.Bytes})
	}
	nodes, bytes := m.meta.cost("")
	m.objects += nodes - 1
	m.bytes += int64(bytes - nodeBytes)
	return m, m.restoreTies(s)
}

// restoreTies restores what hangs on sessions and objects.
func (m *Machine) restoreTies(s State) error {
	for _, x := range s.Leases {
		y := m.sessions[x.Session]
		if y == nil {
			return fmt.Errorf("coord: a lease of the unknown session %s", x.Session)
		}
		g := &grant{token: x.Token, session: y, units: x.Units, lease: x.Lease}
		for _, name := range x.Names {
			p := m.poolsOf(x.Space)[name]
			if p == nil {
				return fmt.Errorf("coord: a lease of the unknown %s %s", x.Space, quoted(name))
			}
			g.pools = append(g.pools, p)
		}
		m.hold(g, x.Left)
	}
	if err := m.restoreQueues(s); err != nil {
		return err
	}
	for _, x := range s.Topics {
		t := m.topic(x.Name)
		t.last, t.messages = x.Last, slices.Clone(x.Messages)
		for _, message := range x.Messages {
			t.bytes += message.size()
		}
		m.bytes += int64(t.bytes)
	}
	for _, x := range s.Subscriptions {
		t, y := m.topic(x.Topic), m.sessions[x.Session]
		if y == nil || len(x.Open) != len(x.Sizes) {
			return fmt.Errorf("coord: a broken subscription of the session %s", x.Session)
		}
		sub := &subscription{session: y, id: x.ID, order: x.Order, topic: t, next: x.Next}
		for k, seq := range x.Open {
			sub.open = append(sub.open, open{seq, x.Sizes[k]})
			sub.bytes += x.Sizes[k]
		}
		t.subs, y.subs[x.ID] = append(t.subs, sub), sub
	}
	for _, x := range s.Lent {
		y := m.sessions[x.Session]
		if y == nil {
			return fmt.Errorf("coord: futures lent to the unknown session %s", x.Session)
		}
		y.lent[x.Request] = x.IDs
	}
	for _, x := range s.Waits {
		if err := m.restoreWait(x); err != nil {
			return err
		}
	}
	return nil
}

func (m *Machine) restoreQueues(s State) error {
	for _, x := range s.Queues {
		q := m.queue(x.Name)
		q.max = x.Max
		for _, i := range x.Items {
			q.front = append(q.front, &item{i.Seq, i.Value, q}) // what comes back may belong between them
			m.bytes += int64(i.Value.size())
		}
	}
	closed := &queue{gone: true}
	for _, x := range s.Taken {
		q, y := closed, m.sessions[x.Session]
		if y == nil {
			return fmt.Errorf("coord: an item that the unknown session %s took", x.Session)
		}
		if x.Queue != "" {
			q = m.queue(x.Queue)
		}
		q.taken++
		y.taken[x.Item.Seq] = &item{x.Item.Seq, x.Item.Value, q}
		m.bytes += int64(x.Item.Value.size())
	}
	return nil
}

func (m *Machine) restoreWait(x WaitState) error {
	r, err := ParseRequest(x.Request)
	s := m.sessions[x.Session]
	if err != nil || s == nil {
		return fmt.Errorf("coord: a broken wait of the session %s: %w", x.Session, err)
	}
	w := &waiter{session: s, id: x.ID, order: x.Order, request: r}
	w.timer = timer{index: -1, waiter: w}
	s.waits[x.ID] = w
	if x.Left < Forever {
		m.set(&w.timer, x.Left)
	}
	switch r := r.(type) {
	case QueuePut:
		w.queue = m.queue(r.Name)
		w.queue.puts.enter(w)
		m.bytes += int64(r.Value.size())
	case QueueGet:
		w.queue = m.queue(r.Name)
		w.queue.gets.enter(w)
		for _, i := range x.Items {
			w.items = append(w.items, &item{i.Seq, i.Value, w.queue})
			w.bytes += i.Value.size()
			m.bytes += int64(i.Value.size())
		}
	case VarGet:
		w.variable = m.variable(r.Name)
		w.variable.gets.enter(w)
	case EventWait:
		w.event = m.event(r.Name)
		w.event.waits.enter(w)
	case LockAcquire, MultiAcquire, SemAcquire:
		m.queueUp(w, wishOf(r))
		m.dirty = nil // nothing was grantable
	default:
		return fmt.Errorf("coord: a %T cannot wait", r)
	}
	return nil
}
