package diagnostics

import "sync"

// byRun keeps something for each run that goes on.
type byRun[T any] struct {
	mu sync.Mutex // guards m
	m  map[uint64]T
}

func (b *byRun[T]) put(run uint64, v T) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.m == nil {
		b.m = map[uint64]T{}
	}
	b.m[run] = v
}

func (b *byRun[T]) get(run uint64) T {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.m[run]
}

func (b *byRun[T]) drop(run uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.m, run)
}
