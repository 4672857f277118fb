package session_test

import (
	"errors"
	"testing"

	"sheaf/internal/session"
	"sheaf/internal/transport"
	"sheaf/internal/wire"
)

func TestDatagram(t *testing.T) {
	a := &wire.Value{ID: wire.ID{Layer: 3, Index: 4}, Attempt: 2, Worker: 1, Frame: []byte("frame")}
	b := &wire.Value{ID: wire.ID{Layer: 3, Index: 5}, Attempt: 1, Worker: 1}
	f, err := session.AppendDatagram(nil, a, b)
	if err != nil {
		t.Fatal(err)
	}
	ms, err := session.ParseDatagram(f)
	if err != nil || len(ms) != 2 || ms[0].(*wire.Value).ID != a.ID || string(ms[0].(*wire.Value).Frame) != "frame" || ms[1].(*wire.Value).ID != b.ID {
		t.Errorf("got %v, %v", ms, err)
	}
	for i := range f {
		if ms, err := session.ParseDatagram(f[:i]); err != nil && !errors.Is(err, wire.ErrMalformed) || err == nil && len(ms) >= 2 {
			t.Errorf("cut to %d bytes: %v, %v", i, ms, err)
		}
	}
	if err := transport.CheckName(session.ClientName(1<<63, 1<<31)); err != nil {
		t.Error(err)
	}
}

func FuzzDatagram(f *testing.F) {
	b, _ := session.AppendDatagram(nil, &wire.Value{ID: wire.ID{Layer: 3, Index: 4}, Frame: []byte("frame")})
	f.Add(b)
	f.Add([]byte{0xD6, 0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Fuzz(func(_ *testing.T, b []byte) { _, _ = session.ParseDatagram(b) })
}
