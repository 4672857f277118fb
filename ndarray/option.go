package ndarray

import "slices"

// Option is a keyword argument of a reduction.
type Option func(*reduction)

// reduction is the arguments of a reduction over an array.
type reduction struct {
	axes     []int // nil for all of them
	given    bool
	keepDims bool
	ddof     float64
}

// Axis reduces over the given axes instead of all of them; they may count from the end.
func Axis(axes ...int) Option {
	return func(r *reduction) { r.axes, r.given = append(r.axes, axes...), true }
}

// KeepDims keeps the reduced axes with length one, so that the result broadcasts against the array.
func KeepDims() Option { return func(r *reduction) { r.keepDims = true } }

// DDof makes variances and standard deviations divide by n - d instead of n.
func DDof(d float64) Option { return func(r *reduction) { r.ddof = d } }

// options resolves the arguments of a reduction of a.
func (a *Array) options(op string, opts []Option) (*reduction, error) {
	r := &reduction{}
	for _, o := range opts {
		if o != nil {
			o(r)
		}
	}
	if !r.given {
		for i := range a.shape {
			r.axes = append(r.axes, i)
		}
		return r, nil
	}
	for i, axis := range r.axes {
		n, err := normAxis(op, axis, len(a.shape))
		if err != nil {
			return nil, err
		}
		if slices.Contains(r.axes[:i], n) {
			return nil, fail(ErrAxis, "%s: axis %d is given twice", op, axis)
		}
		r.axes[i] = n
	}
	slices.Sort(r.axes)
	return r, nil
}

// shapes returns the shape of the result without and with the reduced axes kept, and the number of elements that go
// into each of its elements.
func (r *reduction) shapes(a *Array) (dropped, kept []int, n int) {
	dropped, n = []int{}, 1
	for axis, d := range a.shape {
		if slices.Contains(r.axes, axis) {
			n *= d
			kept = append(kept, 1)
			continue
		}
		dropped, kept = append(dropped, d), append(kept, d)
	}
	return dropped, kept, n
}

// shaped returns a result, which has the reduced axes dropped, as the caller wants it.
func (r *reduction) shaped(out *Array, kept []int) *Array {
	if !r.keepDims {
		return out
	}
	return out.like(append([]int{}, kept...), cStrides(kept), out.offset)
}
