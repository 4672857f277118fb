package slots

import (
	"math/rand/v2"
	"sync/atomic"
	"unsafe"

	"sheaf/internal/wire"
)

const (
	magic       = 0x73_6c_6f_74_73_00_00_01 // "slots", version 1
	slotWords   = 8                         // a cache line
	headerWords = 8

	wordMagic, wordSlots, wordMore = 0, 1, 2

	running = 1 << 63
	claimed = 1 // running is not set: taken, but nothing has started

	// near is how many slots are tried first, so that a worker with few threads touches few cache lines.
	near = 64
	// slotsMax bounds a table at 4 MiB.
	slotsMax = 1 << 16
)

// bytes returns the size of a table of n slots.
func bytes(n int) int { return (headerWords + n*slotWords) * 8 }

// A Slot is what [Table.Begin] returns and [Table.End] wants.
type Slot int32

// none is the slot of an attempt that found the table full.
const none Slot = -1

// A Table records the attempts that run in this process. Its methods may be called by many goroutines at once.
type Table struct {
	words []uint64
	unmap func() error
}

// NewMemory returns a table that nobody else reads, for workers that are not processes of their own. n is clipped to [1, 65536].
func NewMemory(n int) *Table {
	n = clip(n)
	t := &Table{words: make([]uint64, headerWords+n*slotWords), unmap: func() error { return nil }}
	t.words[wordMagic], t.words[wordSlots] = magic, uint64(n)
	return t
}

func clip(n int) int { return max(1, min(n, slotsMax)) }

// Begin enters an attempt. Call it just before the task's function, on any goroutine. When every slot is taken the attempt is
// only counted. Costs about 20 ns with its end; a goroutine that runs task after task does better with [Table.Hold]. Attempts are numbered
// below 1<<31.
func (t *Table) Begin(id wire.ID, attempt uint32) Slot {
	s := t.claim()
	t.enter(s, id, attempt)
	return s
}

// End takes an attempt out, as soon as its function has returned or has panicked.
func (t *Table) End(s Slot) { t.release(s) }

// A Held slot is one goroutine's own.
type Held struct {
	t *Table
	s Slot
}

// Hold takes a slot for a goroutine that runs one task after another.
func (t *Table) Hold() Held { return Held{t, t.claim()} }

// Begin enters an attempt; about 10 ns with its end.
func (h Held) Begin(id wire.ID, attempt uint32) { h.t.enter(h.s, id, attempt) }

// End takes the attempt out.
func (h Held) End() {
	if h.s != none {
		atomic.StoreUint64(h.t.state(h.s), claimed)
	}
}

// Release gives the slot back, with the attempt in it if there is one.
func (h Held) Release() { h.t.release(h.s) }

// claim takes a free slot.
func (t *Table) claim() Slot {
	n := (len(t.words) - headerWords) / slotWords
	first := int(rand.Uint32N(uint32(min(n, near))))
	for k := range n {
		i := first + k
		if i >= n {
			i -= n
		}
		state := t.state(Slot(i))
		if atomic.LoadUint64(state) == 0 && atomic.CompareAndSwapUint64(state, 0, claimed) {
			return Slot(i)
		}
	}
	atomic.AddUint64(&t.words[wordMore], 1)
	return none
}

// enter writes an attempt into a slot that the caller has claimed. The layer is stored before the state on every processor,
// because an atomic store is a release.
func (t *Table) enter(s Slot, id wire.ID, attempt uint32) {
	if s == none {
		return
	}
	t.words[headerWords+int(s)*slotWords] = uint64(id.Layer)
	atomic.StoreUint64(t.state(s), running|uint64(attempt)<<32|uint64(uint32(id.Index)))
}

func (t *Table) release(s Slot) {
	if s == none {
		atomic.AddUint64(&t.words[wordMore], ^uint64(0))
		return
	}
	atomic.StoreUint64(t.state(s), 0)
}

func (t *Table) state(s Slot) *uint64 { return &t.words[headerWords+int(s)*slotWords+1] }

// Read returns what is running in this process. Nothing may begin or end meanwhile; [File.Read] has no such condition.
func (t *Table) Read() Snapshot {
	return read(len(t.words), func(i int) uint64 { return t.words[i] })
}

// Close gives the table's memory back. The table must not be used afterwards.
func (t *Table) Close() error {
	t.words = nil
	return t.unmap()
}

// asWords views mapped memory, which is aligned to a page, as words.
func asWords(mem []byte) []uint64 {
	return unsafe.Slice((*uint64)(unsafe.Pointer(unsafe.SliceData(mem))), len(mem)/8)
}

// A Snapshot is what a table said at one moment.
type Snapshot struct {
	Running []wire.Attempt // in the order of the slots
	More    int            // attempts that ran beside these and found no slot
}

// Exact says whether Running is everything that ran.
func (s Snapshot) Exact() bool { return s.More == 0 }

// read decodes n words. Any content is valid: words which another process has written over give a wrong answer at worst.
func read(n int, word func(int) uint64) Snapshot {
	var s Snapshot
	for at := headerWords; at+1 < n; at += slotWords {
		if w := word(at + 1); w&running != 0 {
			id := wire.ID{Layer: wire.LayerID(word(at)), Index: int32(uint32(w))}
			s.Running = append(s.Running, wire.Attempt{ID: id, Attempt: uint32(w>>32) &^ (1 << 31)})
		}
	}
	if more := word(wordMore); more < 1<<31 {
		s.More = int(more)
	}
	return s
}
