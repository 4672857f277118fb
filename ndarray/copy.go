package ndarray

import (
	"unsafe"

	"sheaf/dtype"
)

// pair is the memory of a complex128, moved as a whole.
type pair [2]uint64

// moveStrided copies n elements between strided places.
func moveStrided[T any](dst unsafe.Pointer, dstStep int, src unsafe.Pointer, srcStep, n int) {
	size := int(unsafe.Sizeof(*new(T)))
	switch {
	case srcStep == 0 && dstStep == 1:
		v, d := *(*T)(src), unsafe.Slice((*T)(dst), n)
		for i := range d {
			d[i] = v
		}
	case dstStep == 1:
		d := unsafe.Slice((*T)(dst), n)
		for i := range d {
			d[i] = *(*T)(src)
			if i < n-1 {
				src = unsafe.Add(src, srcStep*size)
			}
		}
	default:
		for i := range n {
			*(*T)(unsafe.Add(dst, i*dstStep*size)) = *(*T)(unsafe.Add(src, i*srcStep*size))
		}
	}
}

// copyRun copies n elements of type t between strided places that do not overlap.
func copyRun(t dtype.Type, dst unsafe.Pointer, dstStep int, src unsafe.Pointer, srcStep, n int) {
	if n == 0 {
		return
	}
	size := t.Size()
	if dstStep == 1 && srcStep == 1 {
		copy(unsafe.Slice((*byte)(dst), n*size), unsafe.Slice((*byte)(src), n*size))
		return
	}
	switch size {
	case 1:
		moveStrided[uint8](dst, dstStep, src, srcStep, n)
	case 2:
		moveStrided[uint16](dst, dstStep, src, srcStep, n)
	case 4:
		moveStrided[uint32](dst, dstStep, src, srcStep, n)
	case 8:
		moveStrided[uint64](dst, dstStep, src, srcStep, n)
	default:
		moveStrided[pair](dst, dstStep, src, srcStep, n)
	}
}

// copyInto copies the elements of src to dst, which has the same shape and type and other memory.
func copyInto(dst, src *Array) {
	w := newWalk(dst.shape, dst, src)
	if !w.empty && w.step[1] != 1 && w.step[1] != 0 {
		best, small := -1, abs(w.step[1])
		for axis, s := range w.strides[1] {
			if s != 0 && abs(s) < small && w.outer[axis] >= 4 {
				best, small = axis, abs(s)
			}
		}
		if best >= 0 && w.run >= 4 {
			rows, strides := w.takeOuter(best)
			copyBlocked(w, dst, src, rows, strides)
			return
		}
	}
	w.each(func(at []int) {
		copyRun(dst.dt, dst.at(at[0]), w.step[0], src.at(at[1]), w.step[1], w.run)
	})
}

// copyBlocked copies planes of rows × w.run elements whose neighbours in src lie along the rows' axis, in blocks
// that fit the cache on both sides: a transpose.
func copyBlocked(w *walk, dst, src *Array, rows int, strides []int) {
	const block = 32
	size := dst.dt.Size()
	w.each(func(at []int) {
		for i0 := 0; i0 < rows; i0 += block {
			for j0 := 0; j0 < w.run; j0 += block {
				cols := min(block, w.run-j0)
				for i := i0; i < min(i0+block, rows); i++ {
					d := unsafe.Add(dst.base, size*(at[0]+i*strides[0]+j0*w.step[0]))
					s := unsafe.Add(src.base, size*(at[1]+i*strides[1]+j0*w.step[1]))
					copyRun(dst.dt, d, w.step[0], s, w.step[1], cols)
				}
			}
		}
	})
}

// Copy returns a contiguous copy with memory of its own.
func (a *Array) Copy() *Array {
	c := newArray(a.dt, a.Shape(), false)
	copyInto(c, a)
	return c
}

// contiguous returns a itself when it is contiguous, and a copy otherwise.
func (a *Array) contiguous() *Array {
	if a.IsContiguous() {
		return a
	}
	return a.Copy()
}

// Compact returns the array itself when it shows its whole buffer in C order, and a copy otherwise, so that a small
// view does not keep a large buffer alive.
func (a *Array) Compact() *Array {
	if a.isView() {
		return a.Copy()
	}
	return a
}

// Assign copies src, broadcast to a's shape and converted to a's type, into a. src is an array, a Go number, bool
// or time, or a nested slice. The memory of src may overlap that of a.
func (a *Array) Assign(src any) error {
	if err := a.writable("assign"); err != nil {
		return err
	}
	s, err := operand(a.dt, src)
	if err != nil {
		return err
	}
	if s, err = s.BroadcastTo(a.shape...); err != nil {
		return err
	}
	if s.base == a.base && a.base != nil {
		s = s.Copy()
	}
	if s.dt.Storage() == a.dt.Storage() {
		copyInto(a, s)
		return nil
	}
	castInto(a, s)
	return nil
}

// Fill sets every element to a Go number, bool or time.
func (a *Array) Fill(value any) error {
	v, err := Scalar(a.dt, value)
	if err != nil {
		return err
	}
	return a.Assign(v)
}
