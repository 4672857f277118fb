package node

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sheaf/graph"
	"sheaf/internal/codec"
	"sheaf/internal/wire"
)

const mib = 1 << 20

// block makes a megabyte that can be recognised.
func block(_ context.Context, t *graph.Task) (any, error) {
	b := make([]byte, mib)
	b[0], b[mib-1] = byte(t.Index), byte(t.Index)
	return b, nil
}

func sumBlocks(_ context.Context, t *graph.Task) (any, error) {
	sum := 0
	for _, v := range t.Inputs() {
		b := v.([]byte)
		if b[0] != b[mib-1] {
			return nil, errors.New("the block is not what was made")
		}
		sum += int(b[0])
	}
	return sum, nil
}

func limited(bytes int64) func(c *Config) {
	return func(c *Config) { c.Hello.MemoryBytes = bytes; c.StoreShare = 0.5 }
}

func TestSpilling(t *testing.T) {
	r := newRig(t, limited(16*mib))
	made := r.layer(64, block)
	sum := r.layer(64, sumBlocks)
	c, s := compute(), compute()
	for i := range 64 {
		c.Tasks = append(c.Tasks, wire.Task{ID: id(made, i), Attempt: 1})
		s.Tasks = append(s.Tasks, wire.Task{ID: id(sum, i), Attempt: 1, Inputs: []wire.ID{id(made, i), id(made, 63-i)}})
	}
	r.tell(c)
	r.done(64)
	if got := r.n.store.OnDisk(); got < 50*mib {
		t.Errorf("%d bytes are on disk, want at least 50 MiB", got)
	}
	r.tell(s)
	r.done(64)
	if got := r.value(id(sum, 7)); got != 63 {
		t.Errorf("got %v, want 63", got)
	}
	if peak := r.n.store.Peak(); peak > 13*mib {
		t.Errorf("%d bytes were in memory at once, with a limit of 8 MiB", peak)
	}
	if h := await[*wire.Heartbeat](r, func(h *wire.Heartbeat) bool { return h.SpillBytes > 0 }); h.LimitBytes != 16*mib || h.MemoryBytes == 0 {
		t.Errorf("got %+v", h)
	}
	f := &wire.Free{}
	for i := range 64 {
		f.IDs = append(f.IDs, id(made, i), id(sum, i))
	}
	r.tell(f)
	r.empty()
}

func TestResultsThatCannotFitAreRefused(t *testing.T) {
	r := newRig(t, limited(16*mib))
	var ran atomic.Bool
	huge := r.sized(1, 100*mib, func(context.Context, *graph.Task) (any, error) { ran.Store(true); return nil, nil })
	r.tell(compute(wire.Task{ID: id(huge, 0), Attempt: 1}))
	if f := await[*wire.Failed](r); f.Cause.Sort != wire.SortMemory || !strings.Contains(f.Cause.Message, "104857600") || ran.Load() {
		t.Errorf("got %+v, ran %t", f.Cause, ran.Load())
	}
	if err := r.n.Put(t.Context(), id(9, 9), make([]byte, 17*mib), 0); err == nil || !strings.Contains(err.Error(), "worker may use") {
		t.Errorf("got %v", err)
	}
}

// TestFullDisk: the worker pauses, no task fails, and it goes on when there is room.
func TestFullDisk(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "spill")
	r := newRig(t, func(c *Config) {
		limited(16 * mib)(c)
		c.Dir = dir // is not there: nothing can be written
	})
	made := r.sized(40, mib, block)
	c := compute()
	for i := range 40 {
		c.Tasks = append(c.Tasks, wire.Task{ID: id(made, i), Attempt: 1})
	}
	r.tell(c)
	h := await[*wire.Heartbeat](r, func(h *wire.Heartbeat) bool { return h.Status == wire.StatusPaused })
	if !strings.Contains(h.Reason, "spill") || h.Ready == 0 {
		t.Errorf("got %+v", h)
	}
	time.Sleep(30 * time.Millisecond)
	if used := r.n.store.Used(); used > 9*mib {
		t.Errorf("%d bytes are in memory, with a limit of 8 MiB", used)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for done := 0; done < 40; {
		m := await[wire.Message](r, func(m wire.Message) bool { _, ok := m.(*wire.Heartbeat); return !ok })
		switch m := m.(type) {
		case *wire.Done:
			done += len(m.Tasks)
		case *wire.Failed:
			t.Fatalf("a task failed: %+v", m.Cause)
		}
		if r.n.store.OnDisk() > 0 {
			break
		}
	}
	await(r, func(h *wire.Heartbeat) bool { return h.Status == wire.StatusRunning })
}

// damage is a codec that loses values.
type damage struct{ broken atomic.Bool }

func (d *damage) Encode(w io.Writer, v any) error { return codec.EncodeFrame(w, v) }

func (d *damage) Decode(r io.Reader) (any, error) {
	if d.broken.Load() {
		return nil, codec.ErrChecksum
	}
	return codec.DecodeFrame(r)
}

func TestDamagedValues(t *testing.T) {
	d := &damage{}
	r := newRig(t, func(c *Config) { limited(8 * mib)(c); c.Codec = d })
	made, sum := r.layer(16, block), r.layer(2, sumBlocks)
	c := compute()
	for i := range 16 {
		c.Tasks = append(c.Tasks, wire.Task{ID: id(made, i), Attempt: 1})
	}
	r.tell(c)
	r.done(16)
	var lost []wire.ID
	for i := range 16 {
		h, _ := r.n.find(id(made, i))
		if !h.entry.InMemory() {
			lost = append(lost, id(made, i))
		}
		h.readers.Add(-1)
	}
	if len(lost) < 2 {
		t.Fatalf("%d values were spilled", len(lost))
	}
	d.broken.Store(true)
	r.peers.has["one"] = map[wire.ID]any{lost[0]: make([]byte, mib)}
	r.tell(&wire.Peers{Workers: []wire.Peer{{Number: 2, Address: "one"}}})
	r.tell(&wire.Compute{Tasks: []wire.Task{{ID: id(sum, 0), Attempt: 1, Inputs: lost[:1]}}, Where: []wire.Place{{ID: lost[0], Bytes: mib, Workers: []uint32{2}}}})
	if m := await[wire.Message](r, func(m wire.Message) bool { h, ok := m.(*wire.Holding); return ok && len(h.Dropped) > 0 }); m.(*wire.Holding).Dropped[0] != lost[0] {
		t.Errorf("got %+v", m)
	}
	if m := await[*wire.Missing](r); m.Values[0].ID != lost[0] {
		t.Errorf("got %+v", m)
	}
	r.tell(&wire.Compute{Where: []wire.Place{{ID: lost[0], Bytes: mib, Workers: []uint32{2}}}})
	r.done(1)
	// A peer that asks for a damaged value is told that it is not here, and the scheduler too.
	if _, err := r.n.Open(t.Context(), lost[1]); err == nil {
		t.Error("a damaged value can be read")
	}
	await(r, func(h *wire.Holding) bool { return len(h.Dropped) == 1 && h.Dropped[0] == lost[1] })
	if h := await[*wire.Heartbeat](r, func(h *wire.Heartbeat) bool { return h.Event != "" }); !strings.Contains(h.Event, "checksum") {
		t.Errorf("got event %q", h.Event)
	}
}

// pages makes values whose memory it uses again.
type pages struct {
	call
	again *atomic.Int32
}

func (p pages) Recycle(any) { p.again.Add(1) }

// reader keeps nothing of its inputs.
type reader struct{ call }

func (reader) ReadsOnly() {}

func TestRecycling(t *testing.T) {
	var again atomic.Int32
	r := newRig(t, nil)
	p := r.add(graph.Must(graph.Spec{Name: "pages", Op: pages{call{run: block, bytes: mib}, &again}, Space: []int{3}, Token: graph.Unique()}))
	keeps := r.layer(1, sumBlocks)
	reads := r.add(graph.Must(graph.Spec{Name: "reads", Op: reader{call{run: sumBlocks}}, Space: []int{2}, Token: graph.Unique()}))
	r.tell(compute(wire.Task{ID: id(p, 0), Attempt: 1}, wire.Task{ID: id(p, 1), Attempt: 1},
		wire.Task{ID: id(p, 2), Attempt: 1, Links: []wire.Link{{ID: id(reads, 1)}}}))
	r.done(3)
	if n := again.Load(); n != 1 {
		t.Errorf("%d values were recycled, want the one inside of the chain", n)
	}
	r.tell(compute(wire.Task{ID: id(reads, 0), Attempt: 1, Inputs: []wire.ID{id(p, 0)}}, wire.Task{ID: id(keeps, 0), Attempt: 1, Inputs: []wire.ID{id(p, 1)}}))
	r.done(2)
	r.tell(&wire.Free{IDs: []wire.ID{id(p, 0), id(p, 1)}})
	r.gone(id(p, 1))
	if n := again.Load(); n != 2 {
		t.Errorf("%d values were recycled, want also the one that was only read, and not the one that may have been kept", n)
	}
}
