package ndarray

import (
	"bytes"
	"fmt"
	"io"
	"slices"

	"sheaf/dtype"
)

// NewNpyHeader returns the header of a file that holds an array of the type and shape in C order, and the bytes that the file
// starts with. Elements are written with [NpyHeader.WriteBox].
func NewNpyHeader(t dtype.Type, shape ...int) (*NpyHeader, []byte, error) {
	if _, err := checkShape("npy", t, shape); err != nil {
		return nil, nil, err
	}
	var b bytes.Buffer
	if err := writeNpyHeader(&b, t, shape); err != nil {
		return nil, nil, fmt.Errorf("ndarray: npy: %w", err)
	}
	return &NpyHeader{DType: t, Shape: slices.Clone(shape), Offset: int64(b.Len()), unit: 1}, b.Bytes(), nil
}

// Size returns the bytes of a file with this header.
func (h *NpyHeader) Size() int64 { return h.Offset + int64(product(h.Shape)*h.DType.Size()) }

// ReadBox reads the elements [lo, hi) of the array in a file, in as few reads as its layout allows.
func (h *NpyHeader) ReadBox(r io.ReaderAt, lo, hi []int) (*Array, error) {
	shape, err := h.box(lo, hi)
	if err != nil {
		return nil, err
	}
	full := slices.Clone(h.Shape)
	lo, hi = slices.Clone(lo), slices.Clone(hi)
	if h.Fortran {
		slices.Reverse(full)
		slices.Reverse(lo)
		slices.Reverse(hi)
	}
	return h.read(newBoxReader(r, h.Offset, int64(h.DType.Size()), full, lo, hi), shape)
}

// WriteBox writes the elements of a, which has the header's type, to their place in a file; the first goes to position lo.
// The file is in C order. Different boxes may be written at the same time.
func (h *NpyHeader) WriteBox(w io.WriterAt, lo []int, a *Array) error {
	if a.dt != h.DType || h.Fortran || h.BigEndian || h.unit != 1 || len(lo) != len(a.shape) {
		return fail(ErrDType, "npy: a box of %v in a file of %v", a.dt, h.DType)
	}
	hi := make([]int, len(lo))
	for i := range hi {
		hi[i] = lo[i] + a.shape[i]
	}
	if _, err := h.box(lo, hi); err != nil || a.Size() == 0 {
		return err
	}
	mem := bytesOf(a.contiguous())
	for r := newRuns(h.Offset, int64(h.DType.Size()), h.Shape, lo, hi); r.next(); {
		if _, err := w.WriteAt(mem[:r.length], r.at); err != nil {
			return fmt.Errorf("ndarray: npy: %w", err)
		}
		mem = mem[r.length:]
	}
	return nil
}

// box checks positions and returns the shape between them.
func (h *NpyHeader) box(lo, hi []int) ([]int, error) {
	if len(lo) != len(h.Shape) || len(hi) != len(h.Shape) {
		return nil, fail(ErrIndex, "npy: %d positions for %d dimensions", len(lo), len(h.Shape))
	}
	shape := make([]int, len(lo))
	for i := range shape {
		if lo[i] < 0 || hi[i] < lo[i] || hi[i] > h.Shape[i] {
			return nil, fail(ErrIndex, "npy: positions %v to %v of an array of shape %s", lo, hi, ShapeString(h.Shape))
		}
		shape[i] = hi[i] - lo[i]
	}
	return shape, nil
}
