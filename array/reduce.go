package array

import (
	"context"
	"math"
	"slices"
	"sync"

	"sheaf/dtype"
	"sheaf/internal/config"
	"sheaf/internal/kernel/num"
)

// splitEvery is how many blocks one step of a reduction joins, over all reduced axes together, unless said otherwise: the
// setting array.split-every. A configuration that cannot be read is reported when something runs.
var splitEvery = sync.OnceValue(func() int {
	n, err := config.ArraySplitEvery.Get(context.Background())
	if err != nil {
		return 4
	}
	return n
})

const takesReduce = takesAxis | takesKeep | takesEvery

// Sum adds the elements of x over the given axes, all of them by default.
//
// The result has x's shape without those axes; [KeepDims] keeps them at length 1. Integers narrower than
// 64 bits are summed in 64 bits, as NumPy does; floats pairwise within a chunk, then tree-wise across chunks ([SplitEvery]).
// [DType] gives another type to sum in. An axis outside [-ndim, ndim) makes the result carry [ErrAxis].
//
// Same as numpy.sum and dask.array.sum; numpy's where and out have no counterpart.
func (x *Array) Sum(opts ...Option) *Array { return x.reduce(reduceSum, takesDType, opts) }

// Prod multiplies the elements; types and options are those of [Array.Sum].
func (x *Array) Prod(opts ...Option) *Array { return x.reduce(reduceProd, takesDType, opts) }

// Min returns the smallest elements, NaN where there is one. No elements have no smallest: an axis of length 0 is an error.
func (x *Array) Min(opts ...Option) *Array { return x.reduce(reduceMin, 0, opts) }

// Max returns the largest elements, NaN where there is one.
func (x *Array) Max(opts ...Option) *Array { return x.reduce(reduceMax, 0, opts) }

// Any reports whether an element is not zero; of no elements, none is. NaN is not zero.
func (x *Array) Any(opts ...Option) *Array { return x.reduce(reduceAny, 0, opts) }

// All reports whether no element is zero.
func (x *Array) All(opts ...Option) *Array { return x.reduce(reduceAll, 0, opts) }

// CountNonzero counts the elements that are not zero.
func (x *Array) CountNonzero(opts ...Option) *Array { return x.reduce(reduceCount, 0, opts) }

// Mean returns the arithmetic mean, in float64 for integers and bools; of no elements it is NaN.
func (x *Array) Mean(opts ...Option) *Array { return x.reduce(reduceMean, takesDType, opts) }

// Var returns the variance: the mean of the squared deviations from the mean, with n - [Ddof] in place of n. It is computed
// in float64 from deviations (Chan, Golub and LeVeque 1979), so that a large mean does no harm.
func (x *Array) Var(opts ...Option) *Array { return x.reduce(reduceVar, takesDdof|takesDType, opts) }

// Std returns the standard deviation, the square root of [Array.Var].
func (x *Array) Std(opts ...Option) *Array { return x.reduce(reduceStd, takesDdof|takesDType, opts) }

// ArgMin returns the position of the smallest element along one axis, or its flat position in C order without one. The
// first of equal elements counts, and the first NaN wins. It needs known chunk sizes.
func (x *Array) ArgMin(opts ...Option) *Array { return x.reduce(reduceArgMin, 0, opts) }

// ArgMax returns the position of the largest element: see [Array.ArgMin].
func (x *Array) ArgMax(opts ...Option) *Array { return x.reduce(reduceArgMax, 0, opts) }

// reduce makes a reduction of x.
func (x *Array) reduce(kind reduceKind, takes uint32, opts []Option) *Array {
	if x.err != nil {
		return x
	}
	o, err := parseOptions(kind.String(), takesReduce|takes, opts)
	if err != nil {
		return &Array{err: err}
	}
	m := x.node.about()
	axes, err := reducedAxes(o, len(m.chunks))
	if err != nil {
		return at(kind.String(), err)
	}
	acc, out, err := reducedTypes(kind, m.dt, o.dt)
	if err != nil {
		return at(kind.String(), err)
	}
	if err := reducible(kind, m, axes, acc); err != nil {
		return at(kind.String(), err)
	}
	kid := x.node
	if kind == reduceArgMin || kind == reduceArgMax {
		if len(axes) != len(m.chunks) && len(axes) != 1 {
			return failed(kind.String(), ErrAxis, "it takes one axis or all of them, not %d", len(axes))
		}
	}
	return wrap(newReduce(kind, kid, axes, o.keep, o.ddof, everyAxis(o.every, len(axes)), acc, out))
}

// reducedAxes returns the axes of the options in ascending order, all without any.
func reducedAxes(o options, ndim int) ([]int, error) {
	if !o.axesSet {
		axes := make([]int, ndim)
		for a := range axes {
			axes[a] = a
		}
		return axes, nil
	}
	axes, err := normAxes(o.axes, ndim)
	slices.Sort(axes)
	return axes, err
}

// everyAxis spreads the number of blocks of one step over the reduced axes.
func everyAxis(every, axes int) int {
	if every == 0 {
		every = splitEvery()
	}
	return max(2, int(math.Pow(float64(every), 1/float64(max(1, axes)))+1e-9))
}

// reducedTypes returns the types in which elements are added and of the result.
func reducedTypes(kind reduceKind, t, asked dtype.Type) (acc, out dtype.Type, err error) {
	refuse := wrong(ErrDType, "not defined for %v", t)
	switch kind {
	case reduceSum, reduceProd:
		if acc = dtype.ForSum(t); asked != dtype.Invalid {
			acc = asked
		}
		if t == dtype.Datetime || kind == reduceProd && t.IsTemporal() || !num.CanCast(t, acc) {
			return 0, 0, refuse
		}
		return acc, acc, nil
	case reduceMean:
		if acc = dtype.ForMean(t); asked != dtype.Invalid {
			acc = asked
		}
		if t == dtype.Datetime || !num.CanCast(t, acc) || !acc.IsInexact() && acc != dtype.Timedelta {
			return 0, 0, refuse
		}
		return acc, acc, nil
	case reduceVar, reduceStd:
		if t.IsTemporal() {
			return 0, 0, refuse
		}
		if out = dtype.ForMean(t).Real(); asked != dtype.Invalid {
			out = asked.Real()
		}
		if !out.IsFloat() {
			return 0, 0, wrong(ErrDType, "a variance is a floating point number, not %v", asked)
		}
		return dtype.Float64, out, nil
	case reduceAny, reduceAll:
		return t, dtype.Bool, nil
	case reduceCount, reduceArgMin, reduceArgMax:
		return t, dtype.Int64, nil
	}
	return t, t, nil
}

// reducible reports reductions that cannot be: of types without order, of no elements, of unknown positions.
func reducible(kind reduceKind, m *meta, axes []int, acc dtype.Type) error {
	n := reduceNode{kind: kind, acc: acc, kids: []node{&fullNode{dt: m.dt}}}
	for _, p := range n.pieces() {
		if !p.op.Reducible(p.dt) {
			return wrong(ErrDType, "not defined for %v", m.dt)
		}
	}
	nothing := false // the result has no elements anyway
	for a, c := range m.chunks {
		nothing = nothing || !slices.Contains(axes, a) && total(c) == 0
	}
	for _, a := range axes {
		switch l := total(m.chunks[a]); {
		case l == 0 && (!nothing && (kind == reduceMin || kind == reduceMax || kind >= reduceNanMin) || kind == reduceArgMin || kind == reduceArgMax):
			return wrong(ErrValue, "axis %d has length 0; no elements have no %v", a, kind)
		case l == unknown && (kind == reduceArgMin || kind == reduceArgMax):
			return wrong(ErrUnknownChunks, "chunk sizes along axis %d are unknown, so positions are too; %s", a, cure)
		}
	}
	return nil
}
