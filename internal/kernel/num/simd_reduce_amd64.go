//go:build amd64 && !purego

package num

import (
	"math"
	"unsafe"
)

// useAVX2 and useAVX512 put the vector kernels of reductions and copies in place.
func useAVX2() {
	sumFloat64 = func(p unsafe.Pointer, n int) float64 { return laneSum[float64](sumLanesF64256, p, n) }
	sumFloat32 = func(p unsafe.Pointer, n int) float64 { return laneSum[float32](sumLanesF32256, p, n) }
	sqdFloat64 = func(p unsafe.Pointer, n int, mean float64) float64 { return laneSqd(sqdLanesF64256, p, n, mean) }
	addColumns = columnsWith(addColumns256, 4)
	colMoments = momentsWith(colMoments256, 4)
	countBools = func(p unsafe.Pointer, n int) uint64 { return byteSum(sumBytes256, p, n) }
	minFloat64 = extremeWith(minLanesF64256, minLanes[float64], 16, 4)
	maxFloat64 = extremeWith(maxLanesF64256, maxLanes[float64], 16, 4)
	minFloat32 = extremeWith(minLanesF32256, minLanes[float32], 32, 8)
	maxFloat32 = extremeWith(maxLanesF32256, maxLanes[float32], 32, 8)
	transpose64 = transposeWith(transpose64x4, transposeWords[uint64], 4, 8)
	transpose32 = transposeWith(transpose32x8, transposeWords[uint32], 8, 4)
	where64 = whereWith[uint64](4, [4]whereKernel{whereF64SS256, whereF64SV256, whereF64VS256, whereF64VV256})
	streamCopy = streamWith(streamCopy256)
	where32 = whereWith[uint32](8, [4]whereKernel{whereF32SS256, whereF32SV256, whereF32VS256, whereF32VV256})
}

func useAVX512() {
	sumFloat64 = func(p unsafe.Pointer, n int) float64 { return laneSum[float64](sumLanesF64512, p, n) }
	sumFloat32 = func(p unsafe.Pointer, n int) float64 { return laneSum[float32](sumLanesF32512, p, n) }
	sqdFloat64 = func(p unsafe.Pointer, n int, mean float64) float64 { return laneSqd(sqdLanesF64512, p, n, mean) }
	addColumns = columnsWith(addColumns512, 8)
	colMoments = momentsWith(colMoments512, 8)
	countBools = func(p unsafe.Pointer, n int) uint64 { return byteSum(sumBytes512, p, n) }
	minFloat64 = extremeWith(minLanesF64512, minLanes[float64], 32, 8)
	maxFloat64 = extremeWith(maxLanesF64512, maxLanes[float64], 32, 8)
	minFloat32 = extremeWith(minLanesF32512, minLanes[float32], 64, 16)
	maxFloat32 = extremeWith(maxLanesF32512, maxLanes[float32], 64, 16)
	transpose64 = transposeWith(transpose64x8, transposeWords[uint64], 8, 8)
	where64 = whereWith[uint64](8, [4]whereKernel{whereF64SS512, whereF64SV512, whereF64VS512, whereF64VV512})
	where32 = whereWith[uint32](16, [4]whereKernel{whereF32SS512, whereF32SV512, whereF32VS512, whereF32VV512})
}

// laneSum adds n elements: whole blocks of 32 by the kernel.
func laneSum[T float](kernel func(p unsafe.Pointer, n int, lanes unsafe.Pointer), p unsafe.Pointer, n int) float64 {
	l := new([32]float64)
	m := n &^ 31
	if m != 0 {
		kernel(p, m, unsafe.Pointer(l))
	}
	var zero T
	return sumRest(l, unsafe.Slice((*T)(unsafe.Add(p, m*int(unsafe.Sizeof(zero)))), n-m))
}

func laneSqd(kernel func(p unsafe.Pointer, n int, lanes unsafe.Pointer, mean float64), p unsafe.Pointer, n int, mean float64) float64 {
	l := new([32]float64)
	m := n &^ 31
	if m != 0 {
		kernel(p, m, unsafe.Pointer(l), mean)
	}
	return sqdRest(l, unsafe.Slice((*float64)(unsafe.Add(p, 8*m)), n-m), mean)
}

func byteSum(kernel func(p unsafe.Pointer, n int, out unsafe.Pointer), p unsafe.Pointer, n int) uint64 {
	out := new([8]uint64)
	m := n &^ 63
	if m != 0 {
		kernel(p, m, unsafe.Pointer(out))
	}
	s := sumInts[uint8](unsafe.Add(p, m), n-m)
	for _, v := range out {
		s += v
	}
	return s
}

// columnsWith runs whole vectors of columns by the kernel.
func columnsWith(kernel func(acc, p unsafe.Pointer, rs, rows, cols int), lanes int) func(acc, p unsafe.Pointer, rs, rows, cols int) {
	return func(acc, p unsafe.Pointer, rs, rows, cols int) {
		m := cols &^ (lanes - 1)
		if m != 0 {
			kernel(acc, p, rs, rows, m)
		}
		if m != cols {
			addColumnsGo(unsafe.Add(acc, 8*m), unsafe.Add(p, 8*m), rs, rows, cols-m)
		}
	}
}

func momentsWith(kernel func(mean, m2, p unsafe.Pointer, rs, rows, cols int, inv, w, f float64), lanes int) func(mean, m2, p unsafe.Pointer, rs, rows, cols int, inv, w, f float64) {
	return func(mean, m2, p unsafe.Pointer, rs, rows, cols int, inv, w, f float64) {
		m := cols &^ (lanes - 1)
		if m != 0 {
			kernel(mean, m2, p, rs, rows, m, inv, w, f)
		}
		if m != cols {
			colMomentsGo(unsafe.Add(mean, 8*m), unsafe.Add(m2, 8*m), unsafe.Add(p, 8*m), rs, rows, cols-m, inv, w, f)
		}
	}
}

// extremeWith runs blocks of elements by the kernel, which leaves the extremes of the lanes and a mask of NaNs. Among
// zeros of both signs the first one of the row is the result, whatever the lanes made of them.
func extremeWith[T float](kernel func(p unsafe.Pointer, n int, out unsafe.Pointer), portable func(unsafe.Pointer, int) T, block, lanes int) func(unsafe.Pointer, int) T {
	return func(p unsafe.Pointer, n int) T {
		m := n / block * block
		if m == 0 {
			return portable(p, n)
		}
		var zero T
		size := int(unsafe.Sizeof(zero))
		out := new([9]uint64)
		kernel(p, m, unsafe.Pointer(out))
		if *(*uint64)(unsafe.Add(unsafe.Pointer(out), lanes*size)) != 0 {
			return T(math.NaN())
		}
		v := portable(unsafe.Pointer(out), lanes)
		if m != n {
			rest := [2]T{v, portable(unsafe.Add(p, m*size), n-m)}
			v = portable(unsafe.Pointer(&rest), 2)
		}
		if v == 0 {
			for _, x := range unsafe.Slice((*T)(p), n) {
				if x == 0 {
					return x
				}
			}
		}
		return v
	}
}

// transposeWith runs whole blocks by the kernel and the edges by the portable loop.
func transposeWith(kernel func(dst unsafe.Pointer, drs int, src unsafe.Pointer, srs, rows, cols int), portable func(dst unsafe.Pointer, drs int, src unsafe.Pointer, sstride, rows, cols int), block, size int) func(dst unsafe.Pointer, drs int, src unsafe.Pointer, sstride, rows, cols int) {
	return func(dst unsafe.Pointer, drs int, src unsafe.Pointer, sstride, rows, cols int) {
		r, c := rows&^(block-1), cols&^(block-1)
		if r != 0 && c != 0 {
			kernel(dst, drs, src, sstride, r, c)
		} else {
			r, c = 0, 0
		}
		if c != cols && r != 0 {
			portable(unsafe.Add(dst, c*size), drs, unsafe.Add(src, c*sstride*size), sstride, r, cols-c)
		}
		if r != rows {
			portable(unsafe.Add(dst, r*drs*size), drs, unsafe.Add(src, r*size), sstride, rows-r, cols)
		}
	}
}

type whereKernel = func(dst, c, a, b unsafe.Pointer, n int)

// whereWith runs whole vectors by one of the kernels, which are numbered by as*2 + bs.
func whereWith[T any](lanes int, kernels [4]whereKernel) func(dst, c, a, b unsafe.Pointer, n, as, bs int) {
	var zero T
	size := int(unsafe.Sizeof(zero))
	return func(dst, c, a, b unsafe.Pointer, n, as, bs int) {
		m := n &^ (lanes - 1)
		if m != 0 {
			kernels[2*as+bs](dst, c, a, b, m)
		}
		if m != n {
			whereWords[T](unsafe.Add(dst, m*size), unsafe.Add(c, m), unsafe.Add(a, m*as*size), unsafe.Add(b, m*bs*size), n-m, as, bs)
		}
	}
}

// streamWith copies the whole blocks from the first aligned place on by the kernel.
func streamWith(kernel func(dst, src unsafe.Pointer, n int)) func(dst, src unsafe.Pointer, n int) {
	return func(dst, src unsafe.Pointer, n int) {
		move := func(at, k int) {
			copy(unsafe.Slice((*byte)(unsafe.Add(dst, at)), k), unsafe.Slice((*byte)(unsafe.Add(src, at)), k))
		}
		head := min(n, int(-uintptr(dst)&(alignment-1)))
		move(0, head)
		m := (n - head) &^ 255
		if m > 0 {
			kernel(unsafe.Add(dst, head), unsafe.Add(src, head), m)
		}
		move(head+m, n-head-m)
	}
}
