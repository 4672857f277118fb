package node

import (
	"errors"
	"testing"

	"sheaf/internal/codec"
	"sheaf/internal/transport/http"
	"sheaf/internal/wire"
)

// TestOverHTTP: values go from node to node, those in memory and those on disk, and what is damaged on disk comes from nobody.
func TestOverHTTP(t *testing.T) {
	f := http.NewFetcher(http.FetcherConfig{})
	defer f.Close()
	a := newRig(t, limited(16*mib))
	made := a.layer(32, block)
	c := compute()
	for i := range 32 {
		c.Tasks = append(c.Tasks, wire.Task{ID: id(made, i), Attempt: 1})
	}
	a.tell(c)
	a.done(32)
	disk := a.n.store.OnDisk()
	if disk == 0 {
		t.Fatal("nothing was spilled")
	}
	s, err := http.Serve(http.ServerConfig{Source: a.n, Sink: a.n, Anonymous: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close(t.Context())

	b := newRig(t, func(c *Config) { c.Fetcher = f })
	b.tell(&wire.Peers{Workers: []wire.Peer{{Number: 2, Address: s.Addr()}, {Number: 3, Address: "127.0.0.1:1"}}})
	sum := b.layer(1, sumBlocks)
	task := wire.Task{ID: id(sum, 0), Attempt: 1}
	m := compute()
	for i := range 32 {
		task.Inputs = append(task.Inputs, id(made, i))
		m.Where = append(m.Where, wire.Place{ID: id(made, i), Bytes: mib, Workers: []uint32{3, 2}})
	}
	m.Tasks = append(m.Tasks, task)
	b.tell(m)
	b.done(1)
	if got := b.value(id(sum, 0)); got != 31*32/2 {
		t.Errorf("got %v, want %d", got, 31*32/2)
	}
	if now := a.n.store.OnDisk(); now != disk {
		t.Errorf("%d bytes are on disk, before it was %d: values were read back to be sent", now, disk)
	}
	// A value that is put can be read, one that is not there cannot.
	x := wire.ID{Layer: 77}
	if err := f.Put(t.Context(), s.Addr(), x, http.Value{Any: "hello", Bytes: codec.SizeOf("hello")}); err != nil {
		t.Fatal(err)
	}
	_ = f.Get(t.Context(), s.Addr(), []wire.ID{x, {Layer: 78}}, func(got wire.ID, v any, err error) {
		switch {
		case got == x && (v != "hello" || err != nil):
			t.Errorf("got %v, %v", v, err)
		case got != x && !errors.Is(err, http.ErrNotHere):
			t.Errorf("got %v, %v, want ErrNotHere", v, err)
		}
	})
}
