package sim

import (
	"time"

	"sheaf/internal/link"
	"sheaf/internal/wire"
)

// helloEvery is how often a process that has no session asks for one.
const helloEvery = 500 * time.Millisecond

// linkConf is that of all sessions.
var linkConf link.Config

// A conversation is one end of a session, with its timer.
type conversation struct {
	p     *proc
	peer  *proc
	s     *link.Session
	timer *timer
	ended bool
	buf   []byte
}

func newConversation(p, peer *proc, local, remote link.Epoch) *conversation {
	c := &conversation{p: p, peer: peer, s: link.New(linkConf, local, remote, p.local())}
	c.timer = newTimer(p, c.flush)
	c.timer.set(c.s.Next(p.local()))
	return c
}

// send queues a message; flush puts it on the wire.
func (c *conversation) send(m wire.Message) error {
	b, err := wire.Append(c.buf[:0], m)
	c.buf = b
	if err != nil {
		return err
	}
	return c.s.Send(b)
}

// flush puts on the wire what is due.
func (c *conversation) flush() {
	if c.ended {
		return
	}
	now := c.p.local()
	frames := c.s.Poll(now, c.p.w.frames[:0])
	for _, f := range frames {
		c.p.w.net.send(c.p, c.peer, f)
	}
	c.p.w.frames = frames
	c.timer.set(c.s.Next(now))
}

// take hands a frame to the session and returns the messages that it completes.
func (c *conversation) take(frame []byte) []wire.Message {
	if c.ended {
		return nil
	}
	now := c.p.local()
	parts, _ := c.s.Receive(now, frame)
	var msgs []wire.Message
	for _, b := range parts {
		m, err := wire.Parse(b.Bytes())
		if err != nil {
			c.p.w.audit.internal("%s cannot read what %s sent: %v", c.p, c.peer, err)
			continue
		}
		msgs = append(msgs, m)
	}
	if c.s.Err() != nil {
		c.p.w.audit.internal("the session from %s to %s broke: %v", c.peer, c.p, c.s.Err())
	}
	c.timer.set(c.s.Next(now))
	return msgs
}

// epoch draws the number of an incarnation.
func (w *world) epoch() link.Epoch { return link.Epoch(w.rng.u64() | 1) }

// An uplink is a process's session with the scheduler, which it opens again when it is lost.
type uplink struct {
	p      *proc
	hub    *proc
	local  link.Epoch
	talk   *conversation // nil while there is none
	closed bool

	opened  func()             // there is a session
	lost    func()             // there is none any more
	message func(wire.Message) // one came
}

// open begins to ask for a session.
func (u *uplink) open() {
	u.local = u.p.w.epoch()
	u.hello(u.local)
}

func (u *uplink) hello(epoch link.Epoch) {
	if u.closed || u.talk != nil || u.local != epoch {
		return
	}
	u.control(link.Control{Kind: link.Hello, From: epoch, Payload: []byte(u.p.name)})
	u.p.after(helloEvery, func() { u.hello(epoch) })
}

func (u *uplink) control(c link.Control) {
	frame, err := c.Append(nil)
	if err != nil {
		u.p.w.audit.internal("%v", err)
		return
	}
	u.p.w.net.send(u.p, u.hub, frame)
}

// frame takes one from the network.
func (u *uplink) frame(frame []byte) {
	kind, from, to, err := link.PeekEpochs(frame)
	if err != nil || to != u.local || u.closed {
		return
	}
	switch kind {
	case link.Welcome:
		if u.talk == nil {
			u.talk = newConversation(u.p, u.hub, to, from)
			u.opened()
		}
	case link.Reset:
		if u.talk != nil {
			if _, remote := u.talk.s.Epochs(); remote == from {
				u.talk.ended = true
				u.talk = nil
				u.lost()
				u.open()
			}
		}
	case link.Packet:
		if u.talk != nil {
			for _, m := range u.talk.take(frame) {
				u.message(m)
			}
		}
	}
}

// send sends a message if there is a session.
func (u *uplink) send(m wire.Message) {
	if u.talk == nil {
		return
	}
	if err := u.talk.send(m); err != nil {
		u.p.w.audit.internal("%s cannot send %T: %v", u.p, m, err)
	}
}

func (u *uplink) flush() {
	if u.talk != nil {
		u.talk.flush()
	}
}

// queued returns how many messages the scheduler's process has not acknowledged.
func (u *uplink) queued() int {
	if u.talk == nil {
		return 0
	}
	n, _ := u.talk.s.Queued()
	return n
}

// close ends the session for good.
func (u *uplink) close() {
	u.closed = true
	if u.talk != nil {
		u.talk.flush()
		u.talk.ended = true
	}
}
