package cluster

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"sheaf/internal/link"
	"sheaf/internal/scheduler"
	"sheaf/internal/session"
	"sheaf/internal/stepper"
	"sheaf/internal/transport"
	"sheaf/internal/wire"
)

// schedulerName is the scheduler's name on every network.
const schedulerName = "scheduler"

// core is the scheduler's machine with its loop: it takes what peers say, asks the machine, and does what it answers.
type core struct {
	conf    SchedulerConfig
	log     *slog.Logger
	machine *scheduler.Scheduler
	peers   *session.Acceptor
	start   time.Time
	durable *journal            // nil without a log
	halt    func(reason string) // ends the cluster; must not wait

	stepper *stepper.Stepper
	stop    chan struct{}
	spare   []scheduler.In // of the steps, as machine is

	plugins   plugins
	functions *functions

	mu     sync.Mutex // guards what follows
	inbox  []scheduler.In
	asks   []func(now time.Duration) // run in the loop, between steps
	closed bool

	preparing map[string]*preparing // by peer
}

// newCore starts a scheduler on a network.
func newCore(ctx context.Context, conf SchedulerConfig, network session.Network, log transport.Log, halt func(reason string)) (*core, error) {
	var random [16]byte
	_, _ = rand.Read(random[:]) // it never fails
	epoch := binary.LittleEndian.Uint64(random[:8])
	c := &core{
		conf: conf, log: conf.Logger, halt: halt, start: time.Now(), stop: make(chan struct{}),
		preparing: map[string]*preparing{},
		machine: scheduler.New(scheduler.Config{
			Cluster: conf.Name, Epoch: epoch, Seed: binary.LittleEndian.Uint64(random[8:]),
			Heartbeat: conf.Heartbeat, Lost: conf.Lost, Lease: conf.Lease, NoWorkers: cmp.Or(conf.NoWorkers, -1), AllowedFailures: conf.AllowedFailures,
			Stuck: conf.Stuck, Reduce: conf.ReduceReplicas,
			Executables: func(sha string) bool { return bring(conf.Executables, sha) }, Log: log != nil, Dashboard: conf.dashboard,
		}),
	}
	c.stepper = stepper.New(c.now, c.step)
	c.functions = newFunctions(c, conf.AllowFunctions || conf.functions)
	c.plugins.core = c
	for _, name := range slices.Sorted(maps.Keys(conf.Plugins)) {
		if _, err := c.plugins.add(name, conf.Plugins[name]); err != nil {
			return nil, err
		}
	}
	c.machine.Observe(c.plugins.wanted())
	var err error
	c.peers, err = session.NewAcceptor(session.AcceptorConfig{
		Network: network, Name: schedulerName, Accept: c.accept, Deliver: c.deliver, Gone: c.gone,
		Link: link.Config{Probe: probe(conf)},
	})
	if err != nil {
		return nil, err
	}
	if log != nil {
		c.durable = newJournal(log, c)
	}
	go c.stepper.Loop(c.stop)
	if err := c.plugins.beginAll(ctx); err != nil {
		return nil, errors.Join(err, c.close(context.WithoutCancel(ctx), "it did not start"))
	}
	return c, nil
}

// probe is the silence after which a peer is asked for a sign of life: agents and clients say nothing for long, and are not to be taken for
// gone because of that.
func probe(conf SchedulerConfig) time.Duration {
	const most = 2 * time.Second
	return min(most, conf.Lost/4, conf.Lease/4)
}

// close ends the loop and all sessions.
func (c *core) close(ctx context.Context, reason string) error {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return nil
	}
	c.closed = true
	c.mu.Unlock()
	hooks, cancel := context.WithTimeout(ctx, pluginEndMax)
	defer cancel()
	c.plugins.beforeClose(hooks)
	c.functions.close()
	err := c.peers.Close(ctx, reason)
	close(c.stop)
	<-c.stepper.Done()
	err = errors.Join(err, c.plugins.close(hooks))
	if c.durable != nil {
		err = errors.Join(err, c.durable.close())
	}
	return err
}

// accept judges the first message of a session.
func (c *core) accept(peer string, hello wire.Message) (time.Duration, error) {
	version, kind := 0, ""
	lost := c.conf.Lost
	switch h := hello.(type) {
	case *wire.WorkerHello:
		version, kind = h.Version, "worker"
		if version == wire.Version && !c.allowed(h.Executable) {
			return 0, unlisted(kind, h.Name, h.Executable)
		}
	case *wire.ClientHello:
		version, kind = h.Version, "client"
		lost = c.conf.Lease
		if version == wire.Version && !bring(c.conf.Executables, h.Executable) {
			return 0, unlisted(kind, h.Name, h.Executable)
		}
	case *wire.AgentHello:
		version, kind = h.Version, "agent"
	default:
		return 0, fmt.Errorf("the first message is a %T, want a hello", hello)
	}
	if version != wire.Version {
		return 0, fmt.Errorf("the %s speaks version %d of the protocol, this scheduler version %d; run the same release of sheaf on both", kind, version, wire.Version)
	}
	if h, ok := hello.(*wire.ClientHello); ok {
		c.functions.joins(peer, h.Executable)
	}
	c.log.Info("joins", "kind", kind, "peer", peer)
	c.put(scheduler.In{From: scheduler.Peer(peer), Msg: hello})
	return lost, nil
}

func (c *core) deliver(peer string, ms []wire.Message) {
	ms = c.functions.take(peer, ms)
	if len(ms) == 0 || c.prepare(peer, ms) {
		return
	}
	ins := make([]scheduler.In, len(ms))
	for i, m := range ms {
		ins[i] = scheduler.In{From: scheduler.Peer(peer), Msg: m}
	}
	c.put(ins...)
}

func (c *core) gone(peer, reason string) {
	c.log.Info("is gone", "peer", peer, "reason", reason)
	c.functions.leaves(peer)
	c.deliver(peer, []wire.Message{&wire.Gone{Reason: reason}})
}

// put gives the machine messages.
func (c *core) put(ins ...scheduler.In) {
	c.mu.Lock()
	c.inbox = append(c.inbox, ins...)
	c.mu.Unlock()
	c.stepper.Hasten()
}

// ask runs f in the loop, where it may look at the machine, and waits for it.
func (c *core) ask(ctx context.Context, f func(now time.Duration)) error {
	done := make(chan struct{})
	c.mu.Lock()
	c.asks = append(c.asks, func(now time.Duration) { f(now); close(done) })
	c.mu.Unlock()
	c.stepper.Wake()
	select {
	case <-done:
		return nil
	case <-c.stepper.Done():
		return errors.New("cluster: the scheduler was closed")
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// info returns the state of the cluster.
func (c *core) info(ctx context.Context) (*Info, error) {
	var info *Info
	if err := c.ask(ctx, func(time.Duration) { info = c.machine.Info() }); err != nil {
		return nil, err
	}
	for _, n := range c.peers.Refused() {
		info.Refused += n
	}
	for i := range info.Workers {
		info.Refused += info.Workers[i].Beat.Refused
	}
	return info, nil
}

func (c *core) now() time.Duration { return time.Since(c.start) }

// step takes what has come in, and does what the machine says. It returns when to make the next step.
func (c *core) step() (next time.Duration) {
	c.mu.Lock()
	batch, asks := c.inbox, c.asks
	c.inbox, c.asks = c.spare, nil
	c.mu.Unlock()
	now := c.now()
	c.perform(c.machine.Step(now, batch))
	for _, f := range asks {
		f(now)
	}
	clear(batch)
	c.spare = batch[:0]
	return c.machine.Next()
}

// perform does what the machine decided.
func (c *core) perform(effects []scheduler.Effect) {
	for _, e := range effects {
		switch e := e.(type) {
		case *scheduler.Send:
			if _, ok := e.Msg.(*wire.Admitted); ok && c.durable != nil {
				c.durable.confirm(string(e.To), e.Msg)
				continue
			}
			c.send(string(e.To), e.Msg)
		case *scheduler.Drop:
			c.peers.Drop(string(e.Peer), e.Reason)
		case *scheduler.Halt:
			c.halt(e.Reason)
		case *scheduler.Record:
			if c.durable != nil {
				c.durable.record(e.Bytes)
			}
		case *scheduler.Happened:
			c.plugins.see(e.List)
		case *scheduler.Note:
			c.log.Log(context.Background(), slog.Level(e.Level), e.Text)
		}
	}
	if c.durable != nil {
		c.durable.flush()
	}
}

func (c *core) send(peer string, m wire.Message) {
	if err := c.peers.Send(peer, m); err != nil && !errors.Is(err, session.ErrNoSession) {
		c.log.Warn("cannot send", "peer", peer, "message", fmt.Sprintf("%T", m), "error", err)
	}
}
