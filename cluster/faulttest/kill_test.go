//go:build linux

package faulttest

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"sheaf/client"
	"sheaf/internal/netns"
)

// A worker is killed while it computes: what it ran runs again, what others ran does not.
func TestCase01KillWhileComputing(t *testing.T) {
	t.Parallel()
	r := newRig(t, quick(2))
	ctx := within(t, 30*time.Second)
	fs := make([]*client.Future[int], 8)
	for i := range fs {
		fs[i] = r.c.Submit[int](slow, r.marks, i, 300*time.Millisecond)
	}
	until(t, 10*time.Second, "two tasks run", func() bool { return executions(t, r.marks) >= 2 })
	time.Sleep(100 * time.Millisecond) // in the middle of them
	pid := r.pid("local-0")
	r.kill("local-0")
	vs, err := r.c.Gather(ctx, fs)
	if err != nil {
		t.Fatal(err)
	}
	again := 0
	for i, v := range vs {
		if v != i*i {
			t.Errorf("task %d gave %d, want %d", i, v, i*i)
		}
		runs := marksIn(t, r.marks)[fmt.Sprint(i)]
		again += len(runs) - 1
		if len(runs) > 1 && runs[0].worker == "local-1" && runs[1].worker == "local-1" {
			t.Errorf("task %d ran twice on the worker that lived: %v", i, runs)
		}
	}
	if again != 1 {
		t.Errorf("%d executions were repeated, want 1: the task that ran on the worker that died; %v", again, marksIn(t, r.marks))
	}
	r.back("local-0", pid)
	r.healthy()
}

// big is large enough to be in the middle of a transfer for a while.
const big = 24 << 20

// fetching is a cluster in which local-1 fetches a value of local-0 slowly.
func fetching(t *testing.T) (*rig, *relays, *client.Future[uint64]) {
	rs := newRelays(t)
	conf := quick(2)
	conf.Address = rs.address
	r := newRig(t, conf)
	a := r.c.Submit[[]byte](marked, r.marks, uint64(7), big, client.OnWorkers("local-0"), client.AllowOther())
	if _, _, err := r.c.Wait(within(t, 20*time.Second), []*client.Future[[]byte]{a}); err != nil {
		t.Fatal(err)
	}
	p := rs.to("local-0")
	p.Rate(netns.Down, 4<<20)
	b := r.c.Submit[uint64](digest, a, client.OnWorkers("local-1"), client.AllowOther())
	before := p.Carried(netns.Down)
	until(t, 10*time.Second, "a part of the value is on its way", func() bool { return p.Carried(netns.Down) > before+1<<20 })
	return r, rs, b
}

// The sender dies in mid transfer: nothing truncated is ever used.
func TestCase02KillWhileSending(t *testing.T) {
	t.Parallel()
	r, rs, b := fetching(t)
	r.kill("local-0")
	rs.to("local-0").Rate(netns.Down, 0)
	got, err := b.Result(within(t, 30*time.Second))
	if want := digest(block(7, big)); err != nil || got != want {
		t.Fatalf("got %x, %v, want %x", got, err, want)
	}
	if runs := marksIn(t, r.marks)["block7"]; len(runs) != 2 {
		t.Errorf("the lost value was made %d times, want 2: %v", len(runs), runs)
	}
}

// The receiver dies in mid transfer: the sender gives everything back that it had for it.
func TestCase03KillTheReceiver(t *testing.T) {
	t.Parallel()
	r, rs, b := fetching(t)
	pid := r.pid("local-1")
	r.kill("local-1")
	rs.to("local-0").Rate(netns.Down, 0)
	got, err := b.Result(within(t, 30*time.Second))
	if want := digest(block(7, big)); err != nil || got != want {
		t.Fatalf("got %x, %v, want %x", got, err, want)
	}
	if runs := marksIn(t, r.marks)["block7"]; len(runs) != 1 {
		t.Errorf("the value that was not lost was made %d times, want once: %v", len(runs), runs)
	}
	r.back("local-1", pid)
	rs.to("local-0").Reset()
	// One more connection than before may be kept alive; a transfer that nobody ended would hold two goroutines for each round.
	first := r.belongings("local-0")
	for range 3 {
		pid := r.pid("local-1")
		p := rs.to("local-0")
		p.Rate(netns.Down, 4<<20)
		before := p.Carried(netns.Down)
		a := r.c.Submit[[]byte](block, uint64(8), big, client.OnWorkers("local-0"))
		f := r.c.Submit[uint64](digest, a, client.OnWorkers("local-1"), client.Pure(false))
		until(t, 10*time.Second, "a transfer", func() bool { return p.Carried(netns.Down) > before+1<<20 })
		r.kill("local-1")
		f.Release()
		a.Release()
		p.Rate(netns.Down, 0)
		r.back("local-1", pid)
		p.Reset()
	}
	until(t, 10*time.Second, fmt.Sprintf("the sender has what it had: %v, first %v", r.belongings("local-0"), first), func() bool {
		now := r.belongings("local-0")
		return now[0] <= first[0]+2 && now[1] <= first[1]+2
	})
}

func (r *rig) belongings(worker string) [2]int {
	r.t.Helper()
	m, err := r.c.Run[[2]int](within(r.t, 10*time.Second), belongings, client.OnWorkers(worker))
	if err != nil {
		r.t.Fatal(err)
	}
	return m[worker]
}

// A worker is killed while it spills: nothing of it stays on disk.
func TestCase04KillWhileSpilling(t *testing.T) {
	t.Parallel()
	conf := quick(1)
	conf.MemoryBytes = 384 << 20
	conf.Dir = t.TempDir()
	r := newRig(t, conf)
	const blocks, bytes = 24, 16 << 20 // of which 14 stay in memory
	fs := make([]*client.Future[[]byte], blocks)
	for i := range fs {
		fs[i] = r.c.Submit[[]byte](marked, r.marks, uint64(i), bytes)
	}
	until(t, 20*time.Second, "values are spilled", func() bool { return spilled(r.pid("local-0")) > 0 })
	pid := r.pid("local-0")
	r.kill("local-0")
	r.back("local-0", pid)
	ctx := within(t, 40*time.Second)
	for i, f := range fs {
		got, err := r.c.Submit[uint64](digest, f).Result(ctx)
		if want := digest(block(uint64(i), bytes)); err != nil || got != want {
			t.Fatalf("block %d is %x, %v, want %x", i, got, err, want)
		}
	}
	if n := len(spillFiles(r.pid("local-0"))); n == 0 {
		t.Error("nothing is spilled by the new process, so nothing was shown")
	}
	left, err := filepath.Glob(filepath.Join(conf.Dir, "sheaf-spill-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left on disk: %v, %v", left, err)
	}
	r.c.Release(fs)
	r.settled()
}

// spillFiles returns the open spill files of a process, as paths by which they can be opened although they have no names.
func spillFiles(pid int) []string {
	dir := fmt.Sprintf("/proc/%d/fd", pid)
	fds, _ := os.ReadDir(dir)
	var files []string
	for _, fd := range fds {
		path := filepath.Join(dir, fd.Name())
		if name, err := os.Readlink(path); err == nil && isSpill(name) {
			files = append(files, path)
		}
	}
	return files
}

// spilled returns how many bytes a process has spilled.
func spilled(pid int) int64 {
	var n int64
	for _, path := range spillFiles(pid) {
		if s, err := os.Stat(path); err == nil {
			n += s.Size()
		}
	}
	return n
}
