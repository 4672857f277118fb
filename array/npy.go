package array

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"sheaf"
	"sheaf/graph"
	"sheaf/ndarray"
)

// FromNpy makes an array of a .npy file. Its header is read at once, each block when it is computed. It takes [Chunks].
//
// NumPy's counterpart is from_array of a memory-mapped file.
func FromNpy(path string, opts ...Option) *Array {
	const op = "from npy"
	o, err := parseOptions(op, takesChunks, opts)
	if err != nil {
		return &Array{err: err}
	}
	src, err := openNpy(path)
	if err != nil {
		return at(op, npyError(err))
	}
	chunks, err := normalize(o.chunks, src.header.Shape, src.header.DType.Size(), nil)
	if err != nil {
		return at(op, err)
	}
	return wrap(newBlocks(op, src, src.header.DType, chunks))
}

// npySource reads blocks of a .npy file.
type npySource struct {
	path   string
	header *ndarray.NpyHeader
	size   int64
	stamp  int64 // when the file changed last
}

func openNpy(path string) (*npySource, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(abs)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	h, err := ndarray.ReadNpyHeader(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if info.Size() < h.Size() {
		return nil, wrong(ErrFormat, "%s has %d bytes, its header says %d", path, info.Size(), h.Size())
	}
	return &npySource{abs, h, info.Size(), info.ModTime().UnixNano()}, nil
}

// npyError gives an error of the format the cause of this package.
func npyError(err error) error {
	if errors.Is(err, ndarray.ErrFormat) || errors.Is(err, ndarray.ErrDType) {
		return wrong(ErrFormat, "%v", err)
	}
	return err
}

// HashToken implements graph.Tokener.
func (s *npySource) HashToken(h *graph.Hasher) {
	h.String("npy")
	h.String(s.path)
	h.Int(int(s.size))
	h.Int(int(s.stamp))
}

// Block implements BlockSource.
func (s *npySource) Block(_ context.Context, b Block) (*ndarray.Array, error) {
	f, err := os.Open(s.path)
	if err != nil {
		return nil, fmt.Errorf("array: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("array: %w", err)
	}
	if info.Size() != s.size || info.ModTime().UnixNano() != s.stamp {
		return nil, wrong(ErrFormat, "array: %s has changed since the array was made of it", s.path)
	}
	hi := make([]int, len(b.Start))
	for a := range hi {
		hi[a] = b.Start[a] + b.Shape[a]
	}
	v, err := s.header.ReadBox(f, b.Start, hi)
	if err != nil {
		return nil, fmt.Errorf("array: %s: %w", s.path, npyError(err))
	}
	return v, nil
}

// ToNpy writes x into one .npy file when the action is run, each block to its place: x need not fit in memory. It takes
// [Overwrite]. The file appears under its name when all of it is written.
//
// NumPy's counterpart is save, after compute.
func (x *Array) ToNpy(path string, opts ...Option) *sheaf.Action {
	a, err := x.toNpy(path, opts)
	if err != nil {
		return sheaf.NewAction(sheaf.ActionSpec{Err: err})
	}
	return a
}

func (x *Array) toNpy(path string, opts []Option) (*sheaf.Action, error) {
	const op = "to npy"
	if x.err != nil {
		return nil, x.err
	}
	o, err := parseOptions(op, takesOverwrite, opts)
	if err != nil {
		return nil, err
	}
	chunks := x.chunksOf()
	for a, c := range chunks {
		if total(c) == unknown {
			return nil, fail(op, ErrUnknownChunks, "chunk sizes along axis %d are unknown; %s", a, cure)
		}
	}
	h, prefix, err := ndarray.NewNpyHeader(x.DType(), x.Shape()...)
	if err != nil {
		return nil, at(op, err).err
	}
	s, err := newStaged(op, path, false, o.force)
	if err != nil {
		return nil, at(op, err).err
	}
	w := writeNpy{header: h, path: s.temp, starts: make([][]int, len(chunks))}
	for a, c := range chunks {
		w.starts[a] = starts(c)
	}
	return x.writeBlocks("write npy", w, s, func() error {
		if err := os.WriteFile(s.temp, prefix, 0o644); err != nil {
			return err
		}
		return os.Truncate(s.temp, h.Size())
	})
}

// writeNpy writes one block to its place in the file.
type writeNpy struct {
	header *ndarray.NpyHeader
	path   string
	starts [][]int
}

// ReadsOnly implements graph.Reader.
func (writeNpy) ReadsOnly() {}

// OutBytes implements graph.Sized.
func (writeNpy) OutBytes(int) int64 { return 0 }

// Run implements graph.Op.
func (o writeNpy) Run(_ context.Context, t *graph.Task) (any, error) {
	b, ok := t.In(0)[0].(*ndarray.Array)
	if !ok {
		return nil, wrongBlock(t, t.In(0)[0], o.header.DType, len(o.starts))
	}
	lo := t.Coords(nil)
	for a, c := range lo {
		lo[a] = o.starts[a][c]
	}
	f, err := os.OpenFile(o.path, os.O_WRONLY, 0)
	if err != nil {
		return nil, fmt.Errorf("array: to npy: %w", err)
	}
	return nil, errors.Join(o.header.WriteBox(f, lo, b), f.Close())
}
