package bag

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"
	"weak"

	"sheaf/internal/store"
)

// A scratchFile takes what shuffles write. Several shards share one. It has no name where the system allows that, so it disappears
// with the last shard, or with the process however that ends.
type scratchFile struct {
	f    *os.File
	mu   sync.Mutex // guards size
	size int64
}

const scratchMax = 256 << 20 // bytes after which a new file is begun, so that disk space comes back in pieces

var scratch struct {
	mu      sync.Mutex
	current map[string]weak.Pointer[scratchFile] // by directory
}

// openScratch returns a file in dir that has room.
func openScratch(dir string) (*scratchFile, error) {
	if dir == "" {
		dir = os.TempDir()
	}
	scratch.mu.Lock()
	defer scratch.mu.Unlock()
	if s := scratch.current[dir].Value(); s != nil && s.hasRoom() {
		return s, nil
	}
	f, err := os.CreateTemp(dir, "sheaf-shuffle-*")
	if err != nil {
		return nil, fmt.Errorf("bag: shuffle: %w: %w; set SHEAF_TEMPORARY_DIRECTORY to a directory that can be written", store.ErrSpill, err)
	}
	s := &scratchFile{f: f}
	if os.Remove(f.Name()) != nil { // Windows keeps the name of an open file
		runtime.AddCleanup(s, func(f *os.File) {
			_ = f.Close()
			_ = os.Remove(f.Name())
		}, f)
	}
	if scratch.current == nil {
		scratch.current = map[string]weak.Pointer[scratchFile]{}
	}
	scratch.current[dir] = weak.Make(s)
	return s, nil
}

func (s *scratchFile) hasRoom() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.size < scratchMax
}

// copy writes size bytes of r and returns where they begin.
func (s *scratchFile) copy(r io.Reader, size int64) (int64, error) {
	s.mu.Lock()
	at := s.size
	s.size += size
	s.mu.Unlock()
	w := &disk{s.f, at}
	if _, err := io.CopyN(w, r, size); err != nil {
		return 0, err
	}
	return at, nil
}

// disk writes to a place of a file, and says what to do when that fails.
type disk struct {
	f  *os.File
	at int64
}

func (d *disk) Write(b []byte) (int, error) {
	n, err := d.f.WriteAt(b, d.at)
	d.at += int64(n)
	if err != nil {
		err = unwritten(len(b), err)
	}
	return n, err
}

func unwritten(n int, err error) error {
	return fmt.Errorf("bag: shuffle: %w: writing %d bytes: %w; free space there, or set SHEAF_TEMPORARY_DIRECTORY to another place", store.ErrSpill, n, err)
}

// append writes b and returns where it begins.
func (s *scratchFile) append(b []byte) (int64, error) {
	s.mu.Lock()
	at := s.size
	s.size += int64(len(b))
	s.mu.Unlock()
	if _, err := s.f.WriteAt(b, at); err != nil {
		return 0, unwritten(len(b), err)
	}
	return at, nil
}
