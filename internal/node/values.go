package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"sync"
	"sync/atomic"

	"sheaf/graph"
	"sheaf/internal/codec"
	"sheaf/internal/store"
	"sheaf/internal/transport/http"
	"sheaf/internal/travel"
	"sheaf/internal/wire"
	"sheaf/internal/worker"
)

// frames is how values are written to disk: with checksums.
type frames struct{}

func (frames) Encode(w io.Writer, v any) error { return codec.EncodeFrame(w, v) }

func (frames) Decode(r io.Reader) (any, error) { return codec.DecodeFrame(r) }

// table has the values that are here.
type table struct {
	mu     sync.RWMutex // guards values; only the loop changes them
	values map[wire.ID]*holding
	clock  atomic.Int64 // counts uses
}

// holding is one value: small ones as they are, others in an entry of the store, which may spill them.
type holding struct {
	value   any
	entry   *store.Entry
	bytes   int64
	made    graph.Recycler // who may use its memory again; nil for nobody
	readers atomic.Int32   // transfers that read it
	kept    atomic.Bool    // somebody may have a reference to it
	actor   bool           // methods change it
	used    atomic.Int64   // when it was used last, on the table's clock
}

// hold makes the holding of a value whose bytes are counted already.
func (n *Node) hold(v any, bytes int64, movable bool) *holding {
	h := &holding{bytes: bytes}
	h.used.Store(n.table.clock.Add(1))
	if movable && n.worth(bytes) {
		h.entry = n.store.Put(v, bytes, func() int64 { return math.MaxInt64 - h.used.Load() }) // the least recently used goes first
		return h
	}
	h.value = v
	return h
}

// worth reports whether a value is worth an entry of the store, so that it can be spilled.
func (n *Node) worth(bytes int64) bool {
	return bytes >= store.TrackedBytes || bytes >= store.LeastBytes && n.store.Limit() > 0 && n.store.Used() > n.store.Limit()/2
}

// discard drops a value, and hands its memory back to whoever made it if nobody else can have it.
func (n *Node) discard(h *holding) {
	recycle := h.made != nil && !h.kept.Load() && h.readers.Load() == 0
	var v any
	if h.entry != nil {
		v = h.entry.Take()
	} else {
		v = h.value
		n.store.Add(-h.bytes)
	}
	if recycle && v != nil {
		h.made.Recycle(v)
		return
	}
	n.reclaim(h.bytes)
}

// pin returns the value, from disk if need be, until unpin.
func (h *holding) pin(clock *atomic.Int64) (any, error) {
	h.used.Store(clock.Add(1))
	if h.entry == nil {
		return h.value, nil
	}
	return h.entry.Pin()
}

func (h *holding) unpin() {
	if h.entry != nil {
		h.entry.Unpin()
	}
}

// find returns the holding of a value, or of the whole of which it is a part, and whether it is the whole.
func (n *Node) find(id wire.ID) (h *holding, whole bool) {
	n.table.mu.RLock()
	defer n.table.mu.RUnlock()
	if h = n.table.values[id]; h == nil && id.Part != 0 {
		h, whole = n.table.values[id.Whole()], true
	}
	if h != nil {
		h.readers.Add(1)
	}
	return h, whole
}

// keyOf returns under which id find has found a value.
func keyOf(id wire.ID, whole bool) wire.ID {
	if whole {
		return id.Whole()
	}
	return id
}

// isWhole reports whether a value stands in the table as the whole to which a part belongs.
func (n *Node) isWhole(part wire.ID, h *holding) bool {
	n.table.mu.RLock()
	defer n.table.mu.RUnlock()
	return n.table.values[part.Whole()] == h
}

// Open returns a value for a transfer. Without it the error matches http.ErrNotHere, also if it turns out to be damaged on disk.
func (n *Node) Open(ctx context.Context, id wire.ID) (http.Value, error) {
	h, whole := n.find(id)
	if h == nil {
		return http.Value{}, http.ErrNotHere
	}
	if h.actor {
		return n.openActor(ctx, id.Whole(), h)
	}
	if !whole {
		if value, ok := n.openSpilled(h); ok {
			return value, nil
		}
	}
	v, err := n.read(ctx, keyOf(id, whole), h)
	if err != nil {
		h.readers.Add(-1)
		return http.Value{}, err
	}
	bytes := h.bytes
	if whole {
		if v, err = only(v, id); err != nil {
			h.unpin()
			h.readers.Add(-1)
			return http.Value{}, err
		}
		bytes = n.conf.SizeOf(v)
	}
	n.gauge.sent.Add(bytes)
	return http.Value{Any: v, Bytes: bytes, Close: sync.OnceFunc(func() {
		h.unpin()
		h.readers.Add(-1)
	})}, nil
}

// openSpilled returns the frame of a value that is on disk, which is sent as it lies there.
func (n *Node) openSpilled(h *holding) (http.Value, bool) {
	if _, framed := n.conf.Codec.(frames); !framed || h.entry == nil {
		return http.Value{}, false
	}
	r, ok := h.entry.Spilled()
	if !ok {
		return http.Value{}, false
	}
	n.gauge.sent.Add(h.bytes)
	return http.Value{Frame: r, Bytes: h.bytes, Close: sync.OnceFunc(func() {
		_ = r.Close()
		h.readers.Add(-1)
	})}, true
}

// read pins a value, with room made for it if it is on disk. A damaged one is reported to the machine.
func (n *Node) read(ctx context.Context, id wire.ID, h *holding) (any, error) {
	if h.entry != nil && !h.entry.InMemory() {
		if ok, err := n.store.Reserve(ctx, h.bytes); err != nil {
			n.spillFailed(err)
		} else if ok {
			defer n.store.Add(-h.bytes) // Pin counts it
		}
	}
	v, err := h.pin(&n.table.clock)
	switch {
	case err == nil:
		return v, nil
	case errors.Is(err, store.ErrDropped):
		return nil, http.ErrNotHere
	}
	n.damaged(id, h, err)
	return nil, fmt.Errorf("%w: %w", http.ErrNotHere, err)
}

// damaged tells the machine that a value cannot be read.
func (n *Node) damaged(id wire.ID, h *holding, err error) {
	n.event(fmt.Sprintf("value %v is damaged: %v", id, err))
	n.mu.Lock()
	n.checks = append(n.checks, check{damaged: h, id: id})
	n.mu.Unlock()
	n.stepper.Wake()
}

// remove takes a damaged value out of the table, unless there is another one under its id by now.
func (n *Node) remove(id wire.ID, h *holding) bool {
	n.table.mu.Lock()
	defer n.table.mu.Unlock()
	if n.table.values[id] != h {
		return false
	}
	delete(n.table.values, id)
	n.turn.drop = append(n.turn.drop, h)
	return true
}

// only returns a part of a value.
func only(v any, id wire.ID) (any, error) {
	if no, ok := v.(*instead); ok {
		return no, nil
	}
	p, ok := v.(graph.Parted)
	if !ok {
		return nil, fmt.Errorf("node: value %v is a %T, which has no parts: %w", id.Whole(), v, http.ErrNotHere)
	}
	return p.Only(int(id.Part) - 1), nil
}

// Value returns a value that is here, and whether it is. Whoever has it must not change it.
func (n *Node) Value(ctx context.Context, id wire.ID) (v any, ok bool, err error) {
	h, whole := n.find(id)
	if h == nil {
		return nil, false, nil
	}
	h.kept.Store(true)
	defer h.readers.Add(-1)
	if v, err = n.read(ctx, keyOf(id, whole), h); err != nil {
		return nil, false, err
	}
	defer h.unpin()
	if no, ok := v.(*instead); ok {
		return nil, false, travel.DecodeError(no.failure)
	}
	if whole {
		v, err = only(v, id)
	}
	return v, err == nil, err
}

// Actor returns the state of an actor that was made here, and false if there is none.
func (n *Node) Actor(id wire.ID) (state any, ok bool) {
	h, whole := n.find(id)
	if h == nil {
		return nil, false
	}
	defer h.readers.Add(-1)
	if !h.actor || whole {
		return nil, false
	}
	return h.value, true // it is in no entry of the store
}

// putting is a value on its way into the table.
type putting struct {
	id   wire.ID
	h    *holding
	done chan struct{}
}

// Put keeps a value that a client sends. It returns when the value can be read. A value that is here already stays.
func (n *Node) Put(ctx context.Context, id wire.ID, v any, _ int64) error {
	bytes := n.conf.SizeOf(v)
	if limit := n.conf.Hello.MemoryBytes; limit > 0 && bytes > limit {
		return fmt.Errorf("node: %w", tooLarge(bytes, limit, "the value"))
	}
	ok, err := n.store.Reserve(ctx, bytes)
	if err != nil {
		n.spillFailed(err)
		return fmt.Errorf("node: %w", err)
	}
	if !ok {
		n.store.Add(bytes)
	}
	p := &putting{id: id, h: n.hold(v, bytes, true), done: make(chan struct{})}
	p.h.kept.Store(true)
	n.mu.Lock()
	n.puts = append(n.puts, p)
	n.mu.Unlock()
	n.stepper.Wake()
	select {
	case <-p.done:
		return nil
	case <-n.stepper.Done():
		return ErrClosed
	}
}

// accept takes values into the table that were put.
func (n *Node) accept() {
	t := &n.turn
	if len(t.puts) == 0 {
		return
	}
	s := &worker.Stored{}
	n.table.mu.Lock()
	for _, p := range t.puts {
		if n.table.values[p.id] != nil {
			t.drop = append(t.drop, p.h)
			continue
		}
		n.table.values[p.id] = p.h
		s.Values = append(s.Values, wire.Size{ID: p.id, Bytes: p.h.bytes})
	}
	n.table.mu.Unlock()
	t.in = append(t.in, s)
}

// releasePuts drops what was put too late.
func (n *Node) releasePuts() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, p := range n.puts {
		n.discard(p.h)
	}
	n.puts = nil
}
