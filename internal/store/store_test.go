package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"

	"pgregory.net/rapid"

	"sheaf/internal/codec"
)

type frames struct{}

func (frames) Encode(w io.Writer, v any) error { return codec.EncodeFrame(w, v) }

func (frames) Decode(r io.Reader) (any, error) { return codec.DecodeFrame(r) }

func never() int64 { return math.MaxInt64 }

const kib = 1 << 10

func put(s *Store, v any, size int64, next func() int64) *Entry {
	s.Add(size)
	return s.Put(v, size, next)
}

func open(t testing.TB, limit int64) *Store {
	s := New(Config{LimitBytes: limit, Dir: t.TempDir(), Codec: frames{}})
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// TestRoundTrip: what comes back from disk is what went there, whatever the order.
func TestRoundTrip(t *testing.T) {
	s := open(t, 64*kib)
	rapid.Check(t, func(t *rapid.T) {
		var entries []*Entry
		want := rapid.SliceOfN(rapid.Map(rapid.IntRange(0, 60*kib), func(n int) []byte {
			b := make([]byte, n)
			rng := rand.New(rand.NewPCG(uint64(n), 1))
			for k := range b {
				b[k] = byte(rng.Uint32())
			}
			return b
		}), 1, 20).Draw(t, "values")
		for k, v := range want {
			if _, err := s.Reserve(context.Background(), int64(len(v))); err != nil {
				t.Fatal(err)
			}
			entries = append(entries, s.Put(v, int64(len(v)), func() int64 { return int64(k) }))
		}
		for _, k := range rapid.Permutation(indices(len(want))).Draw(t, "order") {
			v, err := entries[k].Pin()
			if err != nil {
				t.Fatal(err)
			}
			if string(v.([]byte)) != string(want[k]) {
				t.Fatalf("value %d is another", k)
			}
			entries[k].Unpin()
		}
		for _, e := range entries {
			e.Drop()
			e.Drop()
		}
		if s.OnDisk() != 0 {
			t.Fatalf("%d bytes on disk are left", s.OnDisk())
		}
		s.Add(-s.Used()) // reservations that did not fit
	})
	if s.Spilled() == 0 {
		t.Error("nothing was spilled")
	}
}

func indices(n int) []int {
	x := make([]int, n)
	for k := range x {
		x[k] = k
	}
	return x
}

// TestVictims: what is needed last goes first; pinned values stay.
func TestVictims(t *testing.T) {
	s := open(t, 400*kib)
	at := func(n int64) func() int64 { return func() int64 { return n } }
	soon := put(s, make([]byte, 100*kib), 100*kib, at(1))
	late := put(s, make([]byte, 100*kib), 100*kib, at(9))
	pinned := put(s, make([]byte, 100*kib), 100*kib, never)
	idle := put(s, make([]byte, 100*kib), 100*kib, never)
	if _, err := pinned.Pin(); err != nil {
		t.Fatal(err)
	}
	check := func(want ...bool) {
		t.Helper()
		for k, e := range []*Entry{soon, late, pinned, idle} {
			if e.InMemory() != want[k] {
				t.Errorf("entry %d in memory: got %t, want %t", k, e.InMemory(), want[k])
			}
		}
	}
	for _, want := range [][]bool{{true, true, true, false}, {true, false, true, false}, {false, false, true, false}} {
		if ok, err := s.Reserve(t.Context(), 100*kib); !ok || err != nil {
			t.Fatal(ok, err)
		}
		check(want...)
	}
	if ok, err := s.Reserve(t.Context(), 100*kib); ok || err != nil {
		t.Errorf("got %t, %v, want that it does not fit", ok, err)
	}
	pinned.Unpin()
	if ok, err := s.Reserve(t.Context(), 100*kib); !ok || err != nil {
		t.Errorf("got %t, %v", ok, err)
	}
}

func TestDropped(t *testing.T) {
	s := open(t, 0)
	e := put(s, 1, 10, never)
	if v := e.Take(); v != 1 || s.Used() != 0 || e.Take() != nil {
		t.Errorf("got %v, %d bytes left", v, s.Used())
	}
	if _, err := e.Pin(); !errors.Is(err, ErrDropped) {
		t.Errorf("got %v, want ErrDropped", err)
	}
}

// TestDamagedFile: a bit that flips on disk is an error and not a wrong value.
func TestDamagedFile(t *testing.T) {
	s := open(t, 100*kib)
	e := put(s, make([]byte, 90*kib), 90*kib, never)
	if ok, err := s.Reserve(t.Context(), 50*kib); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if e.InMemory() {
		t.Fatal("the value was not spilled")
	}
	if _, err := e.at.seg.file.WriteAt([]byte{1}, e.at.start+e.at.size/2); err != nil {
		t.Fatal(err)
	}
	_, err := e.Pin()
	if !errors.Is(err, ErrSpill) || !strings.Contains(err.Error(), "checksum") {
		t.Errorf("got %v, want an error about the checksum", err)
	}
	if err := e.at.seg.file.Truncate(e.at.start + e.at.size/2); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Pin(); !errors.Is(err, ErrSpill) {
		t.Errorf("cut short: got %v", err)
	}
	e.Drop()
}

// TestCannotBeEncoded: a value that has no encoding stays in memory, and others go.
func TestCannotBeEncoded(t *testing.T) {
	s := open(t, 200*kib)
	odd := put(s, make(chan int), 100*kib, never)
	plain := put(s, make([]byte, 100*kib), 100*kib, func() int64 { return 1 })
	if ok, err := s.Reserve(t.Context(), 100*kib); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if !odd.InMemory() || plain.InMemory() {
		t.Error("the wrong value was spilled")
	}
	if v, err := odd.Pin(); err != nil || v == nil {
		t.Errorf("got %v, %v", v, err)
	}
}

func TestNoDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "gone")
	s := New(Config{LimitBytes: 100 * kib, Dir: dir, Codec: frames{}})
	e := put(s, make([]byte, 90*kib), 90*kib, never)
	_, err := s.Reserve(t.Context(), 50*kib)
	if !errors.Is(err, ErrSpill) || !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), dir) {
		t.Errorf("got %v, want one that names the directory", err)
	}
	if v, err := e.Pin(); err != nil || len(v.([]byte)) != 90*kib {
		t.Errorf("the value is lost: %v", err)
	}
}

// TestDiskFull spills to a file system of a megabyte.
func TestDiskFull(t *testing.T) {
	dir := smallDisk(t)
	s := New(Config{LimitBytes: 300 * kib, Dir: dir, Codec: frames{}})
	defer s.Close()
	var entries []*Entry
	var err error
	for k := 0; k < 40 && err == nil; k++ {
		b := make([]byte, 100*kib)
		for i := range b {
			b[i] = byte(k * i)
		}
		if _, err = s.Reserve(t.Context(), int64(len(b))); err == nil {
			entries = append(entries, s.Put(b, int64(len(b)), never))
		}
	}
	if !errors.Is(err, ErrSpill) || !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "SHEAF_TEMPORARY_DIRECTORY") {
		t.Fatalf("got %v, want that there is no space and what to do", err)
	}
	for k, e := range entries { // what was written can be read, and frees its space
		v, err := e.Pin()
		if err != nil || v.([]byte)[2] != byte(k*2) {
			t.Fatalf("entry %d: %v", k, err)
		}
		e.Unpin()
		e.Drop()
	}
	s.Add(-s.Used())
	e := put(s, make([]byte, 300*kib), 300*kib, never)
	if ok, err := s.Reserve(t.Context(), 100*kib); !ok || err != nil || e.InMemory() {
		t.Errorf("after space was freed: %t, %v", ok, err)
	}
}

func smallDisk(t *testing.T) string {
	if runtime.GOOS != "linux" {
		t.Skip("needs a file system in memory")
	}
	dir := t.TempDir()
	if err := mountTmpfs(dir); err != nil {
		t.Skipf("a small file system cannot be mounted: %v", err)
	}
	t.Cleanup(func() { _ = unmount(dir) })
	return dir
}

func TestNothingIsLeftBehind(t *testing.T) {
	dir := t.TempDir()
	s := New(Config{LimitBytes: 100 * kib, Dir: dir, Codec: frames{}})
	put(s, make([]byte, 90*kib), 90*kib, never)
	if ok, err := s.Reserve(t.Context(), 50*kib); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 && runtime.GOOS != "windows" {
		t.Errorf("%s has a name while it is in use, and would stay if the process were killed", left[0].Name())
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("%v is left", left)
	}
}

// TestConcurrentUse pins, drops and makes room from many goroutines; the race detector watches.
func TestConcurrentUse(t *testing.T) {
	s := open(t, 500*kib)
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(g), 0))
			for k := range 50 {
				n := int64(1+rng.IntN(60)) * kib
				if ok, err := s.Reserve(t.Context(), n); err != nil {
					t.Error(err)
				} else if !ok {
					s.Add(n)
				}
				e := s.Put(fmt.Sprint(g, k, strings.Repeat("x", int(n))), n, func() int64 { return int64(k) })
				for range 3 {
					v, err := e.Pin()
					if err != nil || !strings.HasPrefix(v.(string), fmt.Sprint(g, k)) {
						t.Error("wrong value", err)
					}
					e.Unpin()
				}
				e.Drop()
			}
		})
	}
	wg.Wait()
	if s.Used() != 0 || s.OnDisk() != 0 {
		t.Errorf("%d bytes in memory and %d on disk are left", s.Used(), s.OnDisk())
	}
}

// TestSpilledBytesAreShared: what is on disk can be read as it lies there, also when the value is dropped or read back meanwhile,
// and its space is not used again before that has ended.
func TestSpilledBytesAreShared(t *testing.T) {
	s := open(t, 64*kib)
	v := make([]byte, 48*kib)
	v[7] = 42
	e := put(s, v, int64(len(v)), never)
	if _, ok := e.Spilled(); ok {
		t.Error("a value in memory is said to be on disk")
	}
	if ok, err := s.Reserve(t.Context(), 40*kib); !ok || err != nil {
		t.Fatal(ok, err)
	}
	r, ok := e.Spilled()
	if !ok {
		t.Fatal("the value is not on disk")
	}
	e.Drop()
	s.Add(-40 * kib)
	other := put(s, make([]byte, 48*kib), 48*kib, never) // would lie where the first one did
	if ok, err := s.Reserve(t.Context(), 40*kib); !ok || err != nil {
		t.Fatal(ok, err)
	}
	got, err := codec.DecodeFrame(r)
	if err != nil || got.([]byte)[7] != 42 {
		t.Errorf("got another value, %v", err)
	}
	if err := errors.Join(r.Close(), r.Close()); err != nil {
		t.Error(err)
	}
	if v, err := other.Pin(); err != nil || v.([]byte)[7] != 0 {
		t.Errorf("the other value was damaged: %v", err)
	}
	other.Unpin()
	other.Drop()
	if s.OnDisk() != 0 {
		t.Errorf("%d bytes are counted on disk", s.OnDisk())
	}
}
