package netns

import (
	"bytes"
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"
)

// proxied returns a proxy before a server that echoes.
func proxied(t *testing.T) *Proxy {
	t.Helper()
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			c, err := server.Accept()
			if err != nil {
				return
			}
			go func() { io.Copy(c, c); c.Close() }()
		}
	}()
	front, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := NewProxy(front, func() (net.Conn, error) { return net.Dial("tcp", server.Addr().String()) })
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		server.Close()
	})
	return p
}

func dial(t *testing.T, p *Proxy) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", p.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(10 * time.Second))
	return c
}

// turn sends a word around and returns how long it took.
func turn(t *testing.T, c net.Conn) time.Duration {
	t.Helper()
	began := time.Now()
	if _, err := c.Write([]byte("word")); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 4)
	if _, err := io.ReadFull(c, buf); err != nil || string(buf) != "word" {
		t.Fatalf("got %q, %v", buf, err)
	}
	return time.Since(began)
}

func TestProxyHandsOn(t *testing.T) {
	p := proxied(t)
	c := dial(t, p)
	sent := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	go func() {
		c.Write(sent)
		c.(*net.TCPConn).CloseWrite() // half of it: what comes back must still arrive
	}()
	got, err := io.ReadAll(c)
	if err != nil || !bytes.Equal(got, sent) {
		t.Errorf("got %d bytes, %v; want %d", len(got), err, len(sent))
	}
	if p.Carried(Up) != int64(len(sent)) || p.Carried(Down) != int64(len(sent)) {
		t.Errorf("carried %d and %d bytes", p.Carried(Up), p.Carried(Down))
	}
}

func TestProxyDelays(t *testing.T) {
	p := proxied(t)
	c := dial(t, p)
	turn(t, c)
	p.Delay(Up, 60*time.Millisecond)
	p.Delay(Down, 40*time.Millisecond)
	if took := turn(t, c); took < 100*time.Millisecond {
		t.Errorf("took %v, want 100ms at least", took)
	}
	p.Delay(Up, 0)
	p.Delay(Down, 0)
	turn(t, c)
}

func TestProxyThrottles(t *testing.T) {
	p := proxied(t)
	c := dial(t, p)
	p.Rate(Up, 1<<20)
	began := time.Now()
	go c.Write(make([]byte, 200<<10))
	if _, err := io.ReadFull(c, make([]byte, 200<<10)); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took < 180*time.Millisecond {
		t.Errorf("200 KiB at 1 MiB/s took %v, want about 195ms", took)
	}
}

func TestProxyStalls(t *testing.T) {
	p := proxied(t)
	c := dial(t, p)
	turn(t, c)
	for _, d := range []Direction{Up, Down} {
		p.Stall(d, true)
		if _, err := c.Write([]byte("word")); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 4)
		c.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
		if n, err := c.Read(buf); err == nil {
			t.Errorf("direction %d: got %q", d, buf[:n])
		}
		p.Stall(d, false)
		c.SetReadDeadline(time.Now().Add(10 * time.Second))
		if _, err := io.ReadFull(c, buf); err != nil || string(buf) != "word" {
			t.Errorf("direction %d: got %q, %v after the stall", d, buf, err)
		}
	}
}

func TestProxyResetsAndRefuses(t *testing.T) {
	p := proxied(t)
	c := dial(t, p)
	turn(t, c)
	if n := p.Reset(); n != 2 {
		t.Errorf("reset %d connections, want both", n)
	}
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("got %v, want a reset", err)
	}
	turn(t, dial(t, p)) // new ones work
	p.Refuse(true)
	again, err := net.Dial("tcp", p.Addr().String())
	if err == nil {
		again.SetDeadline(time.Now().Add(5 * time.Second))
		_, err = again.Read(make([]byte, 1))
		again.Close()
	}
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("got %v, want a reset", err)
	}
	p.Refuse(false)
	turn(t, dial(t, p))
}

func TestProxyWithoutATarget(t *testing.T) {
	front, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := NewProxy(front, func() (net.Conn, error) { return nil, errors.New("nobody") })
	defer p.Close()
	c, err := net.Dial("tcp", p.Addr().String())
	if err == nil { // it is not reset yet
		_, err = c.Read(make([]byte, 1))
		c.Close()
	}
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("got %v, want a reset", err)
	}
}
