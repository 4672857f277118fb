package remote

import (
	"slices"

	"sheaf/internal/wire"
)

// state is how far an entry's value has come.
type state uint8

const (
	pending state = iota // not there, or not any more
	ready                // workers have it
	failed
	gone // released
)

// entry is a value that this client claims. The executor's mu guards it.
type entry struct {
	id     wire.ID
	state  state
	has    bool   // value is set
	busy   bool   // being fetched, decoded, or in a queue to be
	late   bool   // in the executor\'s late
	reads  uint8  // attempts to read it that failed
	turn   uint8  // requests for it that others were asked beside: only the last one's failure counts
	holds  int32  // by handles and runs
	claims int32  // that the scheduler counts
	layer  *layer // nil if it was adopted

	place wire.Ready
	tried []uint32 // workers of place that do not give it
	value any
	err   error

	frame   []byte // pushed
	attempt uint32 // that made frame

	gate     *gate // until the scheduler has been told of it
	waiters  []waiter
	watchers []func()
}

// layer is the entries of one wanted layer.
type layer struct {
	id     wire.LayerID
	index  []int32 // which tasks, ascending; nil if all from 0
	chunks [][]entry
	live   int
	keeps  []wire.LayerID // scattered layers on which the values stand: see kept.go
}

const chunkEntries = 256

// newLayer makes entries for tasks of a layer: those of index, or n of them.
func newLayer(id wire.LayerID, index []int32, n int) *layer {
	l := &layer{id: id, index: index, live: n, chunks: make([][]entry, 0, (n+chunkEntries-1)/chunkEntries)}
	for lo := 0; lo < n; lo += chunkEntries {
		chunk := make([]entry, min(chunkEntries, n-lo))
		for k := range chunk {
			i := int32(lo + k)
			if index != nil {
				i = index[i]
			}
			chunk[k].id, chunk[k].layer = wire.ID{Layer: id, Index: i}, l
		}
		l.chunks = append(l.chunks, chunk)
	}
	return l
}

// at returns the k-th entry.
func (l *layer) at(k int) *entry { return &l.chunks[k/chunkEntries][k%chunkEntries] }

func (l *layer) len() int {
	if len(l.chunks) == 0 {
		return 0
	}
	last := len(l.chunks) - 1
	return last*chunkEntries + len(l.chunks[last])
}

// find returns the entry of an id, or nil; the caller holds mu.
func (x *Executor) find(id wire.ID) *entry {
	if l := x.layers[id.Layer]; l != nil {
		if e := l.find(id.Index); e != nil && e.state != gone {
			return e
		}
	}
	return x.adopted[id]
}

func (l *layer) find(index int32) *entry {
	k := int(index)
	if l.index != nil {
		var ok bool
		if k, ok = slices.BinarySearch(l.index, index); !ok {
			return nil
		}
	}
	if k < 0 || k >= l.len() {
		return nil
	}
	return l.at(k)
}

// hold keeps an entry; the caller holds mu.
func (e *entry) hold() { e.holds++ }

// drop gives up a hold. With the last one the claim is released; the caller holds mu.
func (x *Executor) drop(e *entry) {
	if e.holds--; e.holds > 0 {
		return
	}
	if e.gate != nil { // the claim is made when it is submitted, and given up then
		return
	}
	x.forget(e)
}

// forget releases an entry that nobody holds; the caller holds mu.
func (x *Executor) forget(e *entry) {
	if e.state == gone {
		return
	}
	for range e.claims {
		x.release = append(x.release, e.id)
	}
	l := e.layer
	*e = entry{id: e.id, layer: l, state: gone, err: e.err}
	if l == nil {
		if x.adopted[e.id] == e {
			delete(x.adopted, e.id)
		}
	} else if l.live--; l.live == 0 && x.layers[l.id] == l {
		delete(x.layers, l.id)
		x.unkeep(l)
	}
	x.flushSoon()
}

// finished says where the value can be read; the caller holds mu.
func (x *Executor) finished(e *entry, r wire.Ready) {
	if e.state == failed && e.claims == 0 { // cancelled here
		return
	}
	e.state, e.err = ready, nil
	e.place, e.tried = r, nil
	if i := slices.Index(x.homeless, e); i >= 0 {
		x.homeless = slices.Delete(x.homeless, i, i+1)
		e.busy = false
	}
	x.notify(e)
	if len(e.waiters) > 0 {
		x.want(e)
	}
}

// fail says that the value will not come; the caller holds mu.
func (x *Executor) fail(e *entry, err error) {
	if e.state == failed || e.state == gone {
		return
	}
	e.state, e.err, e.frame = failed, err, nil
	waiters := e.waiters
	e.waiters = nil
	for _, w := range waiters {
		w.group.put(w.i, nil, err)
	}
	x.notify(e)
}

// settle hands the value to those who wait for it; the caller holds mu.
func (x *Executor) settle(e *entry, v any) {
	e.busy = false
	if e.state == gone {
		return
	}
	if e.place.Bytes <= keepBytesMax {
		e.value, e.has = v, true
	}
	e.frame = nil
	waiters := e.waiters
	e.waiters = nil
	for _, w := range waiters {
		w.group.put(w.i, v, nil)
	}
}

// notify calls the watchers; the caller holds mu.
func (x *Executor) notify(e *entry) {
	x.after.call = append(x.after.call, e.watchers...)
	e.watchers = nil
}

// watch calls f when the entry's value is there or has failed.
func (x *Executor) watch(e *entry, f func()) {
	x.mu.Lock()
	if e.state == pending {
		e.watchers = append(e.watchers, f)
		x.mu.Unlock()
		return
	}
	x.mu.Unlock()
	f()
}

func (e *entry) hasTried(worker uint32) bool { return slices.Contains(e.tried, worker) }
