//go:build linux

package faulttest

import (
	"net"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"sheaf/client"
)

// damaged flips a bit of what is read from a connection, once in so many bytes.
type damaged struct {
	net.Conn
	every int
	left  int
	on    *atomic.Int64 // how many bits are still to be flipped
}

func (d *damaged) Read(p []byte) (int, error) {
	n, err := d.Conn.Read(p)
	for at := d.left; at < n; at += d.every {
		if d.on.Add(-1) >= 0 {
			p[at] ^= 0x10
		}
	}
	if d.left -= n; d.left < 0 {
		d.left = d.every + d.left%d.every
	}
	return n, err
}

// Bytes are damaged between workers: they are never taken for the value.
func TestCase05CorruptOnTheWay(t *testing.T) {
	t.Parallel()
	rs := newRelays(t)
	var bits atomic.Int64
	rs.wrap = func(_ string, c conn) conn { return &damaged{Conn: c, every: 1 << 20, left: 300_000, on: &bits} }
	conf := quick(2)
	conf.Address = rs.address
	r := newRig(t, conf)
	ctx := within(t, 40*time.Second)
	a := r.c.Submit[[]byte](marked, r.marks, uint64(5), 8<<20, client.OnWorkers("local-0"), client.AllowOther())
	if _, _, err := r.c.Wait(ctx, []*client.Future[[]byte]{a}); err != nil {
		t.Fatal(err)
	}
	bits.Store(9) // the first transfer, and the next if it is tried again
	got, err := r.c.Submit[uint64](digest, a, client.OnWorkers("local-1"), client.AllowOther()).Result(ctx)
	if want := digest(block(5, 8<<20)); err != nil || got != want {
		t.Fatalf("got %x, %v, want %x", got, err, want)
	}
	if bits.Load() >= 9 {
		t.Error("nothing was damaged, so nothing was shown")
	}
	bits.Store(5) // now to the client
	b, err := a.Result(ctx)
	if want := digest(block(5, 8<<20)); err != nil || digest(b) != want {
		t.Fatalf("the client got %x, %v, want %x", digest(b), err, want)
	}
}

// A byte of a spill file changes: the value is made again.
func TestCase05CorruptOnDisk(t *testing.T) {
	t.Parallel()
	conf := quick(1)
	conf.MemoryBytes = 384 << 20
	r := newRig(t, conf)
	const blocks, bytes = 24, 16 << 20
	fs := make([]*client.Future[[]byte], blocks)
	for i := range fs {
		fs[i] = r.c.Submit[[]byte](marked, r.marks, uint64(i), bytes)
	}
	ctx := within(t, 60*time.Second)
	if _, _, err := r.c.Wait(ctx, fs); err != nil {
		t.Fatal(err)
	}
	files := 0
	for _, path := range spillFiles(r.pid("local-0")) {
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		s, err := f.Stat()
		if err != nil {
			t.Fatal(err)
		}
		for at := int64(1 << 20); at < s.Size(); at += 3 * bytes { // one value of three
			b := []byte{0}
			if _, err := f.ReadAt(b, at); err == nil {
				_, _ = f.WriteAt([]byte{b[0] ^ 1}, at)
				files++
			}
		}
		_ = f.Close()
	}
	if files == 0 {
		t.Fatal("nothing was spilled, so nothing can be shown")
	}
	for i, f := range fs {
		got, err := r.c.Submit[uint64](digest, f).Result(ctx)
		if want := digest(block(uint64(i), bytes)); err != nil || got != want {
			t.Fatalf("block %d is %x, %v, want %x", i, got, err, want)
		}
	}
	if n := executions(t, r.marks); n == blocks {
		t.Errorf("%d values were damaged on disk, and none was made again", files)
	}
}
