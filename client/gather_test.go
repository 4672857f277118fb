package client_test

import (
	"runtime"
	"runtime/metrics"
	"sync/atomic"
	"testing"
	"time"

	"sheaf/cluster/clustertest"
)

// TestCase27ManyTinyResults gathers 100,000 tiny results of worker processes with one client (fault case 27): in order, and what the client's
// process needs for each (the scheduler runs in it too) is bounded, while they come and when they have been released.
func TestCase27ManyTinyResults(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	const (
		n         = 100_000
		mostBytes = 2048 // for each result
		restBytes = 64   // when they are released
	)
	c := clustertest.Processes(t, 2)
	xs := make([]int, n)
	round := func(from int) {
		for i := range xs {
			xs[i] = from + 7*i
		}
		fs := c.Map[int](inc, xs)
		got, err := c.Gather(t.Context(), fs)
		if err != nil || len(got) != n {
			t.Fatalf("%d results, %v", len(got), err)
		}
		for i, v := range got {
			if v != xs[i]+1 {
				t.Fatalf("result %d is %d, want %d", i, v, xs[i]+1)
			}
		}
		c.Release(fs)
	}
	round(1 << 40) // what is remembered of tasks that have ended fills up
	before := settled(0)
	peak, stop := watchHeap()
	round(0)
	stop()
	after := settled(before + n*restBytes)
	most, rest := (peak.Load()-before)/n, (after-before)/n
	t.Logf("bytes a result: at most %d, %d after the release", most, rest)
	if most > mostBytes || rest > restBytes {
		t.Errorf("want at most %d bytes a result, and %d after the release", mostBytes, restBytes)
	}
}

// settled waits for the heap to come down to some bytes, and returns what it has come to in some seconds at most.
func settled(to int64) int64 {
	for tries := 0; ; tries++ {
		runtime.GC()
		if now := heap(); now <= to || tries == 20 {
			return now
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// watchHeap notes the most that collections of the garbage leave, until it is stopped.
func watchHeap() (peak *atomic.Int64, stop func()) {
	peak = new(atomic.Int64)
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			peak.Store(max(peak.Load(), heap()))
			select {
			case <-done:
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	return peak, func() { close(done); <-ended }
}

// heap returns the bytes that the last collection of the garbage left.
func heap() int64 {
	s := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(s)
	return int64(s[0].Value.Uint64())
}
