package cluster

import (
	"testing"
	"time"

	"sheaf/internal/wire"
)

func TestAdaptiveTarget(t *testing.T) {
	load := func(workers int, queued time.Duration, tasks int, used int64) *Info {
		info := &Info{QueuedMS: queued.Milliseconds(), Tasks: []wire.StateCount{{State: "memory", Tasks: 99}, {State: "queued", Tasks: tasks}}}
		for range workers {
			info.Workers = append(info.Workers, wire.WorkerInfo{Peer: wire.Peer{Threads: 1}, Beat: wire.Heartbeat{MemoryBytes: used, LimitBytes: 100}})
		}
		return info
	}
	conf := Adaptive{Minimum: 1, Maximum: 10}
	if err := conf.fill(&Member{Threads: 1}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what string
		info *Info
		want int
	}{
		{"nothing to do", load(4, 0, 0, 0), 1},
		{"nothing there, something to do", load(0, 0, 5, 0), 1},
		{"four are busy for 10 s each", load(4, 10*time.Second, 1000, 0), 8},
		{"far too much", load(4, time.Hour, 1000, 0), 10},
		{"three long tasks", load(4, time.Hour, 3, 0), 3},
		{"memory is short", load(4, 0, 0, 70), 8},
	} {
		if got := conf.target(c.info, len(c.info.Workers)); got != c.want {
			t.Errorf("%s: got %d workers, want %d", c.what, got, c.want)
		}
	}
	bounds := Adaptive{MinimumThreads: 5, MaximumThreads: 21, MaximumMemoryBytes: 60}
	for _, c := range []struct {
		info *Info
		want int
	}{{load(0, 0, 0, 0), 2}, {load(4, time.Hour, 1000, 0), 5}} {
		if got, err := bounds.Target(c.info, Member{Workers: 2, Threads: 2, MemoryBytes: 6}, 1); err != nil || got != c.want {
			t.Errorf("got %d, %v, want %d", got, err, c.want)
		}
	}
	if _, err := bounds.Target(load(0, 0, 0, 0), Member{Threads: 1}, 1); err == nil {
		t.Error("bounds in memory are accepted though nobody knows what a member has")
	}
	for _, bad := range []Adaptive{{}, {Minimum: 3, Maximum: 2}, {Minimum: -1, Maximum: 1}} {
		if bad.fill(&Member{Threads: 1}) == nil {
			t.Errorf("%+v is accepted", bad)
		}
	}
}

func TestHysteresis(t *testing.T) {
	var h hysteresis
	var got []int
	have := 1
	for _, target := range []int{4, 1, 2, 4, 1, 3, 1, 1, 1, 1} {
		have = h.decide(target, have, 3)
		got = append(got, have)
	}
	want := []int{4, 4, 4, 4, 4, 4, 3, 3, 3, 1}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("got %v, want %v", got, want)
		}
	}
}
