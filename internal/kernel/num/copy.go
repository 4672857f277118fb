package num

import "unsafe"

// word16 is an element of 16 bytes (complex128); the other sizes are moved as unsigned integers.
type word16 [2]uint64

// copyTile copies rows×cols elements of the given size between strided places; strides are in elements. A source stride
// of 0 repeats an element.
func copyTile(size int, dst unsafe.Pointer, drs, dcs int, src unsafe.Pointer, srs, scs, rows, cols int) {
	switch {
	case dcs == 1 && scs == 1:
		for r := range rows {
			n := cols * size
			copy(unsafe.Slice((*byte)(unsafe.Add(dst, r*drs*size)), n), unsafe.Slice((*byte)(unsafe.Add(src, r*srs*size)), n))
		}
	case dcs == 1 && srs == 1 && rows > 1:
		transposeTile(size, dst, drs, src, scs, rows, cols)
	default:
		copyStrided(size, dst, drs, dcs, src, srs, scs, rows, cols)
	}
}

func copyStrided(size int, dst unsafe.Pointer, drs, dcs int, src unsafe.Pointer, srs, scs, rows, cols int) {
	switch size {
	case 1:
		copyWords[uint8](dst, drs, dcs, src, srs, scs, rows, cols)
	case 2:
		copyWords[uint16](dst, drs, dcs, src, srs, scs, rows, cols)
	case 4:
		copyWords[uint32](dst, drs, dcs, src, srs, scs, rows, cols)
	case 8:
		copyWords[uint64](dst, drs, dcs, src, srs, scs, rows, cols)
	default:
		copyWords[word16](dst, drs, dcs, src, srs, scs, rows, cols)
	}
}

func copyWords[T any](dst unsafe.Pointer, drs, dcs int, src unsafe.Pointer, srs, scs, rows, cols int) {
	var zero T
	size := int(unsafe.Sizeof(zero))
	for r := range rows {
		d, s := unsafe.Add(dst, r*drs*size), unsafe.Add(src, r*srs*size)
		switch {
		case scs == 0 && dcs == 1:
			v, row := *(*T)(s), unsafe.Slice((*T)(d), cols)
			for i := range row {
				row[i] = v
			}
		case dcs == 1:
			row, step := unsafe.Slice((*T)(d), cols), scs*size
			for i := range row {
				row[i] = *(*T)(s)
				if i+1 < cols { // never point outside of the array
					s = unsafe.Add(s, step)
				}
			}
		default:
			for i := range cols {
				*(*T)(unsafe.Add(d, i*dcs*size)) = *(*T)(unsafe.Add(s, i*scs*size))
			}
		}
	}
}

// transposeTile writes dst[r][c] = src[c*sstride + r]: the rows of dst are columns of src.
func transposeTile(size int, dst unsafe.Pointer, drs int, src unsafe.Pointer, sstride, rows, cols int) {
	switch size {
	case 1:
		transposeWords[uint8](dst, drs, src, sstride, rows, cols)
	case 2:
		transposeWords[uint16](dst, drs, src, sstride, rows, cols)
	case 4:
		transpose32(dst, drs, src, sstride, rows, cols)
	case 8:
		transpose64(dst, drs, src, sstride, rows, cols)
	default:
		transposeWords[word16](dst, drs, src, sstride, rows, cols)
	}
}

// What is replaced by vector kernels where the machine has them.
var (
	transpose32, transpose64 = transposeWords[uint32], transposeWords[uint64]
	where32, where64         = whereWords[uint32], whereWords[uint64]
)

// transposeWords goes through blocks of 8 by 8, so that each line of the cache is used while it is there.
func transposeWords[T any](dst unsafe.Pointer, drs int, src unsafe.Pointer, sstride, rows, cols int) {
	var zero T
	size := int(unsafe.Sizeof(zero))
	for r0 := 0; r0 < rows; r0 += 8 {
		nr := min(8, rows-r0)
		for c0 := 0; c0 < cols; c0 += 8 {
			nc := min(8, cols-c0)
			for c := c0; c < c0+nc; c++ {
				s := unsafe.Slice((*T)(unsafe.Add(src, (c*sstride+r0)*size)), nr)
				for i, v := range s {
					*(*T)(unsafe.Add(dst, ((r0+i)*drs+c)*size)) = v
				}
			}
		}
	}
}

// whereTile selects by the bools of c: a where true, else b. as and bs are 0 for a single element, else 1.
func whereTile(size int, dst, c, a, b unsafe.Pointer, n, as, bs int) {
	switch size {
	case 1:
		whereWords[uint8](dst, c, a, b, n, as, bs)
	case 2:
		whereWords[uint16](dst, c, a, b, n, as, bs)
	case 4:
		where32(dst, c, a, b, n, as, bs)
	case 8:
		where64(dst, c, a, b, n, as, bs)
	default:
		whereWords[word16](dst, c, a, b, n, as, bs)
	}
}

func whereWords[T any](dst, c, a, b unsafe.Pointer, n, as, bs int) {
	d, t := unsafe.Slice((*T)(dst), n), unsafe.Slice((*bool)(c), n)
	if as != 0 && bs != 0 {
		p, q := unsafe.Slice((*T)(a), n), unsafe.Slice((*T)(b), n)
		for i := range d {
			x, y := p[i], q[i]
			if t[i] {
				y = x
			}
			d[i] = y
		}
		return
	}
	p, q := unsafe.Slice((*T)(a), (n-1)*as+1), unsafe.Slice((*T)(b), (n-1)*bs+1)
	for i := range d {
		x, y := p[i*as], q[i*bs]
		if t[i] {
			y = x
		}
		d[i] = y
	}
}
