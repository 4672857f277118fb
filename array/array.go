package array

import (
	"slices"

	"sheaf/dtype"
)

// An Array is a lazy, immutable, chunked n-dimensional array: a description of how its blocks are computed. Arrays are made
// by the functions of this package and of array/random; their methods make new ones. The zero Array is not usable.
type Array struct {
	node node
	err  error
}

// Err returns the first mistake of the chain of calls that made x, or nil.
func (x *Array) Err() error { return x.err }

// Shape returns the lengths of the axes; -1 stands for a length that only the data tell. The slice is the caller's.
func (x *Array) Shape() []int {
	if x.err != nil {
		return nil
	}
	return shapeOf(x.node.about().chunks)
}

// Ndim returns the number of axes.
func (x *Array) Ndim() int {
	if x.err != nil {
		return 0
	}
	return len(x.node.about().chunks)
}

// DType returns the element type, and dtype.Invalid if x carries an error.
func (x *Array) DType() dtype.Type {
	if x.err != nil {
		return dtype.Invalid
	}
	return x.node.about().dt
}

// Chunks returns the lengths of the blocks along each axis; -1 stands for an unknown length. The slices are the caller's.
func (x *Array) Chunks() [][]int {
	if x.err != nil {
		return nil
	}
	out := slices.Clone(x.node.about().chunks)
	for a := range out {
		out[a] = slices.Clone(out[a])
	}
	return out
}

// ChunkSize returns the length of the longest block along each axis.
func (x *Array) ChunkSize() []int {
	if x.err != nil {
		return nil
	}
	out := make([]int, x.Ndim())
	for a, c := range x.node.about().chunks {
		out[a] = slices.Max(c)
	}
	return out
}

// NumBlocks returns the number of blocks along each axis.
func (x *Array) NumBlocks() []int {
	if x.err != nil {
		return nil
	}
	return spaceOf(x.node.about().chunks)
}

// NPartitions returns the number of blocks.
func (x *Array) NPartitions() int { return product(x.NumBlocks()) }

// Size returns the number of elements, -1 if it is unknown.
func (x *Array) Size() int {
	n := 1
	for _, d := range x.Shape() {
		if d == unknown {
			return unknown
		}
		n *= d
	}
	return n
}

// Nbytes returns the bytes of the elements, -1 if that is unknown.
func (x *Array) Nbytes() int {
	n := x.Size()
	if n == unknown {
		return unknown
	}
	return n * x.DType().Size()
}

// Itemsize returns the bytes of one element.
func (x *Array) Itemsize() int { return x.DType().Size() }

// T returns x with its axes reversed; it costs nothing.
func (x *Array) T() *Array { return x.Transpose() }

// wrap makes an array of a node.
func wrap(n node) *Array { return &Array{node: n} }

// chunksOf returns the blocks without copying; x carries no error.
func (x *Array) chunksOf() [][]int { return x.node.about().chunks }

// normAxis returns an axis counted from the start.
func normAxis(axis, ndim int) (int, error) {
	if axis < -ndim || axis >= ndim {
		return 0, wrong(ErrAxis, "axis %d is out of bounds for an array of %d dimensions", axis, ndim)
	}
	if axis < 0 {
		axis += ndim
	}
	return axis, nil
}

// normAxes returns axes counted from the start, each once, in the order given.
func normAxes(axes []int, ndim int) ([]int, error) {
	out := make([]int, len(axes))
	for i, a := range axes {
		n, err := normAxis(a, ndim)
		if err != nil {
			return nil, err
		}
		if slices.Contains(out[:i], n) {
			return nil, wrong(ErrAxis, "axis %d is given twice", a)
		}
		out[i] = n
	}
	return out, nil
}
