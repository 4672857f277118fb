package cluster

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"sheaf/client"
	"sheaf/internal/agent"
)

// A Local is a cluster of processes on this machine.
//
// Same as distributed.LocalCluster.
type Local struct {
	scheduler *Scheduler
	agent     *Agent
	conf      Config
}

// StartLocal starts a scheduler in this process and worker processes, which are copies of this program: it must call [Init] at the
// top of main, or in TestMain. They end with Close, with the program, or when ctx is cancelled.
func StartLocal(ctx context.Context, conf Config) (*Local, error) {
	if !initialised.Load() {
		return nil, fmt.Errorf("cluster: worker processes are copies of this program, but %w (in a test: of TestMain): without that a copy "+
			"would run your program again", ErrInit)
	}
	if conf.Workers <= 0 {
		conf.Workers = runtime.GOMAXPROCS(0)
	}
	if conf.Threads <= 0 {
		conf.Threads = 1
		if conf.Workers == 1 {
			conf.Threads = runtime.GOMAXPROCS(0)
		}
	}
	self, err := agent.Self()
	if err != nil {
		return nil, fmt.Errorf("cluster: %w", err)
	}
	sc := conf.Scheduler
	sc.local = true
	sc.functions = len(sc.External) == 0 && (sc.Listen == "" || loopback(sc.Listen))
	if sc.Security.Token == "" {
		sc.Security = conf.Security
	}
	if sc.Logger == nil {
		sc.Logger = conf.Logger
	}
	if sc.StoreDir == "" {
		sc.NoLog = true
	}
	l := &Local{conf: conf}
	if l.scheduler, err = StartScheduler(ctx, sc); err != nil {
		return nil, err
	}
	l.agent, err = StartAgent(ctx, AgentConfig{
		URL: l.scheduler.URL(), Name: "local", Cluster: l.scheduler.Name(), Security: l.scheduler.Security(), Processes: conf.Workers,
		Threads: conf.Threads, MemoryBytes: conf.MemoryBytes, Resources: conf.Resources, Dir: conf.Dir, Host: "127.0.0.1", Address: conf.Address,
		Logger: conf.Logger, executable: self.Hash, only: true,
	})
	if err != nil {
		_ = l.scheduler.Close(context.WithoutCancel(ctx))
		return nil, err
	}
	return l, nil
}

// URL returns the address for other clients of the same program and for more workers.
func (l *Local) URL() string { return l.scheduler.URL() }

// DashboardLink returns the URL of the page that shows the cluster, empty if Config.Scheduler.Status names no address for it.
//
// Same as LocalCluster.dashboard_link.
func (l *Local) DashboardLink() string { return l.scheduler.DashboardLink() }

// Security returns the credentials.
func (l *Local) Security() Security { return l.scheduler.Security() }

// Scheduler returns the cluster's scheduler.
func (l *Local) Scheduler() *Scheduler { return l.scheduler }

// Agent returns what watches the worker processes.
func (l *Local) Agent() *Agent { return l.agent }

// Scale changes the number of worker processes. Those that are too many end; what only they have is computed again when it is needed.
// Use [sheaf/client.Client.RetireWorkers] first to move it.
func (l *Local) Scale(workers int) { l.agent.Scale(workers) }

// closeMax bounds how long processes have to end in order.
const closeMax = 10 * time.Second

// Close ends the workers and the scheduler.
func (l *Local) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, closeMax)
	defer cancel()
	return errors.Join(l.agent.Close(ctx), l.scheduler.Close(ctx))
}

// Client returns a new client of the cluster.
func (l *Local) Client(ctx context.Context) (*client.Client, error) {
	// The agent runs this program's own executable, so it need not be sent.
	s := l.scheduler
	net, err := networkOf(context.WithoutCancel(ctx), s.URL(), s.Name(), s.Security())
	if err != nil {
		return nil, err
	}
	if s.server != nil { // it is of this process: there need be no socket between
		net.Config.Server, net.Config.URLs = s.server, nil
	}
	return client.Connect(ctx, client.Connection{Network: net, Token: s.Security().Token, TLS: net.Config.TLS, Address: "localhost", Cluster: l, Memory: l.agent.conf.MemoryBytes})
}
