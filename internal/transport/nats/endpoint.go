package nats

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"

	"sheaf/internal/transport"
)

// A Config says how to join a cluster.
type Config struct {
	URLs    []string // of the servers, "nats://host:port" or "tls://host:port"
	Server  *Server  // or the server of this process, without a socket
	Cluster string   // DefaultCluster by default
	Name    string   // of this peer

	Token    string
	NKeySeed string      // "SU…"
	TLS      *tls.Config // nil: no TLS unless the server asks for it; then the system's authorities count

	ConnectTimeout   time.Duration // of one attempt, 5 s by default
	PendingBytesMax  int           // of frames that wait for the handler, 64 MiB by default; what exceeds it is dropped and counted
	PendingFramesMax int           // 65,536 by default
}

// An Endpoint is a peer of a cluster over NATS. It is a [transport.Endpoint].
type Endpoint struct {
	conf   Config
	nc     *nats.Conn
	sub    *nats.Subscription
	handle transport.Handler
	status *transport.Statuses

	local transport.Endpoint // for the peers in the server's own process; nil without one

	mu     sync.Mutex // held while the handler runs; guards closed
	closed bool

	denied deniedHooks

	subjects  sync.Map // name of a peer → subject
	nSubjects atomic.Int64

	sent, received, bytesSent, bytesReceived, dropped, malformed, reconnects atomic.Uint64
}

var _ transport.Endpoint = (*Endpoint)(nil)

// Dial connects to a server and begins to deliver frames. The first connection must succeed before ctx ends; an error that trying again
// will not cure, as a wrong token, is returned at once. A connection that is lost later is sought again until Close.
func Dial(ctx context.Context, conf Config, handle transport.Handler) (*Endpoint, error) {
	if err := transport.CheckName(conf.Name); err != nil {
		return nil, err
	}
	var err error
	if conf.Cluster, err = clusterName(conf.Cluster); err != nil {
		return nil, err
	}
	if conf.Server != nil {
		conf.Cluster = conf.Server.conf.Cluster
	} else if len(conf.URLs) == 0 {
		return nil, errors.New("nats: no URL of a server")
	}
	if conf.ConnectTimeout <= 0 {
		conf.ConnectTimeout = 5 * time.Second
	}
	if conf.PendingBytesMax <= 0 {
		conf.PendingBytesMax = 64 << 20
	}
	if conf.PendingFramesMax <= 0 {
		conf.PendingFramesMax = 1 << 16
	}
	e := &Endpoint{conf: conf, handle: handle, status: transport.NewStatuses(transport.Status{State: transport.Connected})}
	opts, err := e.options()
	if err != nil {
		return nil, err
	}
	if conf.Server != nil {
		conf.Server.guard.claim(conf.Name)
	}
	if err := e.connect(ctx, opts); err != nil {
		e.free()
		return nil, err
	}
	if conf.Server != nil {
		if e.local, err = conf.Server.here.Join(conf.Name, e.take); err != nil {
			return nil, errors.Join(err, e.Close())
		}
	}
	return e, nil
}

// connect tries until it succeeds, ctx ends or trying is of no use, and subscribes.
func (e *Endpoint) connect(ctx context.Context, opts []nats.Option) error {
	for wait := 20 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		var err error
		e.nc, err = nats.Connect(strings.Join(e.conf.URLs, ","), opts...)
		if err == nil {
			break
		}
		err = explain(err)
		if errors.Is(err, transport.ErrAuth) {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("nats: connect to %s: %w (%w)", e.where(), err, context.Cause(ctx))
		case <-time.After(wait):
		}
	}
	sub, err := e.nc.Subscribe(subjectRoot+e.conf.Cluster+"."+e.conf.Name+".*", e.deliver)
	if err == nil {
		err = sub.SetPendingLimits(e.conf.PendingFramesMax, e.conf.PendingBytesMax)
	}
	if err == nil {
		flush, cancel := context.WithTimeout(ctx, e.conf.ConnectTimeout)
		err = e.nc.FlushWithContext(flush)
		cancel()
	}
	if err == nil {
		err = e.nc.LastError() // a refused subscription
	}
	if err != nil {
		e.nc.Close()
		return fmt.Errorf("nats: subscribe at %s: %w", e.where(), explain(err))
	}
	e.sub = sub
	return nil
}

func (e *Endpoint) where() string {
	if e.conf.Server != nil {
		return "the server of this process"
	}
	return strings.Join(e.conf.URLs, ", ")
}

// options translates the configuration for the client library.
func (e *Endpoint) options() ([]nats.Option, error) {
	c := &e.conf
	opts := []nats.Option{
		nats.Name(c.Name), nats.CustomInboxPrefix(inboxRoot + c.Name), nats.Timeout(c.ConnectTimeout),
		nats.MaxReconnects(-1), nats.ReconnectBufSize(-1), nats.IgnoreAuthErrorAbort(), nats.PingInterval(10 * time.Second), nats.MaxPingsOutstanding(2),
		nats.CustomReconnectDelay(func(attempts int) time.Duration {
			wait := min(20*time.Millisecond<<min(attempts, 7), 2*time.Second)
			return wait/2 + rand.N(wait)
		}),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err = explain(err); err == nil {
				err = errors.New("nats: connection lost")
			}
			e.status.Report(transport.Status{State: transport.Disconnected, Err: err})
		}),
		nats.ReconnectErrHandler(func(_ *nats.Conn, err error) {
			e.status.Report(transport.Status{State: transport.Disconnected, Err: explain(err)})
		}),
		nats.ReconnectHandler(func(*nats.Conn) {
			e.reconnects.Add(1)
			e.status.Report(transport.Status{State: transport.Connected})
		}),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			if errors.Is(err, nats.ErrSlowConsumer) { // those are counted by the subscription
				return
			}
			err = explain(err)
			e.status.Report(transport.Status{State: transport.Connected, Err: err})
			if errors.Is(err, transport.ErrAuth) {
				e.denied.tell(err)
			}
		}),
	}
	if c.Server != nil {
		return append(opts, nats.InProcessServer(c.Server.ns), nats.Token(c.Server.guard.secret)), nil
	}
	if c.TLS != nil {
		conf := c.TLS.Clone()
		conf.MinVersion = max(conf.MinVersion, tls.VersionTLS12)
		opts = append(opts, nats.Secure(conf))
	}
	if c.Token != "" {
		opts = append(opts, nats.Token(c.Token))
	}
	if c.NKeySeed != "" {
		pair, err := nkeys.FromSeed([]byte(c.NKeySeed))
		if err != nil {
			return nil, fmt.Errorf("nats: NKey seed: %w", err)
		}
		public, err := pair.PublicKey()
		if err != nil {
			return nil, fmt.Errorf("nats: NKey seed: %w", err)
		}
		opts = append(opts, nats.Nkey(public, pair.Sign))
	}
	return opts, nil
}

// deliver is called by the subscription, one message at a time.
func (e *Endpoint) deliver(m *nats.Msg) {
	from := m.Subject[strings.LastIndexByte(m.Subject, '.')+1:]
	if transport.CheckName(from) != nil {
		e.malformed.Add(1)
		return
	}
	e.take(from, m.Data)
}

// take hands a frame to the handler.
func (e *Endpoint) take(from string, frame []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return
	}
	e.received.Add(1)
	e.bytesReceived.Add(uint64(len(frame)))
	e.handle(from, frame)
}

// Name returns the peer's own name.
func (e *Endpoint) Name() string { return e.conf.Name }

// MaxFrame returns the largest payload of the server.
func (e *Endpoint) MaxFrame() int { return min(int(e.nc.MaxPayload()), 8<<20) }

// Status reports the connection's state.
func (e *Endpoint) Status() <-chan transport.Status { return e.status.Chan() }

// Send publishes a frame. The client library writes at once when it is idle, and many frames in one go when it is not.
func (e *Endpoint) Send(to string, frame []byte) error {
	subject, err := e.subject(to)
	if err != nil {
		return err
	}
	if limit := e.MaxFrame(); len(frame) > limit {
		return fmt.Errorf("%w: %d bytes, at most %d", transport.ErrFrame, len(frame), limit)
	}
	switch {
	case e.local != nil && e.conf.Server.here.Has(to):
		err = e.local.Send(to, frame)
	case !e.nc.IsConnected():
		err = nats.ErrConnectionReconnecting
	default:
		err = e.nc.Publish(subject, frame)
	}
	switch {
	case err == nil:
		e.sent.Add(1)
		e.bytesSent.Add(uint64(len(frame)))
		return nil
	case errors.Is(err, nats.ErrConnectionClosed) || e.nc.IsClosed():
		return transport.ErrClosed
	}
	e.dropped.Add(1)
	return fmt.Errorf("%w: %w", transport.ErrDropped, err)
}

// subject returns that of a peer, from a cache of bounded size.
func (e *Endpoint) subject(to string) (string, error) {
	if s, ok := e.subjects.Load(to); ok {
		return s.(string), nil
	}
	if err := transport.CheckName(to); err != nil {
		return "", err
	}
	s := subjectRoot + e.conf.Cluster + "." + to + "." + e.conf.Name
	if e.nSubjects.Add(1) > 1<<17 {
		e.subjects.Clear()
		e.nSubjects.Store(1)
	}
	e.subjects.Store(strings.Clone(to), s)
	return s, nil
}

// Stats returns the counts so far.
func (e *Endpoint) Stats() transport.Stats {
	st := transport.Stats{
		Sent: e.sent.Load(), Received: e.received.Load(), BytesSent: e.bytesSent.Load(), BytesReceived: e.bytesReceived.Load(),
		Dropped: e.dropped.Load(), Malformed: e.malformed.Load(), Reconnects: e.reconnects.Load(),
	}
	if n, err := e.sub.Dropped(); err == nil {
		st.Dropped += uint64(n)
	}
	return st
}

// Close leaves the cluster.
func (e *Endpoint) Close() error {
	e.mu.Lock()
	again := e.closed
	e.closed = true
	e.mu.Unlock()
	if again {
		return nil
	}
	e.nc.Close()
	if e.local != nil {
		_ = e.local.Close()
	}
	e.free()
	e.status.Close(nil)
	return nil
}

func (e *Endpoint) free() {
	if e.conf.Server != nil {
		e.conf.Server.guard.release(e.conf.Name)
	}
}
