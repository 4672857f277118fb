package coord

import (
	"time"
)

// A Machine is all coordination objects of a cluster. It is not safe for concurrent use.
type Machine struct {
	conf    Config
	now     time.Duration // the latest time that was passed in; it never goes back
	token   uint64        // the last fencing token; they never repeat, whatever they are for
	order   uint64        // the last number of an arrival
	item    uint64        // the last number of an item
	bytes   int64         // kept in values and messages
	objects int           // that exist

	locks      map[string]*pool
	semaphores map[string]*pool
	queues     map[string]*queue
	variables  map[string]*variable
	events     map[string]*event
	topics     map[string]*topic
	datasets   map[string]Value
	meta       node // the root of metadata
	sessions   map[Session]*session

	timers timers
	dirty  []*pool // in which something may be grantable
	out    []Effect
}

// New returns a machine without objects.
func New(c Config) *Machine {
	return &Machine{
		conf:  c.complete(),
		locks: map[string]*pool{}, semaphores: map[string]*pool{}, queues: map[string]*queue{},
		variables: map[string]*variable{}, events: map[string]*event{}, topics: map[string]*topic{},
		datasets: map[string]Value{}, sessions: map[Session]*session{},
	}
}

// Handle performs request id of a session and returns what is to be done, in order. Ids begin at 1 and rise within the
// session; what is not above the last one is a repetition.
func (m *Machine) Handle(now time.Duration, name Session, id uint64, r Request) []Effect {
	m.advance(now)
	s := m.session(name)
	if id <= s.last {
		m.repeat(s, id, r)
		return m.flush()
	}
	s.last = id
	if err := m.perform(s, id, r); err != nil {
		m.fail(s, id, err)
	}
	m.settle()
	return m.flush()
}

// Tick lets time pass: waits and leases whose time has come end.
func (m *Machine) Tick(now time.Duration) []Effect {
	m.advance(now)
	return m.flush()
}

// Next returns when there is something to do for Tick.
func (m *Machine) Next() (at time.Duration, ok bool) {
	if len(m.timers) == 0 {
		return 0, false
	}
	return m.timers[0].at, true
}

// advance lets everything happen that is due.
func (m *Machine) advance(now time.Duration) {
	m.now = max(m.now, now)
	for len(m.timers) > 0 && m.timers[0].at <= m.now {
		switch t := m.timers[0]; {
		case t.grant != nil:
			m.end(t.grant)
		default:
			m.abandon(t.waiter, failf(CodeTimeout, "%s", t.waiter.late()))
		}
		m.settle()
	}
}

func (m *Machine) flush() []Effect {
	out := m.out
	m.out = nil
	return out
}

func (m *Machine) emit(e Effect) { m.out = append(m.out, e) }

// perform starts a request. It either answers it, or lets it wait, or returns why it is refused.
func (m *Machine) perform(s *session, id uint64, r Request) *Error {
	if r == nil || r.Kind() == 0 || r.Kind() >= kindEnd {
		return failf(CodeInvalid, "unknown kind of request")
	}
	switch r := r.(type) {
	case LockAcquire, MultiAcquire, SemAcquire:
		return m.acquire(s, id, r)
	case SemClose:
		return m.closeSemaphore(s, id, r)
	case Release:
		return m.release(s, id, r)
	case Renew:
		return m.renew(s, id, r)
	case QueuePut:
		return m.put(s, id, r)
	case QueueGet:
		return m.get(s, id, r)
	case QueueAck:
		return m.ack(s, id, r)
	case QueueClose:
		return m.closeQueue(s, id, r)
	case VarSet:
		return m.setVariable(s, id, r)
	case VarGet:
		return m.getVariable(s, id, r)
	case VarDelete:
		return m.deleteVariable(s, id, r)
	case EventSet:
		return m.setEvent(s, id, r)
	case EventClear:
		return m.clearEvent(s, id, r)
	case EventWait:
		return m.waitEvent(s, id, r)
	}
	return m.performMore(s, id, r)
}

// performMore is the other half of perform: topics, names and the requests about requests.
func (m *Machine) performMore(s *session, id uint64, r Request) *Error {
	switch r := r.(type) {
	case TopicPublish:
		return m.publishMessage(s, id, r)
	case TopicSubscribe:
		return m.subscribe(s, id, r)
	case TopicUnsubscribe:
		return m.unsubscribe(s, id, r)
	case TopicAck:
		return m.acknowledge(s, id, r)
	case TopicHistory:
		return m.history(s, id, r)
	case Publish:
		return m.publish(s, id, r)
	case Unpublish:
		return m.unpublish(s, id, r)
	case GetPublished:
		return m.getPublished(s, id, r)
	case MetaSet:
		return m.setMeta(s, id, r)
	case MetaGet:
		return m.getMeta(s, id, r)
	case MetaDelete:
		return m.deleteMeta(s, id, r)
	case Peek:
		return m.peek(s, id, r)
	case List:
		return m.list(s, id, r)
	case Cancel:
		return m.cancel(s, id, r)
	case Received:
		m.received(s, r.UpTo)
		return nil
	case Claimed:
		return m.claimed(s, id, r)
	case Resume:
		return m.resume(s, id)
	}
	return failf(CodeInvalid, "unknown request %T", r)
}
