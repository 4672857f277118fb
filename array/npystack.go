package array

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"sheaf"
	"sheaf/dtype"
	"sheaf/graph"
	"sheaf/internal/pickle"
	"sheaf/ndarray"
)

// ToNpyStack writes x as a directory of .npy files, one for each block along an axis, beside a file "info" that says how they
// fit together. The other axes are put in one block. It takes [Overwrite]. The directory appears under its name when
// all of it is written.
//
// Same as dask.array.to_npy_stack, whose from_npy_stack reads the result.
func (x *Array) ToNpyStack(dir string, axis int, opts ...Option) *sheaf.Action {
	a, err := x.toNpyStack(dir, axis, opts)
	if err != nil {
		return sheaf.NewAction(sheaf.ActionSpec{Err: err})
	}
	return a
}

func (x *Array) toNpyStack(dir string, axis int, opts []Option) (*sheaf.Action, error) {
	const op = "to npy stack"
	if x.err != nil {
		return nil, x.err
	}
	o, err := parseOptions(op, takesOverwrite, opts)
	if err != nil {
		return nil, err
	}
	if axis, err = normAxis(axis, x.Ndim()); err != nil {
		return nil, at(op, err).err
	}
	want := make([][]int, x.Ndim())
	info := make(pickle.Tuple, x.Ndim())
	for a, c := range x.chunksOf() {
		n := total(c)
		if n == unknown {
			return nil, fail(op, ErrUnknownChunks, "chunk sizes along axis %d are unknown; %s", a, cure)
		}
		if want[a] = c; a != axis {
			want[a] = []int{n}
		}
		t := make(pickle.Tuple, len(want[a]))
		for i, l := range want[a] {
			t[i] = l
		}
		info[a] = t
	}
	n, err := rechunked(x.node, want)
	if err != nil {
		return nil, at(op, err).err
	}
	text, err := pickle.Dump(pickle.Dict{"chunks": info, "dtype": pickle.DType(x.DType().Code()), "axis": axis})
	if err != nil {
		return nil, at(op, err).err
	}
	s, err := newStaged(op, dir, true, o.force)
	if err != nil {
		return nil, at(op, err).err
	}
	s.replaceable = isStack
	return wrap(n).writeBlocks("write npy", writeStack{s.temp, axis}, s, func() error {
		return os.WriteFile(filepath.Join(s.temp, "info"), text, 0o644)
	})
}

// isStack reports directories that are no stack and must not be replaced by one.
func isStack(dir string) error {
	if _, err := os.Stat(filepath.Join(dir, "info")); err == nil {
		return nil
	}
	if entries, err := os.ReadDir(dir); err == nil && len(entries) == 0 {
		return nil
	}
	return wrong(fs.ErrExist, "array: to npy stack: %s exists and is no stack of npy files; it is not overwritten", dir)
}

// writeStack writes one block as a file of its own.
type writeStack struct {
	Dir  string
	Axis int
}

// ReadsOnly implements graph.Reader.
func (writeStack) ReadsOnly() {}

// OutBytes implements graph.Sized.
func (writeStack) OutBytes(int) int64 { return 0 }

// Run implements graph.Op.
func (o writeStack) Run(_ context.Context, t *graph.Task) (any, error) {
	b, ok := t.In(0)[0].(*ndarray.Array)
	if !ok {
		return nil, fmt.Errorf("array: to npy stack: a block is a %T", t.In(0)[0])
	}
	return nil, ndarray.Save(stackFile(o.Dir, t.Coords(nil)[o.Axis]), b)
}

func stackFile(dir string, i int) string { return filepath.Join(dir, strconv.Itoa(i)+".npy") }

// FromNpyStack makes an array of a directory of .npy files that [Array.ToNpyStack] or Dask's to_npy_stack wrote. The file
// "info" is read at once, each of the others when its block is computed; that they have the shapes and the dtype that info
// says is checked then.
//
// Same as dask.array.from_npy_stack.
func FromNpyStack(dir string) *Array {
	const op = "from npy stack"
	abs, err := filepath.Abs(dir)
	if err != nil {
		return at(op, err)
	}
	path := filepath.Join(abs, "info")
	info, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return failed(op, err, "%s has no file \"info\"; is it a stack of npy files?", dir)
	}
	if err != nil {
		return at(op, err)
	}
	src, dt, chunks, err := parseStack(info)
	if err != nil {
		return at(op, wrong(ErrFormat, "%s: %v", path, err))
	}
	for _, name := range []string{path, stackFile(abs, 0), stackFile(abs, len(chunks[src.axis])-1)} {
		if s, err := os.Stat(name); err == nil {
			src.stamp = max(src.stamp, s.ModTime().UnixNano())
		}
	}
	src.dir, src.info = abs, info
	return wrap(newBlocks(op, src, dt, chunks))
}

// stackSource reads the blocks of a stack.
type stackSource struct {
	dir   string
	axis  int
	info  []byte
	stamp int64 // when it changed last
}

// parseStack reads what the file info says.
func parseStack(b []byte) (src *stackSource, dt dtype.Type, chunks [][]int, err error) {
	v, err := pickle.Load(b)
	if err != nil {
		return nil, 0, nil, err
	}
	d, ok := v.(pickle.Dict)
	if !ok {
		return nil, 0, nil, fmt.Errorf("it is no dictionary")
	}
	axis, ok1 := d["axis"].(int64)
	code, ok2 := d["dtype"].(pickle.DType)
	all, ok3 := d["chunks"].(pickle.Tuple)
	if !ok1 || !ok2 || !ok3 {
		return nil, 0, nil, fmt.Errorf("it lacks chunks, dtype or axis")
	}
	for _, c := range all {
		t, _ := c.(pickle.Tuple)
		blocks := make([]int, 0, len(t))
		for _, l := range t {
			n, ok := l.(int64)
			if !ok || n < 0 || n > 1<<56 {
				return nil, 0, nil, fmt.Errorf("chunks are %v", all)
			}
			blocks = append(blocks, int(n))
		}
		if len(blocks) == 0 {
			return nil, 0, nil, fmt.Errorf("chunks are %v", all)
		}
		chunks = append(chunks, blocks)
	}
	a, err := normAxis(int(axis), len(chunks))
	if err != nil {
		return nil, 0, nil, err
	}
	for i, c := range chunks {
		if i != a && len(c) != 1 {
			return nil, 0, nil, fmt.Errorf("axis %d has %d chunks beside those of axis %d", i, len(c), a)
		}
	}
	dt, err = dtypeOfCode(string(code))
	return &stackSource{axis: a}, dt, chunks, err
}

// dtypeOfCode returns the dtype of a NumPy code, whatever its byte order and, of times, its unit: the files have headers.
func dtypeOfCode(code string) (dtype.Type, error) {
	for _, t := range dtype.All() {
		own := t.Code()
		if !t.IsArray() || own == "" || len(code) < 3 {
			continue
		}
		if code[1:] == own[1:] || t.IsTemporal() && code[1:3] == own[1:3] {
			return t, nil
		}
	}
	return dtype.Invalid, fmt.Errorf("elements of type %q are not supported", code)
}

// HashToken implements graph.Tokener.
func (s *stackSource) HashToken(h *graph.Hasher) {
	h.String("npy stack")
	h.String(s.dir)
	h.Bytes(s.info)
	h.Int(int(s.stamp))
}

// Block implements BlockSource.
func (s *stackSource) Block(_ context.Context, b Block) (*ndarray.Array, error) {
	path := stackFile(s.dir, b.Coords[s.axis])
	v, err := ndarray.Load(path)
	if err != nil {
		return nil, fmt.Errorf("array: %w", npyError(err))
	}
	if !slices.Equal(v.Shape(), b.Shape) {
		return nil, wrong(ErrFormat, "array: %s has shape %s, the file \"info\" says %s", path, shapeText(v.Shape()), shapeText(b.Shape))
	}
	return v, nil
}
