package client

import (
	"context"
	"fmt"
	"reflect"
	"sync"
	"time"

	"sheaf"
	"sheaf/internal/coord"
	"sheaf/internal/remote"
	inside "sheaf/internal/task"
	"sheaf/internal/travel"
	"sheaf/internal/wire"
)

// remoteCoordinator is the scheduler's coord.Machine as a client sees it.
type remoteCoordinator struct {
	link   *link
	client *Client

	mu      sync.Mutex // guards what follows
	subs    map[uint64]func([]coord.Message)
	naming  int                          // subscriptions that are being begun and do not know their number yet
	early   map[uint64][][]coord.Message // came meanwhile, for numbers that nobody knows; empty when naming is 0
	replies uint64
}

const receivedEvery = 100

func newRemoteCoordinator(l *link) *remoteCoordinator {
	return &remoteCoordinator{link: l, subs: map[uint64]func([]coord.Message){}, early: map[uint64][][]coord.Message{}}
}

type coordAnswer struct {
	result coord.Result
	err    error
}

// begin sends a request; answer gets the result.
func (k *remoteCoordinator) begin(r coord.Request) (id uint64, answer chan coordAnswer, err error) {
	answer = make(chan coordAnswer, 1)
	id, err = k.link.x.Begin(&wire.Coord{Bytes: coord.AppendRequest(nil, r)}, func(reply *wire.Reply, err error) {
		answer <- k.read(reply, err)
	})
	return id, answer, err
}

// read takes a reply apart.
func (k *remoteCoordinator) read(reply *wire.Reply, err error) coordAnswer {
	if err != nil {
		return coordAnswer{err: err}
	}
	b, ok := reply.Body.(*wire.Coord)
	if !ok {
		return coordAnswer{err: fmt.Errorf("client: the scheduler: %s: %w", reply.Err, sheaf.ErrInternal)}
	}
	p, err := coord.ParseReply(b.Bytes)
	if err != nil {
		return coordAnswer{err: fmt.Errorf("client: %w", err)}
	}
	k.confirm(reply.Request)
	if p.Err != nil {
		return coordAnswer{err: p.Err}
	}
	return coordAnswer{result: p.Result}
}

// confirm says now and then which answers have arrived, so that the scheduler need not remember them.
func (k *remoteCoordinator) confirm(request uint64) {
	k.mu.Lock()
	k.replies++
	tell := k.replies%receivedEvery == 0
	k.mu.Unlock()
	if tell {
		_, _ = k.link.x.Begin(&wire.Coord{Bytes: coord.AppendRequest(nil, coord.Received{UpTo: request})}, func(*wire.Reply, error) {})
	}
}

func (k *remoteCoordinator) call(ctx context.Context, r coord.Request) (coord.Result, error) {
	if r, ok := r.(coord.TopicUnsubscribe); ok { // whatever becomes of the request, nobody reads any more
		k.mu.Lock()
		delete(k.subs, r.Subscription)
		k.mu.Unlock()
	}
	id, answer, err := k.begin(r)
	if err != nil {
		return coord.Result{}, err
	}
	return k.finish(ctx, id, answer)
}

func (k *remoteCoordinator) finish(ctx context.Context, id uint64, answer chan coordAnswer) (coord.Result, error) {
	defer inside.Block(ctx)()
	select {
	case a := <-answer:
		return a.result, a.err
	case <-ctx.Done():
	}
	select {
	case a := <-answer: // it came at the same time
		return a.result, a.err
	default:
	}
	// The answer says whether it was undone or had come to pass.
	if _, undone, err := k.begin(coord.Cancel{Request: id}); err == nil {
		patience := time.NewTimer(undoMax)
		defer patience.Stop()
		select {
		case <-patience.C: // the scheduler undoes it when it can be reached
		case a := <-answer:
			if a.err == nil {
				return a.result, nil
			}
		case <-undone:
			select {
			case a := <-answer:
				if a.err == nil {
					return a.result, nil
				}
			default:
			}
		case <-k.client.coordination.ended():
		}
	}
	k.link.x.GiveUp(id)
	return coord.Result{}, context.Cause(ctx)
}

func (k *remoteCoordinator) subscribe(ctx context.Context, r coord.TopicSubscribe, deliver func([]coord.Message)) (uint64, coord.Result, error) {
	k.mu.Lock()
	k.naming++
	k.mu.Unlock()
	id, answer, err := k.begin(r)
	k.mu.Lock()
	if err == nil {
		k.subs[id] = deliver
		for _, ms := range k.early[id] {
			deliver(ms)
		}
		delete(k.early, id)
	}
	if k.naming--; k.naming == 0 { // the rest is for subscriptions that have ended
		clear(k.early)
	}
	k.mu.Unlock()
	if err != nil {
		return 0, coord.Result{}, err
	}
	res, err := k.finish(ctx, id, answer)
	if err != nil {
		k.mu.Lock()
		delete(k.subs, id)
		k.mu.Unlock()
	}
	return id, res, err
}

const (
	earlyMax = 1000
	undoMax  = time.Second // how long a call outlives its context to hear whether it was undone
)

// delivery passes on what a topic has brought.
func (k *remoteCoordinator) delivery(m *wire.Delivery) {
	d, err := coord.ParseDeliver(m.Bytes)
	if err != nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if deliver := k.subs[d.Subscription]; deliver != nil {
		deliver(d.Messages)
	} else if k.naming > 0 && len(k.early) < earlyMax && len(k.early[d.Subscription]) < earlyMax {
		k.early[d.Subscription] = append(k.early[d.Subscription], d.Messages)
	}
}

// parcel is what is exported, with numbers in the place of its futures.
type parcel struct {
	Single  bool // one future, of the type Value has if it has one
	Futures bool // a slice or map of them, of the type Value has
	Value   any
	Keys    []any
}

func (k *remoteCoordinator) export(v any) (coord.Value, func(), error) {
	v = shareAll(v)
	done := func() { releaseAll(v) }
	value, err := k.pack(v)
	if err != nil {
		done()
		return coord.Value{}, nil, err
	}
	return value, done, nil
}

func (k *remoteCoordinator) pack(v any) (coord.Value, error) {
	var out coord.Value
	p := parcel{}
	var cells []*cell
	r := reflect.ValueOf(v)
	switch {
	case !r.IsValid():
		return out, fmt.Errorf("client: nothing to give away")
	default:
		if x, ok := v.(*cell); ok {
			p.Single, cells = true, []*cell{x}
		} else if f, ok := v.(interface{ sharedCell() *cell }); ok {
			p.Single, cells = true, []*cell{f.sharedCell()}
			p.Value = reflect.Zero(r.Type()).Interface()
		} else if holdsFutures(r.Type()) {
			p.Futures = true
			p.Value = reflect.Zero(r.Type()).Interface()
			cells, p.Keys = cellsOf(r)
		} else {
			p.Value = v
		}
	}
	for _, x := range cells {
		t, err := x.get()
		if err != nil {
			return out, err
		}
		h, ok := handleOf(t)
		if !ok {
			return out, fmt.Errorf("client: a future of another client cannot be given away: %w", sheaf.ErrInternal)
		}
		if err := h.Submitted(k.client.ctx); err != nil {
			return out, err
		}
		out.IDs = append(out.IDs, h.ID())
	}
	inside, err := remote.Collect(func() (err error) {
		out.Bytes, err = travel.EncodeAny(p)
		return err
	})
	for _, h := range inside {
		if err == nil {
			err = h.Submitted(k.client.ctx)
		}
		out.IDs = append(out.IDs, h.ID())
	}
	return out, err
}

// cellsOf returns the cells of a slice or map of futures, and the keys of a map.
func cellsOf(r reflect.Value) (cells []*cell, keys []any) {
	of := func(v reflect.Value) *cell { return v.Interface().(interface{ sharedCell() *cell }).sharedCell() }
	if r.Kind() == reflect.Slice {
		for i := range r.Len() {
			cells = append(cells, of(r.Index(i)))
		}
		return cells, nil
	}
	for it := r.MapRange(); it.Next(); {
		cells, keys = append(cells, of(it.Value())), append(keys, it.Key().Interface())
	}
	return cells, keys
}

func (k *remoteCoordinator) claim(v coord.Value) (any, error) {
	var p parcel
	err := k.link.x.Revive(func() error {
		got, err := travel.DecodeAny(v.Bytes)
		var ok bool
		if p, ok = got.(parcel); err == nil && !ok {
			err = fmt.Errorf("client: %T where a value with futures is expected", got)
		}
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case !p.Single && !p.Futures:
		return p.Value, nil
	}
	cells := make([]*cell, len(v.IDs))
	for i, id := range v.IDs {
		cells[i] = &cell{c: k.client, task: k.link.x.Adopt(id)}
		cells[i].refs.Store(1)
	}
	if p.Single && len(cells) == 1 {
		if p.Value == nil {
			return cells[0], nil
		}
		return futureOf(reflect.TypeOf(p.Value), cells[0]).Interface(), nil
	}
	if p.Single || len(p.Keys) > 0 && len(p.Keys) != len(cells) {
		for _, x := range cells {
			x.release()
		}
		return nil, fmt.Errorf("client: a value with %d futures, want another number: %w", len(cells), sheaf.ErrInternal)
	}
	t := reflect.TypeOf(p.Value)
	if t.Kind() == reflect.Slice {
		out := reflect.MakeSlice(t, 0, len(cells))
		for _, x := range cells {
			out = reflect.Append(out, futureOf(t.Elem(), x))
		}
		return out.Interface(), nil
	}
	out := reflect.MakeMapWithSize(t, len(cells))
	for i, x := range cells {
		out.SetMapIndex(reflect.ValueOf(p.Keys[i]), futureOf(t.Elem(), x))
	}
	return out.Interface(), nil
}

// futureOf makes a future of a type *Future[…].
func futureOf(t reflect.Type, x *cell) reflect.Value {
	f := reflect.New(t.Elem())
	f.Interface().(interface{ adopt(x *cell) }).adopt(x)
	return f
}

func (k *remoteCoordinator) close() {} // the session's end gives up what is held

// handleOf returns the handle of a cluster's value.
func handleOf(t task) (*remote.Handle, bool) {
	switch t := t.(type) {
	case *remote.Handle:
		return t, true
	case kept:
		return handleOf(t.task)
	}
	return nil, false
}
