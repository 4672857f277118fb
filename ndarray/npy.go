package ndarray

import (
	"fmt"
	"io"
	"math"
	"math/bits"
	"os"
	"slices"

	"sheaf/dtype"
	"sheaf/internal/atomicfile"
)

// WriteNpy writes the array as a .npy file that NumPy reads, byte for byte what numpy.save writes for an array in C
// order.
func WriteNpy(w io.Writer, a *Array) error {
	out, err := NewNpyWriter(w, a.dt, a.shape...)
	if err != nil {
		return err
	}
	if err := out.Write(a); err != nil {
		return err
	}
	return out.Close()
}

// ReadNpy reads a .npy file of any byte order and element order. Arrays in Fortran order become a transposed view.
func ReadNpy(r io.Reader) (*Array, error) {
	h, err := ReadNpyHeader(r)
	if err != nil {
		return nil, err
	}
	return h.read(r, h.Shape)
}

// read reads elements for the shape, in the order and byte order of the header.
func (h *NpyHeader) read(r io.Reader, shape []int) (*Array, error) {
	shape = slices.Clone(shape)
	if h.Fortran {
		slices.Reverse(shape)
	}
	a, err := readElements(r, h.DType, shape, "npy")
	if err != nil {
		return nil, err
	}
	if h.BigEndian {
		swapBytes(a)
	}
	if h.unit != 1 {
		if err := scaleTimes(buffer[int64](a), h.unit); err != nil {
			return nil, err
		}
	}
	if h.Fortran {
		a = a.T()
	}
	return a, nil
}

// swapBytes turns the elements of a contiguous array to the other byte order.
func swapBytes(a *Array) {
	size, n := a.dt.Size(), a.cap
	if a.dt.IsComplex() { // two numbers each
		size, n = size/2, 2*n
	}
	switch size {
	case 2:
		for i, v := range elemsOf[uint16](a, n) {
			elemsOf[uint16](a, n)[i] = bits.ReverseBytes16(v)
		}
	case 4:
		for i, v := range elemsOf[uint32](a, n) {
			elemsOf[uint32](a, n)[i] = bits.ReverseBytes32(v)
		}
	case 8:
		for i, v := range elemsOf[uint64](a, n) {
			elemsOf[uint64](a, n)[i] = bits.ReverseBytes64(v)
		}
	}
}

// elemsOf returns the buffer as n elements of another type.
func elemsOf[T dtype.Element](a *Array, n int) []T { return elems[T](a.base, n) }

// scaleTimes converts times to nanoseconds.
func scaleTimes(values []int64, unit int64) error {
	for i, v := range values {
		if v == dtype.NaT {
			continue
		}
		if v > math.MaxInt64/unit || v < -math.MaxInt64/unit {
			return fail(ErrValue, "npy: element %d is a time outside of the years 1678 to 2262", i)
		}
		values[i] = v * unit
	}
	return nil
}

// NpyReader reads a .npy file a few rows at a time.
type NpyReader struct {
	r    io.Reader
	h    *NpyHeader
	left int // rows
}

// NewNpyReader reads the header. Files in Fortran order have no rows that lie together, and 0-d arrays have none at
// all; both are an error here and are read with [ReadNpy].
func NewNpyReader(r io.Reader) (*NpyReader, error) {
	h, err := ReadNpyHeader(r)
	if err != nil {
		return nil, err
	}
	if h.Fortran && len(h.Shape) > 1 || len(h.Shape) == 0 {
		return nil, fail(ErrFormat, "npy: an array of shape %s in Fortran order or without axes cannot be read in rows",
			ShapeString(h.Shape))
	}
	return &NpyReader{r: r, h: h, left: h.Shape[0]}, nil
}

// Header returns what the file says of its array.
func (r *NpyReader) Header() NpyHeader { return *r.h }

// Read returns the next n positions of the first axis, fewer at the end, and io.EOF after it.
func (r *NpyReader) Read(n int) (*Array, error) {
	if r.left == 0 {
		return nil, io.EOF
	}
	if n < 1 {
		return nil, fail(ErrValue, "npy: cannot read %d rows", n)
	}
	shape := slices.Clone(r.h.Shape)
	shape[0] = min(n, r.left)
	a, err := r.h.read(r.r, shape)
	if err != nil {
		return nil, err
	}
	r.left -= shape[0]
	return a, nil
}

// NpyWriter writes a .npy file piece by piece. Elements must come in C order.
type NpyWriter struct {
	w    io.Writer
	dt   dtype.Type
	left int // elements
	all  int
}

// NewNpyWriter writes the header of an array with the given type and final shape.
func NewNpyWriter(w io.Writer, t dtype.Type, shape ...int) (*NpyWriter, error) {
	n, err := checkShape("npy", t, shape)
	if err != nil {
		return nil, err
	}
	if err := writeNpyHeader(w, t, shape); err != nil {
		return nil, fmt.Errorf("ndarray: npy: %w", err)
	}
	return &NpyWriter{w: w, dt: t, left: n, all: n}, nil
}

// Write appends the elements of a, converted to the file's type, in C order; the shape of a does not matter.
func (w *NpyWriter) Write(a *Array) error {
	n := a.Size()
	if n > w.left {
		return fail(ErrShape, "npy: %d elements after %d of %d", n, w.all-w.left, w.all)
	}
	c, err := a.AsType(w.dt)
	if err != nil {
		return err
	}
	if n > 0 {
		if _, err := w.w.Write(bytesOf(c.contiguous())); err != nil {
			return fmt.Errorf("ndarray: npy: %w", err)
		}
	}
	w.left -= n
	return nil
}

// Close reports whether all elements have been written. It does not close the underlying writer.
func (w *NpyWriter) Close() error {
	if w.left > 0 {
		return fail(ErrShape, "npy: %d of %d elements were not written", w.left, w.all)
	}
	return nil
}

// Load reads a .npy file.
func Load(path string) (*Array, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("ndarray: load: %w", err)
	}
	defer f.Close()
	a, err := ReadNpy(f)
	if err != nil {
		return nil, fmt.Errorf("ndarray: load %s: %w", path, err)
	}
	return a, nil
}

// Save writes a .npy file. It appears under its name only when it is complete.
func Save(path string, a *Array) error {
	if err := atomicfile.Write(path, 0o644, func(w io.Writer) error { return WriteNpy(w, a) }); err != nil {
		return fmt.Errorf("ndarray: save %s: %w", path, err)
	}
	return nil
}
