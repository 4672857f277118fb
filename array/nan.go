package array

import (
	"math"
	"slices"

	"sheaf/dtype"
)

// The reductions of this file leave NaN out. Arrays that cannot hold NaN are reduced as they are.

// NanSum adds the elements that are not NaN; of none of them the sum is 0.
func (x *Array) NanSum(opts ...Option) *Array { return x.without(0).Sum(opts...) }

// NanProd multiplies the elements that are not NaN.
func (x *Array) NanProd(opts ...Option) *Array { return x.without(1).Prod(opts...) }

// NanMin returns the smallest elements; NaN only where there is nothing else.
func (x *Array) NanMin(opts ...Option) *Array { return x.reduce(reduceNanMin, 0, opts) }

// NanMax returns the largest elements; NaN only where there is nothing else.
func (x *Array) NanMax(opts ...Option) *Array { return x.reduce(reduceNanMax, 0, opts) }

// NanMean returns the mean of the elements that are not NaN, and NaN of none of them.
func (x *Array) NanMean(opts ...Option) *Array {
	if !x.holdsNaN() {
		return x.Mean(opts...)
	}
	return x.NanSum(opts...).Div(x.IsNaN().LogicalNot().Sum(opts...)).AsType(x.DType())
}

// NanVar returns the variance of the elements that are not NaN: see [Array.Var].
func (x *Array) NanVar(opts ...Option) *Array {
	if !x.holdsNaN() {
		return x.Var(opts...)
	}
	o, err := parseOptions("nanvar", takesReduce|takesDdof, opts)
	if err != nil {
		return &Array{err: err}
	}
	var axis []Option
	if o.axesSet {
		axis = append(axis, Axis(o.axes...))
	}
	rest := append(slices.Clip(axis), Option{func(p *options) { p.every, p.keep = o.every, o.keep }})
	mean := x.NanMean(append(axis, KeepDims())...)
	squares := x.Sub(mean).Abs().Square().without(0).Sum(rest...)
	n := x.IsNaN().LogicalNot().Sum(rest...).AsType(dtype.Float64).Sub(o.ddof)
	n = Where(n.Gt(0), n, math.NaN())
	return squares.Div(n).AsType(x.DType().Real())
}

// NanStd returns the square root of [Array.NanVar].
func (x *Array) NanStd(opts ...Option) *Array { return x.NanVar(opts...).Sqrt() }

// NanArgMin returns the position of the smallest element that is not NaN: see [Array.ArgMin].
func (x *Array) NanArgMin(opts ...Option) *Array { return x.without(math.Inf(1)).ArgMin(opts...) }

// NanArgMax returns the position of the largest element that is not NaN.
func (x *Array) NanArgMax(opts ...Option) *Array { return x.without(math.Inf(-1)).ArgMax(opts...) }

func (x *Array) holdsNaN() bool { return x.err == nil && x.DType().IsInexact() }

// without returns x with NaN replaced.
func (x *Array) without(v float64) *Array {
	if !x.holdsNaN() {
		return x
	}
	return Where(x.IsNaN(), v, x)
}

// Ptp returns the range of the elements: the largest less the smallest.
func (x *Array) Ptp(opts ...Option) *Array { return x.Max(opts...).Sub(x.Min(opts...)) }

// Average returns the weighted mean over the given axes, all by default. The weights broadcast against x.
func (x *Array) Average(weights any, opts ...Option) *Array {
	w := Full(1.0, Size()).Mul(weights)
	if x.err != nil || w.err != nil {
		return x.Mul(w)
	}
	return x.Mul(w).Sum(opts...).Div(BroadcastArrays(x, w)[1].Sum(opts...))
}
