package client

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"sync"
	"time"

	"sheaf"
	"sheaf/graph"
	"sheaf/internal/agent"
	"sheaf/internal/codec"
	"sheaf/internal/remote"
	"sheaf/internal/session"
	"sheaf/internal/transport"
	"sheaf/internal/travel"
	"sheaf/internal/wire"
)

// A Connection is the ways to a cluster. [Dial] makes one of a URL; package cluster makes them for workers and tests.
type Connection struct {
	Network    session.Network
	Fetcher    remote.Fetcher // nil: values travel over HTTP, with Token and TLS
	Token      string
	TLS        *tls.Config
	Scheduler  string                                          // its name on the network, "scheduler" by default
	Executable string                                          // SHA-256 in hexadecimal; that of the running executable by default
	Bring      func(context.Context, transport.Endpoint) error // sends the executable to a cluster that lets it run, unless that has it; nil if it has
	Worker     uint32                                          // the number of the worker in whose tasks the client lives
	Address    string                                          // the scheduler's host as this process reaches it, for links
	Cluster    any                                             // what Client.Cluster returns
	Memory     int64                                           // that each worker will have, for plans that are made before the first has joined; 0 if that is not known
	Close      func() error
}

// link is a client's connection to a cluster.
type link struct {
	conf    Connection
	x       *remote.Executor
	conn    *session.Conn
	welcome chan error // the first answer to the hello
	first   sync.Once
	life    context.Context // until close
	end     context.CancelFunc

	mu    sync.Mutex // guards what follows
	push  transport.Endpoint
	epoch uint64
	num   uint32
	page  string      // URL of the dashboard, as the scheduler says it
	down  string      // why the scheduler cannot be reached now; empty if it can
	worry *time.Timer // until the user is told so
	told  bool        // that it cannot be reached
	ended bool
	joins sync.WaitGroup
}

// Connect returns a client of the cluster behind a connection. Users call [Dial].
func Connect(ctx context.Context, conf Connection, opts ...Option) (*Client, error) {
	var s settings
	for _, o := range opts {
		o.apply(&s)
	}
	if s.err != nil {
		return nil, s.err
	}
	if conf.Scheduler == "" {
		conf.Scheduler = "scheduler"
	}
	if conf.Executable == "" {
		self, err := agent.Self()
		if err != nil {
			return nil, fmt.Errorf("client: %w", err)
		}
		conf.Executable = self.Hash
	}
	var owned func() error
	if conf.Fetcher == nil {
		conf.Fetcher, owned = newFetcher(conf.Token, conf.TLS)
	}
	l := &link{conf: conf, welcome: make(chan error, 1), down: "not connected yet"}
	l.life, l.end = context.WithCancel(context.WithoutCancel(ctx))
	coords := newRemoteCoordinator(l)
	l.x = remote.New(remote.Config{
		Send: l.send, Fetcher: conf.Fetcher, Pack: pack, Parse: travel.ParseValue, Error: travel.DecodeError, SizeOf: codec.SizeOf,
		Delivery: coords.delivery, Attend: attend,
	})
	if err := l.open(ctx); err != nil {
		l.end()
		l.x.Close(err)
		if owned != nil {
			err = errors.Join(err, owned())
		}
		return nil, err
	}
	c := newClient(ctx, remoteExecutor{l.x}, func() error { return errors.Join(l.close(), call(owned), call(conf.Close)) })
	c.link = l
	coords.client = c
	c.setCoordinator(coords)
	return c, nil
}

func call(f func() error) error {
	if f == nil {
		return nil
	}
	return f()
}

func pack(g graph.Graph, n remote.Names) (*wire.Graph, error) { return travel.Pack(g, travel.Names(n)) }

// open opens the session and waits for the scheduler's word.
func (l *link) open(whole context.Context) error {
	ctx, cancel := context.WithTimeoutCause(whole, dialMax, fmt.Errorf("no answer within %v", dialMax))
	defer cancel()
	conn, err := session.Dial(ctx, session.Config{
		Network: l.conf.Network, Name: "client-" + uniqueText(), To: l.conf.Scheduler, Hello: l.hello, Deliver: l.deliver, Status: l.status,
	})
	if err != nil {
		return fmt.Errorf("client: connecting to the cluster: %w", err)
	}
	l.mu.Lock()
	l.conn = conn
	l.mu.Unlock()
	select {
	case err = <-l.welcome:
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	if err != nil {
		_ = conn.Close(context.WithoutCancel(ctx), "not welcome")
		return fmt.Errorf("client: connecting to the cluster: %w", err)
	}
	if err := l.bring(whole); err != nil {
		_ = conn.Close(context.WithoutCancel(ctx), "it cannot send its executable")
		return fmt.Errorf("client: sending the executable to the cluster: %w", err)
	}
	l.joins.Wait() // small results come to the endpoint that is being made
	return nil
}

const (
	dialMax  = 30 * time.Second
	bringMax = 10 * time.Minute // for the executable
)

// bring sends the executable, and says so.
func (l *link) bring(ctx context.Context) error {
	if l.conf.Bring == nil {
		return nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, bringMax, fmt.Errorf("it takes longer than %v", bringMax))
	defer cancel()
	l.mu.Lock()
	conn := l.conn
	l.mu.Unlock()
	if err := l.conf.Bring(ctx, conn.Endpoint()); err != nil {
		return err
	}
	return conn.Send(&wire.Brought{})
}

// bringAgain is bring in a later session. Without a session that lasts, the next one does it.
func (l *link) bringAgain() {
	if err := l.bring(l.life); err != nil && !errors.Is(err, session.ErrNoSession) && l.life.Err() == nil {
		slog.Warn("client: the executable could not be sent to the cluster again: workers that do not have it cannot start", "error", err)
	}
}

func (l *link) hello() wire.Message {
	host, _ := os.Hostname()
	return &wire.ClientHello{
		Version: wire.Version, Name: "client", Executable: l.conf.Executable, Process: fmt.Sprintf("%s:%d", host, os.Getpid()),
		Go: runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH, Worker: l.conf.Worker, Brings: l.conf.Bring != nil,
	}
}

func (l *link) send(m wire.Message) error {
	l.mu.Lock()
	conn := l.conn
	l.mu.Unlock()
	if conn == nil {
		return session.ErrNoSession
	}
	return conn.Send(m)
}

// deliver takes messages of the scheduler.
func (l *link) deliver(ms []wire.Message) {
	for _, m := range ms {
		switch m := m.(type) {
		case *wire.Welcome:
			l.listen(m)
			l.x.Welcome(m)
			again := true
			l.first.Do(func() { l.welcome <- nil; again = false })
			if again { // perhaps by another scheduler, which does not have the executable
				l.joins.Go(l.bringAgain)
			}
		case *wire.Refused:
			l.first.Do(func() { l.welcome <- fmt.Errorf("the scheduler refuses: %s", m.Reason) })
		}
	}
	l.x.Deliver(ms)
}

// listen joins the network once more, under the name by which workers know the client, for small results that they send by themselves.
func (l *link) listen(w *wire.Welcome) {
	l.mu.Lock()
	old := l.push
	l.push, l.epoch, l.num, l.page = nil, w.Epoch, w.Number, w.Dashboard
	l.mu.Unlock()
	l.joins.Go(func() {
		if old != nil {
			_ = old.Close()
		}
		e, err := l.conf.Network.Join(session.ClientName(w.Epoch, w.Number), l.pushed)
		if err != nil {
			slog.Warn("client: small results will be fetched, and not sent by workers", "error", err)
			return
		}
		l.mu.Lock()
		current := l.epoch == w.Epoch && l.num == w.Number && !l.ended
		if current {
			l.push = e
		}
		l.mu.Unlock()
		if !current {
			_ = e.Close()
		}
	})
}

func (l *link) pushed(_ string, frame []byte) {
	ms, _ := session.ParseDatagram(frame) // what is damaged is fetched
	for _, m := range ms {
		if v, ok := m.(*wire.Value); ok {
			l.x.Pushed(v)
		}
	}
}

const partingMax = 3 * time.Second

// close ends the session; the scheduler releases the client's claims.
func (l *link) close() error {
	l.end()
	l.x.Close(fmt.Errorf("client: the client was %w", sheaf.ErrClosed))
	ctx, cancel := context.WithTimeout(context.Background(), partingMax)
	defer cancel()
	err := l.conn.Close(ctx, "the client was closed")
	l.mu.Lock()
	l.ended = true
	if l.worry != nil {
		l.worry.Stop()
	}
	l.mu.Unlock()
	l.joins.Wait()
	l.mu.Lock()
	push := l.push
	l.push = nil
	l.mu.Unlock()
	if push != nil {
		err = errors.Join(err, push.Close())
	}
	return err
}

// remoteExecutor is the executor of a cluster.
type remoteExecutor struct{ x *remote.Executor }

// Start submits a graph.
func (e remoteExecutor) Start(ctx context.Context, g graph.Graph, o sheaf.RunOptions) (sheaf.Run, error) {
	r, err := e.x.Start(ctx, g, o)
	if err != nil {
		return nil, err
	}
	return remoteRun{r}, nil
}

type remoteRun struct{ *remote.Run }

func (r remoteRun) Pending(out, k int) graph.Pending { return r.Handle(out, k) }
