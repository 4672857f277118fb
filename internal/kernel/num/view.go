package num

import (
	"fmt"
	"unsafe"

	"sheaf/dtype"
)

// View describes elements in memory: those at Data + sum(index[i]*Strides[i]) elements. A stride of 0 repeats an element,
// a negative one walks backwards. A View with an empty Shape is a single element.
type View struct {
	Type    dtype.Type
	Data    unsafe.Pointer // of the first element
	Shape   []int
	Strides []int // in elements
}

// ViewOf describes a Go slice as a view in C order, of the element type t whose storage type must be T's. It is for
// callers that have slices; the length of the slice must be the product of the shape.
func ViewOf[T any](t dtype.Type, data []T, shape ...int) View {
	return View{Type: t, Data: unsafe.Pointer(unsafe.SliceData(data)), Shape: shape, Strides: Strides(shape)}
}

// Strides returns the strides of a C-ordered array of the shape, in elements.
func Strides(shape []int) []int {
	s := make([]int, len(shape))
	n := 1
	for i := len(shape) - 1; i >= 0; i-- {
		s[i] = n
		n *= shape[i]
	}
	return s
}

// Size returns the number of elements.
func (v View) Size() int { return product(v.Shape) }

// Transpose returns the view with its axes reversed.
func (v View) Transpose() View {
	n := len(v.Shape)
	out := View{Type: v.Type, Data: v.Data, Shape: make([]int, n), Strides: make([]int, n)}
	for i := range n {
		out.Shape[i], out.Strides[i] = v.Shape[n-1-i], v.Strides[n-1-i]
	}
	return out
}

// check reports what is wrong with the view itself.
func (v View) check() error {
	switch {
	case !v.Type.IsArray():
		return fmt.Errorf("num: a view of type %s", v.Type)
	case len(v.Shape) != len(v.Strides):
		return fmt.Errorf("num: a view with %d lengths and %d strides", len(v.Shape), len(v.Strides))
	case v.Data == nil && v.Size() > 0:
		return fmt.Errorf("num: a view of shape %v without data", v.Shape)
	}
	for _, n := range v.Shape {
		if n < 0 {
			return fmt.Errorf("num: a view of shape %v", v.Shape)
		}
	}
	return nil
}

// broadcast returns the strides of v over the shape, by NumPy's rule: axes are aligned at the end, and what is missing
// or has length 1 is repeated.
func (v View) broadcast(shape []int) ([]int, error) {
	if len(v.Shape) > len(shape) {
		return nil, fmt.Errorf("num: shape %v does not broadcast to %v", v.Shape, shape)
	}
	out := make([]int, len(shape))
	lead := len(shape) - len(v.Shape)
	for i, n := range v.Shape {
		switch {
		case n == shape[lead+i]:
			out[lead+i] = v.Strides[i]
			if n == 1 {
				out[lead+i] = 0
			}
		case n != 1:
			return nil, fmt.Errorf("num: shape %v does not broadcast to %v", v.Shape, shape)
		}
	}
	return out, nil
}

func product(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}
