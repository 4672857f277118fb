package client

import (
	"context"
	"fmt"
	"iter"
	"sync"
	"time"

	"sheaf/internal/codec"
	"sheaf/internal/coord"
)

// A Message is one of a topic.
type Message struct {
	Topic  string
	Seq    uint64    // counts the topic's messages from 1
	Time   time.Time // by the sender's clock
	Value  any
	Missed uint64 // messages before this one that are not remembered any more: the subscriber was too slow, or came too late
}

// LogEvent publishes a message under a topic, for those who are subscribed and for [Client.Events]. It is plain data of at most
// 64 KiB.
//
// Same as Client.log_event, and as Worker.log_event with the client of a task.
func (c *Client) LogEvent(ctx context.Context, topic string, message any) error {
	v, err := encoded("topic "+topic, message)
	if err != nil {
		return err
	}
	_, err = c.ask(ctx, coord.TopicPublish{Topic: topic, Message: v.Bytes, At: time.Now().UnixNano()})
	return err
}

// Events returns the messages of a topic that are remembered: the last thousand, and at most 1 MiB. With the option [From]
// they begin at a number.
//
// Same as Client.get_events.
func (c *Client) Events(ctx context.Context, topic string, opts ...Option) ([]Message, error) {
	from := max(coordOptions(opts).coord.from, 1)
	var out []Message
	for next := from; ; {
		res, err := c.ask(ctx, coord.TopicHistory{Topic: topic, From: next})
		if err != nil || len(res.Messages) == 0 {
			return out, err
		}
		for _, m := range res.Messages {
			x, err := message(topic, m, next)
			if err != nil {
				return out, err
			}
			out, next = append(out, x), m.Seq+1
		}
	}
}

// Topics returns the names of all topics, in order.
func (c *Client) Topics(ctx context.Context) ([]string, error) { return c.names(ctx, coord.Topics) }

// names returns all names in a space.
func (c *Client) names(ctx context.Context, s coord.Space) ([]string, error) {
	var out []string
	for {
		after := ""
		if len(out) > 0 {
			after = out[len(out)-1]
		}
		res, err := c.ask(ctx, coord.List{Space: s, After: after})
		if err != nil || len(res.Names) == 0 {
			return out, err
		}
		out = append(out, res.Names...)
	}
}

// message reads a message; next is the number that it has if none was missed.
func message(topic string, m coord.Message, next uint64) (Message, error) {
	v, err := codec.Unmarshal(m.Data)
	if err != nil {
		err = fmt.Errorf("client: message %d of the topic %q: %w", m.Seq, topic, err)
	}
	return Message{Topic: topic, Seq: m.Seq, Time: time.Unix(0, m.At), Value: v, Missed: m.Seq - min(next, m.Seq)}, err
}

// Subscribe begins to receive the messages of a topic at once, and returns them as a sequence to be read one time. Messages that
// are published after the call arrive, each one at least once and in order; with the option [From] also earlier ones. A
// reader that is slower than the writers misses messages, and is told how many. The sequence ends when the loop does, or with an
// error: when ctx ends or the client is closed.
//
//	for m, err := range c.Subscribe(ctx, "progress") {
//		if err != nil { … }
//	}
//
// Same as Client.subscribe_topic; leaving the loop is Client.unsubscribe_topic.
func (c *Client) Subscribe(ctx context.Context, topic string, opts ...Option) iter.Seq2[Message, error] {
	s, err := c.subscribe(ctx, topic, coordOptions(opts).coord.from)
	if err != nil {
		return func(yield func(Message, error) bool) { yield(Message{}, err) }
	}
	return s.read
}

// subscription is a reader of a topic.
type subscription struct {
	c     *Client
	ctx   context.Context // of the reader
	topic string
	id    uint64
	next  uint64 // number that the next message has if none is missed
	stop  func() bool
	wake  chan struct{}

	mu   sync.Mutex // guards what follows
	open []coord.Message
	done bool
}

func (c *Client) subscribe(ctx context.Context, topic string, from uint64) (*subscription, error) {
	to, _, err := c.coordinator()
	if err != nil {
		return nil, err
	}
	s := &subscription{c: c, ctx: ctx, topic: topic, wake: make(chan struct{}, 1)}
	id, res, err := to.subscribe(ctx, coord.TopicSubscribe{Topic: topic, From: from}, s.deliver)
	if err != nil {
		return nil, err
	}
	s.id, s.next = id, from
	if from == 0 {
		s.next = res.Seq + 1
	}
	s.stop = context.AfterFunc(ctx, s.end) // also if nobody reads
	return s, nil
}

// deliver takes what arrives. There is no more of it than the coordinator sends ahead.
func (s *subscription) deliver(ms []coord.Message) {
	s.mu.Lock()
	if !s.done {
		s.open = append(s.open, ms...)
	}
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// end ends the subscription.
func (s *subscription) end() {
	s.mu.Lock()
	was := s.done
	s.done, s.open = true, nil
	s.mu.Unlock()
	if !was {
		_, _ = s.c.askLast(s.ctx, coord.TopicUnsubscribe{Subscription: s.id})
	}
}

// take waits for messages.
func (s *subscription) take() ([]coord.Message, error) {
	for {
		s.mu.Lock()
		ms, done := s.open, s.done
		s.open = nil
		s.mu.Unlock()
		switch {
		case s.ctx.Err() != nil:
			return nil, context.Cause(s.ctx)
		case done:
			return nil, fmt.Errorf("client: this subscription of the topic %q was read before; subscribe again", s.topic)
		case len(ms) > 0:
			return ms, nil
		}
		resume := block(s.ctx)
		select {
		case <-s.wake:
		case <-s.ctx.Done():
		case <-s.c.coordination.ended():
			resume()
			_, _, err := s.c.coordinator()
			return nil, err
		}
		resume()
	}
}

// read passes on what arrives.
func (s *subscription) read(yield func(Message, error) bool) {
	err := s.each(func(m coord.Message, next uint64) bool {
		x, err := message(s.topic, m, next)
		return yield(x, err)
	})
	if err != nil {
		yield(Message{}, err)
	}
}

// each passes on what arrives, with the number that each message has if none was missed before it, until f returns false. The error is why
// no more will come.
func (s *subscription) each(f func(m coord.Message, next uint64) bool) error {
	defer s.end()
	defer s.stop()
	for {
		ms, err := s.take()
		if err != nil {
			return err
		}
		for _, m := range ms {
			next := s.next
			if m.Seq < next { // a second time
				continue
			}
			if s.next = m.Seq + 1; !f(m, next) {
				return nil
			}
		}
		if _, err := s.c.ask(s.ctx, coord.TopicAck{Subscription: s.id, Seq: ms[len(ms)-1].Seq}); err != nil {
			return err
		}
	}
}
