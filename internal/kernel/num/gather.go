package num

import (
	"fmt"
	"unsafe"
)

// streamRow is the number of bytes of a row from which writing past the caches pays.
const streamRow = 2048

// streamCopy copies n bytes past the caches where the machine can; see Gather.
var streamCopy = func(dst, src unsafe.Pointer, n int) {
	copy(unsafe.Slice((*byte)(dst), n), unsafe.Slice((*byte)(src), n))
}

// Gather copies a chunk to its place in a larger array that is not going to be read soon: dst is the view of that place,
// and src has the same shape and dtype. Long rows are written past the caches, which a third of the memory traffic
// is saved by. Chunks can be gathered by several goroutines at once.
func Gather(dst, src View) error {
	if err := dst.check(); err != nil {
		return err
	}
	if err := src.check(); err != nil {
		return err
	}
	if dst.Type != src.Type || !equalInts(dst.Shape, src.Shape) {
		return fmt.Errorf("num: gather %v %s into %v %s", src.Shape, src.Type, dst.Shape, dst.Type)
	}
	size := dst.Type.Size()
	if dst.Size() == 0 {
		return nil
	}
	shape := append([]int(nil), dst.Shape...)
	ds, ss := append([]int(nil), dst.Strides...), append([]int(nil), src.Strides...)
	for i := len(shape) - 2; i >= 0; i-- { // join what is contiguous in both
		if ds[i] == ds[i+1]*shape[i+1] && ss[i] == ss[i+1]*shape[i+1] {
			shape[i+1] *= shape[i]
			shape, ds, ss = drop(shape, i), drop(ds, i), drop(ss, i)
		}
	}
	n := len(shape) - 1
	if n < 0 || ds[n] != 1 || ss[n] != 1 || shape[n]*size < streamRow {
		copyND(size, dst.Data, ds, src.Data, ss, shape)
		return nil
	}
	at := make([]int, n)
	for {
		streamCopy(unsafe.Add(dst.Data, dot(at, ds[:n])*size), unsafe.Add(src.Data, dot(at, ss[:n])*size), shape[n]*size)
		d := n - 1
		for ; d >= 0; d-- {
			if at[d]++; at[d] < shape[d] {
				break
			}
			at[d] = 0
		}
		if d < 0 {
			return nil
		}
	}
}

func drop(v []int, i int) []int { return append(v[:i], v[i+1:]...) }
