package sshcluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"sheaf/cluster"
)

// Start starts a cluster and returns when its workers have joined, or Config.Minimum of them. Hosts on which something fails later are tried again; the
// errors are in the cluster's Status. The cluster lives until Close, until ctx is cancelled, or until this program ends.
//
// Same as distributed.SSHCluster.
func Start(ctx context.Context, conf Config) (*cluster.SpecCluster, error) {
	hosts, err := conf.fill()
	if err != nil {
		return nil, err
	}
	l, err := newLauncher(&conf)
	if err != nil {
		return nil, err
	}
	workers := hosts[1:]
	if len(workers) == 0 {
		workers = hosts
	}
	l.hosts = map[string]host{schedulerMember: hosts[0]}
	var names []string
	for _, h := range workers {
		name := unique(memberName(h.name), func(name string) bool { _, ok := l.hosts[name]; return ok })
		l.hosts[name] = h
		names = append(names, name)
	}
	remote := cluster.RemoteConfig{
		Host: conf.SchedulerHost, Own: !conf.Shared && conf.Program == "" && conf.ProgramFile == "", Lost: conf.Lost, Level: conf.Level, LogDir: conf.LogDir,
	}
	c, err := cluster.StartSpec(ctx, cluster.Spec{
		Name: conf.Scheduler.Name, Security: conf.Security, Logger: conf.Logger, Names: names, Initial: conf.Initial,
		Scheduler: cluster.RemoteScheduler(l, conf.Scheduler, remote),
		Template:  cluster.RemoteWorkers(l, conf.Workers, remote),
	})
	if err != nil {
		return nil, err
	}
	if err := first(ctx, c, conf.Minimum); err != nil {
		return nil, errors.Join(err, c.Close(context.WithoutCancel(ctx)))
	}
	return c, nil
}

// schedulerMember is the name by which a Spec starts its scheduler.
const schedulerMember = "scheduler"

// first waits until so many members run, or until all were tried and fewer do.
func first(ctx context.Context, c *cluster.SpecCluster, minimum int) error {
	for {
		changed := c.Changed()
		s := c.Status()
		running, pending := s.Running(), 0
		for _, m := range s.Members {
			if m.Phase != cluster.Running && m.Failures == 0 {
				pending++
			}
		}
		switch {
		case running >= minimum:
			return nil
		case pending == 0:
			return fmt.Errorf("sshcluster: %d of %d hosts have joined, want at least %d: %w", running, s.Wanted, minimum, s.Err())
		}
		select {
		case <-changed:
		case <-c.Done():
			return fmt.Errorf("sshcluster: the cluster has ended: %w", errors.Join(c.Err(), s.Err()))
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("sshcluster: %d of %d hosts have joined: %w", running, s.Wanted, context.Cause(ctx)), s.Err())
		}
	}
}

// memberName makes a name that members may have of that of a host.
func memberName(hostName string) string {
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
			return r
		}
		return '-'
	}, hostName)
	const most = 34 // and room for a number
	return name[:min(len(name), most)]
}

func unique(name string, taken func(string) bool) string {
	if !taken(name) {
		return name
	}
	for i := 2; ; i++ {
		if one := fmt.Sprintf("%s-%d", name, i); !taken(one) {
			return one
		}
	}
}

// namesOf returns the names of hosts with the addresses that they have from here, for certificates.
func namesOf(hosts []host, within time.Duration) []string {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	all := make([][]string, len(hosts))
	var wait sync.WaitGroup
	for i, h := range hosts {
		wait.Go(func() {
			addresses, _ := net.DefaultResolver.LookupHost(ctx, h.name) // who cannot be found will be said when connecting
			all[i] = append([]string{h.name}, addresses...)
		})
	}
	wait.Wait()
	seen := map[string]bool{}
	var names []string
	for _, some := range all {
		for _, name := range some {
			if !seen[name] {
				seen[name] = true
				names = append(names, name)
			}
		}
	}
	return names
}

// output writes lines of several members to one writer, whole.
type output struct {
	mu sync.Mutex // held while writing
	to io.Writer
}

func (o *output) line(member, text string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	_, _ = fmt.Fprintf(o.to, "[%s] %s\n", member, text)
}
