package scheduler

import (
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sheaf/internal/wire"
)

// readRecords writes out what records say.
func readRecords(t *testing.T, b []byte) (lines []string) {
	t.Helper()
	number := func() uint64 {
		v, n := binary.Uvarint(b)
		if n <= 0 {
			t.Fatal("the record is cut")
		}
		b = b[n:]
		return v
	}
	serial := uint64(0)
	for len(b) > 0 {
		kind := b[0]
		b = b[1:]
		switch kind {
		case recordAdmitted:
			client, request, n := number(), number(), number()
			m, err := wire.Parse(b[:n])
			if err != nil {
				t.Fatal(err)
			}
			b = b[n:]
			lines = append(lines, fmt.Sprintf("client %d request %d: %d layers", client, request, len(m.(*wire.Submit).Graph.Layers)))
		case recordForgot:
			lines = append(lines, fmt.Sprintf("graph %d is forgotten", number()))
		case recordMoved:
			if v := number(); v != 0 {
				serial = v
			}
			task := number()
			to := status(b[0])
			b = b[1:]
			lines = append(lines, fmt.Sprintf("graph %d task %d is %s at %d", serial, task, to, number()))
		default:
			t.Fatalf("unknown kind %d", kind)
		}
	}
	return lines
}

// TestRecords: the log has the graphs, and what of them is there, failed and was let go.
func TestRecords(t *testing.T) {
	h := newTheatre(Config{Log: true})
	var log []byte
	for _, line := range []string{
		"client c1", "join w1 threads=2", "submit c1 a b<-a c<-a,b x want=c,x keep=1", "finish w1 a", "finish w1 b", "finish w1 c", "fail w1 x", "release c1 c x",
	} {
		h.play(t, line)
		for _, e := range h.s.effects {
			if r, ok := e.(*Record); ok {
				log = append(log, r.Bytes...)
			}
		}
	}
	want := []string{
		"client 1 request 1: 1 layers",
		"graph 1 task 0 is memory at 1", "graph 1 task 1 is memory at 1", "graph 1 task 2 is memory at 1",
		"graph 1 task 0 is released at 0", "graph 1 task 1 is released at 0", "graph 1 task 3 is erred at 0",
		"graph 1 task 2 is released at 0", "graph 1 task 3 is released at 0", "graph 1 is forgotten",
	}
	if d := cmp.Diff(want, readRecords(t, log)); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}
