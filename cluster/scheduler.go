package cluster

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"

	"sheaf/client"
	"sheaf/internal/schedulerfile"
	"sheaf/internal/tempdir"
	"sheaf/internal/transport"
	"sheaf/internal/transport/filelog"
	"sheaf/internal/transport/nats"
	"sheaf/internal/wire"
)

// A Scheduler is the process of a cluster that decides what runs where.
//
// Same as distributed.Scheduler.
type Scheduler struct {
	conf   SchedulerConfig
	server *nats.Server // nil on an external one
	core   *core
	status *statusServer
	temp   string              // directory to remove
	file   *schedulerfile.File // that was written; nil if none

	closing sync.Once
	closed  chan struct{}
	err     error
}

// StartScheduler starts a scheduler in this process, with a NATS server unless the configuration names an external one. It runs
// until Close, or until ctx is cancelled.
func StartScheduler(ctx context.Context, conf SchedulerConfig) (*Scheduler, error) {
	if conf.Security.Token == "" && len(conf.External) == 0 && (conf.Listen == "" || loopback(conf.Listen)) {
		conf.Security.Token = NewToken()
	}
	if err := conf.fill(); err != nil {
		return nil, err
	}
	s := &Scheduler{closed: make(chan struct{})}
	if conf.StoreDir == "" {
		dir, err := tempdir.Make("scheduler")
		if err != nil {
			return nil, fmt.Errorf("cluster: %w", err)
		}
		conf.StoreDir, s.temp = dir, dir
	}
	s.conf = conf
	if err := s.start(ctx); err != nil {
		s.shut(context.WithoutCancel(ctx), "it did not start")
		return nil, err
	}
	context.AfterFunc(ctx, func() { _ = s.Close(context.WithoutCancel(ctx)) })
	return s, nil
}

func (s *Scheduler) start(ctx context.Context) error {
	t, err := s.conf.Security.tls()
	if err != nil {
		return err
	}
	if s.conf.Status != "" {
		if s.status, err = listenStatus(s.conf.Status, s.conf.Security); err != nil {
			return err
		}
		s.conf.dashboard = s.DashboardLink()
	}
	net := nats.NewNetwork(ctx, nats.Config{Cluster: s.conf.Name, Token: s.conf.Security.Token, TLS: t})
	store := s.conf.StoreDir
	if s.conf.local {
		store = ""
	}
	if len(s.conf.External) > 0 {
		net.Config.URLs = s.conf.External
	} else {
		s.server, err = nats.StartServer(ctx, nats.ServerConfig{
			Listen: s.conf.Listen, Cluster: s.conf.Name, Token: s.conf.Security.Token, TLS: t, StoreDir: store, Sync: transport.SyncNever,
			Logger: s.conf.Logger,
		})
		if err != nil {
			return err
		}
		net.Config.Server = s.server
	}
	var log transport.Log
	if !s.conf.NoLog {
		if log, err = filelog.Open(filepath.Join(s.conf.StoreDir, "log"), filelog.Config{}); err != nil {
			return err
		}
	}
	if s.core, err = newCore(ctx, s.conf, net, log, func(reason string) { go s.shut(context.Background(), reason) }); err != nil {
		return err
	}
	if end, ok := s.core.peers.Endpoint().(*nats.Endpoint); ok && !s.conf.local {
		if _, err := nats.OpenObjects(ctx, end, &nats.ObjectsConfig{}); err != nil {
			return fmt.Errorf("cluster: where executables are kept: %w", err)
		}
	}
	if s.status != nil {
		if err := s.status.serve(s); err != nil {
			return err
		}
	}
	return s.writeFile()
}

// URL returns the address for clients and workers. The token is not part of it.
func (s *Scheduler) URL() string {
	if s.server == nil {
		return strings.Join(s.conf.External, ",")
	}
	return s.server.URL()
}

// StatusURL returns the address of the status page, empty if there is none.
func (s *Scheduler) StatusURL() string {
	if s.status == nil {
		return ""
	}
	return s.status.url
}

// DashboardLink returns the URL of the page for people, empty if there is none. Where it listens on all addresses the URL says so, and clients, see
// [sheaf/client.Client.DashboardLink], put the address in by which they reach the scheduler.
//
// Same as Cluster.dashboard_link.
func (s *Scheduler) DashboardLink() string {
	if s.status == nil {
		return ""
	}
	return s.status.url + "/"
}

// Security returns the credentials that clients and workers need.
func (s *Scheduler) Security() Security { return s.conf.Security }

// Name returns the cluster's name.
func (s *Scheduler) Name() string { return s.conf.Name }

// Info returns the state of the cluster.
func (s *Scheduler) Info(ctx context.Context) (*Info, error) {
	info, err := s.core.info(ctx)
	if err == nil && s.server != nil {
		for _, n := range s.server.Stats().Refused {
			info.Refused += int64(n)
		}
	}
	return info, err
}

// Info is the state of a cluster: its workers, clients and tasks.
type Info = wire.Cluster

// Close ends the cluster: clients and workers are told.
func (s *Scheduler) Close(ctx context.Context) error {
	s.shut(ctx, "the scheduler was closed")
	<-s.closed
	return s.err
}

// Done is closed when the scheduler has ended.
func (s *Scheduler) Done() <-chan struct{} { return s.closed }

func (s *Scheduler) shut(ctx context.Context, reason string) {
	s.closing.Do(func() {
		defer close(s.closed)
		s.err = errors.Join(s.err, s.removeFile())
		if s.status != nil {
			s.err = errors.Join(s.err, s.status.close(ctx))
		}
		if s.core != nil {
			s.err = errors.Join(s.err, s.core.close(ctx, reason))
		}
		if s.server != nil {
			s.server.Close()
		}
		if s.temp != "" {
			s.err = errors.Join(s.err, tempdir.Remove(s.temp))
		}
	})
}

// Client returns a new client of the cluster.
func (s *Scheduler) Client(ctx context.Context) (*client.Client, error) {
	security := s.conf.Security
	t, err := security.tls()
	if err != nil {
		return nil, err
	}
	return client.Dial(ctx, s.URL(), client.Token(security.Token), client.TLS(t), client.ClusterName(s.conf.Name))
}
