package cluster

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"sheaf/client"
	"sheaf/internal/agent"
	"sheaf/internal/transport/mem"
)

// An InProcess is a cluster whose scheduler and workers are goroutines of this process. Messages and values travel as they do
// between processes, so it shows what a program would do on a cluster, without starting one: for tests.
type InProcess struct {
	core    *core
	hub     *mem.Hub
	workers []*worker
	hash    string
	token   string
	memory  int64 // of each worker

	closing sync.Once
	err     error // of Close
}

// StartInProcess starts such a cluster. Functions need not be in another executable, but those that could not travel are refused as
// everywhere.
func StartInProcess(ctx context.Context, conf Config) (*InProcess, error) {
	if conf.Workers <= 0 {
		conf.Workers = runtime.GOMAXPROCS(0)
	}
	sc := conf.Scheduler
	if sc.Logger == nil {
		sc.Logger = conf.Logger
	}
	sc.functions = true // nobody else can reach it
	if err := sc.fill(); err != nil {
		return nil, err
	}
	self, err := agent.Self()
	if err != nil {
		return nil, fmt.Errorf("cluster: %w", err)
	}
	c := &InProcess{hub: mem.NewHub(mem.Config{}), hash: self.Hash, token: NewToken(), memory: conf.MemoryBytes}
	if c.core, err = newCore(ctx, sc, c.hub, nil, func(reason string) { go c.shut(context.Background(), reason) }); err != nil {
		return nil, err
	}
	for i := range conf.Workers {
		w, err := startWorker(ctx, document{
			Name: fmt.Sprintf("worker-%d", i), Host: "127.0.0.1", Dir: conf.Dir, Threads: max(1, conf.Threads), MemoryBytes: conf.MemoryBytes,
			Resources: resourcesOf(conf.Resources), Executable: self.Hash, Security: Security{Token: c.token},
		}, c.hub, nil, true)
		if err != nil {
			return nil, errors.Join(err, c.Close(ctx))
		}
		c.workers = append(c.workers, w)
	}
	return c, nil
}

// Client returns a new client of the cluster.
func (c *InProcess) Client(ctx context.Context) (*client.Client, error) {
	return client.Connect(ctx, client.Connection{Network: c.hub, Token: c.token, Executable: c.hash, Cluster: c, Memory: c.memory})
}

// Info returns the state of the cluster.
func (c *InProcess) Info(ctx context.Context) (*Info, error) { return c.core.info(ctx) }

// Close ends the workers and the scheduler.
func (c *InProcess) Close(ctx context.Context) error {
	c.shut(ctx, "the cluster is closed")
	return c.err
}

func (c *InProcess) shut(ctx context.Context, reason string) {
	c.closing.Do(func() {
		ctx, cancel := context.WithTimeout(ctx, closeMax)
		defer cancel()
		for _, w := range c.workers {
			w.end(reason, false)
			w.close(ctx)
		}
		c.err = c.core.close(ctx, reason)
	})
}
