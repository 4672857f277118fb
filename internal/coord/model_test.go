package coord

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// lockModel is what locks and semaphores promise, written down plainly: who waits in the order of arrival, and who holds what.
// It is told what the machine granted and says whether that was right.
type lockModel struct {
	waits []*lockWait
	held  map[uint64]*lockWait // by token
	token uint64
}

type lockWait struct {
	session Session
	id      uint64
	wish    wish
	names   []string // that were granted
}

func (l *lockModel) used(space Space, name string) (n int) {
	for _, h := range l.held {
		if h.wish.space == space && slices.Contains(h.names, name) {
			n += h.wish.units
		}
	}
	return n
}

// free returns those of a waiting request's names that it may have: with enough left, and wanted by nobody who came before.
func (l *lockModel) free(w *lockWait) (names []string) {
	for _, name := range w.wish.names {
		before := slices.ContainsFunc(l.waits[:slices.Index(l.waits, w)], func(o *lockWait) bool {
			return o.wish.space == w.wish.space && slices.Contains(o.wish.names, name)
		})
		if !before && l.used(w.wish.space, name)+w.wish.units <= w.wish.limit {
			names = append(names, name)
		}
	}
	return names
}

// reply tells the model of an answer to a request that asked for locks or units.
func (l *lockModel) reply(r Reply) error {
	k := slices.IndexFunc(l.waits, func(w *lockWait) bool { return w.session == r.Session && w.id == r.Request })
	if k < 0 {
		return fmt.Errorf("an answer to %s %d, which does not wait", r.Session, r.Request)
	}
	w := l.waits[k]
	if r.Err == nil {
		free := l.free(w)
		if w.names = r.Result.Names; w.names == nil {
			w.names = w.wish.names
		}
		if len(w.names) != w.wish.need {
			return fmt.Errorf("%s %d got %v, want %d", r.Session, r.Request, w.names, w.wish.need)
		}
		for _, name := range w.names {
			if !slices.Contains(free, name) {
				return fmt.Errorf("%s %d got %s, free for it are %v", r.Session, r.Request, name, free)
			}
		}
		if r.Result.Token <= l.token {
			return fmt.Errorf("token %d after %d", r.Result.Token, l.token)
		}
		l.token = r.Result.Token
		l.held[r.Result.Token] = w
	}
	l.waits = slices.Delete(l.waits, k, k+1)
	return nil
}

func (l *lockModel) idle() error {
	for _, w := range l.waits {
		if len(l.free(w)) >= w.wish.need {
			return fmt.Errorf("%s %d waits for %v, which are free", w.session, w.id, w.wish.names)
		}
	}
	return nil
}

// TestLocksFollowTheModel drives locks, several locks and semaphores at random.
func TestLocksFollowTheModel(t *testing.T) {
	sessions := []Session{"a", "b", "c"}
	names := []string{"u", "v", "w", "x"}
	rapid.Check(t, func(t *rapid.T) {
		m, model := New(Config{}), &lockModel{held: map[uint64]*lockWait{}}
		ids, now := map[Session]uint64{}, time.Duration(0)
		ends := map[uint64]time.Duration{} // of leases
		check := func(out []Effect) {
			for _, e := range out {
				r, ok := e.(Reply)
				if !ok || slices.IndexFunc(model.waits, func(w *lockWait) bool { return w.session == r.Session && w.id == r.Request }) < 0 {
					continue
				}
				if err := model.reply(r); err != nil {
					t.Fatal(err)
				}
				if r.Err == nil {
					ends[r.Result.Token] = now + 10*time.Second
				}
			}
			if err := model.idle(); err != nil {
				t.Fatal(err)
			}
			if err := m.Check(); err != nil {
				t.Fatal(err)
			}
		}
		expire := func() {
			for token, at := range ends {
				if at <= now {
					delete(model.held, token)
				}
			}
		}
		ask := func(s Session, r Request) {
			ids[s]++
			switch r.(type) {
			case LockAcquire, MultiAcquire, SemAcquire:
				model.waits = append(model.waits, &lockWait{session: s, id: ids[s], wish: wishOf(r)})
			}
			check(m.Handle(now, s, ids[s], r))
		}
		t.Repeat(map[string]func(*rapid.T){
			"lock": func(t *rapid.T) {
				ask(rapid.SampledFrom(sessions).Draw(t, "who"), LockAcquire{rapid.SampledFrom(names).Draw(t, "name"), 10 * time.Second,
					rapid.SampledFrom([]time.Duration{0, 3 * time.Second, Forever}).Draw(t, "wait")})
			},
			"several": func(t *rapid.T) {
				some := rapid.Permutation(names).Draw(t, "names")[:rapid.IntRange(1, 4).Draw(t, "of")]
				ask(rapid.SampledFrom(sessions).Draw(t, "who"), MultiAcquire{some, rapid.IntRange(0, len(some)).Draw(t, "n"), 10 * time.Second,
					rapid.SampledFrom([]time.Duration{0, 3 * time.Second, Forever}).Draw(t, "wait")})
			},
			"semaphore": func(t *rapid.T) {
				ask(rapid.SampledFrom(sessions).Draw(t, "who"), SemAcquire{"s", rapid.IntRange(1, 3).Draw(t, "units"), 3, 10 * time.Second,
					rapid.SampledFrom([]time.Duration{0, 3 * time.Second, Forever}).Draw(t, "wait")})
			},
			"release": func(t *rapid.T) {
				token := rapid.Uint64Range(1, model.token+1).Draw(t, "token")
				s := rapid.SampledFrom(sessions).Draw(t, "who")
				if h := model.held[token]; h != nil && h.session == s {
					delete(model.held, token)
				}
				ask(s, Release{token})
			},
			"renew": func(t *rapid.T) {
				token := rapid.Uint64Range(1, model.token+1).Draw(t, "token")
				s := rapid.SampledFrom(sessions).Draw(t, "who")
				if h := model.held[token]; h != nil && h.session == s {
					ends[token] = now + 10*time.Second
				}
				ask(s, Renew{[]uint64{token}})
			},
			"cancel": func(t *rapid.T) {
				s := rapid.SampledFrom(sessions).Draw(t, "who")
				id := rapid.Uint64Range(1, ids[s]+1).Draw(t, "id")
				for token, h := range model.held {
					if h.session == s && h.id == id {
						delete(model.held, token)
					}
				}
				ask(s, Cancel{id})
			},
			"gone": func(t *rapid.T) {
				s := rapid.SampledFrom(sessions).Draw(t, "who")
				model.waits = slices.DeleteFunc(model.waits, func(w *lockWait) bool { return w.session == s })
				how := rapid.SampledFrom([]End{Closed, Silent}).Draw(t, "how")
				for token, h := range model.held {
					if h.session == s && how == Closed {
						delete(model.held, token)
					}
				}
				check(m.Gone(now, s, how))
			},
			"time": func(t *rapid.T) {
				now += rapid.SampledFrom([]time.Duration{time.Second, 4 * time.Second}).Draw(t, "passes")
				for next, ok := m.Next(); ok && next <= now; next, ok = m.Next() { // one by one, so that the model sees the order
					end := now
					now = next
					expire()
					check(m.Tick(next))
					now = end
				}
			},
		})
	})
}

// queueModel is what queues promise. Values are numbered in the order in which they are accepted.
type queueModel struct {
	max       int
	available []string // accepted and with nobody, oldest first; or with the first who waits
	taken     map[uint64]string
	by        map[uint64]Session
	accepted  []string // all, in order
}

func (q *queueModel) place(v string) int { return slices.Index(q.accepted, v) }

func (q *queueModel) back(v string) {
	q.available = append(q.available, v)
	slices.SortFunc(q.available, func(a, b string) int { return q.place(a) - q.place(b) })
}

// TestQueuesFollowTheModel drives a queue at random: every accepted value reaches exactly one getter that keeps it, in order.
func TestQueuesFollowTheModel(t *testing.T) {
	sessions := []Session{"a", "b", "c"}
	rapid.Check(t, func(t *rapid.T) {
		m, now := New(Config{}), time.Duration(0)
		q := &queueModel{max: rapid.IntRange(0, 3).Draw(t, "max"), taken: map[uint64]string{}, by: map[uint64]Session{}}
		type key struct {
			s  Session
			id uint64
		}
		puts, gets, order := map[key]string{}, map[key]QueueGet{}, []key{}
		ids, made := map[Session]uint64{}, 0
		gone := func(k key) { order = slices.DeleteFunc(order, func(o key) bool { return o == k }) }
		check := func(out []Effect) {
			for _, e := range out {
				r, ok := e.(Reply)
				if !ok {
					continue
				}
				k := key{r.Session, r.Request}
				if v, ok := puts[k]; ok {
					if delete(puts, k); r.Err == nil {
						q.accepted, q.available = append(q.accepted, v), append(q.available, v)
					}
				}
				want, ok := gets[k]
				if !ok {
					continue
				}
				delete(gets, k)
				gone(k)
				n := len(r.Result.Items)
				if r.Err == nil && (n < want.Min || n > want.Max || n > len(q.available)) {
					t.Fatalf("%v got %d items of %d, want %d to %d", k, n, len(q.available), want.Min, want.Max)
				}
				for i, item := range r.Result.Items {
					if string(item.Value.Bytes) != q.available[i] {
						t.Fatalf("%v got %v, want the oldest of %v", k, r.Result.Items, q.available)
					}
					q.taken[item.Seq], q.by[item.Seq] = q.available[i], r.Session
				}
				q.available = q.available[n:]
			}
			if len(order) > 0 && len(q.available) >= gets[order[0]].Min {
				t.Fatalf("%v waits for %d items of %v", order[0], gets[order[0]].Min, q.available)
			}
			if len(puts) > 0 && (q.max == 0 || len(order) > 0 || len(q.available) < q.max) {
				t.Fatalf("%v wait to be put, there are %v of %d", puts, q.available, q.max)
			}
			if err := m.Check(); err != nil {
				t.Fatal(err)
			}
		}
		ask := func(s Session, r Request) {
			ids[s]++
			k := key{s, ids[s]}
			switch r := r.(type) {
			case QueuePut:
				puts[k] = string(r.Value.Bytes)
			case QueueGet:
				gets[k] = r
				order = append(order, k)
			}
			check(m.Handle(now, s, ids[s], r))
		}
		who := func(t *rapid.T) Session { return rapid.SampledFrom(sessions).Draw(t, "who") }
		wait := rapid.SampledFrom([]time.Duration{0, 3 * time.Second, Forever})
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				made++
				ask(who(t), QueuePut{"q", q.max, Value{Bytes: fmt.Append(nil, made)}, wait.Draw(t, "wait")})
			},
			"get": func(t *rapid.T) {
				low := rapid.IntRange(0, 3).Draw(t, "min")
				ask(who(t), QueueGet{"q", low, max(1, low+rapid.IntRange(0, 2).Draw(t, "more")), wait.Draw(t, "wait")})
			},
			"ack": func(t *rapid.T) {
				s, back, seq := who(t), rapid.Bool().Draw(t, "return"), rapid.Uint64Range(1, uint64(len(q.accepted))+1).Draw(t, "item")
				if v, ok := q.taken[seq]; ok && q.by[seq] == s {
					if delete(q.taken, seq); back {
						q.back(v)
					}
				}
				ask(s, QueueAck{[]uint64{seq}, back})
			},
			"gone": func(t *rapid.T) {
				s := who(t)
				for k := range puts {
					if k.s == s {
						delete(puts, k)
					}
				}
				for k := range gets {
					if k.s == s {
						delete(gets, k)
						gone(k)
					}
				}
				for seq, v := range q.taken {
					if q.by[seq] == s {
						delete(q.taken, seq)
						q.back(v)
					}
				}
				check(m.Gone(now, s, Closed))
				ids[s] = 0
			},
			"time": func(t *rapid.T) {
				now += time.Second
				check(m.Tick(now))
			},
		})
	})
}
