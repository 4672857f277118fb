//go:build linux

package faulttest

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"sheaf"
	"sheaf/bag"
	"sheaf/client"
	"sheaf/cluster"
)

// crampedBytes is the disk of the first worker of a cramped cluster.
const crampedBytes = 8 << 20

// newCramped returns a cluster of two workers, of which the first one has little memory and next to no disk, and a client of it.
func newCramped(t *testing.T) (*rig, *client.Client) {
	t.Helper()
	disk := t.TempDir()
	if err := mountSmall(disk, crampedBytes); err != nil {
		t.Skipf("a small file system cannot be mounted here: %v", err)
	}
	t.Cleanup(func() { _ = unmount(disk) })
	conf := quick(1)
	conf.MemoryBytes = 256 << 20
	conf.Dir = disk
	r := newRig(t, conf)
	a, err := cluster.StartAgent(context.Background(), cluster.AgentConfig{
		URL: r.URL(), Name: "roomy", Security: r.Security(), Threads: 1, MemoryBytes: 1 << 30, Host: "127.0.0.1", Dir: t.TempDir(), Logger: logger(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close(context.Background()) })
	// Its processes start when a client names the executable.
	c, err := client.Dial(context.Background(), r.URL(), client.Token(r.Security().Token))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.WaitForWorkers(within(t, 30*time.Second), 2); err != nil {
		t.Fatal(err)
	}
	return r, c
}

// watchDisk returns what tells whether a worker has said in the meantime that its disk is full.
func (r *rig) watchDisk() (full func() bool) {
	ctx, stop := context.WithCancel(context.Background())
	said := make(chan bool, 1)
	go func() {
		for ctx.Err() == nil {
			if info, err := r.Scheduler().Info(ctx); err == nil && strings.Contains(cluster.Describe(info), "no space left on device") {
				said <- true
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
		said <- false
	}()
	return func() bool {
		stop()
		return <-said
	}
}

// The disk of a worker is full when it has to spill: it pauses, and others take over.
func TestCase22FullDisk(t *testing.T) {
	t.Parallel()
	r, c := newCramped(t)
	full := r.watchDisk()
	const blocks, bytes = 30, 16 << 20 // 480 MiB, of which the first worker can keep about 150
	fs := make([]*client.Future[[]byte], blocks)
	for i := range fs {
		fs[i] = c.Submit[[]byte](block, uint64(i), bytes)
	}
	ctx := within(t, 60*time.Second)
	if _, _, err := c.Wait(ctx, fs); err != nil {
		t.Fatal(err)
	}
	if !full() {
		t.Error("no worker has said that its disk is full")
	}
	for i, f := range fs {
		got, err := c.Submit[uint64](digest, f).Result(ctx)
		if want := digest(block(uint64(i), bytes)); err != nil || got != want {
			t.Fatalf("block %d is %x, %v, want %x", i, got, err, want)
		}
	}
	if info := r.info(); info.Failed != 0 {
		t.Errorf("%d tasks failed", info.Failed)
	}
}

// A heavy is an element that takes memory.
type heavy struct {
	Number int
	Bytes  []byte
}

const heavyBytes = 1 << 20

func weigh(i int) heavy      { return heavy{i, block(uint64(i), heavyBytes)} }
func heavyGroup(h heavy) int { return h.Number % heavyGroups }

const heavies, heavyGroups = 480, 24

// summed is a group's key, and the digests of its elements in order.
type summed struct {
	Key     int
	Digests []uint64
}

func sumUp(g bag.Group[int, heavy]) summed {
	slices.SortFunc(g.Values, func(a, b heavy) int { return a.Number - b.Number })
	s := summed{Key: g.Key}
	for _, h := range g.Values {
		s.Digests = append(s.Digests, digest(h.Bytes))
	}
	return s
}

// The disk of one worker is full in the middle of a shuffle whose elements its memory cannot hold: what it has no room for goes elsewhere,
// and the groups are whole.
func TestCase23FullDiskInAShuffle(t *testing.T) {
	t.Parallel()
	r, c := newCramped(t)
	full := r.watchDisk()
	// All elements are there before the shuffle begins, so that it finds the first worker full.
	elements, err := sheaf.Persist(c.Context(within(t, 60*time.Second)), bag.Range(heavies, bag.Partitions(60)).Map(weigh))
	if err != nil {
		t.Fatal(err)
	}
	groups, err := bag.GroupBy(elements, heavyGroup).Map(sumUp).Compute(c.Context(within(t, 90*time.Second)))
	if err != nil {
		t.Fatal(err)
	}
	if !full() {
		t.Error("no worker has said that its disk is full")
	}
	if len(groups) != heavyGroups {
		t.Errorf("got %d groups, want %d", len(groups), heavyGroups)
	}
	for _, g := range groups {
		var want []uint64
		for i := g.Key; i < heavies; i += heavyGroups {
			want = append(want, digest(block(uint64(i), heavyBytes)))
		}
		if !slices.Equal(g.Digests, want) {
			t.Errorf("group %d has other elements than %d", g.Key, len(want))
		}
	}
	if info := r.info(); info.Failed != 0 {
		t.Errorf("%d tasks failed", info.Failed)
	}
}
