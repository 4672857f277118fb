package mem

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"sheaf/internal/transport"
	"sheaf/internal/transport/transporttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	transporttest.Run(t, func(t *testing.T) *transporttest.Network {
		hub := NewHub(Config{})
		return &transporttest.Network{Join: hub.Join, Exclusive: true, Interrupt: func() {
			hub.mu.Lock()
			var names []string
			for name := range hub.ends {
				names = append(names, name)
			}
			hub.mu.Unlock()
			for _, name := range names {
				hub.Disconnect(name, errors.New("cut by the test"))
			}
			time.Sleep(5 * time.Millisecond)
			for _, name := range names {
				hub.Reconnect(name)
			}
		}}
	})
}

// arrivals joins a peer that counts what arrives.
func arrivals(t *testing.T, hub *Hub, name string) (transport.Endpoint, *atomic.Int32) {
	n := new(atomic.Int32)
	e, err := hub.Join(name, func(string, []byte) { n.Add(1) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e, n
}

func TestFaults(t *testing.T) {
	hub := NewHub(Config{InboxBytesMax: 1000})
	a, atA := arrivals(t, hub, "a")
	b, atB := arrivals(t, hub, "b")
	send := func(from transport.Endpoint, to string, n int) {
		for range n {
			if err := from.Send(to, []byte("x")); err != nil {
				t.Fatal(err)
			}
			time.Sleep(10 * time.Microsecond)
		}
	}
	settle := func(n *atomic.Int32, want func(int32) bool) int32 {
		for range 1000 {
			if want(n.Load()) {
				break
			}
			time.Sleep(time.Millisecond)
		}
		return n.Swap(0)
	}
	hub.Set("a", "b", Faults{Cut: true}) // one way only
	send(a, "b", 10)
	send(b, "a", 10)
	if got := settle(atA, func(n int32) bool { return n == 10 }); got != 10 || atB.Load() != 0 {
		t.Errorf("one-way partition: got %d at a and %d at b, want 10 and 0", got, atB.Load())
	}
	hub.Mend()
	hub.Set("", "b", Faults{Drop: 0.5})
	send(a, "b", 400)
	if got := settle(atB, func(int32) bool { return false }); got < 100 || got > 300 {
		t.Errorf("half dropped: got %d of 400", got)
	}
	hub.Mend()
	hub.Set("", "", Faults{Repeat: 1, Delay: 20 * time.Millisecond, Spread: 10 * time.Millisecond})
	start := time.Now()
	send(a, "b", 5)
	if got := settle(atB, func(n int32) bool { return n == 10 }); got != 10 || time.Since(start) < 20*time.Millisecond {
		t.Errorf("repeated and late: got %d after %v, want 10 after 20 ms", got, time.Since(start))
	}
	hub.Mend()
	hub.Partition("a", "")
	send(b, "a", 3)
	time.Sleep(5 * time.Millisecond)
	if atA.Load() != 0 {
		t.Error("a partitioned peer got a frame")
	}
}

// TestSlow checks that what a handler does not take in time is dropped and counted.
func TestSlow(t *testing.T) {
	hub := NewHub(Config{InboxBytesMax: 1000})
	release := make(chan struct{})
	slow, err := hub.Join("slow", func(string, []byte) { <-release })
	if err != nil {
		t.Fatal(err)
	}
	fast, _ := arrivals(t, hub, "fast")
	for range 50 {
		if err := fast.Send("slow", make([]byte, 100)); err != nil {
			t.Fatal(err)
		}
	}
	if st := slow.Stats(); st.Dropped < 39 || st.Dropped > 40 {
		t.Errorf("got %d dropped, want 39 or 40", st.Dropped)
	}
	close(release)
	if err := slow.Close(); err != nil {
		t.Error(err)
	}
}
