package local

import (
	"math"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"
)

// A Softener keeps the garbage of spilled and dropped values from adding to the memory limit. While values are being spilled it
// gives the garbage collector a soft limit a quarter above the engine's plus whatever else the program holds, so that it
// collects before more than that is in use; when nothing has been spilled for a while the collector gets back its freedom. A
// limit that the program or GOMEMLIMIT sets is left alone.
type Softener struct {
	limit int64 // of the engine

	mu    sync.Mutex // guards what follows
	set   int64      // what the collector was told last, 0 for nothing
	last  time.Time
	reset *time.Timer
}

const (
	softenEvery = 500 * time.Millisecond
	softenFor   = 5 * time.Second
)

// NewSoftener returns the softener of an engine with a memory limit in bytes.
func NewSoftener(limitBytes int64) *Softener { return &Softener{limit: limitBytes} }

// Press says that values are being spilled.
func (s *Softener) Press() {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if now.Sub(s.last) < softenEvery {
		return
	}
	s.last = now
	if current := debug.SetMemoryLimit(-1); current != s.set && current != math.MaxInt64 || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	s.set = s.limit + s.limit/4 + max(0, liveHeap()-s.limit)
	debug.SetMemoryLimit(s.set)
	if s.reset == nil {
		s.reset = time.AfterFunc(softenFor, s.relax)
	} else {
		s.reset.Reset(softenFor)
	}
}

// relax takes the limit away again.
func (s *Softener) relax() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.set != 0 && debug.SetMemoryLimit(-1) == s.set {
		debug.SetMemoryLimit(math.MaxInt64)
	}
	s.set = 0
}

// liveHeap returns the bytes that the last collection found in use.
func liveHeap() int64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return int64(sample[0].Value.Uint64())
}
