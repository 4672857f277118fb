package session

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"sheaf/internal/link"
	"sheaf/internal/transport"
	"sheaf/internal/wire"
)

// An AcceptorConfig describes the end of sessions that has many peers. The callbacks are called one at a time, except that Gone
// may run beside the others; none of them may call Close.
type AcceptorConfig struct {
	Network Network
	Name    string // own name on the network

	// Accept judges the first message of a session. The peer's name is unique: it is never used again. Lost is how long it may be
	// silent before it is Gone. An error refuses the session and tells the peer why; then Gone is not called.
	Accept func(peer string, hello wire.Message) (lost time.Duration, err error)

	// Deliver takes messages of an accepted peer, in order, the first one not among them. Large graphs come as *wire.Unparsed.
	Deliver func(peer string, ms []wire.Message)

	// Gone tells of the end of an accepted session, once, unless it ended by Drop.
	Gone func(peer, reason string)

	PeersMax int // sessions at a time; 100,000 by default
	Link     link.Config
}

// An Acceptor is the end of sessions that has many peers.
type Acceptor struct {
	conf  AcceptorConfig
	end   transport.Endpoint
	start time.Time
	wake  chan struct{}
	stop  chan struct{}
	done  chan struct{}

	mu      sync.Mutex // guards what follows; taken before a peer's
	epochs  map[link.Epoch]*peer
	from    map[string]*peer // the newest session of each name on the network
	peers   map[string]*peer
	dirty   []*peer
	timers  agenda
	closed  bool
	refused map[string]int64 // counts by reason
}

// peer is one session.
type peer struct {
	pipe
	name          string // unique
	local, remote link.Epoch
	born          time.Duration

	// Guarded by the acceptor's mu.
	lost     time.Duration // silence allowed; 0 before the hello
	accepted bool
	ending   time.Duration // when a dropped session is forgotten; 0 if it was not dropped
	ended    bool
	queued   bool          // among the dirty ones
	due      time.Duration // in the agenda
	place    int           // in the agenda, -1 if it is not there
}

const helloMax = 15 * time.Second // for the first message

// NewAcceptor joins the network and accepts sessions until Close.
func NewAcceptor(conf AcceptorConfig) (*Acceptor, error) {
	if conf.Network == nil || conf.Accept == nil || conf.Deliver == nil || conf.Gone == nil {
		return nil, fmt.Errorf("session: AcceptorConfig needs Network, Accept, Deliver and Gone")
	}
	if conf.PeersMax <= 0 {
		conf.PeersMax = 100_000
	}
	a := &Acceptor{
		conf: conf, start: time.Now(), wake: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{}),
		epochs: map[link.Epoch]*peer{}, from: map[string]*peer{}, peers: map[string]*peer{}, refused: map[string]int64{},
	}
	ready := make(chan struct{})
	end, err := conf.Network.Join(conf.Name, func(from string, frame []byte) {
		<-ready
		a.handle(from, frame)
	})
	if err != nil {
		close(ready)
		return nil, err
	}
	a.end = end
	a.conf.Link = fit(conf.Link, end)
	close(ready)
	go a.loop()
	return a, nil
}

// Endpoint returns the endpoint.
func (a *Acceptor) Endpoint() transport.Endpoint { return a.end }

// Send queues a message to a peer. ErrNoSession means that it is not there any more. A peer that takes nothing is Gone.
func (a *Acceptor) Send(name string, m wire.Message) error {
	a.mu.Lock()
	p := a.peers[name]
	a.mu.Unlock()
	if p == nil {
		return ErrNoSession
	}
	wake, err := p.send(m, a.now(), a.end)
	switch {
	case wake:
		a.touch(p)
	case errors.Is(err, link.ErrFull) || errors.Is(err, link.ErrBroken):
		a.finish(p, err.Error(), true)
	}
	return err
}

// Drop ends a session. What was sent before is still delivered, if the peer takes it within three seconds.
func (a *Acceptor) Drop(name, reason string) {
	a.mu.Lock()
	p := a.peers[name]
	if p == nil || p.ended {
		a.mu.Unlock()
		return
	}
	delete(a.peers, name)
	p.ending = a.now() + lingerMax
	p.ended = true
	a.mu.Unlock()
	p.mu.Lock()
	p.reason = reason
	p.mu.Unlock()
	a.touch(p)
}

// Peers returns how many sessions there are.
func (a *Acceptor) Peers() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.peers)
}

// Refused returns how many frames and sessions were refused, by reason.
func (a *Acceptor) Refused() map[string]int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	m := make(map[string]int64, len(a.refused))
	maps.Copy(m, a.refused)
	return m
}

// Close ends all sessions with the given reason and leaves the network. Peers try to come back until they are closed too.
func (a *Acceptor) Close(ctx context.Context, reason string) error {
	a.mu.Lock()
	if a.closed {
		a.mu.Unlock()
		<-a.done
		return nil
	}
	a.closed = true
	all := make([]*peer, 0, len(a.epochs))
	for _, p := range a.epochs {
		all = append(all, p)
	}
	a.mu.Unlock()
	deadline := time.Now().Add(lingerMax)
	for _, p := range all {
		for !p.idle() && ctx.Err() == nil && time.Now().Before(deadline) {
			time.Sleep(time.Millisecond)
		}
		control(a.end, p.to, link.Control{Kind: link.Reset, From: p.local, To: p.remote, Payload: cut(reason)})
	}
	close(a.stop)
	<-a.done
	return a.end.Close()
}

func (a *Acceptor) now() time.Duration { return time.Since(a.start) }

// touch has a peer polled soon.
func (a *Acceptor) touch(p *peer) {
	a.mu.Lock()
	if !p.queued {
		p.queued = true
		a.dirty = append(a.dirty, p)
	}
	a.mu.Unlock()
	select {
	case a.wake <- struct{}{}:
	default:
	}
}

// count takes note of something refused.
func (a *Acceptor) count(what string) {
	a.mu.Lock()
	a.refused[what]++
	a.mu.Unlock()
}

// handle takes a frame from the network.
func (a *Acceptor) handle(from string, frame []byte) {
	kind, _, to, err := link.PeekEpochs(frame)
	if err != nil {
		a.count("malformed frame")
		return
	}
	switch kind {
	case link.Packet:
		a.packet(from, to, frame)
	case link.Hello:
		if ctl, err := link.ParseControl(frame); err == nil && ctl.From != 0 {
			a.hello(from, ctl)
			return
		}
		a.count("malformed frame")
	case link.Reset:
		a.mu.Lock()
		p := a.epochs[to]
		a.mu.Unlock()
		ctl, err := link.ParseControl(frame)
		if p == nil || err != nil || p.to != from || p.remote != ctl.From {
			return
		}
		reason := string(ctl.Payload)
		if reason == "" {
			reason = "it ended the session"
		}
		a.finish(p, reason, false)
	default:
		a.count("unexpected frame")
	}
}

// hello gives a peer its session, the same one each time it asks.
func (a *Acceptor) hello(from string, ctl link.Control) {
	now := a.now()
	a.mu.Lock()
	old := a.from[from]
	switch {
	case a.closed:
		a.mu.Unlock()
		return
	case old != nil && old.remote == ctl.From:
		a.mu.Unlock()
		control(a.end, from, link.Control{Kind: link.Welcome, From: old.local, To: old.remote})
		return
	case len(a.epochs) >= a.conf.PeersMax:
		a.refused["too many peers"]++
		a.mu.Unlock()
		reason := fmt.Sprintf("%q has %d sessions and takes no more", a.conf.Name, a.conf.PeersMax)
		control(a.end, from, link.Control{Kind: link.Reset, To: ctl.From, Payload: cut(reason)})
		return
	}
	p := &peer{local: newEpoch(), remote: ctl.From, born: now, place: -1}
	p.to = from
	p.parse = func(m link.Message) (wire.Message, error) { return wire.ParseSoon(m) }
	p.name = fmt.Sprintf("%s#%v", from, p.local)
	p.link, p.armed = link.New(a.conf.Link, p.local, p.remote, now), link.Never
	a.epochs[p.local], a.from[from] = p, p
	a.mu.Unlock()
	if old != nil {
		a.finish(old, "it opened a new session", false)
	}
	control(a.end, from, link.Control{Kind: link.Welcome, From: p.local, To: p.remote})
	a.touch(p)
}

// packet takes a frame of a session.
func (a *Acceptor) packet(from string, to link.Epoch, frame []byte) {
	a.mu.Lock()
	p := a.epochs[to]
	closed := a.closed
	a.mu.Unlock()
	if p == nil || p.to != from {
		a.count("unknown session")
		if _, remote, _, err := link.PeekEpochs(frame); err == nil && !closed {
			control(a.end, from, link.Control{Kind: link.Reset, From: to, To: remote})
		}
		return
	}
	ms, hurry, err := p.receive(a.now(), frame)
	if len(ms) > 0 {
		a.deliver(p, ms)
	}
	switch {
	case errors.Is(err, link.ErrBroken):
		a.count("broken session")
		a.finish(p, err.Error(), true)
	case err != nil:
		a.count("malformed frame")
	}
	if hurry {
		a.touch(p)
	}
}

// deliver hands messages of a peer on, after the first was judged.
func (a *Acceptor) deliver(p *peer, ms []wire.Message) {
	a.mu.Lock()
	ended, accepted := p.ended, p.accepted
	a.mu.Unlock()
	if ended {
		return
	}
	if !accepted {
		a.mu.Lock()
		a.peers[p.name] = p // so that Accept may send
		a.mu.Unlock()
		lost, err := a.conf.Accept(p.name, ms[0])
		if err != nil {
			a.count("refused peer")
			a.finish(p, err.Error(), true)
			return
		}
		a.mu.Lock()
		p.accepted, p.lost = true, lost
		a.mu.Unlock()
		ms = ms[1:]
	}
	if len(ms) > 0 {
		a.conf.Deliver(p.name, ms)
	}
}

// finish ends a session, and tells the peer if it does not know.
func (a *Acceptor) finish(p *peer, reason string, tell bool) {
	a.mu.Lock()
	delete(a.epochs, p.local)
	delete(a.peers, p.name)
	if a.from[p.to] == p {
		delete(a.from, p.to)
	}
	a.timers.remove(p)
	report := p.accepted && !p.ended
	p.ended = true
	a.mu.Unlock()
	p.mu.Lock()
	p.link = nil
	p.mu.Unlock()
	if tell {
		control(a.end, p.to, link.Control{Kind: link.Reset, From: p.local, To: p.remote, Payload: cut(reason)})
	}
	if report {
		a.conf.Gone(p.name, reason)
	}
}
