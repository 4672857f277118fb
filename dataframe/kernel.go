//go:build cgo

package dataframe

import (
	"context"
	"runtime"
	"sync"

	"sheaf/internal/kernel/frame"
)

// pool returns the databases that fragments run in: one of a single thread per processor.
var pool = sync.OnceValues(func() (*frame.Pool, error) {
	n := runtime.GOMAXPROCS(0)
	return frame.Open(frame.Options{Databases: n, MemoryLimit: kernelBytes() / int64(n), TempDir: spillDir()})
})

// widePool returns the one database that uses all processors, for fragments that are a whole plan.
var widePool = sync.OnceValues(func() (*frame.Pool, error) {
	return frame.Open(frame.Options{Databases: 1, Threads: runtime.GOMAXPROCS(0), MemoryLimit: kernelBytes(), TempDir: spillDir()})
})

// kernel is what queries run on.
func kernel(wide bool) (*frame.Pool, error) {
	if wide {
		return widePool()
	}
	return pool()
}

// memoryLimit is the bytes that computing may use.
func memoryLimit() int64 {
	return settings(context.Background()).memory
}

const kernelBytesMin = 64 << 20

// kernelBytes is DuckDB's share of the memory limit; values of tasks have the rest.
func kernelBytes() int64 { return max(memoryLimit()/4, kernelBytesMin) }

func spillDir() string { return settings(context.Background()).dir }
