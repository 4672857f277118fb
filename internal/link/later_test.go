package link

import (
	"testing"
	"time"
)

// TestSendLater: what is not urgent leaves with what is, with an acknowledgement, or when it is due, and in order.
func TestSendLater(t *testing.T) {
	const ms = time.Millisecond
	pair := func() (a, b *Session) { return New(Config{}, 1, 2, 0), New(Config{}, 2, 1, 0) }
	later := func(s *Session, msg string, due time.Duration) {
		t.Helper()
		if err := s.SendLater([]byte(msg), due); err != nil {
			t.Fatal(err)
		}
	}
	got := func(to *Session, now time.Duration, frames [][]byte) (text string) {
		t.Helper()
		for _, f := range frames {
			msgs, err := to.Receive(now, f)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range msgs {
				text += string(m.Bytes()) + " "
			}
		}
		return text
	}
	check := func(what, got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%s: got %q, want %q", what, got, want)
		}
	}

	a, b := pair()
	later(a, "x", 5*ms)
	later(a, "y", 9*ms)
	if next := a.Next(ms); next != 5*ms {
		t.Errorf("next is %v", next)
	}
	check("early", got(b, 2*ms, a.Poll(2*ms, nil)), "")
	check("due", got(b, 5*ms, a.Poll(5*ms, nil)), "x y ")

	a, b = pair()
	later(a, "x", 5*ms)
	if err := a.Send([]byte("now")); err != nil {
		t.Fatal(err)
	}
	later(a, "y", 9*ms)
	check("with an urgent one", got(b, 0, a.Poll(0, nil)), "x now y ")

	a, b = pair()
	if err := b.Send([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	check("from b", got(a, 0, b.Poll(0, nil)), "hello ")
	due := a.Next(0) // of the acknowledgement
	later(a, "x", due+time.Second)
	frames := a.Poll(due, nil)
	if len(frames) != 1 {
		t.Errorf("%d frames", len(frames))
	}
	check("with the acknowledgement", got(b, due, frames), "x ")
	if msgs, _ := b.Queued(); msgs != 0 {
		t.Error("it did not acknowledge")
	}
}
