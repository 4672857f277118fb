package session_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"sheaf/internal/link"
	"sheaf/internal/session"
	"sheaf/internal/transport/mem"
	"sheaf/internal/wire"
)

// server is an acceptor that answers every Claim with a Release of the same ids, and notes what happens.
type server struct {
	*session.Acceptor
	lost time.Duration

	mu     sync.Mutex
	hellos []string
	got    []wire.Message
	byes   []string
	gone   chan string
}

func serve(t testing.TB, hub *mem.Hub, lost time.Duration) *server {
	t.Helper()
	s := &server{lost: lost, gone: make(chan string, 100)}
	var self sync.WaitGroup
	self.Add(1)
	a, err := session.NewAcceptor(session.AcceptorConfig{
		Network: hub, Name: "scheduler", Link: quick,
		Accept: func(peer string, hello wire.Message) (time.Duration, error) {
			self.Wait()
			h, ok := hello.(*wire.ClientHello)
			if !ok || h.Version != wire.Version {
				return 0, fmt.Errorf("version %d is not spoken here", wire.Version)
			}
			s.mu.Lock()
			s.hellos = append(s.hellos, h.Name)
			s.mu.Unlock()
			return s.lost, s.Send(peer, &wire.Welcome{Number: 7})
		},
		Deliver: func(peer string, ms []wire.Message) {
			for _, m := range ms {
				switch m := m.(type) {
				case *wire.Claim:
					_ = s.Send(peer, &wire.Release{IDs: m.IDs})
				case *wire.Cancel:
					_ = s.Send(peer, &wire.Refused{Reason: m.Reason})
					s.Drop(peer, m.Reason)
				case *wire.Bye:
					s.mu.Lock()
					s.byes = append(s.byes, m.Reason)
					s.mu.Unlock()
				}
			}
			s.mu.Lock()
			s.got = append(s.got, ms...)
			s.mu.Unlock()
		},
		Gone: func(peer, reason string) { s.gone <- reason },
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Acceptor = a
	self.Done()
	return s
}

var quick = link.Config{Resend: 20 * time.Millisecond, Probe: 50 * time.Millisecond}

// peer is a dialer that keeps what it gets.
type peer struct {
	*session.Conn
	in     chan wire.Message
	status chan session.Status
}

func dial(t testing.TB, hub *mem.Hub, name string, hello wire.Message) (*peer, error) {
	t.Helper()
	p := &peer{in: make(chan wire.Message, 100_000), status: make(chan session.Status, 1000)}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	c, err := session.Dial(ctx, session.Config{
		Network: hub, Name: name, To: "scheduler", Link: quick, Quiet: 200 * time.Millisecond,
		Hello: func() wire.Message { return hello },
		Deliver: func(ms []wire.Message) {
			for _, m := range ms {
				p.in <- m
			}
		},
		Status: func(s session.Status) { p.status <- s },
	})
	p.Conn = c
	return p, err
}

func hello(name string) *wire.ClientHello {
	return &wire.ClientHello{Version: wire.Version, Name: name}
}

func must(t testing.TB, p *peer, err error) *peer {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *peer) next(t testing.TB) wire.Message {
	t.Helper()
	select {
	case m := <-p.in:
		return m
	case <-time.After(10 * time.Second):
		t.Fatal("no message")
		return nil
	}
}

func (p *peer) await(t testing.TB, s session.State) session.Status {
	t.Helper()
	timeout := time.After(10 * time.Second)
	for {
		select {
		case got := <-p.status:
			if got.State == s {
				return got
			}
		case <-timeout:
			t.Fatalf("status never became %v", s)
		}
	}
}

func claim(i int) *wire.Claim { return &wire.Claim{IDs: []wire.ID{{Layer: 1, Index: int32(i)}}} }

func index(t testing.TB, m wire.Message) int {
	t.Helper()
	r, ok := m.(*wire.Release)
	if !ok || len(r.IDs) != 1 {
		t.Fatalf("got %T, want a Release of one", m)
	}
	return int(r.IDs[0].Index)
}

func TestConversation(t *testing.T) {
	defer goleak.VerifyNone(t)
	hub := mem.NewHub(mem.Config{})
	s := serve(t, hub, time.Second)
	p := must(dial2(t, hub, "a"))
	if w, ok := p.next(t).(*wire.Welcome); !ok || w.Number != 7 {
		t.Fatal("the first message is no Welcome")
	}
	for i := range 1000 {
		if err := p.Send(claim(i)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 1000 {
		if got := index(t, p.next(t)); got != i {
			t.Fatalf("got answer %d, want %d", got, i)
		}
	}
	if err := p.Close(t.Context(), "done"); err != nil {
		t.Fatal(err)
	}
	if reason := <-s.gone; reason != "done" {
		t.Errorf("gone because of %q", reason)
	}
	if len(s.byes) != 1 || s.Peers() != 0 {
		t.Errorf("byes %q, %d peers", s.byes, s.Peers())
	}
	_ = p.Close(t.Context(), "again")
	_ = s.Close(t.Context(), "over")
	_ = s.Close(t.Context(), "over")
}

func dial2(t testing.TB, hub *mem.Hub, name string) (testing.TB, *peer, error) {
	p, err := dial(t, hub, name, hello(name))
	return t, p, err
}

// TestFaults runs a conversation over a network that loses, repeats, delays and reorders, with a longer cut in the middle.
func TestFaults(t *testing.T) {
	defer goleak.VerifyNone(t)
	hub := mem.NewHub(mem.Config{})
	s := serve(t, hub, 20*time.Second)
	defer s.Close(t.Context(), "over")
	hub.Set("", "", mem.Faults{Drop: 0.2, Repeat: 0.1, Delay: time.Millisecond, Spread: 3 * time.Millisecond})
	p := must(dial2(t, hub, "a"))
	defer p.Close(t.Context(), "done")
	p.next(t)
	go func() {
		for i := range 600 {
			_ = p.Send(claim(i))
			if i%10 == 0 {
				time.Sleep(time.Millisecond)
			}
			switch i {
			case 200:
				hub.Partition("a", "scheduler")
			case 400:
				time.Sleep(400 * time.Millisecond)
				hub.Mend()
			}
		}
	}()
	for i := range 600 {
		if got := index(t, p.next(t)); got != i {
			t.Fatalf("got answer %d, want %d", got, i)
		}
	}
	p.await(t, session.Down)
	p.await(t, session.Up)
	select {
	case reason := <-s.gone:
		t.Errorf("the peer was lost: %s", reason)
	default:
	}
}

func TestLostAndBack(t *testing.T) {
	defer goleak.VerifyNone(t)
	hub := mem.NewHub(mem.Config{})
	s := serve(t, hub, 300*time.Millisecond)
	defer s.Close(t.Context(), "over")
	p := must(dial2(t, hub, "a"))
	defer p.Close(t.Context(), "done")
	p.next(t)
	hub.Partition("a", "scheduler")
	if reason := <-s.gone; !strings.Contains(reason, "silent") {
		t.Errorf("gone because of %q", reason)
	}
	if st := p.await(t, session.Down); !strings.Contains(st.Reason, "nothing heard") {
		t.Errorf("down because of %q", st.Reason)
	}
	_ = p.Send(claim(1))
	hub.Mend()
	if st := p.await(t, session.Lost); st.Session != 1 {
		t.Errorf("lost session %d", st.Session)
	}
	if st := p.await(t, session.Up); st.Session != 2 || p.Session() != 2 {
		t.Errorf("up with session %d", st.Session)
	}
	if _, ok := p.next(t).(*wire.Welcome); !ok {
		t.Error("no Welcome in the second session")
	}
	if err := p.Send(claim(2)); err != nil {
		t.Fatal(err)
	}
	if got := index(t, p.next(t)); got != 2 {
		t.Errorf("got answer %d: a message of the lost session came through", got)
	}
}

func TestOneWay(t *testing.T) {
	defer goleak.VerifyNone(t)
	hub := mem.NewHub(mem.Config{})
	s := serve(t, hub, 300*time.Millisecond)
	defer s.Close(t.Context(), "over")
	p := must(dial2(t, hub, "a"))
	defer p.Close(t.Context(), "done")
	p.next(t)
	hub.Set("scheduler", "a", mem.Faults{Cut: true})
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() { // its heartbeats arrive, commands to it do not
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
				_ = p.Send(claim(i))
			}
		}
	})
	if reason := <-s.gone; !strings.Contains(reason, "acknowledged nothing") {
		t.Errorf("gone because of %q", reason)
	}
	close(stop)
	wg.Wait()
	hub.Mend()
}

func TestRestart(t *testing.T) {
	defer goleak.VerifyNone(t)
	hub := mem.NewHub(mem.Config{})
	s := serve(t, hub, time.Minute)
	p := must(dial2(t, hub, "a"))
	defer p.Close(t.Context(), "done")
	p.next(t)
	hub.Disconnect("scheduler", errors.New("killed")) // it says nothing any more
	now, cancel := context.WithCancel(t.Context())
	cancel()
	_ = s.Close(now, "")
	again := serve(t, hub, time.Minute)
	defer again.Close(t.Context(), "over")
	_ = p.Send(claim(1))
	if st := p.await(t, session.Lost); !strings.Contains(st.Reason, "does not know the session") {
		t.Errorf("lost because of %q", st.Reason)
	}
	p.await(t, session.Up)
	if _, ok := p.next(t).(*wire.Welcome); !ok {
		t.Error("no Welcome of the second scheduler")
	}
}

func TestDropAfterTheLastWord(t *testing.T) {
	defer goleak.VerifyNone(t)
	hub := mem.NewHub(mem.Config{})
	hub.Set("", "", mem.Faults{Drop: 0.3})
	s := serve(t, hub, time.Minute)
	defer s.Close(t.Context(), "over")
	p := must(dial2(t, hub, "a"))
	defer p.Close(t.Context(), "done")
	p.next(t)
	_ = p.Send(&wire.Cancel{Reason: "go away"})
	if r, ok := p.next(t).(*wire.Refused); !ok || r.Reason != "go away" {
		t.Errorf("the last word is %#v", r)
	}
	p.await(t, session.Lost)
	select {
	case reason := <-s.gone:
		t.Errorf("Gone was called for a dropped peer: %s", reason)
	default:
	}
}

func TestRefused(t *testing.T) {
	defer goleak.VerifyNone(t)
	hub := mem.NewHub(mem.Config{})
	s := serve(t, hub, time.Minute)
	defer s.Close(t.Context(), "over")
	p, err := dial(t, hub, "old", &wire.ClientHello{Version: wire.Version + 1})
	if err != nil {
		t.Fatal(err)
	}
	if st := p.await(t, session.Lost); !strings.Contains(st.Reason, "not spoken here") {
		t.Errorf("refused because of %q", st.Reason)
	}
	_ = p.Close(t.Context(), "")
	if s.Refused()["refused peer"] == 0 {
		t.Errorf("counts %v", s.Refused())
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = session.Dial(ctx, session.Config{
		Network: hub, Name: "b", To: "nobody", Hello: func() wire.Message { return hello("b") }, Deliver: func([]wire.Message) {},
	})
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "nobody") {
		t.Errorf("dialling nobody: %v", err)
	}
	for _, bad := range []session.Config{{}, {Network: hub, Name: "x", To: "x", Hello: func() wire.Message { return nil }, Deliver: func([]wire.Message) {}}} {
		if _, err := session.Dial(ctx, bad); err == nil {
			t.Error("a wrong Config was accepted")
		}
	}
}

// TestGarbage sends frames that no peer of ours sends; the acceptor counts them and goes on.
func TestGarbage(t *testing.T) {
	defer goleak.VerifyNone(t)
	hub := mem.NewHub(mem.Config{})
	s := serve(t, hub, time.Minute)
	defer s.Close(t.Context(), "over")
	raw, err := hub.Join("mallory", func(string, []byte) {})
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	frames := [][]byte{nil, {1}, []byte("SL garbage"), make([]byte, 4096)}
	for _, k := range []link.Kind{link.Hello, link.Welcome, link.Reset} {
		f, err := link.Control{Kind: k, From: 3, To: 99, Payload: make([]byte, 100)}.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		frames = append(frames, f, f[:len(f)-1])
	}
	for _, f := range frames {
		_ = raw.Send("scheduler", f)
	}
	p := must(dial2(t, hub, "a"))
	defer p.Close(t.Context(), "done")
	p.next(t)
	if n := s.Refused()["malformed frame"]; n < 6 {
		t.Errorf("%d malformed frames counted: %v", n, s.Refused())
	}
	if s.Peers() != 1 {
		t.Errorf("%d peers", s.Peers())
	}
}

func TestManyPeers(t *testing.T) {
	defer goleak.VerifyNone(t)
	hub := mem.NewHub(mem.Config{})
	s := serve(t, hub, time.Minute)
	defer s.Close(t.Context(), "over")
	var wg sync.WaitGroup
	for i := range 100 {
		wg.Go(func() {
			p, err := dial(t, hub, fmt.Sprint("p", i), hello("p"))
			if err != nil {
				t.Error(err)
				return
			}
			for k := range 20 {
				_ = p.Send(claim(k))
			}
			p.next(t)
			for k := range 20 {
				if got := index(t, p.next(t)); got != k {
					t.Errorf("peer %d: answer %d, want %d", i, got, k)
				}
			}
			_ = p.Close(t.Context(), "done")
		})
	}
	wg.Wait()
	for range 100 {
		<-s.gone
	}
	if s.Peers() != 0 {
		t.Errorf("%d peers left", s.Peers())
	}
}

func TestDatagrams(t *testing.T) {
	hub := mem.NewHub(mem.Config{})
	s := serve(t, hub, time.Minute)
	defer s.Close(t.Context(), "over")
	got := make(chan string, 1)
	c, err := session.Dial(t.Context(), session.Config{
		Network: hub, Name: "a", To: "scheduler", Hello: func() wire.Message { return hello("a") }, Deliver: func([]wire.Message) {},
		Other: func(from string, frame []byte) { got <- from + ":" + string(frame) },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(t.Context(), "")
	w, _ := hub.Join("worker", func(string, []byte) {})
	defer w.Close()
	if err := w.Send("a", []byte("value")); err != nil || <-got != "worker:value" {
		t.Error("the datagram did not arrive")
	}
	if c.Endpoint().Name() != "a" || s.Endpoint().Name() != "scheduler" {
		t.Error("endpoints")
	}
}

// BenchmarkRoundTrip is one message there and one back.
func BenchmarkRoundTrip(b *testing.B) {
	hub := mem.NewHub(mem.Config{})
	s := serve(b, hub, time.Minute)
	defer s.Close(b.Context(), "over")
	p := must(dial2(b, hub, "a"))
	defer p.Close(b.Context(), "done")
	p.next(b)
	for b.Loop() {
		_ = p.Send(claim(1))
		p.next(b)
	}
}

// BenchmarkStream is messages one way with as many answers, 1,000 at a time.
func BenchmarkStream(b *testing.B) {
	hub := mem.NewHub(mem.Config{})
	s := serve(b, hub, time.Minute)
	defer s.Close(b.Context(), "over")
	p := must(dial2(b, hub, "a"))
	defer p.Close(b.Context(), "done")
	p.next(b)
	for b.Loop() {
		for i := range 1000 {
			_ = p.Send(claim(i))
		}
		for range 1000 {
			p.next(b)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/message")
}
