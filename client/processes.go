package client

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
)

// ErrProcesses is matched by the error about worker processes that this program cannot have.
var ErrProcesses = errors.New("this program cannot start worker processes")

// Processes makes [Local] run functions in so many processes of this machine, with one thread each, instead of goroutines: a function that
// takes too much memory or crashes ends its process, and not this one. They are copies of this program, which must call cluster.Init at
// the top of main.
//
// Same as distributed.Client(processes=True).
func Processes(n int) Option { return Option{func(s *settings) { s.processes = n }} }

// A Starter starts a cluster of worker processes on this machine and returns a client of it, and what ends the cluster.
type Starter func(ctx context.Context, workers int, memoryBytes int64, dir string) (*Client, func(context.Context) error, error)

var starter atomic.Pointer[Starter]

// RegisterStarter is how package cluster, which a program imports to call cluster.Init, gives [Local] the means to start processes.
func RegisterStarter(s Starter) { starter.Store(&s) }

// localProcesses returns a client of new worker processes.
func localProcesses(ctx context.Context, s *settings) (*Client, error) {
	start := starter.Load()
	if start == nil {
		return nil, fmt.Errorf("client: Local with Processes: %w; import sheaf/cluster and call cluster.Init() at the top of main", ErrProcesses)
	}
	memory := s.local.MemoryLimitBytes
	c, end, err := (*start)(ctx, s.processes, memory, s.local.TemporaryDir)
	if err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	owned := c.owned
	c.owned = func() error { return errors.Join(call(owned), end(context.WithoutCancel(ctx))) }
	return c, nil
}
