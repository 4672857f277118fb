package session

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"sheaf/internal/link"
	"sheaf/internal/transport"
	"sheaf/internal/wire"
)

// pipe is a link session with its lock. The time is since the pipe's owner began.
type pipe struct {
	to    string
	parse func(link.Message) (wire.Message, error)

	mu     sync.Mutex // guards what follows
	link   *link.Session
	buf    []byte
	frames [][]byte
	armed  time.Duration // when the owner will poll by itself at the latest
	left   time.Duration // when frames left the last time
	reason string        // why it was dropped
}

func newEpoch() link.Epoch { return link.Epoch(rand.Uint64() | 1) }

// linger is how long messages that nobody waits for are kept back, to leave with others.
const linger = time.Millisecond

// patient reports whether nobody waits for a message: it lets something go, or says that all is well.
func patient(m wire.Message) bool {
	switch m := m.(type) {
	case *wire.Release, *wire.Free, *wire.Forget:
		return true
	case *wire.Admitted:
		return m.Err == ""
	}
	return false
}

// send encodes and queues a message, and puts it on the wire if that can be done at once. It reports whether the owner must poll earlier
// than it meant to.
func (p *pipe) send(m wire.Message, now time.Duration, end transport.Endpoint) (wake bool, err error) {
	later := patient(m)
	due := time.Duration(0)
	if later {
		due = now + linger
	}
	if err := p.queue(m, due); err != nil {
		return false, err
	}
	if later {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.link != nil && p.link.Next(now) < p.armed, nil
	}
	return p.hasten(now, end), nil
}

// queue encodes and queues a message that leaves at once, or when it is due.
func (p *pipe) queue(m wire.Message, due time.Duration) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.link == nil {
		return ErrNoSession
	}
	b, err := wire.Append(p.buf[:0], m)
	if err != nil {
		return err
	}
	if cap(b) <= 64<<10 {
		p.buf = b
	}
	return p.link.SendLater(b, due)
}

// poll puts what is due on the wire and returns when to call it again. It is for the owner, who will.
func (p *pipe) poll(now time.Duration, end transport.Endpoint) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.armed = p.flush(now, end)
	return p.armed
}

// flush puts what is due on the wire and returns when something will be due; the caller holds mu.
func (p *pipe) flush(now time.Duration, end transport.Endpoint) time.Duration {
	if p.link == nil {
		return link.Never
	}
	p.frames = p.link.Poll(now, p.frames[:0])
	for _, f := range p.frames {
		_ = end.Send(p.to, f) // what does not leave is sent again
	}
	if len(p.frames) > 0 {
		p.left = now
	}
	clear(p.frames)
	return p.link.Next(now)
}

// calm is how long after the last frame a message leaves at once, in the goroutine that sends it: that is faster than to wake another. What
// comes sooner waits for the owner, who puts many messages into a frame.
const calm = 50 * time.Microsecond

// hasten puts what is due on the wire if nothing has left for a while. It reports whether the owner must poll earlier than it means to. One
// who means to poll sooner than is needed now is not told so: to wake up for nothing once in a while costs less than to be told with each message.
func (p *pipe) hasten(now time.Duration, end transport.Endpoint) (wake bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return now-p.left <= calm || p.flush(now, end) < p.armed
}

// receive takes a frame and returns the messages that it completes, and whether the owner must poll earlier than it meant to.
func (p *pipe) receive(now time.Duration, frame []byte) (ms []wire.Message, hurry bool, err error) {
	p.mu.Lock()
	if p.link == nil {
		p.mu.Unlock()
		return nil, false, ErrNoSession
	}
	raw, err := p.link.Receive(now, frame)
	hurry = p.link.Next(now) < p.armed
	p.mu.Unlock()
	if err != nil || len(raw) == 0 {
		return nil, hurry, err
	}
	ms = make([]wire.Message, len(raw))
	for i, b := range raw {
		if ms[i], err = p.parse(b); err != nil {
			return ms[:i], hurry, fmt.Errorf("%w: %w", link.ErrBroken, err)
		}
	}
	return ms, hurry, nil
}

// silence returns for how long the other side has not been heard, or has acknowledged nothing.
func (p *pipe) silence(now time.Duration) (unheard, unacknowledged time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.link == nil {
		return 0, 0
	}
	return now - p.link.Heard(), p.link.Stalled(now)
}

// idle reports whether everything has arrived.
func (p *pipe) idle() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.link == nil {
		return true
	}
	msgs, bytes := p.link.Queued()
	return msgs == 0 && bytes == 0
}

// control puts a frame outside of sessions on the wire.
func control(end transport.Endpoint, to string, c link.Control) {
	if f, err := c.Append(nil); err == nil {
		_ = end.Send(to, f) // whoever needs it asks again
	}
}

// cut bounds a reason that travels in a frame.
func cut(reason string) []byte { return []byte(reason[:min(len(reason), reasonMax)]) }

func fit(c link.Config, end transport.Endpoint) link.Config {
	if c.MTU <= 0 {
		c.MTU = 256 << 10
	}
	c.MTU = min(c.MTU, end.MaxFrame())
	return c
}
