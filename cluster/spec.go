package cluster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// A Join is what a member of a cluster is told when it is started.
type Join struct {
	Name     string // of the member, which no other member has
	URL      string // of the scheduler; empty for the scheduler itself
	Cluster  string
	Security Security
	Logger   *slog.Logger
}

// A Process is a running member of a cluster: its scheduler, or what runs workers.
//
// Same as distributed.ProcessInterface.
type Process interface {
	// Done is closed when the process has ended, by itself or by Close.
	Done() <-chan struct{}
	// Err says why, once Done is closed; nil if it was Close.
	Err() error
	// Close ends the process in order, and by force when ctx ends. It returns when the process has ended, and may be called several times.
	Close(ctx context.Context) error
}

// A SchedulerProcess is a running scheduler.
type SchedulerProcess interface {
	Process
	// URL is the address at which clients and members reach the scheduler.
	URL() string
}

// A Starter starts what runs workers: on this machine, on another one, or by asking some system for it.
type Starter interface {
	// Start starts a process that joins the cluster as an agent with the name j.Name, and returns when it has joined. ctx bounds the
	// start alone. Start may be called again for the same name after the process has ended.
	Start(ctx context.Context, j Join) (Process, error)
}

// A SchedulerStarter starts a scheduler, as [Starter] does workers.
type SchedulerStarter interface {
	StartScheduler(ctx context.Context, j Join) (SchedulerProcess, error)
}

// A Member describes a part of a cluster that is started and ended as one: an agent with its worker processes. What it has is needed only to
// scale by threads or memory.
type Member struct {
	Name        string // the default is worker-0, worker-1 and so on
	Starter     Starter
	Workers     int   // worker processes; the default is 1
	Threads     int   // of each worker
	MemoryBytes int64 // of each worker
}

// threads returns how many tasks run at a time in a member, 0 if that is not known.
func (m *Member) threads() int { return max(1, m.Workers) * m.Threads }

func (m *Member) memory() int64 { return int64(max(1, m.Workers)) * m.MemoryBytes }

// A Spec says of which members a cluster shall consist.
type Spec struct {
	Name      string           // of the cluster; the default is "default"
	Scheduler SchedulerStarter // the default is [LocalScheduler] of the zero configuration
	Workers   []Member         // those to begin with
	Template  Member           // what further ones are made of; without a Starter there are never more than Workers
	Names     []string         // of those that are made of Template, and thus how many there can be; without them there is no limit
	Initial   int              // how many of Template to begin with
	Security  Security         // the default is a fresh token
	Logger    *slog.Logger

	StartTimeout time.Duration // in which a member has to join; the default is 2 min
	Backoff      time.Duration // before a member that failed is started again, twice as long after each further failure; the default is 1 s
	BackoffMax   time.Duration // the default is 1 min
	LeaveEvery   time.Duration // between two attempts to end a member whose values nobody could take; the default is 5 s
}

func (s *Spec) fill() error {
	if s.Name == "" {
		s.Name = "default"
	}
	if s.Scheduler == nil {
		s.Scheduler = LocalScheduler(SchedulerConfig{})
	}
	if s.Security.Token == "" {
		s.Security.Token = NewToken()
	}
	s.Logger = loggerOf(s.Logger)
	for _, d := range []struct {
		at *time.Duration
		to time.Duration
	}{{&s.StartTimeout, 2 * time.Minute}, {&s.Backoff, time.Second}, {&s.BackoffMax, time.Minute}, {&s.LeaveEvery, 5 * time.Second}} {
		if *d.at <= 0 {
			*d.at = d.to
		}
	}
	if s.Initial < 0 {
		return fmt.Errorf("cluster: Spec.Initial is %d, want at least 0", s.Initial)
	}
	if s.Initial > 0 && s.Template.Starter == nil {
		return errors.New("cluster: Spec.Initial needs a Spec.Template with a Starter")
	}
	if len(s.Names) > 0 && s.Initial > len(s.Names) {
		return fmt.Errorf("cluster: Spec.Initial is %d, but there are only %d Spec.Names", s.Initial, len(s.Names))
	}
	return s.names()
}

// names checks the names of members, and gives names to those that have none.
func (s *Spec) names() error {
	taken := map[string]bool{}
	take := func(name string) error {
		if peerName(name) != name {
			return fmt.Errorf("cluster: %q is no name of a member, want at most 40 letters, digits, - and _", name)
		}
		if taken[name] {
			return fmt.Errorf("cluster: two members have the name %s", name)
		}
		taken[name] = true
		return nil
	}
	for _, name := range s.Names {
		if err := take(name); err != nil {
			return err
		}
	}
	members := make([]Member, len(s.Workers))
	for i, m := range s.Workers {
		if m.Starter == nil {
			return fmt.Errorf("cluster: Spec.Workers[%d] (%s) has no Starter", i, m.Name)
		}
		if m.Name == "" {
			m.Name = fmt.Sprintf("worker-%d", i)
		}
		if err := take(m.Name); err != nil {
			return err
		}
		members[i] = m
	}
	s.Workers = members
	return nil
}

// most returns how many members there can be, -1 if there is no limit.
func (s *Spec) most() int {
	switch {
	case s.Template.Starter == nil:
		return len(s.Workers)
	case len(s.Names) > 0:
		return len(s.Workers) + len(s.Names)
	}
	return -1
}

// fresh returns the definition of a member that is not taken, nil if there is none.
func (s *Spec) fresh(taken func(name string) bool) *Member {
	for i := range s.Workers {
		if !taken(s.Workers[i].Name) {
			return &s.Workers[i]
		}
	}
	if s.Template.Starter == nil {
		return nil
	}
	m := s.Template
	if len(s.Names) > 0 {
		for _, name := range s.Names {
			if !taken(name) {
				m.Name = name
				return &m
			}
		}
		return nil
	}
	prefix := m.Name
	if prefix == "" {
		prefix = "worker"
	}
	for i := 0; ; i++ {
		if m.Name = fmt.Sprintf("%s-%d", prefix, i); !taken(m.Name) {
			return &m
		}
	}
}
