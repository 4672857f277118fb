package num

import "unsafe"

// copyND copies elements of the given size and shape between strided places, in blocks of rows and columns.
func copyND(size int, dst unsafe.Pointer, ds []int, src unsafe.Pointer, ss []int, shape []int) {
	n := len(shape)
	switch n {
	case 0:
		copyTile(size, dst, 0, 1, src, 0, 1, 1, 1)
		return
	case 1:
		copyTile(size, dst, 0, ds[0], src, 0, ss[0], 1, shape[0])
		return
	}
	outer := shape[:n-2]
	at := make([]int, len(outer))
	for {
		copyTile(size, unsafe.Add(dst, dot(at, ds[:n-2])*size), ds[n-2], ds[n-1],
			unsafe.Add(src, dot(at, ss[:n-2])*size), ss[n-2], ss[n-1], shape[n-2], shape[n-1])
		d := len(at) - 1
		for ; d >= 0; d-- {
			if at[d]++; at[d] < outer[d] {
				break
			}
			at[d] = 0
		}
		if d < 0 {
			return
		}
	}
}
