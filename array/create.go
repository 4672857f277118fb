package array

import (
	"fmt"

	"sheaf/dtype"
)

// Zeros makes an array of zeros, float64 unless [DType] says otherwise. It takes [Size], [Chunks] and [DType].
//
// New arrays cost nothing: their blocks are never stored as long as only operations of this package use them.
func Zeros(opts ...Option) *Array { return filled("zeros", 0, opts) }

// Ones makes an array of ones: see [Zeros].
func Ones(opts ...Option) *Array { return filled("ones", 1, opts) }

// Empty makes an array whose values mean nothing; they are zeros.
func Empty(opts ...Option) *Array { return filled("empty", 0, opts) }

// Full makes an array that repeats one value, a Go number, bool or time. The dtype is the value's unless [DType] is given.
func Full(value any, opts ...Option) *Array { return filled("full", value, opts) }

func filled(op string, value any, opts []Option) *Array {
	o, err := parseOptions(op, takesChunks|takesSize|takesDType, opts)
	if err != nil {
		return &Array{err: err}
	}
	if !o.sized {
		return failed(op, ErrShape, "its shape is not given; say array.Size(…)")
	}
	if o.dt == dtype.Invalid {
		if o.dt = dtype.Float64; op == "full" {
			o.dt = dtype.OfValue(value)
		}
	}
	return fill(op, value, o.dt, o.size, o.chunks)
}

func fill(op string, value any, dt dtype.Type, shape []int, spec []any) *Array {
	if !dt.IsArray() {
		return failed(op, ErrDType, "a %T is no element of an array", value)
	}
	for _, n := range shape {
		if n < 0 {
			return failed(op, ErrShape, "negative length in shape %v", shape)
		}
	}
	chunks, err := normalize(spec, shape, dt.Size(), nil)
	if err != nil {
		return at(op, err)
	}
	c, err := constOf(dt, value)
	if err != nil {
		return at(op, err)
	}
	return wrap(newFull(c, fmt.Sprint(value), chunks))
}
