package bag

import (
	"context"
	"math"
	"runtime/debug"
	"sync"

	"sheaf/internal/config"
)

// Reading text allocates each window of it anew, because lines refer to it. In a small heap the garbage collector would run after every few
// megabytes of that, a hundred times a second. So while text is read an unused allocation, which takes no memory as nobody
// writes to it, makes the heap look larger and collections rarer. That leaves up to about as much garbage, so it is not done where the
// memory limit is low.
const (
	ballastBytes = 32 << 20
	ballastFrom  = 1 << 30 // bytes of memory limit
)

var ballast struct {
	mu      sync.Mutex
	readers int
	bytes   []byte
}

// holdBallast is called by a reader of text, and what it returns when the reader is done.
func holdBallast(ctx context.Context) func() {
	limit, err := config.MemoryLimit.Get(ctx)
	if err != nil || limit != 0 && limit < ballastFrom || debug.SetMemoryLimit(-1) != math.MaxInt64 {
		return func() {}
	}
	ballast.mu.Lock()
	defer ballast.mu.Unlock()
	if ballast.readers++; ballast.bytes == nil {
		ballast.bytes = make([]byte, ballastBytes)
	}
	return func() {
		ballast.mu.Lock()
		defer ballast.mu.Unlock()
		if ballast.readers--; ballast.readers == 0 {
			ballast.bytes = nil
		}
	}
}
