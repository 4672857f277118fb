package transporttest

import (
	"errors"
	"net"
	"sync"
	"testing"
	"time"
)

// A Proxy stands before a TCP server and mistreats what passes.
type Proxy struct {
	listen net.Listener
	target string
	wg     sync.WaitGroup

	mu     sync.Mutex // guards the rest
	conns  map[net.Conn]struct{}
	faults ProxyFaults
	passed int64 // bytes from the server, of all connections since the last Set
	closed bool
}

// ProxyFaults is what a proxy does to bytes on their way from the server to the client, whose offsets count from the call of Set. The
// zero value does nothing; offsets are counted from 1.
type ProxyFaults struct {
	Damage int64         // the byte that is changed
	Cut    int64         // the byte in front of which the connection is broken
	Stop   int64         // the byte in front of which nothing passes any more, with the connection open
	Delay  time.Duration // before each piece
	Refuse bool          // new connections are closed at once
}

// NewProxy starts a proxy for the length of the test.
func NewProxy(t testing.TB, target string) *Proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{listen: l, target: target, conns: make(map[net.Conn]struct{})}
	p.wg.Go(p.accept)
	t.Cleanup(p.close)
	return p
}

// Addr returns where the proxy listens.
func (p *Proxy) Addr() string { return p.listen.Addr().String() }

// Set changes the faults and breaks all connections, so that they count for new ones.
func (p *Proxy) Set(f ProxyFaults) {
	p.mu.Lock()
	p.faults, p.passed = f, 0
	p.mu.Unlock()
	p.Break()
}

// Break breaks all connections.
func (p *Proxy) Break() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		_ = c.Close()
	}
}

// Passed returns how many bytes came from the server since the last Set.
func (p *Proxy) Passed() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.passed
}

func (p *Proxy) close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	_ = p.listen.Close()
	p.Break()
	p.wg.Wait()
}

func (p *Proxy) accept() {
	for {
		client, err := p.listen.Accept()
		if err != nil {
			return
		}
		p.mu.Lock()
		refuse := p.faults.Refuse
		p.mu.Unlock()
		server, err := net.Dial("tcp", p.target)
		if refuse || err != nil {
			_ = client.Close()
			if err == nil {
				_ = server.Close()
			}
			continue
		}
		p.mu.Lock()
		p.conns[client], p.conns[server] = struct{}{}, struct{}{}
		closed := p.closed
		p.mu.Unlock()
		if closed {
			_ = client.Close()
			_ = server.Close()
		}
		p.wg.Go(func() { p.copy(server, client, false) })
		p.wg.Go(func() { p.copy(client, server, true) })
	}
}

// copy passes bytes on until one side ends, and then ends both.
func (p *Proxy) copy(to, from net.Conn, faulty bool) {
	defer func() {
		_, _ = to.Close(), from.Close()
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.conns, from)
	}()
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 && faulty {
			if n = p.mistreat(buf[:n], from); n == 0 {
				return
			}
		}
		if _, werr := to.Write(buf[:n]); errors.Join(err, werr) != nil {
			return
		}
	}
}

// mistreat applies the faults to a piece and returns how much of it passes; 0 ends the connection.
func (p *Proxy) mistreat(piece []byte, from net.Conn) int {
	p.mu.Lock()
	f, begin := p.faults, p.passed
	p.passed += int64(len(piece))
	end := p.passed
	p.mu.Unlock()
	time.Sleep(f.Delay)
	if begin < f.Damage && f.Damage <= end {
		piece[f.Damage-begin-1] ^= 0x40
	}
	if f.Cut > 0 && f.Cut <= end {
		return int(max(f.Cut-1-begin, 0))
	}
	if f.Stop > 0 && f.Stop <= end {
		_, _ = from.Read(make([]byte, 1)) // until somebody closes it, or more comes, which is lost too
		for {
			if _, err := from.Read(piece); err != nil {
				return 0
			}
		}
	}
	return len(piece)
}
