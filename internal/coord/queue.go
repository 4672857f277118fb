package coord

import (
	"cmp"
	"slices"
)

// queue is a line of items. It exists as long as it has items, or somebody waits, or items are not acknowledged.
type queue struct {
	name  string
	max   int     // 0: none
	front []*item // that were put back, all older than those of items
	items []*item
	gets  line
	puts  line
	taken int // items that are not acknowledged
	gone  bool
}

// item is in a queue, or with a getter that waits for more, or taken.
type item struct {
	seq   uint64
	value Value
	queue *queue
}

func (q *queue) len() int { return len(q.front) + len(q.items) }

// take removes the oldest item.
func (q *queue) take() *item {
	from := &q.items
	if len(q.front) > 0 {
		from = &q.front
	}
	i := (*from)[0]
	(*from)[0] = nil
	*from = (*from)[1:]
	return i
}

// peek returns the oldest item.
func (q *queue) peek() *item {
	if len(q.front) > 0 {
		return q.front[0]
	}
	return q.items[0]
}

// insert puts an item back to where it was. What is taken is always the oldest, so all that come back are older than items.
func (q *queue) insert(i *item) {
	at, _ := slices.BinarySearchFunc(q.front, i.seq, func(x *item, seq uint64) int { return cmp.Compare(x.seq, seq) })
	q.front = slices.Insert(q.front, at, i)
}

// recall puts back what the first in line has so far, because older items come back.
func (q *queue) recall() {
	w := q.gets.head()
	if w == nil {
		return
	}
	for _, i := range w.items {
		q.insert(i)
	}
	w.items, w.bytes = nil, 0
}

// queue returns a queue, which is made if it does not exist.
func (m *Machine) queue(name string) *queue {
	q := m.queues[name]
	if q == nil {
		q = &queue{name: name}
		m.queues[name] = q
		m.objects++
	}
	return q
}

// checkQueue refuses a bad name, or one object too many.
func (m *Machine) checkQueue(name string) *Error {
	if err := m.checkName(Queues, name); err != nil {
		return err
	}
	if m.queues[name] == nil {
		return m.room(1, 0)
	}
	return nil
}

func (m *Machine) put(s *session, id uint64, r QueuePut) *Error {
	if err := m.checkQueue(r.Name); err != nil {
		return err
	}
	if err := m.checkValue(Queues, r.Name, r.Value); err != nil {
		return err
	}
	if r.Max < 0 {
		return failf(CodeInvalid, "the queue %s with a length of %d", quoted(r.Name), r.Max)
	}
	if q := m.queues[r.Name]; q != nil && q.len() >= m.conf.QueueItems {
		return failf(CodeLimit, "the queue %s has %d items, which is the limit; give it a maximal length, so that putting waits",
			quoted(r.Name), q.len())
	}
	if err := m.room(0, r.Value.size()); err != nil {
		return err
	}
	w, err := m.arrive(s, id, r, r.Wait)
	if err != nil {
		return err
	}
	q := m.queue(r.Name)
	q.max = cmp.Or(q.max, r.Max)
	m.keepValue(r.Value)
	w.queue = q
	q.puts.enter(w)
	m.serve(q)
	m.stay(w, r.Wait)
	return nil
}

func (m *Machine) get(s *session, id uint64, r QueueGet) *Error {
	if err := m.checkQueue(r.Name); err != nil {
		return err
	}
	r.Max = min(r.Max, m.conf.BatchItems)
	r.Min = min(r.Min, m.conf.BatchItems)
	if r.Min < 0 || r.Max < 1 || r.Min > r.Max {
		return failf(CodeInvalid, "%d to %d items of the queue %s", r.Min, r.Max, quoted(r.Name))
	}
	if len(s.taken) >= m.conf.PerSession {
		return failf(CodeLimit, "%d items that this session took are not acknowledged; do that first", len(s.taken))
	}
	w, err := m.arrive(s, id, r, r.Wait)
	if err != nil {
		return err
	}
	q := m.queue(r.Name)
	w.queue = q
	q.gets.enter(w)
	m.serve(q)
	if r.Min == 0 && s.waits[id] == w { // behind others that wait: there is nothing for it
		m.deliver(w)
		m.serve(q)
	}
	m.stay(w, r.Wait)
	return nil
}

// serve moves items from who puts to who gets, and forgets the queue if nothing is left of it.
func (m *Machine) serve(q *queue) {
	for progress := true; progress; {
		progress = false
		for q.puts.n > 0 && (q.max == 0 || q.len() < q.max) {
			w := q.puts.head()
			m.leave(w)
			m.item++
			q.items = append(q.items, &item{m.item, w.request.(QueuePut).Value, q})
			m.reply(w.session, w.id, Result{OK: true})
			progress = true
		}
		w := q.gets.head()
		if w == nil {
			break
		}
		moved, full := m.feed(w)
		if moved && !full {
			progress = true // there may be room for who waits to put
			continue
		}
		if full || len(w.items) >= w.request.(QueueGet).Min {
			m.deliver(w)
			progress = true
		}
	}
	if !q.gone && q.len() == 0 && q.gets.n == 0 && q.puts.n == 0 && q.taken == 0 {
		q.gone = true
		delete(m.queues, q.name)
		m.objects--
	}
}

// feed gives a getter what there is. It is full when it has all that it wants, or as much as fits into an answer.
func (m *Machine) feed(w *waiter) (moved, full bool) {
	q, most := w.queue, w.request.(QueueGet).Max
	for q.len() > 0 && len(w.items) < most {
		size := q.peek().value.size()
		if len(w.items) > 0 && w.bytes+size > m.conf.BatchBytes {
			return moved, true
		}
		w.items = append(w.items, q.take())
		w.bytes += size
		moved = true
	}
	return moved, len(w.items) == most
}

// deliver answers a getter with the items that it has.
func (m *Machine) deliver(w *waiter) {
	m.leave(w)
	r := Result{OK: true, Items: make([]Item, len(w.items))}
	for k, i := range w.items {
		r.Items[k] = Item{i.seq, i.value}
		w.session.taken[i.seq] = i
	}
	w.queue.taken += len(w.items)
	m.reply(w.session, w.id, r)
}

func (m *Machine) ack(s *session, id uint64, r QueueAck) *Error {
	var unknown []uint64
	var back []*item
	for _, seq := range r.Items {
		i := s.taken[seq]
		switch {
		case i == nil || slices.Contains(back, i):
			unknown = append(unknown, seq)
		case r.Return:
			back = append(back, i)
		default:
			delete(s.taken, seq)
			i.queue.taken--
			m.dropValue(i.value)
			m.serve(i.queue)
		}
	}
	m.reply(s, id, Result{OK: len(unknown) == 0, Tokens: unknown})
	m.putBack(s, back...)
	return nil
}

// putBack returns items that a session took to the fronts of their queues, if there still are these.
func (m *Machine) putBack(s *session, items ...*item) {
	for _, q := range m.insert(s, items) {
		m.serve(q)
	}
}

// insert is putBack without what follows from it: the queues are to be served.
func (m *Machine) insert(s *session, items []*item) (changed []*queue) {
	for _, i := range items {
		delete(s.taken, i.seq)
		q := i.queue
		q.taken--
		if q.gone {
			m.dropValue(i.value)
			continue
		}
		if !slices.Contains(changed, q) {
			changed = append(changed, q)
			q.recall()
		}
		q.insert(i)
	}
	return changed
}

func (m *Machine) closeQueue(s *session, id uint64, r QueueClose) *Error {
	if err := m.checkName(Queues, r.Name); err != nil {
		return err
	}
	q := m.queues[r.Name]
	if q == nil {
		m.reply(s, id, Result{})
		return nil
	}
	q.gone = true
	delete(m.queues, q.name)
	m.objects--
	closed := failf(CodeClosed, "the queue %s was closed", quoted(r.Name))
	for w := q.gets.head(); w != nil; w = q.gets.head() {
		m.leave(w)
		for _, i := range w.items {
			m.dropValue(i.value)
		}
		m.fail(w.session, w.id, closed)
	}
	for w := q.puts.head(); w != nil; w = q.puts.head() {
		m.leave(w)
		m.dropValue(w.request.(QueuePut).Value)
		m.fail(w.session, w.id, closed)
	}
	for q.len() > 0 {
		m.dropValue(q.take().value)
	}
	m.reply(s, id, Result{OK: true})
	return nil
}
