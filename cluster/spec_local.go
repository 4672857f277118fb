package cluster

import (
	"context"
	"fmt"

	"sheaf/internal/agent"
)

// LocalScheduler starts a scheduler in this process.
func LocalScheduler(conf SchedulerConfig) SchedulerStarter { return localScheduler{conf} }

type localScheduler struct{ conf SchedulerConfig }

// StartScheduler implements [SchedulerStarter].
func (l localScheduler) StartScheduler(ctx context.Context, j Join) (SchedulerProcess, error) {
	conf := l.conf
	conf.Name, conf.Security = j.Cluster, j.Security
	if conf.Logger == nil {
		conf.Logger = j.Logger
	}
	if conf.StoreDir == "" {
		conf.NoLog = true // it goes with this process
	}
	s, err := startHere(ctx, StartScheduler, conf)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Err says why the scheduler ended, once Done is closed; nil if it was told to.
func (s *Scheduler) Err() error {
	select {
	case <-s.closed:
		return s.err
	default:
		return nil
	}
}

// LocalWorkers is a member that is an agent in this process with worker processes on this machine: copies of this program, which must call [Init].
// They are there at once; programs that connect later get processes besides them.
func LocalWorkers(conf AgentConfig) Member {
	conf.fill()
	return Member{Starter: localWorkers{conf}, Workers: conf.Processes, Threads: conf.Threads, MemoryBytes: conf.MemoryBytes}
}

type localWorkers struct{ conf AgentConfig }

// Start implements [Starter].
func (l localWorkers) Start(ctx context.Context, j Join) (Process, error) {
	if !initialised.Load() {
		return nil, fmt.Errorf("cluster: %s: worker processes are copies of this program, but %w (in a test: of TestMain)", j.Name, ErrInit)
	}
	self, err := agent.Self()
	if err != nil {
		return nil, fmt.Errorf("cluster: %w", err)
	}
	conf := l.conf.joined(j)
	conf.executable = self.Hash
	a, err := startHere(ctx, StartAgent, conf)
	if err != nil {
		return nil, err
	}
	return a, nil
}

// joined returns the configuration of an agent that joins a cluster.
func (c AgentConfig) joined(j Join) AgentConfig {
	c.URL, c.Name, c.Cluster, c.Security = j.URL, j.Name, j.Cluster, j.Security
	if c.Logger == nil {
		c.Logger = j.Logger
	}
	return c
}

// Err says why the agent ended, once Done is closed; nil if it was told to.
func (a *Agent) Err() error {
	select {
	case <-a.done:
		return a.failed
	default:
		return nil
	}
}

// startHere starts something whose context is that of its life, within one that bounds the start alone.
func startHere[C, P any](ctx context.Context, start func(life context.Context, conf C) (P, error), conf C) (P, error) {
	life, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { cancel(context.Cause(ctx)) })
	p, err := start(life, conf)
	if !stop() && err == nil { // it ends again
		err = fmt.Errorf("cluster: %w", context.Cause(ctx))
	}
	if err != nil {
		cancel(err)
	}
	return p, err
}
