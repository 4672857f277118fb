// Package store keeps the values of tasks: in memory as long as they fit below a limit, else on disk.
//
// The limit is kept by reservation: room is made before a task starts, by writing the values that are needed last to files
// that exist only as long as this process does. Values that are small are not worth a file; they only count.
package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
)

// ErrSpill is matched by the error about a value that could not be written to or read from disk.
var ErrSpill = errors.New("spilling to disk failed")

// A Codec writes values to files and reads them again.
type Codec interface {
	Encode(w io.Writer, v any) error
	Decode(r io.Reader) (any, error)
}

// Config says how much a store may hold. The zero value has no limit.
type Config struct {
	LimitBytes int64  // of values in memory; 0 means no limit
	Dir        string // where spill files go; empty means the system's temporary directory
	Codec      Codec  // nil means that nothing can be spilled
	Pressure   func() // called whenever values have to be spilled; it must return quickly. It may be nil.
}

// Sizes from which a value is worth its own [Entry]: always, and when memory is scarce.
const (
	TrackedBytes = 32 << 10
	LeastBytes   = 1 << 10
)

// A Store counts the bytes of values and spills them. It is safe for concurrent use.
type Store struct {
	conf     Config
	used     atomic.Int64 // values in memory, and reservations
	peak     atomic.Int64
	onDisk   atomic.Int64
	spilled  atomic.Int64 // bytes ever written
	mu       sync.Mutex   // guards entries
	entries  map[*Entry]struct{}
	making   sync.Mutex // held by who makes room
	disk     disk
	tracking atomic.Int64
}

// New returns a store.
func New(conf Config) *Store {
	return &Store{conf: conf, entries: map[*Entry]struct{}{}, disk: disk{dir: conf.Dir}}
}

// Limit returns the number of bytes that may be in memory; 0 means no limit.
func (s *Store) Limit() int64 { return s.conf.LimitBytes }

// Used returns the bytes in memory, reservations included.
func (s *Store) Used() int64 { return s.used.Load() }

// Peak returns the largest number of bytes that were in memory at once.
func (s *Store) Peak() int64 { return s.peak.Load() }

// OnDisk returns the bytes of values that are on disk now.
func (s *Store) OnDisk() int64 { return s.onDisk.Load() }

// Spilled returns the bytes ever written to disk.
func (s *Store) Spilled() int64 { return s.spilled.Load() }

// Add counts n bytes more, or fewer, without asking whether they fit.
func (s *Store) Add(n int64) {
	now := s.used.Add(n)
	for peak := s.peak.Load(); now > peak && !s.peak.CompareAndSwap(peak, now); peak = s.peak.Load() {
	}
}

// Fits reports whether n bytes more stay below the limit, without reserving them.
func (s *Store) Fits(n int64) bool {
	return s.conf.LimitBytes <= 0 || s.used.Load()+n <= s.conf.LimitBytes
}

// Reserve counts n bytes more if they fit, and spills values until they do. It reports false if there is nothing left to
// spill: then n is not reserved, and the caller waits for others to finish or, if there is nobody to wait for, calls
// [Store.Add]. The error is of writing to disk.
func (s *Store) Reserve(ctx context.Context, n int64) (bool, error) {
	limit := s.conf.LimitBytes
	if limit <= 0 {
		s.Add(n)
		return true, nil
	}
	for {
		now := s.used.Load()
		if now+n <= limit {
			if s.used.CompareAndSwap(now, now+n) {
				s.Add(0)
				return true, nil
			}
			continue
		}
		made, err := s.makeRoom(ctx, n)
		if err != nil {
			return false, err
		}
		if made == 0 {
			return false, nil
		}
	}
}

// spareShare is the part of the limit that is freed in one go, so that the search for victims is not repeated for each task.
const spareShare = 16

// makeRoom spills values that are needed last until n bytes fit, if it can, and returns how many it freed.
func (s *Store) makeRoom(ctx context.Context, n int64) (int64, error) {
	if s.conf.Codec == nil {
		return 0, nil
	}
	s.making.Lock()
	defer s.making.Unlock()
	if s.Fits(n) {
		return n, nil // somebody else made room meanwhile
	}
	if s.conf.Pressure != nil {
		s.conf.Pressure()
	}
	need := max(s.used.Load()+n-s.conf.LimitBytes, s.conf.LimitBytes/spareShare)
	var freed int64
	for _, v := range s.victims() {
		if err := ctx.Err(); err != nil {
			return freed, err
		}
		n, err := v.entry.spill()
		if err != nil {
			return freed, err
		}
		if freed += n; freed >= need {
			break
		}
	}
	return freed, nil
}

type victim struct {
	entry *Entry
	next  int64
}

// victims returns the entries in memory that nobody reads right now, those that are needed last first.
func (s *Store) victims() []victim {
	s.mu.Lock()
	all := make([]victim, 0, len(s.entries))
	for e := range s.entries {
		if e.idle() {
			all = append(all, victim{entry: e})
		}
	}
	s.mu.Unlock()
	for i := range all {
		all[i].next = all[i].entry.nextUse()
	}
	slices.SortFunc(all, func(a, b victim) int {
		return cmp.Or(cmp.Compare(b.next, a.next), cmp.Compare(a.entry.serial, b.entry.serial))
	})
	return all
}

// Close removes the spill files. Values that are on disk are lost.
func (s *Store) Close() error { return s.disk.close() }

// An Entry is one value that may be spilled.
type Entry struct {
	store   *Store
	size    int64
	serial  int64
	nextUse func() int64

	mu      sync.Mutex // guards what follows
	value   any
	pins    int
	dropped bool
	lost    bool // cannot be encoded: stays in memory for good
	at      *extent
}

// Put makes an entry for a value whose size bytes are counted already. NextUse says when the value is needed next, on a
// scale that is common to all entries of a store; it is called without locks of the store, and a value that nobody waits for
// returns math.MaxInt64.
func (s *Store) Put(v any, size int64, nextUse func() int64) *Entry {
	e := &Entry{store: s, size: size, serial: s.tracking.Add(1), value: v, nextUse: nextUse}
	s.mu.Lock()
	s.entries[e] = struct{}{}
	s.mu.Unlock()
	return e
}

// Size returns the value's size in bytes.
func (e *Entry) Size() int64 { return e.size }

// InMemory reports whether the value can be read without touching the disk.
func (e *Entry) InMemory() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.at == nil || e.value != nil
}

func (e *Entry) idle() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.pins == 0 && e.value != nil && !e.dropped && !e.lost
}

// ErrDropped is matched by the error about a value that was given up before it was read.
var ErrDropped = errors.New("the value was released")

// Pin returns the value, reading it from disk if it was spilled, and keeps it in memory until as many calls of Unpin.
// The bytes of a value that is read back are counted without asking for room.
func (e *Entry) Pin() (any, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.dropped {
		return nil, ErrDropped
	}
	if e.value == nil && e.at != nil {
		v, err := e.store.disk.read(e.at, e.store.conf.Codec)
		if err != nil {
			return nil, fmt.Errorf("reading a spilled value of %d bytes back: %w: %w", e.size, ErrSpill, err)
		}
		e.store.Add(e.size)
		e.store.onDisk.Add(-e.at.size)
		e.store.disk.free(e.at)
		e.value, e.at = v, nil
	}
	e.pins++
	return e.value, nil
}

// Spilled returns what the codec has written of the value, if it is on disk, so that it can be sent without being read back. The
// reader stays good when the value is dropped; it must be closed.
func (e *Entry) Spilled() (r io.ReadCloser, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.dropped || e.value != nil || e.at == nil {
		return nil, false
	}
	return e.store.disk.share(e.at), true
}

// Unpin ends one Pin.
func (e *Entry) Unpin() {
	e.mu.Lock()
	e.pins--
	e.mu.Unlock()
}

// Drop forgets the value.
func (e *Entry) Drop() { e.Take() }

// Take forgets the value and returns it if it was in memory.
func (e *Entry) Take() any {
	e.store.mu.Lock()
	delete(e.store.entries, e)
	e.store.mu.Unlock()
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.dropped {
		return nil
	}
	e.dropped = true
	v := e.value
	if e.at != nil {
		e.store.onDisk.Add(-e.at.size)
		e.store.disk.free(e.at)
		e.at = nil
	} else {
		e.store.Add(-e.size)
	}
	e.value = nil
	return v
}

// spill writes the value to disk and returns how many bytes of memory that freed.
func (e *Entry) spill() (int64, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.pins > 0 || e.value == nil || e.dropped || e.lost {
		return 0, nil
	}
	at, err := e.store.disk.write(e.value, e.store.conf.Codec)
	if errors.Is(err, errEncode) {
		e.lost = true // a value that cannot be written is kept; others make room
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("%w: writing a value of %d bytes to %s: %w; free space there, set SHEAF_TEMPORARY_DIRECTORY to another "+
			"place, or raise SHEAF_MEMORY_LIMIT", ErrSpill, e.size, e.store.disk.where(), err)
	}
	e.at, e.value = at, nil
	e.store.Add(-e.size)
	e.store.onDisk.Add(at.size)
	e.store.spilled.Add(at.size)
	return e.size, nil
}
