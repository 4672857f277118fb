package transporttest

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sheaf/internal/transport"
)

// reconnect: a lost connection is reported and comes back by itself.
func reconnect(t *testing.T, n *Network) {
	var got atomic.Int32
	sink := join(t, n, "sink", func(string, []byte) { got.Add(1) })
	source := join(t, n, "source", ignore)
	if s := <-sink.Status(); s.State != transport.Connected {
		t.Fatalf("got %v at first, want connected", s)
	}
	n.Interrupt()
	var down bool
	for up := false; !up; {
		select {
		case s := <-sink.Status():
			down = down || s.State == transport.Disconnected && s.Err != nil
			up = down && s.State == transport.Connected
		case <-time.After(patience):
			t.Fatalf("not connected again; disconnected seen: %v", down)
		}
	}
	eventually(t, "frames after the interruption", func() bool {
		if err := source.Send("sink", []byte("x")); err != nil && !errors.Is(err, transport.ErrDropped) {
			t.Fatal(err)
		}
		return got.Load() > 0
	})
	if sink.Stats().Reconnects == 0 {
		t.Error("no reconnection was counted")
	}
}

// unauthorized: wrong credentials are refused at once, with a reason, and leave the network as it was.
func unauthorized(t *testing.T, n *Network) {
	if n.JoinBadly == nil {
		t.Skip("this network has no credentials")
	}
	start := time.Now()
	for range 3 {
		if err := n.JoinBadly("intruder"); !errors.Is(err, transport.ErrAuth) {
			t.Errorf("got %v, want ErrAuth", err)
		}
	}
	if d := time.Since(start); d > patience {
		t.Errorf("refusals took %v", d)
	}
	works(t, n, "still")
}

// works checks that two new peers reach each other.
func works(t *testing.T, n *Network, prefix string) {
	t.Run("works "+prefix, func(t *testing.T) { // the peers leave with it
		var got atomic.Int32
		join(t, n, prefix+"-here", func(string, []byte) { got.Add(1) })
		e := join(t, n, prefix+"-there", ignore)
		if err := e.Send(prefix+"-here", []byte("x")); err != nil {
			t.Fatal(err)
		}
		eventually(t, "a frame", func() bool { return got.Load() == 1 })
	})
}

// strangers: whatever bytes come to the port, they are refused, nothing panics and nothing grows.
func strangers(t *testing.T, n *Network) {
	if n.Addr == "" {
		t.Skip("this network has no port")
	}
	works(t, n, "before")
	goroutines, heap := runtime.NumGoroutine(), heapInUse()
	noise := make([]byte, 64<<10)
	if _, err := rand.Read(noise); err != nil {
		t.Fatal(err)
	}
	inputs := [][]byte{
		noise, noise[:10], []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), []byte(strings.Repeat("A", 1<<20)),
		[]byte("CONNECT {\r\n"), []byte("CONNECT {}\r\nPUB sheaf.default.x.y 99999999999999999999\r\n"), []byte("CONNECT {}\r\nPUB x 5\r\nab"),
		[]byte("CONNECT {\"verbose\":" + strings.Repeat("[", 100_000) + "\r\n"),
		{0x16, 0x03, 0x01, 0xff, 0xff},
		[]byte("\r\n\r\n\r\n"), nil,
	}
	for range 5 {
		for _, in := range inputs {
			c, err := net.DialTimeout("tcp", n.Addr, patience)
			if err != nil {
				t.Fatalf("the port does not take connections any more: %v", err)
			}
			_ = c.SetDeadline(time.Now().Add(300 * time.Millisecond))
			_, _ = c.Write(in)
			_, _ = io.CopyN(io.Discard, c, 4<<10)
			_ = c.Close()
		}
	}
	if n.Refused != nil {
		eventually(t, "refusals to be counted", func() bool { return n.Refused() > 0 })
	}
	works(t, n, "again")
	eventually(t, fmt.Sprintf("%d goroutines again", goroutines), func() bool { return runtime.NumGoroutine() <= goroutines+8 })
	if now := heapInUse(); now > heap+(32<<20) {
		t.Errorf("heap grew from %d to %d bytes", heap, now)
	}
}

func heapInUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse
}
