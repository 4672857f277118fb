//go:build linux

package faulttest

import (
	"context"
	"fmt"
	"hash/fnv"
	"os"
	"runtime"
	"syscall"
	"time"
)

func square(x int) int { return x * x }

// slow squares a number, and leaves a mark.
func slow(ctx context.Context, dir string, i int, d time.Duration) (int, error) {
	if err := leave(ctx, dir, fmt.Sprint(i)); err != nil {
		return 0, err
	}
	time.Sleep(d)
	return i * i, nil
}

// block makes reproducible bytes.
func block(seed uint64, bytes int) []byte {
	b := make([]byte, bytes)
	x := seed*0x9e3779b97f4a7c15 + 1
	for i := range b {
		if i&7 == 0 {
			x ^= x << 13
			x ^= x >> 7
			x ^= x << 17
		}
		b[i] = byte(x >> (8 * (i & 7)))
	}
	return b
}

// marked is block with a mark.
func marked(ctx context.Context, dir string, seed uint64, bytes int) ([]byte, error) {
	if err := leave(ctx, dir, fmt.Sprint("block", seed)); err != nil {
		return nil, err
	}
	return block(seed, bytes), nil
}

// digest is what the tests compare of blocks.
func digest(bs ...[]byte) uint64 {
	h := fnv.New64a()
	for _, b := range bs {
		_, _ = h.Write(b)
	}
	return h.Sum64()
}

// exits ends its process.
func exits(code int) int {
	fmt.Fprintln(os.Stderr, "last words of a task")
	os.Exit(code)
	return 0
}

// segfaults is what broken C code does.
func segfaults() int {
	runtime.LockOSThread()
	_ = syscall.Kill(os.Getpid(), syscall.SIGSEGV)
	time.Sleep(10 * time.Second)
	return 0
}

// crashes dies of a panic in a goroutine of its own, which nobody can recover.
func crashes() int {
	go func() { panic("nobody recovers this") }()
	time.Sleep(10 * time.Second)
	return 0
}

// devours takes memory until its process is ended.
func devours(mebibytes int) int {
	var kept [][]byte
	for range mebibytes {
		b := make([]byte, 1<<20)
		for i := 0; i < len(b); i += 4096 {
			b[i] = 1
		}
		kept = append(kept, b)
		time.Sleep(time.Millisecond)
	}
	return len(kept)
}

func panics(text string) int { panic(fmt.Sprintf("%s at last", text)) }

func goexits() int { runtime.Goexit(); return 0 }

// recurses has no end, and a stack that ends soon.
func recurses(n int) int {
	var pad [512]byte
	pad[n%512] = byte(n)
	if n < 0 { // it does not get so far
		return n
	}
	return recurses(n+1) + int(pad[(n+1)%512])
}

// goroutines and descriptors of the process it runs in.
func belongings() [2]int {
	files, _ := os.ReadDir("/proc/self/fd")
	return [2]int{runtime.NumGoroutine(), len(files)}
}
