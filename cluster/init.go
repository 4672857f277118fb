package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"

	"sheaf/client"
	"sheaf/internal/agent"
)

var initialised atomic.Bool

func init() { client.RegisterStarter(startFor) }

// startFor is what client.Local does with client.Processes.
func startFor(ctx context.Context, workers int, memoryBytes int64, dir string) (*client.Client, func(context.Context) error, error) {
	l, err := StartLocal(ctx, Config{Workers: workers, Threads: 1, MemoryBytes: memoryBytes, Dir: dir})
	if err != nil {
		return nil, nil, err
	}
	c, err := l.Client(ctx)
	if err != nil {
		return nil, nil, errors.Join(err, l.Close(context.WithoutCancel(ctx)))
	}
	return c, l.Close, nil
}

// Init makes this program able to run on processes: call it first thing in main, and in TestMain. In a process that an agent has started
// as a worker, and in one that was started as a member of a cluster (see [Launcher]), it does that and never returns; everywhere else it returns at
// once.
func Init() {
	child, err := agent.Child()
	if err != nil {
		fmt.Fprintln(os.Stderr, "error: cluster:", err)
		os.Exit(1)
	}
	if child == nil {
		if os.Getenv(MemberVariable) != "" {
			os.Exit(serveMember())
		}
		initialised.Store(true)
		return
	}
	os.Exit(work(child))
}
