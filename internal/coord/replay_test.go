package coord

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"sheaf/internal/codec"
	"sheaf/internal/wire"
)

// walk is a random history: the same seed is the same history.
type walk struct {
	rng *rand.Rand
	now time.Duration
	ids map[Session]uint64
}

func newWalk(seed uint64) *walk {
	return &walk{rng: rand.New(rand.NewPCG(seed, 1)), ids: map[Session]uint64{}}
}

func (w *walk) pick(from ...string) string { return from[w.rng.IntN(len(from))] }

func (w *walk) wait() time.Duration {
	return []time.Duration{0, time.Second, 5 * time.Second, Forever}[w.rng.IntN(4)]
}

func (w *walk) value() (v Value) {
	v.Bytes = []byte(strings.Repeat("v", w.rng.IntN(20)))
	for range w.rng.IntN(3) {
		v.IDs = append(v.IDs, wire.ID{Layer: 1, Index: int32(w.rng.IntN(10))})
	}
	return v
}

// request draws a request that may make sense.
func (w *walk) request() Request {
	name, small := w.pick("x", "y", "z"), uint64(w.rng.IntN(40)+1)
	lease := time.Duration(w.rng.IntN(8)+1) * time.Second
	switch Kind(w.rng.IntN(int(kindEnd))) {
	case KindLockAcquire:
		return LockAcquire{name, lease, w.wait()}
	case KindMultiAcquire:
		return MultiAcquire{[]string{"x", "y", "z"}[:w.rng.IntN(3)+1], w.rng.IntN(2), lease, w.wait()}
	case KindSemAcquire:
		return SemAcquire{name, w.rng.IntN(3), 2, lease, w.wait()}
	case KindSemClose:
		return SemClose{name}
	case KindRelease:
		return Release{small}
	case KindRenew:
		return Renew{[]uint64{small, small + 1}}
	case KindQueuePut, KindVarGet:
		return QueuePut{name, w.rng.IntN(3), w.value(), w.wait()}
	case KindQueueGet, KindEventWait:
		return QueueGet{name, w.rng.IntN(3), w.rng.IntN(2) + 2, w.wait()}
	case KindQueueAck:
		return QueueAck{[]uint64{small, small + 1, small + 2}, w.rng.IntN(2) == 0}
	case KindQueueClose:
		return []Request{QueueClose{name}, EventWait{name, w.wait()}, VarGet{name, w.wait()}}[w.rng.IntN(3)]
	case KindVarSet:
		return VarSet{name, w.value()}
	case KindVarDelete:
		return VarDelete{name}
	case KindEventSet:
		return EventSet{name}
	case KindEventClear:
		return EventClear{name}
	case KindTopicPublish:
		return TopicPublish{name, w.value().Bytes, int64(w.now)}
	case KindTopicSubscribe:
		return TopicSubscribe{name, small - 1}
	case KindTopicUnsubscribe:
		return TopicUnsubscribe{small}
	case KindTopicAck:
		return TopicAck{small, small}
	case KindTopicHistory:
		return TopicHistory{name, small}
	case KindPublish:
		return Publish{name, w.value(), w.rng.IntN(2) == 0}
	case KindUnpublish:
		return Unpublish{name}
	case KindGetPublished:
		return GetPublished{name}
	case KindMetaSet:
		return MetaSet{[]string{name, w.pick("a", "b")}[:w.rng.IntN(2)+1], []Leaf{{[]string{"a", "b"}[:w.rng.IntN(3)], w.value().Bytes}}[:w.rng.IntN(2)]}
	case KindMetaGet:
		return MetaGet{[]string{name, "a"}[:w.rng.IntN(3)]}
	case KindMetaDelete:
		return MetaDelete{[]string{name, "a", "b"}[:w.rng.IntN(4)]}
	case KindPeek:
		return Peek{Space(w.rng.IntN(int(spaceEnd))), name}
	case KindList:
		return List{Space(w.rng.IntN(int(spaceEnd))), name}
	case KindCancel:
		return Cancel{small}
	case KindClaimed:
		return Claimed{small}
	case KindReceived:
		return Received{small}
	}
	return Resume{}
}

// step lets something happen, whose effects it returns. All random numbers are drawn before the machine is asked.
func (w *walk) step(m *Machine, offset time.Duration) []Effect {
	s := Session(w.pick("a", "b", "c"))
	switch w.rng.IntN(20) {
	case 0:
		w.now += time.Duration(w.rng.IntN(3000)) * time.Millisecond
		return m.Tick(w.now + offset)
	case 1:
		if w.rng.IntN(4) == 0 {
			how := End(w.rng.IntN(2))
			if how == Closed {
				w.ids[s] = 0
			}
			return m.Gone(w.now+offset, s, how)
		}
	case 2: // a repetition, under whatever content
		if w.ids[s] > 0 {
			return m.Handle(w.now+offset, s, w.rng.Uint64N(w.ids[s])+1, w.request())
		}
	}
	r := w.request()
	w.ids[s]++
	return m.Handle(w.now+offset, s, w.ids[s], r)
}

func tight() Config {
	return Config{
		Objects: 12, PerSession: 8, TotalBytes: 900, QueueItems: 5, HistoryItems: 4, HistoryBytes: 200, Window: 3, BatchItems: 4, BatchBytes: 60,
		Replies: 10, ReplyBytes: 3000, ValueBytes: 15, NameBytes: 3,
	}
}

// TestReplay plays random histories: twice with the same effects; the tables fit each other after each step; holds and drops
// balance; and a machine that is restored from a snapshot on the way, under another clock, does the same from then on.
func TestReplay(t *testing.T) {
	seeds, steps := 24, 500
	if testing.Short() {
		seeds = 6
	}
	for seed := range seeds {
		c := Config{}
		if seed%2 == 1 {
			c = tight()
		}
		m, twin := New(c), New(c)
		w, v := newWalk(uint64(seed)), newWalk(uint64(seed))
		offset := time.Duration(0)
		held := map[wire.ID]int{}
		for k := range steps {
			out := w.step(m, 0)
			again := v.step(twin, offset)
			if diff := cmp.Diff(out, again, cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("seed %d step %d: the twin differs\n%s", seed, k, diff)
			}
			if err := m.Check(); err != nil {
				t.Fatalf("seed %d step %d: %v", seed, k, err)
			}
			balance(held, out)
			if got, want := m.Held(), listed(held); !slices.Equal(got, want) {
				t.Fatalf("seed %d step %d: holds %v, told %v", seed, k, got, want)
			}
			if k%97 == 96 {
				offset += 100 * time.Second
				twin = restored(t, c, v.now+offset, m.Snapshot(w.now))
			}
		}
		for _, s := range []Session{"a", "b", "c"} {
			m.Gone(w.now, s, Closed)
		}
		if len(m.sessions)+len(m.timers)+len(m.locks)+len(m.semaphores) > 0 {
			t.Fatalf("seed %d: %d sessions, %d timers left", seed, len(m.sessions), len(m.timers))
		}
	}
}

func balance(held map[wire.ID]int, out []Effect) {
	for _, e := range out {
		switch e := e.(type) {
		case Hold:
			for _, id := range e.IDs {
				held[id]++
			}
		case Drop:
			for _, id := range e.IDs {
				held[id]--
			}
		}
	}
}

func listed(held map[wire.ID]int) (ids []wire.ID) {
	for id, n := range held {
		for range n {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, wire.ID.Compare)
	return ids
}

// restored takes a state through bytes into a machine, whose own state must be the same.
func restored(t *testing.T, c Config, now time.Duration, s State) *Machine {
	b, err := codec.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	back, err := codec.Unmarshal(b)
	if err != nil {
		t.Fatal(err)
	}
	m, err := Restore(c, now, back.(State))
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Check(); err != nil {
		t.Fatalf("restored: %v", err)
	}
	if diff := cmp.Diff(s, m.Snapshot(now), cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("the restored state differs\n%s", diff)
	}
	return m
}

// TestBrokenStates restores states that contradict themselves: an error, no panic.
func TestBrokenStates(t *testing.T) {
	for k, s := range []State{
		{Leases: []LeaseState{{Session: "a"}}},
		{Sessions: []SessionState{{Session: "a"}}, Leases: []LeaseState{{Session: "a", Space: Locks, Names: []string{"x"}}}},
		{Subscriptions: []SubscriptionState{{Session: "a"}}},
		{Waits: []WaitState{{Session: "a", Request: AppendRequest(nil, Resume{})}}},
		{Sessions: []SessionState{{Session: "a"}}, Waits: []WaitState{{Session: "a", Request: AppendRequest(nil, Resume{})}}},
		{Sessions: []SessionState{{Session: "a"}}, Waits: []WaitState{{Session: "a", Request: []byte{200}}}},
		{Taken: []TakenState{{Session: "a"}}},
		{Meta: []MetaState{{}}},
		{Lent: []LentState{{Session: "a"}}},
	} {
		if _, err := Restore(Config{}, 0, s); err == nil {
			t.Errorf("state %d was restored", k)
		}
	}
}

// TestMessagesComeBack encodes random requests and all that they cause.
func TestMessagesComeBack(t *testing.T) {
	w, m := newWalk(5), New(Config{})
	for range 3000 {
		r := w.request()
		back, err := ParseRequest(AppendRequest(nil, r))
		if err != nil || !same(r, back) {
			t.Fatalf("got %#v, %v, want %#v", back, err, r)
		}
		for _, e := range w.step(m, 0) {
			switch e := e.(type) {
			case Reply:
				got, err := ParseReply(AppendReply(nil, e))
				got.Session, got.Request = e.Session, e.Request
				if err != nil || !same(e, got) {
					t.Fatalf("got %#v, %v, want %#v", got, err, e)
				}
			case Deliver:
				got, err := ParseDeliver(AppendDeliver(nil, e))
				if got.Session = e.Session; err != nil || !same(e, got) {
					t.Fatalf("got %#v, %v, want %#v", got, err, e)
				}
			}
		}
	}
}

// same compares but for nil and empty slices, which are the same in bytes.
func same(a, b any) bool { return cmp.Equal(a, b, cmpopts.EquateEmpty()) }

// FuzzParse reads any bytes as each of the messages: what is read is written the same way again, and a machine survives it.
func FuzzParse(f *testing.F) {
	w := newWalk(9)
	for range 60 {
		f.Add(AppendRequest(nil, w.request()))
	}
	f.Add([]byte{byte(KindQueueAck), 0xff, 0xff, 0xff, 0xff, 0x7f})
	f.Fuzz(func(t *testing.T, b []byte) {
		if d, err := ParseDeliver(b); err == nil {
			if again, err := ParseDeliver(AppendDeliver(nil, d)); err != nil || !reflect.DeepEqual(again, d) {
				t.Fatalf("delivery %#v became %#v, %v", d, again, err)
			}
		}
		if r, err := ParseReply(b); err == nil {
			if again, err := ParseReply(AppendReply(nil, r)); err != nil || !reflect.DeepEqual(again, r) {
				t.Fatalf("reply %#v became %#v, %v", r, again, err)
			}
		}
		r, err := ParseRequest(b)
		if err != nil {
			return
		}
		if again, err := ParseRequest(AppendRequest(nil, r)); err != nil || !reflect.DeepEqual(again, r) {
			t.Fatalf("request %#v became %#v, %v", r, again, err)
		}
		m := New(tight())
		m.Handle(0, "a", 1, r)
		m.Handle(time.Second, "b", 1, r)
		m.Gone(time.Second, "a", Closed)
		if err := m.Check(); err != nil {
			t.Fatal(err)
		}
	})
}
