package client

import (
	"testing"
	"testing/synctest"
	"time"

	"sheaf/internal/wire"
)

// TestCallersAreForgotten: an actor that many call, once each, remembers a bounded number of them, and still orders the calls of the rest.
func TestCallersAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := newTurns()
		call := func(caller, number uint64) time.Duration {
			start := time.Now()
			if err := turns.enter(t.Context(), caller, number); err != nil {
				t.Fatal(err)
			}
			turns.leave(caller, number)
			return time.Since(start)
		}
		for i := range uint64(10 * callersMax) {
			call(1000+i, 1)
		}
		if n := len(turns.next) + len(turns.before); n > 2*callersMax {
			t.Errorf("%d callers are remembered, want at most %d", n, 2*callersMax)
		}
		last := uint64(1000 + 10*callersMax - 1)
		if d := call(last, 2); d != 0 {
			t.Errorf("the next call of one who has just called waits %v", d)
		}
		if d := call(last, 4); d != overtakeMax {
			t.Errorf("a call that has overtaken another waits %v, want %v", d, overtakeMax)
		}
		if d := call(1000, 2); d != overtakeMax { // forgotten: it may have overtaken one
			t.Errorf("the call of one who was forgotten waits %v, want %v", d, overtakeMax)
		}
		if d := call(1000, 3); d != 0 {
			t.Errorf("its next one waits %v", d)
		}
	})
}

// TestActorThatIsOnlyRead: reading an actor counts as no caller's call, and it can be forgotten.
func TestActorThatIsOnlyRead(t *testing.T) {
	a, id := NewActors(), wire.ID{Layer: 7}
	leave, err := a.Turn(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	leave()
	if n := len(a.turns(id).next); n != 0 || a.Len() != 1 {
		t.Errorf("%d callers of %d actors are known, want none of one", n, a.Len())
	}
	a.Forget(id)
	if a.Len() != 0 {
		t.Error("it is not forgotten")
	}
}
