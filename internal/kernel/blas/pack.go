package blas

import "unsafe"

// pack copies n rows of k columns into panels of width rows, each of which has its first column first. What the last panel
// lacks is zero.
func pack[T float32 | float64](dst unsafe.Pointer, m Matrix, n, k, width int) {
	size := int(unsafe.Sizeof(T(0)))
	whole := n - n%width
	if rest := n - whole; rest > 0 {
		clear(unsafe.Slice((*T)(unsafe.Add(dst, whole*k*size)), width*k))
	}
	if m.RowStride == 1 {
		packTogether[T](dst, m, n, k, width)
		return
	}
	for i := 0; i < n; i += width {
		out := unsafe.Slice((*T)(unsafe.Add(dst, i*k*size)), width*k)
		from, have := m.at(i, 0, size), min(width, n-i)
		r := 0
		for ; r+8 <= have; r += 8 {
			pack8(out, from.at(r, 0, size), k, width, r)
		}
		for ; r < have; r++ {
			src := from.at(r, 0, size)
			for p := range k {
				out[p*width+r] = *(*T)(unsafe.Add(src.Data, p*src.ColStride*size))
			}
		}
	}
}

// together is how many panels are packed side by side when rows lie together, so that memory is read in long pieces.
const together = 8

// packTogether packs rows whose elements of one column lie together.
func packTogether[T float32 | float64](dst unsafe.Pointer, m Matrix, n, k, width int) {
	size := int(unsafe.Sizeof(T(0)))
	piece := width * size
	for i := 0; i < n; i += together * width {
		end := min(i+together*width, n)
		for p := range k {
			src := unsafe.Add(m.Data, (i+p*m.ColStride)*size)
			out := unsafe.Add(dst, i*k*size+p*piece)
			for r := i; r < end; r += width {
				copy(unsafe.Slice((*byte)(out), piece), unsafe.Slice((*byte)(src), min(width, end-r)*size))
				src, out = unsafe.Add(src, piece), unsafe.Add(out, k*piece)
			}
		}
	}
}

// pack8 packs eight rows.
func pack8[T float32 | float64](out []T, m Matrix, k, width, r int) {
	size := int(unsafe.Sizeof(T(0)))
	var rows [8]unsafe.Pointer
	for i := range rows {
		rows[i] = m.at(i, 0, size).Data
	}
	step := m.ColStride * size
	for p := range k {
		o := (*[8]T)(out[p*width+r : p*width+r+8])
		at := p * step
		o[0] = *(*T)(unsafe.Add(rows[0], at))
		o[1] = *(*T)(unsafe.Add(rows[1], at))
		o[2] = *(*T)(unsafe.Add(rows[2], at))
		o[3] = *(*T)(unsafe.Add(rows[3], at))
		o[4] = *(*T)(unsafe.Add(rows[4], at))
		o[5] = *(*T)(unsafe.Add(rows[5], at))
		o[6] = *(*T)(unsafe.Add(rows[6], at))
		o[7] = *(*T)(unsafe.Add(rows[7], at))
	}
}
