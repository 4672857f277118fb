//go:build linux

package faulttest

import (
	"net"
	"testing"

	"sheaf/internal/netns"
)

type conn = net.Conn

// newRelays returns relays; their address method belongs into a configuration.
func newRelays(t testing.TB) *relays { return &relays{t: t, of: map[string]*relay{}} }

// address makes the relay of a worker, or returns the one that it has.
func (rs *relays) address(worker string) (listen, announce string) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if r := rs.of[worker]; r != nil {
		return r.target, r.Addr().String()
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		rs.t.Error(err)
		return "", ""
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		rs.t.Error(err)
		return "", ""
	}
	target := free.Addr().String()
	_ = free.Close()
	dial := func() (net.Conn, error) {
		c, err := net.Dial("tcp", target)
		if err == nil && rs.wrap != nil {
			c = rs.wrap(worker, c)
		}
		return c, err
	}
	r := &relay{Proxy: netns.NewProxy(l, dial), target: target}
	rs.t.Cleanup(func() { r.Close() })
	rs.of[worker] = r
	return r.target, l.Addr().String()
}

// to returns the relay of a worker.
func (rs *relays) to(worker string) *relay {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	r := rs.of[worker]
	if r == nil {
		rs.t.Fatalf("no relay of %s", worker)
	}
	return r
}
