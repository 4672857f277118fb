package cluster

import (
	"testing"
	"time"

	"sheaf/client"
)

type till struct{ Sum int }

func newTill(sum int) *till { return &till{sum} }

func (t *till) Add(n int) int {
	t.Sum += n
	return t.Sum
}

// TestActorsAreForgotten: a worker knows nothing any more of actors that have ended, whether they were called, read, or both.
func TestActorsAreForgotten(t *testing.T) {
	l, err := StartInProcess(t.Context(), Config{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close(t.Context()) }()
	c, err := l.Client(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	known := func() (n int) {
		for _, w := range l.workers {
			n += w.answer.actors.Len()
		}
		return n
	}
	kept := c.Actor[*till](newTill, 1)
	if n, err := kept.Call[int](t.Context(), (*till).Add, 1); n != 2 || err != nil {
		t.Fatal(n, err)
	}
	for i := range 40 {
		a := c.Actor[*till](newTill, i)
		if n, err := a.Call[int](t.Context(), (*till).Add, 5); n != i+5 || err != nil {
			t.Fatal(n, err)
		}
		if i%2 == 0 {
			if s, err := a.Future().Result(t.Context()); err != nil || s.Sum != i+5 {
				t.Fatal(s, err)
			}
		}
		a.Release()
	}
	for end := time.Now().Add(20 * time.Second); known() != 1; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d actors are known, want the one that lives", known())
		}
	}
	if n, err := kept.Call[int](t.Context(), (*till).Add, 1); n != 3 || err != nil {
		t.Error(n, err)
	}
	plain := client.ActorOf(c.Submit[*till](newTill, 7))
	if _, err := plain.Call[int](t.Context(), (*till).Add, 1); err == nil {
		t.Error("what is no actor was called")
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	for end := time.Now().Add(20 * time.Second); known() != 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d actors are known after their client has gone", known())
		}
	}
}
