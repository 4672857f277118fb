package task

import (
	"bytes"
	"runtime"
	"strconv"
	"sync"
)

// finders know the goroutines that run tasks.
var finders struct {
	mu  sync.RWMutex // guards all
	all []func(goroutine uint64) (Place, bool)
}

// RegisterFinder is how executors say by which goroutine they find the place of a task, for code that has no context.
func RegisterFinder(f func(goroutine uint64) (Place, bool)) {
	finders.mu.Lock()
	defer finders.mu.Unlock()
	finders.all = append(finders.all, f)
}

// Here returns the place of the task that runs on the calling goroutine, and whether there is one. It costs some microseconds.
func Here() (Place, bool) {
	finders.mu.RLock()
	defer finders.mu.RUnlock()
	n := Goroutine()
	for _, f := range finders.all {
		if p, ok := f(n); ok {
			return p, true
		}
	}
	return nil, false
}

// Goroutine returns the number of the calling goroutine, as it stands in stack traces. It costs some microseconds, more the deeper
// the stack.
func Goroutine() uint64 {
	var buf [64]byte
	b := buf[:runtime.Stack(buf[:], false)]
	b = bytes.TrimPrefix(b, []byte("goroutine "))
	b, _, _ = bytes.Cut(b, []byte{' '})
	n, _ := strconv.ParseUint(string(b), 10, 64)
	return n
}
