package session

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"sheaf/internal/link"
	"sheaf/internal/transport"
	"sheaf/internal/wire"
)

// A Conn is a dialer's session, or rather one after the other. Its methods may be called from several goroutines.
type Conn struct {
	conf  Config
	end   transport.Endpoint
	start time.Time
	wake  chan struct{}
	stop  chan struct{}
	done  chan struct{} // closed when the loop has ended
	pipe  pipe

	mu      sync.Mutex // guards what follows; taken before pipe's
	state   State
	serial  int // of the session
	local   link.Epoch
	remote  link.Epoch // 0 while a session is being opened
	refused error
	opened  chan struct{} // closed when the first session is there, or refused
	wait    time.Duration // until the next Hello
	helloAt time.Duration
	closed  bool

	report sync.Mutex // orders the calls of Status
}

// Dial joins the network and opens a session; it waits until it is there. Later interruptions are mended in the background and
// reported to Config.Status. The error says what is wrong with the connection when ctx ends first.
func Dial(ctx context.Context, conf Config) (*Conn, error) {
	if err := conf.check(); err != nil {
		return nil, err
	}
	c := &Conn{
		conf: conf, start: time.Now(), wake: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{}),
		opened: make(chan struct{}), local: newEpoch(), wait: helloEvery,
	}
	c.pipe.to = conf.To
	c.pipe.parse = func(m link.Message) (wire.Message, error) { return wire.Parse(m.Bytes()) }
	ready := make(chan struct{})
	end, err := conf.Network.Join(conf.Name, func(from string, frame []byte) {
		<-ready
		c.handle(from, frame)
	})
	if err != nil {
		close(ready)
		return nil, err
	}
	c.end = end
	c.conf.Link = fit(conf.Link, end)
	close(ready)
	go c.loop()
	select {
	case <-c.opened:
	case <-ctx.Done():
		_ = c.shut()
		return nil, fmt.Errorf("session: no answer from %q: %w", conf.To, context.Cause(ctx))
	}
	c.mu.Lock()
	err = c.refused
	c.mu.Unlock()
	if err != nil {
		_ = c.shut()
		return nil, err
	}
	return c, nil
}

// Endpoint returns the endpoint, for datagrams beside the sessions.
func (c *Conn) Endpoint() transport.Endpoint { return c.end }

// Send queues a message; it arrives if the session lasts. The message is encoded at once and not kept. ErrNoSession means that it
// was dropped because a session has ended and the next is not there, link.ErrFull that the other side takes nothing.
func (c *Conn) Send(m wire.Message) error {
	wake, err := c.pipe.send(m, c.now(), c.end)
	if wake {
		c.kick()
	}
	return err
}

// Session returns the number of the present session, and of the next while there is none.
func (c *Conn) Session() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.remote == 0 {
		return c.serial + 1
	}
	return c.serial
}

// Close says good-bye, waits until that and all before it has arrived or ctx ends, at most three seconds, and leaves the network.
func (c *Conn) Close(ctx context.Context, reason string) error {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		<-c.done
		return nil
	}
	c.closed = true
	c.mu.Unlock()
	if c.Send(&wire.Bye{Reason: reason}) == nil {
		ctx, cancel := context.WithTimeout(ctx, lingerMax)
		defer cancel()
		for !c.pipe.idle() && ctx.Err() == nil {
			select {
			case <-time.After(2 * time.Millisecond):
			case <-ctx.Done():
			}
		}
	}
	c.mu.Lock()
	if c.remote != 0 {
		control(c.end, c.conf.To, link.Control{Kind: link.Reset, From: c.local, To: c.remote, Payload: cut(reason)})
	}
	c.mu.Unlock()
	err := c.shut()
	c.tell(Status{State: Ended, Reason: reason})
	return err
}

func (c *Conn) shut() error {
	close(c.stop)
	<-c.done
	return c.end.Close()
}

func (c *Conn) now() time.Duration { return time.Since(c.start) }

func (c *Conn) kick() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// tell reports a change.
func (c *Conn) tell(s Status) {
	c.report.Lock()
	defer c.report.Unlock()
	c.mu.Lock()
	there := c.remote != 0
	if s.State == Down && c.state != Up || s.State == Up && (c.state == Up || !there) || c.state == Ended {
		c.mu.Unlock()
		return
	}
	c.state = s.State
	s.Session = c.serial
	c.mu.Unlock()
	if c.conf.Status != nil {
		c.conf.Status(s)
	}
}

// loop opens sessions, polls them, and watches over their health.
func (c *Conn) loop() {
	defer close(c.done)
	timer := time.NewTimer(0)
	defer timer.Stop()
	status := c.end.Status()
	watch := time.Duration(0)
	away := false // the endpoint has no connection
	for {
		now := c.now()
		next := min(c.pipe.poll(now, c.end), c.open(now))
		if now >= watch {
			watch = now + min(c.conf.Quiet/4, time.Second)
			c.judge(now, away)
		}
		timer.Reset(max(0, min(next, watch)-c.now()))
		select {
		case <-c.wake:
		case <-timer.C:
		case s, ok := <-status:
			if !ok {
				status = nil
				continue
			}
			if away = s.State != transport.Connected; away {
				c.tell(Status{State: Down, Reason: s.String()})
			}
		case <-c.stop:
			return
		}
	}
}

// judge compares the silence of the other side with what is normal.
func (c *Conn) judge(now time.Duration, away bool) {
	c.mu.Lock()
	there := c.remote != 0
	c.mu.Unlock()
	if !there || away {
		return
	}
	switch unheard, unacknowledged := c.pipe.silence(now); {
	case unheard >= c.conf.Quiet:
		c.tell(Status{State: Down, Reason: fmt.Sprintf("nothing heard for %v", unheard.Round(100*time.Millisecond))})
	case unacknowledged >= c.conf.Quiet:
		c.tell(Status{State: Down, Reason: fmt.Sprintf("nothing acknowledged for %v", unacknowledged.Round(100*time.Millisecond))})
	default:
		c.tell(Status{State: Up})
	}
}

// open repeats the Hello frame while there is no session, and returns when it is due again.
func (c *Conn) open(now time.Duration) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.remote != 0 || c.closed {
		return link.Never
	}
	if now >= c.helloAt {
		control(c.end, c.conf.To, link.Control{Kind: link.Hello, From: c.local})
		c.helloAt = now + c.wait
		c.wait = min(2*c.wait, helloEveryMax)
	}
	return c.helloAt
}

// handle takes a frame from the network.
func (c *Conn) handle(from string, frame []byte) {
	kind, _, to, err := link.PeekEpochs(frame)
	if err != nil || from != c.conf.To {
		if c.conf.Other != nil && err != nil {
			c.conf.Other(from, frame)
		}
		return
	}
	switch kind {
	case link.Packet:
		c.packet(frame)
	case link.Welcome, link.Reset:
		if ctl, err := link.ParseControl(frame); err == nil && to != 0 {
			c.control(ctl)
		}
	}
}

func (c *Conn) packet(frame []byte) {
	ms, hurry, err := c.pipe.receive(c.now(), frame)
	if len(ms) > 0 {
		c.conf.Deliver(ms)
	}
	if errors.Is(err, link.ErrBroken) {
		c.lose(err.Error())
	}
	if hurry {
		c.kick()
	}
}

// control opens or ends the session.
func (c *Conn) control(ctl link.Control) {
	c.mu.Lock()
	if ctl.To != c.local {
		c.mu.Unlock()
		return
	}
	if ctl.Kind == link.Reset {
		c.reset(ctl)
		return
	}
	if c.remote != 0 {
		c.mu.Unlock()
		return
	}
	c.remote = ctl.From
	c.serial++
	c.wait = helloEvery
	first := c.serial == 1
	c.pipe.mu.Lock()
	c.pipe.link, c.pipe.armed = link.New(c.conf.Link, c.local, c.remote, c.now()), link.Never
	c.pipe.mu.Unlock()
	c.mu.Unlock()
	err := c.Send(c.conf.Hello())
	if err != nil {
		c.lose(err.Error())
		return
	}
	c.tell(Status{State: Up})
	if first {
		close(c.opened)
	}
}

// reset ends the session because the other side does not know it; the caller holds mu, which is given back.
func (c *Conn) reset(ctl link.Control) {
	reason := string(ctl.Payload)
	if reason == "" {
		reason = "the other side does not know the session: it was restarted, or has given up this one"
	}
	switch {
	case c.remote == 0 && c.serial == 0 && ctl.From == 0: // instead of a Welcome
		if c.refused == nil {
			c.refused = fmt.Errorf("%w: %s", ErrRefused, reason)
			close(c.opened)
		}
		c.mu.Unlock()
	case c.remote != 0 && ctl.From == c.remote:
		c.mu.Unlock()
		c.lose(reason)
	default:
		c.mu.Unlock()
	}
}

// lose gives the session up; the loop opens another.
func (c *Conn) lose(reason string) {
	c.mu.Lock()
	if c.remote == 0 || c.closed {
		c.mu.Unlock()
		return
	}
	c.remote, c.local = 0, newEpoch()
	c.wait, c.helloAt = helloEvery, 0
	c.pipe.mu.Lock()
	c.pipe.link = nil
	c.pipe.mu.Unlock()
	c.mu.Unlock()
	c.tell(Status{State: Lost, Reason: reason})
	c.kick()
}
