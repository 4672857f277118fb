//go:build cgo

package dataframe

import (
	"context"
	"math"
	"runtime"
	"runtime/debug"
	"sync"

	"sheaf/internal/kernel/frame"
)

// pool returns the databases that fragments run in: one of a single thread per processor.
var pool = sync.OnceValues(func() (*frame.Pool, error) {
	n := runtime.GOMAXPROCS(0)
	each := max(kernelBytes()/int64(n), kernelBytesMin)
	shareMemory(each * int64(n))
	return frame.Open(frame.Options{Databases: n, MemoryLimit: each, TempDir: spillDir()})
})

// shareMemory lowers the limit of Go's own memory, if it has one, by what databases may take: the collector knows nothing of them.
func shareMemory(bytes int64) {
	if have := debug.SetMemoryLimit(-1); have < math.MaxInt64/2 {
		debug.SetMemoryLimit(max(have-bytes, have/2))
	}
}

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

// kernelBytesMin is what one query needs to group or sort partitions of usual size without giving up.
const kernelBytesMin = 100 << 20

// kernelBytes is DuckDB's share of the memory limit; values of tasks have the rest.
func kernelBytes() int64 { return max(memoryLimit()*2/5, kernelBytesMin) }

func spillDir() string { return settings(context.Background()).dir }
