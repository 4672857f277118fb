package array

import (
	"strings"

	"sheaf/dtype"
)

// An Option is a keyword argument. Each function says which ones it takes and refuses the others.
type Option struct{ apply func(*options) }

type options struct {
	chunks  []any
	size    []int
	sized   bool
	dt      dtype.Type
	axes    []int
	axesSet bool
	keep    bool
	open    bool
	balance bool
	ddof    float64
	ddofSet bool
	every   int
	given   uint32
	level   int
	leveled bool
	codec   string
	version int
	force   bool
	bad     string
}

// The sets of options that functions take.
const (
	takesChunks uint32 = 1 << iota
	takesSize
	takesDType
	takesAxis
	takesKeep
	takesDdof
	takesEvery
	takesEndpoint
	takesFormat
	takesOverwrite
)

var optionNames = []string{"Chunks", "Size", "DType", "Axis", "KeepDims", "Ddof", "SplitEvery", "Endpoint", "Zarr format", "Overwrite"}

// Size gives the shape of a new array. Without lengths the array has no dimensions and one element.
func Size(shape ...int) Option {
	return Option{func(o *options) { o.size, o.sized = append([]int{}, shape...), true; o.given |= takesSize }}
}

// DType gives the element type of a result, or of the accumulator of a sum or product.
func DType(t dtype.Type) Option {
	return Option{func(o *options) { o.dt = t; o.given |= takesDType }}
}

// Axis names the axes that an operation works on; negative ones count from the end.
func Axis(axes ...int) Option {
	return Option{func(o *options) { o.axes, o.axesSet = append([]int{}, axes...), true; o.given |= takesAxis }}
}

// KeepDims keeps reduced axes with length 1, so that the result broadcasts against the operand.
func KeepDims() Option { return Option{func(o *options) { o.keep = true; o.given |= takesKeep }} }

// Ddof gives the delta degrees of freedom of a variance: the sum of squares is divided by the number of elements less n.
func Ddof(n float64) Option {
	return Option{func(o *options) { o.ddof, o.ddofSet = n, true; o.given |= takesDdof }}
}

// SplitEvery gives how many blocks one step of a reduction joins, over all reduced axes together; the default is 4. It
// must be at least 2. Results of floating point sums depend on it in their last digits.
func SplitEvery(n int) Option {
	return Option{func(o *options) {
		o.every = n
		o.given |= takesEvery
		if n < 2 {
			o.bad = "SplitEvery must be at least 2"
		}
	}}
}

// parseOptions reads the options of a call that takes those of the set.
func parseOptions(op string, takes uint32, opts []Option) (options, error) {
	var o options
	for _, f := range opts {
		if f.apply != nil {
			f.apply(&o)
		}
	}
	if o.chunks != nil {
		o.given |= takesChunks
	}
	if bad := o.given &^ takes; bad != 0 {
		var names []string
		for i, n := range optionNames {
			if bad&(1<<i) != 0 {
				names = append(names, n)
			}
		}
		return o, fail(op, ErrValue, "%s has no meaning here", strings.Join(names, " and "))
	}
	if o.bad != "" {
		return o, fail(op, ErrValue, "%s", o.bad)
	}
	return o, nil
}
