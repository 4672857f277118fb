package slots

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// A File is a table as its agent holds it: something to hand to a process, and to read when the process is dead.
type File struct {
	f *os.File
	n int
}

// Create makes a table of n slots, clipped to [1, 65536], in a file without a name.
func Create(n int) (*File, error) {
	n = clip(n)
	f, err := anonymous(int64(bytes(n)))
	if err != nil {
		return nil, fmt.Errorf("slots: making a table: %w", err)
	}
	header := make([]byte, headerWords*8)
	binary.NativeEndian.PutUint64(header[wordMagic*8:], magic)
	binary.NativeEndian.PutUint64(header[wordSlots*8:], uint64(n))
	if _, err := f.WriteAt(header, 0); err != nil {
		f.Close()
		return nil, fmt.Errorf("slots: making a table: %w", err)
	}
	return &File{f, n}, nil
}

// Descriptor returns the file to be inherited by the process.
func (f *File) Descriptor() *os.File { return f.f }

// Read returns what the process was running, also after its death.
func (f *File) Read() (Snapshot, error) {
	buf := make([]byte, bytes(f.n))
	if _, err := f.f.ReadAt(buf, 0); err != nil && !errors.Is(err, io.EOF) { // a process that shortened its file leaves zeros
		return Snapshot{}, fmt.Errorf("slots: reading a table: %w", err)
	}
	return read(len(buf)/8, func(i int) uint64 { return binary.NativeEndian.Uint64(buf[i*8:]) }), nil
}

// Close gives the file back.
func (f *File) Close() error { return f.f.Close() }

// Open maps the table that a process has inherited. It takes the file over and closes it; the mapping stays.
func Open(f *os.File) (*Table, error) {
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("slots: opening a table: %w", err)
	}
	header := make([]byte, headerWords*8)
	if _, err := f.ReadAt(header, 0); err != nil {
		return nil, fmt.Errorf("slots: opening a table: %w", err)
	}
	if got := binary.NativeEndian.Uint64(header[wordMagic*8:]); got != magic {
		return nil, fmt.Errorf("slots: opening a table: not a table, or of another version (%#x)", got)
	}
	n := binary.NativeEndian.Uint64(header[wordSlots*8:])
	if n == 0 || n > slotsMax || info.Size() != int64(bytes(int(n))) {
		return nil, fmt.Errorf("slots: opening a table: %d bytes for %d slots", info.Size(), n)
	}
	mem, unmap, err := mapShared(f, bytes(int(n)))
	if err != nil {
		return nil, fmt.Errorf("slots: mapping a table: %w", err)
	}
	return &Table{asWords(mem), unmap}, nil
}
