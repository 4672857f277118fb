// Package transporttest holds what every transport owes, as a suite that each implementation runs.
package transporttest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sheaf/internal/transport"
)

// A Network is one that the suite may use and break.
type Network struct {
	// Join adds a peer with the right credentials.
	Join func(name string, handle transport.Handler) (transport.Endpoint, error)

	// JoinBadly tries to join with the wrong ones and returns the error; nil when the network has none.
	JoinBadly func(name string) error

	// Interrupt breaks all connections, which the endpoints then make again by themselves.
	Interrupt func()

	// Addr is where a stranger can open a TCP connection, "" when there is no such place. Refused then says how many were refused.
	Addr    string
	Refused func() int

	// Exclusive says that a name cannot be joined twice.
	Exclusive bool
}

// patience is how long something may take that takes milliseconds on an idle machine.
const patience = 20 * time.Second

// Run runs the suite. open makes a new network, which ends with the test it is given.
func Run(t *testing.T, open func(t *testing.T) *Network) {
	for _, c := range []struct {
		name string
		run  func(t *testing.T, n *Network)
	}{
		{"order", order},
		{"sizes", sizes},
		{"names", names},
		{"many", many},
		{"close", closing},
		{"reconnect", reconnect},
		{"sessions", sessions},
		{"unauthorized", unauthorized},
		{"strangers", strangers},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(t, open(t)) })
	}
}

// join adds a peer for the length of the test.
func join(t *testing.T, n *Network, name string, handle transport.Handler) transport.Endpoint {
	t.Helper()
	e, err := n.Join(name, handle)
	if err != nil {
		t.Fatalf("join as %s: %v", name, err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Errorf("close %s: %v", name, err)
		}
	})
	return e
}

func ignore(string, []byte) {}

// eventually waits until a condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not within %v", what, patience)
		}
	}
}

// order: frames of one sender arrive in order, those of several one at a time.
func order(t *testing.T, n *Network) {
	const count = 3000
	var (
		mu     sync.Mutex
		got    = make(map[string]int)
		inside atomic.Int32
		total  atomic.Int32
	)
	join(t, n, "sink", func(from string, frame []byte) {
		if inside.Add(1) != 1 {
			t.Error("the handler runs twice at a time")
		}
		defer inside.Add(-1)
		mu.Lock()
		defer mu.Unlock()
		if serial := int(binary.LittleEndian.Uint32(frame)); serial != got[from] {
			t.Errorf("got frame %d of %s, want %d", serial, from, got[from])
		}
		got[from]++
		total.Add(1)
	})
	join(t, n, "bystander", func(from string, _ []byte) { t.Errorf("a frame of %s for somebody else", from) })
	var wg sync.WaitGroup
	for i := range 3 {
		e := join(t, n, fmt.Sprintf("source-%d", i), ignore)
		wg.Go(func() {
			var frame [40]byte // overwritten for each: Send must copy
			for serial := range uint32(count) {
				binary.LittleEndian.PutUint32(frame[:], serial)
				if err := e.Send("sink", frame[:]); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	eventually(t, "all frames", func() bool { return total.Load() == 3*count })
}

// sizes: everything up to MaxFrame arrives whole, and nothing above is taken.
func sizes(t *testing.T, n *Network) {
	frames := make(chan []byte, 100)
	sink := join(t, n, "sink", func(_ string, frame []byte) { frames <- bytes.Clone(frame) })
	source := join(t, n, "source", ignore)
	limit := source.MaxFrame()
	if limit < 256<<10 {
		t.Errorf("MaxFrame is %d, want room for a frame of link's default size", limit)
	}
	for _, size := range []int{0, 1, 100, 4096, 65_537, limit - 1, limit} {
		frame := bytes.Repeat([]byte{byte(size), 7, 0, 13, '\r', '\n'}, size/6+1)[:size]
		if err := source.Send("sink", frame); err != nil {
			t.Fatalf("%d bytes: %v", size, err)
		}
		select {
		case got := <-frames:
			if !bytes.Equal(got, frame) {
				t.Errorf("%d bytes: got %d others", size, len(got))
			}
		case <-time.After(patience):
			t.Fatalf("%d bytes did not arrive", size)
		}
	}
	if err := source.Send("sink", make([]byte, limit+1)); !errors.Is(err, transport.ErrFrame) {
		t.Errorf("%d bytes: got %v, want ErrFrame", limit+1, err)
	}
	if err := source.Send("source", []byte("to itself")); err != nil {
		t.Error(err)
	}
	if st := source.Stats(); st.Sent != 8 || st.BytesSent < uint64(limit) {
		t.Errorf("got %+v, want 8 frames sent", st)
	}
	if st := sink.Stats(); st.Received != 7 || st.Dropped != 0 || st.Malformed != 0 {
		t.Errorf("got %+v, want 7 frames received", st)
	}
}

// names: what is no name is refused everywhere, and sending to nobody is no error.
func names(t *testing.T, n *Network) {
	e := join(t, n, "someone_2", ignore)
	if e.Name() != "someone_2" {
		t.Errorf("got name %q", e.Name())
	}
	for _, name := range []string{"", "a.b", "*", ">", "a b", "a\r\nPUB x 0", "ä", strings.Repeat("x", 65)} {
		if err := e.Send(name, nil); !errors.Is(err, transport.ErrName) {
			t.Errorf("send to %q: got %v, want ErrName", name, err)
		}
		if other, err := n.Join(name, ignore); !errors.Is(err, transport.ErrName) {
			t.Errorf("join as %q: got %v, want ErrName", name, err)
			if err == nil {
				_ = other.Close()
			}
		}
	}
	if err := e.Send("nobody", []byte("x")); err != nil {
		t.Errorf("send to nobody: %v", err)
	}
	if n.Exclusive {
		if _, err := n.Join("someone_2", ignore); !errors.Is(err, transport.ErrTaken) {
			t.Errorf("join twice: got %v, want ErrTaken", err)
		}
	}
}

// many: everybody reaches everybody.
func many(t *testing.T, n *Network) {
	const peers = 20
	var got [peers][peers]atomic.Int32
	ends := make([]transport.Endpoint, peers)
	name := func(i int) string { return fmt.Sprintf("peer%02d", i) }
	for i := range ends {
		ends[i] = join(t, n, name(i), func(from string, frame []byte) {
			var sender int
			if _, err := fmt.Sscanf(from, "peer%02d", &sender); err != nil || sender != int(frame[0]) || int(frame[1]) != i {
				t.Errorf("%s got a frame of %s with %v", name(i), from, frame)
				return
			}
			got[sender][i].Add(1)
		})
	}
	for i, e := range ends {
		for j := range ends {
			if err := e.Send(name(j), []byte{byte(i), byte(j)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	eventually(t, "a frame on each way", func() bool {
		for i := range got {
			for j := range got[i] {
				if got[i][j].Load() != 1 {
					return false
				}
			}
		}
		return true
	})
}

// closing: after Close nothing is delivered or sent, and the name is free.
func closing(t *testing.T, n *Network) {
	var closed atomic.Bool
	busy := make(chan struct{}, 1)
	e, err := n.Join("leaver", func(string, []byte) {
		select {
		case busy <- struct{}{}:
		default:
		}
		time.Sleep(2 * time.Millisecond)
		if closed.Load() {
			t.Error("the handler runs after Close")
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	source := join(t, n, "source", ignore)
	for range 50 {
		if err := source.Send("leaver", []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	<-busy
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	closed.Store(true)
	if err := e.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
	if err := e.Send("source", nil); !errors.Is(err, transport.ErrClosed) {
		t.Errorf("send after Close: got %v, want ErrClosed", err)
	}
	var states []transport.State
	for s := range e.Status() { // ends
		states = append(states, s.State)
	}
	if len(states) < 2 || states[0] != transport.Connected || states[len(states)-1] != transport.Closed {
		t.Errorf("got states %v, want connected … closed", states)
	}
	var back atomic.Int32
	join(t, n, "leaver", func(string, []byte) { back.Add(1) })
	if err := source.Send("leaver", []byte("y")); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a frame for the new one of the name", func() bool { return back.Load() == 1 })
}
