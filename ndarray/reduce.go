package ndarray

import (
	"context"
	"fmt"
	"math"

	"sheaf/dtype"
	"sheaf/internal/kernel/num"
)

// reduce runs a reduction and returns its results with the reduced axes dropped.
func (a *Array) reduce(r num.Reduction, opts *reduction) ([]*Array, error) {
	if !r.Reducible(a.dt) {
		return nil, noDType(r.String(), a.dt)
	}
	dropped, _, n := opts.shapes(a)
	outs, views := make([]*Array, r.Results()), make([]num.View, r.Results())
	for k := range outs {
		outs[k] = newArray(r.ResultType(a.dt, k), dropped, true)
		views[k] = outs[k].view()
	}
	if outs[0].cap == 0 {
		return outs, nil
	}
	if n == 0 && needsElements(r) {
		return nil, fail(ErrValue, "%v: no elements along the reduced axes of shape %s, and there is no identity", r, ShapeString(a.shape))
	}
	if len(opts.axes) == 0 { // a 0-d array, or Axis() with nothing: every element by itself
		return a.reduceNothing(r, opts)
	}
	if err := num.Reduce(context.Background(), r, a.view(), views, opts.axes...); err != nil {
		return nil, fmt.Errorf("ndarray: %v: %w", r, err)
	}
	return outs, nil
}

// reduceNothing reduces over an axis of length one that is put in front.
func (a *Array) reduceNothing(r num.Reduction, opts *reduction) ([]*Array, error) {
	wide, err := a.ExpandDims(0)
	if err != nil {
		return nil, err
	}
	return wide.reduce(r, &reduction{axes: []int{0}, keepDims: opts.keepDims})
}

// needsElements reports whether a reduction of nothing has no value.
func needsElements(r num.Reduction) bool {
	switch r {
	case num.Min, num.Max, num.NanMin, num.NanMax, num.ArgMin, num.ArgMax:
		return true
	}
	return false
}

// reduceOne runs a reduction with one result.
func (a *Array) reduceOne(r num.Reduction, options []Option) (*Array, error) {
	opts, err := a.options(r.String(), options)
	if err != nil {
		return nil, err
	}
	outs, err := a.reduce(r, opts)
	if err != nil {
		return nil, err
	}
	_, kept, _ := opts.shapes(a)
	return opts.shaped(outs[0], kept), nil
}

// Sum adds the elements over the given axes, all of them by default. Integers and bool are summed in 64 bits, floats
// so that rounding errors do not grow with the number of elements. The sum of nothing is 0.
func (a *Array) Sum(opts ...Option) (*Array, error) { return a.reduceOne(num.Sum, opts) }

// Prod multiplies the elements over the given axes, all of them by default; integers and bool in 64 bits. The product
// of nothing is 1.
func (a *Array) Prod(opts ...Option) (*Array, error) { return a.reduceOne(num.Prod, opts) }

// Min returns the smallest elements over the given axes, NaN where there is one. Of no elements it is an error.
func (a *Array) Min(opts ...Option) (*Array, error) { return a.reduceOne(num.Min, opts) }

// Max returns the largest elements over the given axes, NaN where there is one. Of no elements it is an error.
func (a *Array) Max(opts ...Option) (*Array, error) { return a.reduceOne(num.Max, opts) }

// NanMin is Min without the elements that are NaN.
func (a *Array) NanMin(opts ...Option) (*Array, error) { return a.reduceOne(num.NanMin, opts) }

// NanMax is Max without the elements that are NaN.
func (a *Array) NanMax(opts ...Option) (*Array, error) { return a.reduceOne(num.NanMax, opts) }

// Any returns whether there is an element that is not zero, over the given axes.
func (a *Array) Any(opts ...Option) (*Array, error) { return a.reduceOne(num.Any, opts) }

// All returns whether no element is zero, over the given axes.
func (a *Array) All(opts ...Option) (*Array, error) { return a.reduceOne(num.All, opts) }

// Count returns the number of elements that are not zero, over the given axes.
func (a *Array) Count(opts ...Option) (*Array, error) { return a.reduceOne(num.Count, opts) }

// ArgMin returns the position of the first smallest element, or of the first NaN: along one axis, or in the flattened
// array when no axis is given.
func (a *Array) ArgMin(opts ...Option) (*Array, error) { return a.argReduce(num.ArgMin, opts) }

// ArgMax returns the position of the first largest element, or of the first NaN: along one axis, or in the flattened
// array when no axis is given.
func (a *Array) ArgMax(opts ...Option) (*Array, error) { return a.argReduce(num.ArgMax, opts) }

func (a *Array) argReduce(r num.Reduction, options []Option) (*Array, error) {
	opts, err := a.options(r.String(), options)
	if err != nil {
		return nil, err
	}
	if opts.given && len(opts.axes) != 1 {
		return nil, fail(ErrAxis, "%v: %d axes; it takes one, or none for the flattened array", r, len(opts.axes))
	}
	if _, _, n := opts.shapes(a); n == 0 {
		return nil, fail(ErrValue, "%v: no elements along the reduced axes of shape %s", r, ShapeString(a.shape))
	}
	outs, err := a.reduce(r, opts)
	if err != nil {
		return nil, err
	}
	_, kept, _ := opts.shapes(a)
	return opts.shaped(outs[1], kept), nil
}

// Mean returns the arithmetic means over the given axes, float64 for integers and bool. The mean of nothing is NaN.
func (a *Array) Mean(options ...Option) (*Array, error) {
	opts, err := a.options("mean", options)
	if err != nil {
		return nil, err
	}
	if a.dt == dtype.Datetime {
		return nil, noDType("mean", a.dt)
	}
	outs, err := a.as(dtype.ForMean(a.dt)).reduce(num.Sum, opts)
	if err != nil {
		return nil, err
	}
	_, kept, n := opts.shapes(a)
	var divisor any = float64(n)
	if a.dt == dtype.Timedelta {
		divisor = n
	}
	mean, err := outs[0].Div(divisor)
	if err != nil {
		return nil, err
	}
	return opts.shaped(mean, kept), nil
}

// Var returns the variances over the given axes: the mean squared distances from the mean, with n - ddof in place of n
// ([DDof]). Those of complex numbers are real.
func (a *Array) Var(options ...Option) (*Array, error) { return a.variance("var", options) }

// Std returns the standard deviations over the given axes, the square roots of [Array.Var].
func (a *Array) Std(options ...Option) (*Array, error) {
	v, err := a.variance("std", options)
	if err != nil {
		return nil, err
	}
	return v.Sqrt()
}

func (a *Array) variance(op string, options []Option) (*Array, error) {
	opts, err := a.options(op, options)
	if err != nil {
		return nil, err
	}
	if a.dt.IsTemporal() {
		return nil, noDType(op, a.dt)
	}
	_, kept, n := opts.shapes(a)
	squares, err := a.squares(opts)
	if err != nil {
		return nil, err
	}
	v, err := squares.Div(math.Max(float64(n)-opts.ddof, 0))
	if err != nil {
		return nil, err
	}
	if v, err = v.AsType(dtype.ForMean(a.dt).Real()); err != nil {
		return nil, err
	}
	return opts.shaped(v, kept), nil
}

// squares returns the sums of squared distances from the means, float64.
func (a *Array) squares(opts *reduction) (*Array, error) {
	if !a.dt.IsComplex() {
		outs, err := a.as(dtype.Float64).reduce(num.Moments, opts)
		if err != nil {
			return nil, err
		}
		return outs[2], nil
	}
	re, err := a.Real()
	if err != nil {
		return nil, err
	}
	im, err := a.Imag()
	if err != nil {
		return nil, err
	}
	x, err := re.squares(opts)
	if err != nil {
		return nil, err
	}
	y, err := im.squares(opts)
	if err != nil {
		return nil, err
	}
	return x.Add(y)
}

// Ptp returns the ranges, the largest less the smallest elements, over the given axes.
func (a *Array) Ptp(opts ...Option) (*Array, error) {
	high, err := a.Max(opts...)
	if err != nil {
		return nil, err
	}
	low, err := a.Min(opts...)
	if err != nil {
		return nil, err
	}
	return high.Sub(low)
}
