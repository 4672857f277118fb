package coord

import (
	"fmt"
	"testing"
	"time"
)

// TestCrashes lets a thousand clients come, take things of every kind and die without a word (fault case 37): when their leases
// have run out nothing of them is left but what outlives clients by intent.
func TestCrashes(t *testing.T) {
	m := New(Config{})
	do := func(s Session, id uint64, r Request) { m.Handle(0, s, id, r) }
	for k := range 1000 {
		s := Session(fmt.Sprint("client", k))
		own := fmt.Sprint("x", k)
		all := []Request{
			LockAcquire{own, 30 * time.Second, 0},
			LockAcquire{"shared", 30 * time.Second, Forever},
			MultiAcquire{[]string{own, "y"}, 0, 0, Forever},
			SemAcquire{"s", 1, 10, 30 * time.Second, time.Hour},
			QueuePut{own, 1, Value{Bytes: []byte("v")}, 0},
			QueuePut{own, 1, Value{}, Forever},
			QueueGet{own, 1, 1, 0},
			QueueGet{"empty", 1, 1, Forever},
			VarGet{"v", Forever},
			EventWait{"e", Forever},
			TopicSubscribe{"t", 0},
		}
		for id, r := range all {
			do(s, uint64(id+1), r)
		}
	}
	do("survivor", 1, EventSet{"alive"})
	for k := range 1000 {
		m.Gone(time.Second, Session(fmt.Sprint("client", k)), Silent)
	}
	if err := m.Check(); err != nil {
		t.Fatal(err)
	}
	if n := len(m.sessions); n < 1000 {
		t.Fatalf("%d sessions: the leases of the silent are gone at once", n)
	}
	m.Tick(31 * time.Second)
	s := m.Snapshot(31 * time.Second)
	if len(s.Sessions) != 1 || len(s.Leases)+len(s.Pools)+len(s.Taken)+len(s.Subscriptions)+len(s.Waits) > 0 || len(m.timers) > 0 {
		t.Errorf("left: %d sessions, %d leases, %d waits, %d timers", len(s.Sessions), len(s.Leases), len(s.Waits), len(m.timers))
	}
	if len(s.Queues) != 1000 { // with the item that nobody has acknowledged
		t.Errorf("%d queues, want those of all clients with their items", len(s.Queues))
	}
	if err := m.Check(); err != nil {
		t.Fatal(err)
	}
}

// TestTimeDoesNotGoBack passes in times that jump back (fault case 40): nothing lasts longer for it and nothing ends early.
func TestTimeDoesNotGoBack(t *testing.T) {
	m := New(Config{})
	m.Handle(time.Hour, "a", 1, LockAcquire{"x", 10 * time.Second, 0})
	m.Handle(time.Minute, "b", 1, LockAcquire{"x", 10 * time.Second, Forever})
	if out := m.Tick(time.Hour + 9*time.Second); len(out) > 0 {
		t.Errorf("the lease ended early: %v", out)
	}
	if out := m.Tick(time.Second); len(out) > 0 {
		t.Errorf("the lease ended early: %v", out)
	}
	out := m.Tick(time.Hour + 10*time.Second)
	if len(out) != 1 || out[0].(Reply).Result.Token != 2 {
		t.Errorf("got %v, want b to have the lock with token 2", out)
	}
}
