package coord

import (
	"cmp"
	"maps"
	"slices"
)

// topic is a numbered sequence of messages of which the last ones are remembered. It exists once it has had a message, and
// while somebody is subscribed.
type topic struct {
	name     string
	last     uint64    // the last message's number
	messages []Message // the last ones, without gaps
	bytes    int
	subs     []*subscription // in the order in which they began
}

// subscription is what one subscriber has got of a topic.
type subscription struct {
	session *session
	id      uint64
	order   uint64 // of arrival
	topic   *topic
	next    uint64 // the next message to send
	open    []open // sent and not acknowledged
	bytes   int    // of them
}

// open is a message that is on its way to a subscriber.
type open struct {
	seq  uint64
	size int
}

func (m Message) size() int { return 32 + len(m.Data) }

// first returns the number of the oldest message that is remembered, or of the next one to come.
func (t *topic) first() uint64 { return t.last + 1 - uint64(len(t.messages)) }

func (m *Machine) topic(name string) *topic {
	t := m.topics[name]
	if t == nil {
		t = &topic{name: name}
		m.topics[name] = t
		m.objects++
	}
	return t
}

// checkTopic refuses a bad name, or one object too many.
func (m *Machine) checkTopic(name string) *Error {
	if err := m.checkName(Topics, name); err != nil {
		return err
	}
	if m.topics[name] == nil {
		return m.room(1, 0)
	}
	return nil
}

func (m *Machine) publishMessage(s *session, id uint64, r TopicPublish) *Error {
	if err := m.checkTopic(r.Topic); err != nil {
		return err
	}
	if len(r.Message) > m.conf.ValueBytes {
		return failf(CodeLimit, "a message of %d bytes on the topic %s; the limit is %d, put large data elsewhere and send its name",
			len(r.Message), quoted(r.Topic), m.conf.ValueBytes)
	}
	message := Message{At: r.At, Data: r.Message}
	size, t := message.size(), m.topics[r.Topic]
	for t != nil && len(t.messages) > 0 && (len(t.messages) >= m.conf.HistoryItems || t.bytes+size > m.conf.HistoryBytes ||
		m.room(0, size) != nil) {
		m.forgetOldest(t)
	}
	if err := m.room(0, size); err != nil {
		return err
	}
	t = m.topic(r.Topic)
	t.last++
	message.Seq = t.last
	t.messages = append(t.messages, message)
	t.bytes += size
	m.bytes += int64(size)
	m.reply(s, id, Result{OK: true, Seq: t.last})
	for _, sub := range t.subs {
		m.pump(sub)
	}
	return nil
}

func (m *Machine) forgetOldest(t *topic) {
	size := t.messages[0].size()
	t.messages[0] = Message{}
	t.messages = t.messages[1:]
	t.bytes -= size
	m.bytes -= int64(size)
}

func (m *Machine) subscribe(s *session, id uint64, r TopicSubscribe) *Error {
	if err := m.checkTopic(r.Topic); err != nil {
		return err
	}
	if len(s.subs) >= m.conf.PerSession {
		return failf(CodeLimit, "this session has %d subscriptions; end some first", len(s.subs))
	}
	t := m.topic(r.Topic)
	m.order++
	sub := &subscription{session: s, id: id, order: m.order, topic: t, next: cmp.Or(r.From, t.last+1)}
	t.subs = append(t.subs, sub)
	s.subs[id] = sub
	m.reply(s, id, Result{OK: true, Seq: t.last})
	m.pump(sub)
	return nil
}

// pump sends a subscriber what it has not got, as far as its window lets it.
func (m *Machine) pump(sub *subscription) {
	t := sub.topic
	sub.next = max(sub.next, t.first()) // what is forgotten is missed, and the numbers show it
	for sub.next <= t.last {
		var batch []Message
		bytes := 0
		for sub.next <= t.last && len(sub.open) < m.conf.Window && len(batch) < m.conf.BatchItems {
			message := t.messages[sub.next-t.first()]
			size := message.size()
			if bytes > 0 && bytes+size > m.conf.BatchBytes || sub.bytes > 0 && sub.bytes+size > m.conf.BatchBytes {
				break
			}
			batch = append(batch, message)
			sub.open = append(sub.open, open{message.Seq, size})
			bytes += size
			sub.bytes += size
			sub.next++
		}
		if len(batch) == 0 {
			return
		}
		m.emit(Deliver{sub.session.name, sub.id, t.name, batch})
	}
}

func (m *Machine) acknowledge(s *session, id uint64, r TopicAck) *Error {
	sub := s.subs[r.Subscription]
	m.reply(s, id, Result{OK: sub != nil})
	if sub == nil {
		return nil
	}
	n := 0
	for n < len(sub.open) && sub.open[n].seq <= r.Seq {
		sub.bytes -= sub.open[n].size
		n++
	}
	sub.open = sub.open[n:]
	m.pump(sub)
	return nil
}

// resume sends all subscriptions of a session again what is not acknowledged.
func (m *Machine) resume(s *session, id uint64) *Error {
	m.reply(s, id, Result{OK: true})
	for _, k := range slices.Sorted(maps.Keys(s.subs)) {
		sub := s.subs[k]
		if len(sub.open) > 0 {
			sub.next = sub.open[0].seq
			sub.open, sub.bytes = nil, 0
		}
		m.pump(sub)
	}
	return nil
}

func (m *Machine) unsubscribe(s *session, id uint64, r TopicUnsubscribe) *Error {
	sub := s.subs[r.Subscription]
	if sub == nil {
		return failf(CodeNotFound, "no subscription %d", r.Subscription)
	}
	m.endSubscription(sub)
	m.reply(s, id, Result{OK: true})
	return nil
}

func (m *Machine) endSubscription(sub *subscription) {
	t := sub.topic
	t.subs = slices.DeleteFunc(t.subs, func(x *subscription) bool { return x == sub })
	delete(sub.session.subs, sub.id)
	if t.last == 0 && len(t.subs) == 0 {
		delete(m.topics, t.name)
		m.objects--
	}
}

func (m *Machine) history(s *session, id uint64, r TopicHistory) *Error {
	if err := m.checkName(Topics, r.Topic); err != nil {
		return err
	}
	result := Result{}
	if t := m.topics[r.Topic]; t != nil {
		result.OK, result.Seq = true, t.last
		bytes := 0
		for at := max(r.From, t.first()); at <= t.last && len(result.Messages) < m.conf.BatchItems; at++ {
			message := t.messages[at-t.first()]
			if bytes += message.size(); bytes > m.conf.BatchBytes && len(result.Messages) > 0 {
				break
			}
			result.Messages = append(result.Messages, message)
		}
	}
	m.reply(s, id, result)
	return nil
}
