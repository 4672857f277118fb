//go:build linux

package faulttest

import (
	"testing"
	"time"

	"sheaf/client"
	"sheaf/internal/netns"
)

// TestCase14SilentHolder: the network to one of two holders of values drops what is sent, without a word. The third worker reads the values from
// the other one, long before the first is given up (30 s), and so does the client.
func TestCase14SilentHolder(t *testing.T) {
	t.Parallel()
	rs := newRelays(t)
	conf := quick(3)
	conf.Address = rs.address
	r := newRig(t, conf)
	ctx := within(t, 60*time.Second)
	const holder, other, reader = "local-0", "local-1", "local-2"
	var fs []*client.Future[[]byte]
	for i := range 8 {
		fs = append(fs, r.c.Submit[[]byte](block, uint64(i), 1<<16, client.OnWorkers(holder)))
	}
	if err := r.c.Replicate(ctx, fs, 2, client.OnWorkers(holder, other)); err != nil {
		t.Fatal(err)
	}
	where, err := r.c.WhoHas(ctx, fs)
	if err != nil {
		t.Fatal(err)
	}
	for i := range fs {
		if len(where[i]) != 2 {
			t.Fatalf("value %d is at %v", i, where[i])
		}
	}
	p := rs.to(holder)
	p.Stall(netns.Up, true)
	begun := time.Now()
	for i, f := range fs {
		got, err := r.c.Submit[uint64](digest, f, client.OnWorkers(reader)).Result(ctx)
		if want := digest(block(uint64(i), 1<<16)); err != nil || got != want {
			t.Fatalf("got %x, %v, want %x", got, err, want)
		}
	}
	took := time.Since(begun)
	t.Logf("%s got 8 values in %v", reader, took)
	if took > 20*time.Second {
		t.Error("it waited for the holder that does not answer")
	}
	begun = time.Now()
	vs, err := r.c.Gather(ctx, fs)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range vs {
		if digest(v) != digest(block(uint64(i), 1<<16)) {
			t.Errorf("value %d is another", i)
		}
	}
	took = time.Since(begun)
	t.Logf("the client got them in %v", took)
	if took > 20*time.Second {
		t.Error("the client waited for the holder that does not answer")
	}
	p.Stall(netns.Up, false)
	r.healthy()
}
