package flight

import (
	"context"
	"net"
	"sync"
	"sync/atomic"

	"google.golang.org/grpc/stats"
)

// listener accepts while there is room for one more connection, and counts.
type listener struct {
	net.Listener
	room     chan struct{}
	once     sync.Once
	closed   chan struct{}
	accepted atomic.Int64
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case l.room <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	c, err := l.Listener.Accept()
	if err != nil {
		<-l.room
		return nil, err
	}
	l.accepted.Add(1)
	return &conn{Conn: c, leave: func() { <-l.room }}, nil
}

func (l *listener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

type conn struct {
	net.Conn
	once  sync.Once
	leave func()
}

func (c *conn) Close() error {
	err := c.Conn.Close()
	c.once.Do(c.leave)
	return err
}

// connStats counts the connections that have become ones of gRPC.
type connStats struct{ s *Server }

func (c *connStats) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context   { return ctx }
func (c *connStats) HandleRPC(context.Context, stats.RPCStats)                         {}
func (c *connStats) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }

func (c *connStats) HandleConn(_ context.Context, s stats.ConnStats) {
	if _, ok := s.(*stats.ConnBegin); ok {
		c.s.begun.Add(1)
	}
}
