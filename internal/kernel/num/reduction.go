package num

import (
	"fmt"

	"sheaf/dtype"
)

// Reduction is what takes axes away from a chunk.
type Reduction uint8

// The reductions. Empty chunks give the identity: 0 for Sum and Count, 1 for Prod, false and true for Any and All, a
// count of 0 for Moments; Min, Max and the like refuse them.
const (
	NoReduction Reduction = iota
	Sum                   // floats pairwise within tiles, with the rounding errors between tiles carried along
	Prod
	Min // NaN if there is one
	Max
	NanMin // NaN only if there is nothing else
	NanMax
	Any
	All
	Count   // elements that are not zero
	ArgMin  // two results: the value, and the index of its first occurrence; the first NaN wins
	ArgMax  // over one axis the index along it, over all axes the flat index in C order
	Moments // of Float64, three results of Float64: count, mean, sum of squared deviations from the mean
	numReductions
)

var reductionNames = [numReductions]string{
	"none", "sum", "prod", "min", "max", "nanmin", "nanmax", "any", "all", "count_nonzero", "argmin", "argmax", "moments",
}

// String returns NumPy's name of the reduction.
func (r Reduction) String() string {
	if r >= numReductions {
		return fmt.Sprintf("reduction(%d)", uint8(r))
	}
	return reductionNames[r]
}

// MarshalText writes the name.
func (r Reduction) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (r *Reduction) UnmarshalText(text []byte) error {
	for i, n := range reductionNames {
		if n == string(text) {
			*r = Reduction(i)
			return nil
		}
	}
	return fmt.Errorf("num: unknown reduction %q", text)
}

// Results returns the number of results: 1, 2 for ArgMin and ArgMax, 3 for Moments.
func (r Reduction) Results() int {
	switch r {
	case ArgMin, ArgMax:
		return 2
	case Moments:
		return 3
	}
	return 1
}

// ResultType returns the dtype of result k over elements of the type t, NumPy's choice: narrow integers and bools are
// summed in 64 bits.
func (r Reduction) ResultType(t dtype.Type, k int) dtype.Type {
	switch r {
	case Sum, Prod:
		switch {
		case t == dtype.Bool || t.IsSigned():
			return dtype.Int64
		case t.IsUnsigned():
			return dtype.Uint64
		}
	case Any, All:
		return dtype.Bool
	case Count:
		return dtype.Int64
	case ArgMin, ArgMax:
		if k == 1 {
			return dtype.Int64
		}
	case Moments:
		return dtype.Float64
	}
	return t
}

// accType returns the dtype in which result k is accumulated: floats are summed in float64, complex64 in complex128.
func (r Reduction) accType(t dtype.Type, k int) dtype.Type {
	out := r.ResultType(t, k)
	if r == Sum || r == Prod {
		switch out {
		case dtype.Float32:
			return dtype.Float64
		case dtype.Complex64:
			return dtype.Complex128
		}
	}
	return out
}

// Reducible reports whether the reduction works on elements of the type t.
func (r Reduction) Reducible(t dtype.Type) bool {
	switch r {
	case Sum:
		return t.IsArray() && t != dtype.Datetime
	case Prod:
		return t.IsArray() && !t.IsTemporal()
	case Moments:
		return t == dtype.Float64
	case Min, Max, ArgMin, ArgMax:
		return t.IsArray()
	case NanMin, NanMax:
		return t.IsArray() && !t.IsComplex()
	case Any, All, Count:
		return t.IsArray()
	}
	return false
}

// checkReduction reports a reduction that cannot run.
func (o Out) checkReduction() error {
	if o.Ndim < 0 || o.Ndim > maxDims {
		return fmt.Errorf("%s over an array of %d axes; the limit is %d", o.Reduce, o.Ndim, maxDims)
	}
	for i, a := range o.Axes {
		if a < 0 || a >= o.Ndim || i > 0 && a <= o.Axes[i-1] {
			return fmt.Errorf("%s over axes %v of an array of %d axes", o.Reduce, o.Axes, o.Ndim)
		}
	}
	if !o.Reduce.Reducible(o.Type) {
		return fmt.Errorf("%s is not defined for %s", o.Reduce, o.Type)
	}
	if o.Reduce.Results() == 2 && len(o.Axes) != 1 && len(o.Axes) != o.Ndim {
		return fmt.Errorf("%s over axes %v: it takes one axis or all", o.Reduce, o.Axes)
	}
	return nil
}

// maxDims bounds the axes of a chunk.
const maxDims = 64
