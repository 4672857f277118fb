package node

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"sheaf/internal/codec"
	"sheaf/internal/transport/http"
	"sheaf/internal/wire"
	"sheaf/internal/worker"
)

// arrival is what has come of one value that was asked for.
type arrival struct {
	worker uint32
	id     wire.ID
	h      *holding // nil if it did not come
	reason string
	gone   bool
	silent []wire.ID // instead: the peer gives no sign of life of these
}

// fetch asks a peer for values.
func (n *Node) fetch(e *worker.Fetch) {
	addr, ok := n.address[e.Worker]
	ids, number := e.IDs, e.Worker
	if !ok {
		n.notCome(number, ids, fmt.Sprintf("the address of worker %d is not known", number), true)
		return
	}
	expected := e.Bytes
	n.beside(func() {
		// Room is made before, as far as it can be; what comes then counts instead.
		if ok, err := n.store.Reserve(n.life, expected); err != nil {
			if n.life.Err() == nil {
				n.spillFailed(err)
			}
		} else if ok {
			defer n.store.Add(-expected)
		}
		ctx, sign := http.Attend(n.life, n.conf.ConnectWait, n.conf.AnswerWait, func() { n.arrive(arrival{worker: number, silent: ids}) })
		told := make(map[wire.ID]bool, len(ids))
		err := n.conf.Fetcher.Get(ctx, addr, ids, func(id wire.ID, v any, err error) {
			sign()
			if told[id] {
				return
			}
			told[id] = true
			if no := n.refused(id, err); no != nil {
				v, err = no, nil
			}
			if err != nil {
				n.arrive(arrival{worker: number, id: id, reason: err.Error(), gone: unreachable(err)})
				return
			}
			size := n.conf.SizeOf(v)
			n.store.Add(size)
			n.gauge.got.Add(size)
			n.arrive(arrival{worker: number, id: id, h: n.hold(v, size, true)})
		})
		sign()
		var rest []wire.ID
		for _, id := range ids {
			if !told[id] {
				rest = append(rest, id)
			}
		}
		switch {
		case len(rest) == 0:
		case err != nil:
			n.notCome(number, rest, err.Error(), unreachable(err))
		default:
			n.notCome(number, rest, "the peer did not answer for it", false)
		}
	})
}

// unreachable reports whether an error speaks of the peer and not of a value.
func unreachable(err error) bool {
	return !errors.Is(err, http.ErrNotHere) && !errors.Is(err, http.ErrValue) && !errors.Is(err, http.ErrTooLarge)
}

func (n *Node) notCome(worker uint32, ids []wire.ID, reason string, gone bool) {
	for _, id := range ids {
		n.arrive(arrival{worker: worker, id: id, reason: reason, gone: gone})
	}
}

func (n *Node) arrive(a arrival) {
	n.mu.Lock()
	n.fetched = append(n.fetched, a)
	n.mu.Unlock()
	n.stepper.Wake()
}

// land tells the machine of what has come, a run from one peer at a time.
func (n *Node) land() {
	t := &n.turn
	for i := 0; i < len(t.arrivals); {
		a := t.arrivals[i]
		if a.silent != nil {
			t.in = append(t.in, &worker.Unanswered{Worker: a.worker, IDs: a.silent})
			i++
			continue
		}
		same := func(b arrival) bool {
			return b.silent == nil && b.worker == a.worker && (b.h != nil) == (a.h != nil) && b.reason == a.reason && b.gone == a.gone
		}
		k := i
		got, failed := &worker.Fetched{Worker: a.worker}, &worker.FetchFailed{Worker: a.worker, Reason: a.reason, Gone: a.gone}
		for ; k < len(t.arrivals) && same(t.arrivals[k]); k++ {
			b := t.arrivals[k]
			if b.h == nil {
				failed.IDs = append(failed.IDs, b.id)
				continue
			}
			if old := t.got[b.id]; old != nil {
				t.drop = append(t.drop, old)
			}
			t.got[b.id] = b.h
			got.Values = append(got.Values, wire.Size{ID: b.id, Bytes: b.h.bytes})
		}
		if a.h != nil {
			t.in = append(t.in, got)
		} else {
			t.in = append(t.in, failed)
		}
		i = k
	}
}

// push is a small value on its way to a client.
type push struct {
	worker.Push
	h *holding
}

// pushPlain sends a single number or the like at once, so that it leaves together with what the scheduler is told.
func (n *Node) pushPlain() {
	t := &n.turn
	if len(t.pushes) == 1 && plain(t.pushes[0].h.value) {
		n.push(t.pushes)
		clear(t.pushes)
		t.pushes = t.pushes[:0]
	}
}

// plain reports whether a value is encoded in no time, by nobody's method.
func plain(v any) bool {
	switch v := v.(type) {
	case bool, int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64, uintptr, float32, float64, complex64, complex128:
		return true
	case string:
		return len(v) <= 1<<10
	}
	return false
}

// sendPushes encodes small values and hands them to who sends them.
func (n *Node) sendPushes() {
	t := &n.turn
	if len(t.pushes) == 0 {
		return
	}
	pushes := append([]push(nil), t.pushes...)
	clear(t.pushes)
	t.pushes = t.pushes[:0]
	n.beside(func() { n.push(pushes) })
}

// pushBytes is about how much goes in one datagram.
const pushBytes = 64 << 10

// push encodes values and sends them, those of neighbours for one client together.
func (n *Node) push(pushes []push) {
	var b bytes.Buffer
	values := make([]wire.Value, 0, len(pushes))
	batch := make([]*wire.Value, 0, len(pushes))
	var to uint32
	flush := func() {
		if len(batch) > 0 {
			n.gauge.sent.Add(int64(b.Len()))
			n.conf.Push(to, batch)
		}
		batch = batch[:0]
		b = bytes.Buffer{} // what was sent is its own
	}
	for _, p := range pushes {
		if p.Client != to || b.Len() > pushBytes {
			flush()
			to = p.Client
		}
		at := b.Len()
		if !n.encode(&b, p.h) {
			b.Truncate(at)
			continue
		}
		values = append(values, wire.Value{ID: p.ID, Attempt: p.Attempt, Worker: p.Push.Worker, Frame: b.Bytes()[at:b.Len():b.Len()]})
		batch = append(batch, &values[len(values)-1])
	}
	flush()
}

// encode appends a small value. The client fetches what it does not get, and learns then why.
func (n *Node) encode(b *bytes.Buffer, h *holding) bool {
	defer h.readers.Add(-1)
	if h.actor { // its methods may run already
		return false
	}
	v, err := h.pin(&n.table.clock)
	if err != nil {
		return false
	}
	defer h.unpin()
	return codec.EncodeFrame(b, v) == nil
}

// asking bounds the questions that are answered at a time, and asked how many more may wait.
const (
	asking = 64
	asked  = 4096
)

// ask answers a question to this worker, in a goroutine of its own.
func (n *Node) ask(c *wire.Call) {
	reply := func(r *wire.Reply) {
		r.Request = c.Request
		n.conf.Send(r)
	}
	if n.conf.Answer == nil {
		reply(&wire.Reply{Err: fmt.Sprintf("this worker cannot answer a %T", c.Body), Sort: wire.SortInternal})
		return
	}
	if n.gauge.asked.Add(1) > asked {
		n.gauge.asked.Add(-1)
		reply(&wire.Reply{Err: fmt.Sprintf("more than %d questions to worker %s wait for an answer", asked, n.conf.Hello.Name), Sort: wire.SortLimit})
		return
	}
	n.beside(func() {
		defer n.gauge.asked.Add(-1)
		select {
		case n.asking <- struct{}{}:
			defer func() { <-n.asking }()
		case <-n.life.Done():
			return
		}
		body, err := n.answer(c.Body)
		if err != nil {
			reply(&wire.Reply{Err: err.Error(), Sort: wire.SortUser})
			return
		}
		reply(&wire.Reply{Body: body})
	})
}

// answer calls Config.Answer, whose panics are errors.
func (n *Node) answer(body wire.Body) (answer wire.Body, err error) {
	returned := false
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		} else if !returned {
			err = errors.New("the function ended its goroutine")
		}
	}()
	answer, err = n.conf.Answer(context.WithoutCancel(n.base), n, body)
	returned = true
	return answer, err
}
