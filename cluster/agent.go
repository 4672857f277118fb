package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"sheaf/internal/agent"
	"sheaf/internal/session"
	"sheaf/internal/tempdir"
	"sheaf/internal/transport/nats"
	"sheaf/internal/wire"
)

// An Agent runs the worker processes of one host: it fetches the executables of the cluster's clients, starts them, starts them
// again when they die, and tells the scheduler why they died.
//
// It is what Dask's nanny is, and what the command sheaf worker runs.
type Agent struct {
	conf AgentConfig
	conn *session.Conn
	host string
	dir  string
	temp string

	mu     sync.Mutex // guards what follows
	fleets map[string]*agent.Agent
	closed bool
	failed error

	launching sync.WaitGroup
	done      chan struct{}
}

// StartAgent starts an agent in this process. It joins the scheduler and waits for executables to run, until Close or until ctx is
// cancelled; a scheduler that goes away is waited for.
func StartAgent(ctx context.Context, conf AgentConfig) (*Agent, error) {
	at, err := find(ctx, &conf.URL, &conf.Cluster, &conf.Security)
	if err != nil {
		return nil, err
	}
	conf.fill()
	if conf.URL == "" {
		return nil, fmt.Errorf("cluster: AgentConfig.URL is empty, want the scheduler's, such as nats://scheduler:4222")
	}
	if err := checkAddresses(conf.Listen, conf.Announce, conf.Processes); err != nil {
		return nil, err
	}
	if err := conf.checkHost(); err != nil {
		return nil, err
	}
	a := &Agent{conf: conf, host: conf.Host, fleets: map[string]*agent.Agent{}, done: make(chan struct{})}
	if a.host == "" {
		a.host = wayTo(conf.URL)
	}
	a.dir = conf.Dir
	if a.dir == "" {
		dir, err := tempdir.Make("agent")
		if err != nil {
			return nil, fmt.Errorf("cluster: %w", err)
		}
		a.dir, a.temp = dir, dir
	}
	net, err := networkOf(ctx, conf.URL, conf.Cluster, conf.Security)
	if err == nil {
		a.conn, err = session.Dial(ctx, session.Config{
			Network: net, Name: uniqueName("agent-" + conf.Name), To: schedulerName, Hello: a.hello, Deliver: a.deliver,
			Status: func(s session.Status) { conf.Logger.Info("session", "state", s.State.String(), "reason", s.Reason) },
		})
	}
	if err != nil {
		a.remove()
		return nil, at.Explain(fmt.Errorf("cluster: agent: %w", conf.Security.refused(err)))
	}
	if conf.executable != "" {
		if err := a.launch(ctx, conf.executable); err != nil {
			_ = a.Close(context.WithoutCancel(ctx))
			return nil, err
		}
	}
	context.AfterFunc(ctx, func() { _ = a.Close(context.WithoutCancel(ctx)) })
	return a, nil
}

func (a *Agent) hello() wire.Message {
	return &wire.AgentHello{
		Version: wire.Version, Name: a.conf.Name, Host: a.host, Processes: a.conf.Processes, Threads: a.conf.Threads,
		Resources: resourcesOf(a.conf.Resources),
	}
}

// deliver does what the scheduler asks. It must not wait.
func (a *Agent) deliver(ms []wire.Message) {
	for _, m := range ms {
		switch m := m.(type) {
		case *wire.Launch:
			if a.conf.only {
				continue // runs one executable, whoever the clients are
			}
			if _, err := agent.ParseHash(m.Executable); err != nil {
				continue
			}
			if m.Stop { // taken away at once: what is launched next is to start anew
				if f := a.take(m.Executable); f != nil {
					a.launching.Go(func() { _ = f.Stop(context.Background()) })
				}
				continue
			}
			a.launching.Go(func() {
				if err := a.launch(context.Background(), m.Executable); err != nil {
					a.conf.Logger.Error("cannot run an executable", "sha256", m.Executable, "error", err)
					_ = a.conn.Send(&wire.Log{Level: 8, Text: "agent " + a.conf.Name + ": " + err.Error()})
				}
			})
		case *wire.Quit:
			if m.Worker == "" { // the cluster ends
				go func() { _ = a.Close(context.Background()) }()
				continue
			}
			_ = a.Kill(m.Worker, m.Reason) // one that is gone already needs no more
		}
	}
}

// launch runs the processes of an executable, and returns when the first have joined.
func (a *Agent) launch(ctx context.Context, executable string) error {
	a.mu.Lock()
	if a.closed || a.fleets[executable] != nil {
		a.mu.Unlock()
		return nil
	}
	a.mu.Unlock()
	own, err := agent.Self()
	if err != nil {
		return err
	}
	prefix := a.conf.Name
	if executable != a.conf.executable {
		prefix += "-" + executable[:8]
	}
	conf := agent.Config{
		Hash: executable, CacheDir: filepath.Join(a.dir, "executables"), Processes: a.conf.Processes, Name: prefix,
		MemoryBytes: a.conf.MemoryBytes, Cgroup: a.conf.Cgroup, Stdout: os.Stdout, Stderr: os.Stderr,
		Document: func(s agent.Identity) ([]byte, error) { return json.Marshal(a.document(s.Name, executable)) },
		OnExit:   a.exited,
		OnGiveUp: func(e *agent.Exit) {
			a.conf.Logger.Error("a worker is not started again", "worker", e.Name, "reason", e.Error())
		},
	}
	if executable == own.Hash {
		conf.Executable = own.Path
	} else {
		conf.Fetch = a.fetch
	}
	f, err := agent.Start(context.WithoutCancel(ctx), conf)
	if err != nil {
		return fmt.Errorf("cluster: %w", err)
	}
	a.mu.Lock()
	if a.closed || a.fleets[executable] != nil {
		a.mu.Unlock()
		return f.Stop(ctx)
	}
	a.fleets[executable] = f
	a.mu.Unlock()
	if err := f.Ready(ctx); err != nil {
		a.end(executable)
		if errors.Is(err, agent.ErrNotInitialised) {
			err = fmt.Errorf("%w: %w", ErrInit, err)
		}
		return fmt.Errorf("cluster: %w", err)
	}
	return nil
}

// document is what a worker process must know.
func (a *Agent) document(name, executable string) document {
	listen, announce := a.conf.Listen, a.conf.Announce
	if a.conf.Address != nil {
		listen, announce = a.conf.Address(name)
	}
	return document{
		Listen: listen, Announce: announce,
		URL: a.conf.URL, Cluster: a.conf.Cluster, Security: a.conf.Security, Name: name, Agent: a.conf.Name, Host: a.host,
		Dir: a.dir, Threads: a.conf.Threads, MemoryBytes: a.conf.MemoryBytes, Resources: resourcesOf(a.conf.Resources), Executable: executable,
	}
}

// fetch reads an executable from the cluster's object store.
func (a *Agent) fetch(ctx context.Context, hash string) (io.ReadCloser, error) {
	sum, err := agent.ParseHash(hash)
	if err != nil {
		return nil, fmt.Errorf("cluster: executable: %w", err)
	}
	end, ok := a.conn.Endpoint().(*nats.Endpoint)
	if !ok {
		return nil, errors.New("cluster: this network has no object store")
	}
	objects, err := nats.OpenObjects(ctx, end, nil)
	if err != nil {
		return nil, err
	}
	return objects.Get(ctx, sum)
}

// exited tells the scheduler of the end of a worker process, and what it was running.
func (a *Agent) exited(e *agent.Exit) {
	a.conf.Logger.Warn("a worker has ended", "worker", e.Name, "cause", e.String())
	_ = a.conn.Send(e.Wire()) // without a session the scheduler finds out by the silence
}

// end stops the processes of an executable.
func (a *Agent) end(executable string) {
	if f := a.take(executable); f != nil {
		_ = f.Stop(context.Background())
	}
}

// take returns the processes of an executable, nil if there are none, and forgets them.
func (a *Agent) take(executable string) *agent.Agent {
	a.mu.Lock()
	defer a.mu.Unlock()
	f := a.fleets[executable]
	delete(a.fleets, executable)
	return f
}

// all returns the fleets; the caller holds mu.
func (a *Agent) all() []*agent.Agent {
	var names []string
	for name := range a.fleets {
		names = append(names, name)
	}
	slices.Sort(names)
	all := make([]*agent.Agent, len(names))
	for i, name := range names {
		all[i] = a.fleets[name]
	}
	return all
}

// Kill ends a worker process at once, as kill -9 does; the agent starts it again. The scheduler asks for it when a worker must stop, and
// tests do to see what happens then.
func (a *Agent) Kill(worker, reason string) error {
	a.mu.Lock()
	fleets := a.all()
	a.mu.Unlock()
	for _, f := range fleets {
		for _, w := range f.Workers() {
			if w.Name == worker {
				return f.Kill(worker, reason)
			}
		}
	}
	return fmt.Errorf("cluster: agent %s has no worker %q", a.conf.Name, worker)
}

// Scale changes how many processes run of each executable.
func (a *Agent) Scale(processes int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.conf.Processes = processes
	for _, f := range a.all() {
		f.Scale(processes)
	}
}

// size returns how many worker processes there are to be, without those that were retired.
func (a *Agent) size() int {
	a.mu.Lock()
	fleets := a.all()
	a.mu.Unlock()
	n := 0
	for _, f := range fleets {
		n = max(n, f.Size())
	}
	return n
}

// Workers returns the names and process ids of the workers that run now.
func (a *Agent) Workers() map[string]int {
	a.mu.Lock()
	fleets := a.all()
	a.mu.Unlock()
	workers := map[string]int{}
	for _, f := range fleets {
		for _, w := range f.Workers() {
			if w.PID > 0 {
				workers[w.Name] = w.PID
			}
		}
	}
	return workers
}

// Done is closed when the agent has ended.
func (a *Agent) Done() <-chan struct{} { return a.done }

// Close ends the worker processes, in order if ctx allows, and then the agent.
func (a *Agent) Close(ctx context.Context) error {
	a.mu.Lock()
	if a.closed {
		a.mu.Unlock()
		<-a.done
		return a.failed
	}
	a.closed = true
	fleets := a.all()
	a.mu.Unlock()
	errs := make([]error, len(fleets))
	var wait sync.WaitGroup
	for i, f := range fleets {
		wait.Go(func() { errs[i] = f.Stop(ctx) })
	}
	wait.Wait()
	errs = append(errs, a.conn.Close(ctx, "the agent was closed"))
	a.launching.Wait()
	a.remove()
	a.failed = errors.Join(errs...)
	close(a.done)
	return a.failed
}

func (a *Agent) remove() {
	if a.temp != "" {
		_ = tempdir.Remove(a.temp)
	}
}

func resourcesOf(m map[string]float64) []wire.Resource {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	var rs []wire.Resource
	for _, name := range names {
		rs = append(rs, wire.Resource{Name: name, Amount: m[name]})
	}
	return rs
}
