package netns

import (
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// A Direction is one through a [Proxy].
type Direction uint8

// The directions of a proxy.
const (
	Up   Direction = iota // from who connects to the target
	Down                  // from the target to who connects
)

// A Proxy hands TCP connections on, and makes the network between look bad. Its methods may be called by several goroutines at
// once and act on the connections there are as well as on later ones.
type Proxy struct {
	listener net.Listener
	dial     func() (net.Conn, error)
	running  sync.WaitGroup
	closed   chan struct{}

	mu      sync.Mutex // guards what follows
	refused bool
	lanes   [2]lane
	changed chan struct{} // closed and replaced when a lane changes
	conns   map[net.Conn]bool
	carried [2]int64
}

// A lane is what one direction is like.
type lane struct {
	delay          time.Duration
	bytesPerSecond int64 // 0 for no limit
	stalled        bool
}

// NewProxy accepts connections from a listener and hands them on to what dial connects to. It takes the listener over.
func NewProxy(listener net.Listener, dial func() (net.Conn, error)) *Proxy {
	p := &Proxy{listener: listener, dial: dial, closed: make(chan struct{}), changed: make(chan struct{}), conns: map[net.Conn]bool{}}
	p.running.Go(p.accept)
	return p
}

// Addr returns where the proxy listens.
func (p *Proxy) Addr() net.Addr { return p.listener.Addr() }

func (p *Proxy) accept() {
	for {
		in, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.running.Go(func() { p.serve(in) })
	}
}

func (p *Proxy) serve(in net.Conn) {
	if !p.keep(in) {
		reset(in)
		return
	}
	defer p.forget(in)
	out, err := p.dial()
	if err != nil {
		reset(in)
		return
	}
	if !p.keep(out) {
		reset(out)
		reset(in)
		return
	}
	defer p.forget(out)
	var both sync.WaitGroup
	both.Go(func() { p.carry(Up, in, out) })
	both.Go(func() { p.carry(Down, out, in) })
	both.Wait()
}

// keep remembers a connection, unless there are to be none.
func (p *Proxy) keep(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.refused {
		return false
	}
	select {
	case <-p.closed:
		return false
	default:
	}
	p.conns[c] = true
	return true
}

func (p *Proxy) forget(c net.Conn) {
	p.mu.Lock()
	delete(p.conns, c)
	p.mu.Unlock()
	c.Close()
}

// A parcel is bytes on their way.
type parcel struct {
	data []byte
	due  time.Time
}

// parcelsMax bounds what is on its way in one direction of a connection at 64 parcels of 32 KiB; more waits at the sender.
const parcelsMax = 64

// carry takes bytes from one connection to the other until one ends.
func (p *Proxy) carry(d Direction, from, to net.Conn) {
	way := make(chan parcel, parcelsMax)
	whole := false // the sender has ended in order; set before way is closed
	go func() {
		defer close(way)
		for {
			buf := make([]byte, 32<<10)
			n, err := from.Read(buf)
			if n > 0 {
				p.mu.Lock()
				due := time.Now().Add(p.lanes[d].delay)
				p.mu.Unlock()
				select {
				case way <- parcel{buf[:n], due}:
				case <-p.closed:
					return
				}
			}
			if err != nil {
				whole = errors.Is(err, io.EOF)
				return
			}
		}
	}()
	free := time.Now() // when the line has sent what was put on it
	failed := false
	for c := range way {
		if failed {
			continue // so that the reader ends
		}
		free = p.wait(d, c, free)
		if _, err := to.Write(c.data); err != nil {
			failed = true
			from.Close()
			continue
		}
		p.mu.Lock()
		p.carried[d] += int64(len(c.data))
		p.mu.Unlock()
	}
	if tcp, ok := to.(*net.TCPConn); ok && whole && !failed {
		tcp.CloseWrite() // the other direction may go on
	} else {
		reset(to)
	}
}

// wait lets a parcel wait until it is due, the line is free for it, and the lane is not stalled. It returns when the line is free again.
func (p *Proxy) wait(d Direction, c parcel, free time.Time) time.Time {
	for {
		p.mu.Lock()
		l, changed := p.lanes[d], p.changed
		p.mu.Unlock()
		at := c.due
		if l.bytesPerSecond > 0 {
			free = later(free, time.Now())
			at = later(at, free.Add(time.Duration(float64(len(c.data))/float64(l.bytesPerSecond)*float64(time.Second))))
		}
		timer := time.NewTimer(time.Until(at))
		ready := timer.C
		if l.stalled {
			ready = nil
		}
		select {
		case <-ready:
			return at
		case <-changed:
			timer.Stop()
		case <-p.closed:
			timer.Stop()
			return at
		}
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (p *Proxy) change(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f()
	close(p.changed)
	p.changed = make(chan struct{})
}

// Delay holds what is read from now on back for a while before it is handed on.
func (p *Proxy) Delay(d Direction, by time.Duration) { p.change(func() { p.lanes[d].delay = by }) }

// Rate bounds how many bytes a second each connection carries; 0 for no bound.
func (p *Proxy) Rate(d Direction, bytesPerSecond int64) {
	p.change(func() { p.lanes[d].bytesPerSecond = bytesPerSecond })
}

// Stall stops a direction, or lets it go on: nothing is lost, and nobody is told.
func (p *Proxy) Stall(d Direction, stalled bool) { p.change(func() { p.lanes[d].stalled = stalled }) }

// Refuse resets new connections, or no longer.
func (p *Proxy) Refuse(refused bool) { p.change(func() { p.refused = refused }) }

// Reset resets the connections that there are, losing what is on its way. It returns how many.
func (p *Proxy) Reset() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		reset(c)
	}
	return len(p.conns)
}

// Carried returns how many bytes were handed on in a direction.
func (p *Proxy) Carried(d Direction) int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.carried[d]
}

// reset closes a connection so that the other side sees a reset.
func reset(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	c.Close()
}

// Close ends the proxy and its connections, and waits for its goroutines.
func (p *Proxy) Close() error {
	p.mu.Lock()
	select {
	case <-p.closed:
		p.mu.Unlock()
		return nil
	default:
	}
	close(p.closed)
	for c := range p.conns {
		c.Close()
	}
	p.mu.Unlock()
	err := p.listener.Close()
	p.running.Wait()
	if errors.Is(err, net.ErrClosed) || errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
