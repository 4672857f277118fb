package clustertest

import (
	"context"
	"fmt"
	"os"
	"testing"

	"sheaf/client"
	"sheaf/cluster"
	"sheaf/internal/testexec"
)

// Executors lets the tests of a package run on clusters: SHEAF_TEST_EXECUTOR=cluster on two worker processes, =inprocess on two
// workers in this process. Call it at the top of TestMain. It returns only if neither was asked for.
func Executors(m *testing.M) {
	cluster.Init()
	testexec.Register("cluster", func() (any, error) { return nil, fmt.Errorf("clustertest: not started") })
	start := func(ctx context.Context) (opened, error) { return cluster.StartLocal(ctx, conf) }
	switch testexec.Name() {
	case "inprocess":
		start = func(ctx context.Context) (opened, error) { return cluster.StartInProcess(ctx, conf) }
	case "cluster":
	default:
		return
	}
	os.Exit(on(m, start))
}

// conf is the cluster on which suites run.
var conf = cluster.Config{Workers: 2, Threads: 1, MemoryBytes: 2 << 30}

type opened interface {
	Client(context.Context) (*client.Client, error)
	Close(context.Context) error
}

func on(m *testing.M, start func(context.Context) (opened, error)) int {
	ctx := context.Background()
	l, err := start(ctx)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = l.Close(ctx) }()
	c, err := l.Client(ctx)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = c.Close() }()
	open := func() (any, error) { return c, nil }
	testexec.Register("cluster", open)
	testexec.Register("inprocess", open)
	return m.Run()
}
