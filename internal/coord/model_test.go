package coord

import (
	"errors"
	"fmt"
	"maps"
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

// lockDrive drives a machine and tells the model.
type lockDrive struct {
	m     *Machine
	model *lockModel
	ids   map[Session]uint64
	now   time.Duration
	ends  map[uint64]time.Duration // of leases
}

const modelLease = 10 * time.Second

func (d *lockDrive) check(t *rapid.T, out []Effect) {
	for _, e := range out {
		r, ok := e.(Reply)
		waits := func(w *lockWait) bool { return w.session == r.Session && w.id == r.Request }
		if !ok || !slices.ContainsFunc(d.model.waits, waits) {
			continue
		}
		if err := d.model.reply(r); err != nil {
			t.Fatal(err)
		}
		if r.Err == nil {
			d.ends[r.Result.Token] = d.now + modelLease
		}
	}
	if err := errors.Join(d.model.idle(), d.m.Check()); err != nil {
		t.Fatal(err)
	}
}

func (d *lockDrive) ask(t *rapid.T, s Session, r Request) {
	d.ids[s]++
	if w := wishOf(r); w.space != 0 {
		d.model.waits = append(d.model.waits, &lockWait{session: s, id: d.ids[s], wish: w})
	}
	d.check(t, d.m.Handle(d.now, s, d.ids[s], r))
}

// pass lets time pass, from one end to the next, so that the model sees the order.
func (d *lockDrive) pass(t *rapid.T, by time.Duration) {
	until := d.now + by
	for {
		next, ok := d.m.Next()
		if !ok || next > until {
			break
		}
		d.now = next
		for token, at := range d.ends {
			if at <= d.now {
				delete(d.model.held, token)
			}
		}
		d.check(t, d.m.Tick(d.now))
	}
	d.now = until
}

// free tells the model that a session gave back what these are.
func (d *lockDrive) free(which func(token uint64, h *lockWait) bool) {
	for token, h := range d.model.held {
		if which(token, h) {
			delete(d.model.held, token)
		}
	}
}

// TestLocksFollowTheModel drives locks, several locks and semaphores at random.
func TestLocksFollowTheModel(t *testing.T) {
	who := rapid.SampledFrom([]Session{"a", "b", "c"})
	names := []string{"u", "v", "w", "x"}
	wait := rapid.SampledFrom([]time.Duration{0, 3 * time.Second, Forever})
	rapid.Check(t, func(t *rapid.T) {
		d := &lockDrive{
			m: New(Config{}), model: &lockModel{held: map[uint64]*lockWait{}}, ids: map[Session]uint64{}, ends: map[uint64]time.Duration{},
		}
		token := func(t *rapid.T) uint64 { return rapid.Uint64Range(1, d.model.token+1).Draw(t, "token") }
		t.Repeat(map[string]func(*rapid.T){
			"lock": func(t *rapid.T) {
				name := rapid.SampledFrom(names).Draw(t, "name")
				d.ask(t, who.Draw(t, "who"), LockAcquire{name, modelLease, wait.Draw(t, "wait")})
			},
			"several": func(t *rapid.T) {
				some := rapid.Permutation(names).Draw(t, "names")[:rapid.IntRange(1, 4).Draw(t, "of")]
				n := rapid.IntRange(0, len(some)).Draw(t, "n")
				d.ask(t, who.Draw(t, "who"), MultiAcquire{some, n, modelLease, wait.Draw(t, "wait")})
			},
			"semaphore": func(t *rapid.T) {
				n := rapid.IntRange(1, 3).Draw(t, "units")
				d.ask(t, who.Draw(t, "who"), SemAcquire{"s", n, 3, modelLease, wait.Draw(t, "wait")})
			},
			"release": func(t *rapid.T) {
				s, token := who.Draw(t, "who"), token(t)
				d.free(func(x uint64, h *lockWait) bool { return x == token && h.session == s })
				d.ask(t, s, Release{token})
			},
			"renew": func(t *rapid.T) {
				s, token := who.Draw(t, "who"), token(t)
				if h := d.model.held[token]; h != nil && h.session == s {
					d.ends[token] = d.now + modelLease
				}
				d.ask(t, s, Renew{[]uint64{token}})
			},
			"cancel": func(t *rapid.T) {
				s := who.Draw(t, "who")
				id := rapid.Uint64Range(1, d.ids[s]+1).Draw(t, "id")
				d.free(func(_ uint64, h *lockWait) bool { return h.session == s && h.id == id })
				d.ask(t, s, Cancel{id})
			},
			"gone": func(t *rapid.T) {
				s, how := who.Draw(t, "who"), rapid.SampledFrom([]End{Closed, Silent}).Draw(t, "how")
				d.model.waits = slices.DeleteFunc(d.model.waits, func(w *lockWait) bool { return w.session == s })
				d.free(func(_ uint64, h *lockWait) bool { return h.session == s && how == Closed })
				d.check(t, d.m.Gone(d.now, s, how))
			},
			"time": func(t *rapid.T) {
				d.pass(t, rapid.SampledFrom([]time.Duration{time.Second, 4 * time.Second}).Draw(t, "passes"))
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

// asked is a request of a session.
type asked struct {
	s  Session
	id uint64
}

// queueDrive drives a machine and compares it with the model.
type queueDrive struct {
	m     *Machine
	q     *queueModel
	now   time.Duration
	ids   map[Session]uint64
	puts  map[asked]string
	gets  map[asked]QueueGet
	order []asked // of gets
}

// got tells the model of an answer to a getter.
func (d *queueDrive) got(t *rapid.T, k asked, want QueueGet, r Reply) {
	d.forget(k)
	n := len(r.Result.Items)
	if r.Err == nil && (n < want.Min || n > want.Max || n > len(d.q.available)) {
		t.Fatalf("%v got %d items of %d, want %d to %d", k, n, len(d.q.available), want.Min, want.Max)
	}
	for i, item := range r.Result.Items {
		if string(item.Value.Bytes) != d.q.available[i] {
			t.Fatalf("%v got %v, want the oldest of %v", k, r.Result.Items, d.q.available)
		}
		d.q.taken[item.Seq], d.q.by[item.Seq] = d.q.available[i], r.Session
	}
	d.q.available = d.q.available[n:]
}

func (d *queueDrive) forget(k asked) {
	delete(d.gets, k)
	d.order = slices.DeleteFunc(d.order, func(o asked) bool { return o == k })
}

func (d *queueDrive) check(t *rapid.T, out []Effect) {
	for _, e := range out {
		r, ok := e.(Reply)
		if !ok {
			continue
		}
		k := asked{r.Session, r.Request}
		if v, ok := d.puts[k]; ok {
			if delete(d.puts, k); r.Err == nil {
				d.q.accepted, d.q.available = append(d.q.accepted, v), append(d.q.available, v)
			}
		}
		if want, ok := d.gets[k]; ok {
			d.got(t, k, want, r)
		}
	}
	if len(d.order) > 0 && len(d.q.available) >= d.gets[d.order[0]].Min {
		t.Fatalf("%v waits for %d items of %v", d.order[0], d.gets[d.order[0]].Min, d.q.available)
	}
	if len(d.puts) > 0 && (d.q.max == 0 || len(d.order) > 0 || len(d.q.available) < d.q.max) {
		t.Fatalf("%v wait to be put, there are %v of %d", d.puts, d.q.available, d.q.max)
	}
	if err := d.m.Check(); err != nil {
		t.Fatal(err)
	}
}

func (d *queueDrive) ask(t *rapid.T, s Session, r Request) {
	d.ids[s]++
	k := asked{s, d.ids[s]}
	switch r := r.(type) {
	case QueuePut:
		d.puts[k] = string(r.Value.Bytes)
	case QueueGet:
		d.gets[k] = r
		d.order = append(d.order, k)
	}
	d.check(t, d.m.Handle(d.now, s, d.ids[s], r))
}

// gone ends a session: what it waited for is dropped, what it had goes back.
func (d *queueDrive) gone(t *rapid.T, s Session) {
	maps.DeleteFunc(d.puts, func(k asked, _ string) bool { return k.s == s })
	for k := range d.gets {
		if k.s == s {
			d.forget(k)
		}
	}
	for seq, v := range d.q.taken {
		if d.q.by[seq] == s {
			delete(d.q.taken, seq)
			d.q.back(v)
		}
	}
	d.check(t, d.m.Gone(d.now, s, Closed))
	d.ids[s] = 0
}

// TestQueuesFollowTheModel drives a queue at random: every accepted value reaches exactly one getter that keeps it, in order.
func TestQueuesFollowTheModel(t *testing.T) {
	who := rapid.SampledFrom([]Session{"a", "b", "c"})
	wait := rapid.SampledFrom([]time.Duration{0, 3 * time.Second, Forever})
	rapid.Check(t, func(t *rapid.T) {
		q := &queueModel{max: rapid.IntRange(0, 3).Draw(t, "max"), taken: map[uint64]string{}, by: map[uint64]Session{}}
		d := &queueDrive{m: New(Config{}), q: q, ids: map[Session]uint64{}, puts: map[asked]string{}, gets: map[asked]QueueGet{}}
		made := 0
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				made++
				d.ask(t, who.Draw(t, "who"), QueuePut{"q", q.max, Value{Bytes: fmt.Append(nil, made)}, wait.Draw(t, "wait")})
			},
			"get": func(t *rapid.T) {
				low := rapid.IntRange(0, 3).Draw(t, "min")
				most := max(1, low+rapid.IntRange(0, 2).Draw(t, "more"))
				d.ask(t, who.Draw(t, "who"), QueueGet{"q", low, most, wait.Draw(t, "wait")})
			},
			"ack": func(t *rapid.T) {
				s, back := who.Draw(t, "who"), rapid.Bool().Draw(t, "return")
				seq := rapid.Uint64Range(1, uint64(len(q.accepted))+1).Draw(t, "item")
				if v, ok := q.taken[seq]; ok && q.by[seq] == s {
					if delete(q.taken, seq); back {
						q.back(v)
					}
				}
				d.ask(t, s, QueueAck{[]uint64{seq}, back})
			},
			"gone": func(t *rapid.T) { d.gone(t, who.Draw(t, "who")) },
			"time": func(t *rapid.T) {
				d.now += time.Second
				d.check(t, d.m.Tick(d.now))
			},
		})
	})
}

// BenchmarkLock is one lock that changes hands between two sessions.
func BenchmarkLock(b *testing.B) {
	m, id, token := New(Config{Replies: 1}), uint64(0), uint64(0)
	for b.Loop() {
		id++
		for _, e := range m.Handle(0, "a", 2*id, LockAcquire{Name: "x"}) {
			token = e.(Reply).Result.Token
		}
		m.Handle(0, "a", 2*id+1, Release{token})
	}
}
