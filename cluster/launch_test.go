package cluster

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"sheaf/internal/agent"
	"sheaf/internal/wire"
)

// TestAgentLaunches: one client's executable is started once, ends when the scheduler says so, and is started anew for the next client,
// also when that comes while the old processes are ending.
func TestAgentLaunches(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	s, err := StartScheduler(ctx, SchedulerConfig{NoLog: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close(context.WithoutCancel(ctx)) }()
	a, err := StartAgent(ctx, AgentConfig{URL: s.URL(), Security: s.Security(), Name: "host", Processes: 2, Threads: 1, Host: "127.0.0.1", Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.Close(context.WithoutCancel(ctx)) }()
	processes := func(what string, want int, old map[string]int) map[string]int {
		t.Helper()
		for {
			now := a.Workers()
			fresh := true
			for name, pid := range now {
				fresh = fresh && old[name] != pid
			}
			if len(now) == want && fresh {
				return now
			}
			if ctx.Err() != nil {
				t.Fatalf("%s: the processes are %v, want %d, others than %v", what, now, want, old)
			}
			time.Sleep(5 * time.Millisecond)
		}
	}
	c, err := s.Client(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.WaitForWorkers(ctx, 2); err != nil {
		t.Fatal(err)
	}
	first := processes("a client has come", 2, nil)
	second, err := s.Client(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	if v, err := second.Submit[int](add, 20, 22).Result(ctx); v != 42 || err != nil {
		t.Fatalf("got %d, %v, want 42", v, err)
	}
	if now := a.Workers(); !maps.Equal(now, first) {
		t.Errorf("another client of the executable has changed the processes from %v to %v", first, now)
	}
	self, err := agent.Self()
	if err != nil {
		t.Fatal(err)
	}
	a.deliver([]wire.Message{&wire.Launch{Executable: self.Hash, Stop: true, Reason: "test"}})
	if now := slices.Collect(maps.Keys(a.Workers())); len(now) != 0 {
		t.Errorf("%v are still there", now)
	}
	a.deliver([]wire.Message{&wire.Launch{Executable: self.Hash}})
	processes("launched while the old ones were ending", 2, first)
	if v, err := second.Submit[int](add, 1, 2).Result(ctx); v != 3 || err != nil {
		t.Fatalf("got %d, %v, want 3", v, err)
	}
}

func add(a, b int) int { return a + b }
