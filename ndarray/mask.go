package ndarray

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"unsafe"

	"sheaf/dtype"
)

// masked returns the elements, or sub-arrays, at the places of the leading axes where the mask of their shape is true.
// It is x[mask] without a list of positions in between.
func (a *Array) masked(mask *Array) *Array {
	k := len(mask.shape)
	count := mask.CountNonZero()
	rest := a.like(a.shape[k:], a.strides[k:], 0)
	shape := append([]int{count}, rest.shape...)
	lead := a.like(a.shape[:k], a.strides[:k], a.offset)
	if len(rest.shape) > 0 {
		out := newArray(a.dt, shape, false)
		if out.cap > 0 {
			maskedRows(out, lead, rest, mask)
		}
		return out
	}
	// One place more than needed, so that the loop can store before it knows whether to keep.
	out := newArray(a.dt, []int{count + 1}, false)
	switch a.dt.Size() {
	case 1:
		maskedRun[uint8](out, lead, mask)
	case 2:
		maskedRun[uint16](out, lead, mask)
	case 4:
		maskedRun[uint32](out, lead, mask)
	case 8:
		maskedRun[uint64](out, lead, mask)
	default:
		maskedRun[pair](out, lead, mask)
	}
	return out.like(shape, cStrides(shape), 0)
}

// maskedRun stores every element and moves on where the mask is true: no branch depends on the data.
func maskedRun[T any](out, src, mask *Array) {
	d, n := unsafe.Slice((*T)(out.base), out.cap), 0
	w := newWalk(mask.shape, src, mask)
	w.each(func(at []int) {
		if w.step[0] == 1 && w.step[1] == 1 {
			m := buffer2[uint8](mask, at[1])[:w.run]
			for i, v := range buffer2[T](src, at[0])[:w.run] {
				d[n] = v
				n += int(m[i])
			}
			return
		}
		flags, all := buffer2[uint8](mask, 0), buffer2[T](src, 0)
		for i := range w.run {
			d[n] = all[at[0]+i*w.step[0]]
			n += int(flags[at[1]+i*w.step[1]])
		}
	})
}

// maskedRows copies sub-arrays one by one.
func maskedRows(out, lead, rest, mask *Array) {
	n, size := 0, product(rest.shape)
	whole := rest.IsContiguous()
	w := newWalk(mask.shape, lead, mask)
	flags := buffer2[uint8](mask, 0)
	w.each(func(at []int) {
		for i := range w.run {
			if flags[at[1]+i*w.step[1]] == 0 {
				continue
			}
			from := at[0] + i*w.step[0]
			if whole {
				copyRun(out.dt, out.at(n*size), 1, lead.at(from), 1, size)
			} else {
				copyInto(out.like(rest.shape, cStrides(rest.shape), n*size), rest.like(rest.shape, rest.strides, from))
			}
			n++
		}
	})
}

// onlyMask returns the mask when it is the only item of an index and fits the array.
func (a *Array) onlyMask(items []any) *Array {
	if len(items) != 1 {
		return nil
	}
	var mask *Array
	switch v := items[0].(type) {
	case *Array:
		mask = v
	case []bool:
		mask, _ = FromSlice(v)
	}
	if mask == nil || mask.dt != dtype.Bool || len(mask.shape) == 0 || len(mask.shape) > len(a.shape) ||
		!slices.Equal(mask.shape, a.shape[:len(mask.shape)]) {
		return nil
	}
	return mask
}

// CountNonZero returns the number of elements that are not zero.
func (a *Array) CountNonZero() int {
	mask, n := a.as(dtype.Bool), 0
	flags, w := buffer2[uint8](mask, 0), newWalk(mask.shape, mask)
	w.each(func(at []int) {
		if w.step[0] == 1 {
			n += countTrue(flags[at[0] : at[0]+w.run])
			return
		}
		for i := range w.run {
			n += int(flags[at[0]+i*w.step[0]])
		}
	})
	return n
}

// countTrue counts the ones among bytes that are 0 or 1, eight at a time.
func countTrue(b []uint8) int {
	n := 0
	for len(b) >= 8 {
		n += bits.OnesCount64(binary.LittleEndian.Uint64(b))
		b = b[8:]
	}
	for _, v := range b {
		n += int(v)
	}
	return n
}
