package ndarray

import (
	"math"
	"slices"

	"sheaf/dtype"
)

// New returns an array of zeros; false for bool, 1970 for datetimes. Lengths of zero are fine, an empty shape makes
// a 0-d array.
func New(t dtype.Type, shape ...int) (*Array, error) {
	if _, err := checkShape("new", t, shape); err != nil {
		return nil, err
	}
	return newArray(t, slices.Clone(shape), true), nil
}

// NewUninit returns an array whose elements are whatever the memory held, for callers that set all of them.
// Elements of a bool array must be set before anything reads them.
func NewUninit(t dtype.Type, shape ...int) (*Array, error) {
	if _, err := checkShape("new", t, shape); err != nil {
		return nil, err
	}
	return newArray(t, slices.Clone(shape), false), nil
}

// Zeros is New.
func Zeros(t dtype.Type, shape ...int) (*Array, error) { return New(t, shape...) }

// Ones returns an array of ones, true for bool.
func Ones(t dtype.Type, shape ...int) (*Array, error) { return Full(t, 1, shape...) }

// Full returns an array whose elements are all value, a Go number, bool or time. With dtype.Invalid the type is that
// of the value.
func Full(t dtype.Type, value any, shape ...int) (*Array, error) {
	if t == dtype.Invalid {
		t = dtype.OfValue(value)
	}
	v, err := Scalar(t, value)
	if err != nil {
		return nil, err
	}
	a, err := NewUninit(t, shape...)
	if err != nil {
		return nil, err
	}
	copyRun(t, a.base, 1, v.base, 0, a.cap)
	return a, nil
}

// FullView is Full as a broadcast view: one element in memory, whatever the shape. It cannot be Set.
func FullView(t dtype.Type, value any, shape ...int) (*Array, error) {
	v, err := Full(t, value)
	if err != nil {
		return nil, err
	}
	return v.BroadcastTo(shape...)
}

// Arange returns the numbers from start up to, without, stop in steps: Arange(stop), Arange(start, stop) or
// Arange(start, stop, step). The type is that of the arguments; Go ints make int64.
//
// Same as numpy.arange, including the length ceil((stop-start)/step) for fractional steps.
func Arange[T dtype.Real | int](args ...T) (*Array, error) {
	var start, stop T
	step := T(1)
	switch len(args) {
	case 1:
		stop = args[0]
	case 2:
		start, stop = args[0], args[1]
	case 3:
		start, stop, step = args[0], args[1], args[2]
	default:
		return nil, fail(ErrValue, "arange: %d arguments; it takes stop, start and stop, or start, stop and step", len(args))
	}
	if step == 0 {
		return nil, fail(ErrValue, "arange: step is zero")
	}
	n := math.Ceil((float64(stop) - float64(start)) / float64(step))
	if math.IsNaN(n) || n > maxBytes {
		return nil, fail(ErrValue, "arange: no sensible length from %v to %v by %v", start, stop, step)
	}
	second := start + step
	return Steps(dtype.Of[T](), start, second-start, int(max(n, 0)))
}

// Steps returns n elements start + i*step, each computed from i alone, so that blocks of a longer range do not
// drift. start and step are Go numbers.
func Steps[T dtype.Real | int](t dtype.Type, start, step T, n int) (*Array, error) {
	of := dtype.Of[T]()
	if _, err := checkShape("arange", t, []int{n}); err != nil {
		return nil, err
	}
	a := newArray(of, []int{n}, false)
	fillSteps(a, start, step)
	return a.AsType(t)
}

func fillSteps[T dtype.Real | int](a *Array, start, step T) {
	switch a.dt {
	case dtype.Float64:
		steps(buffer[float64](a), float64(start), float64(step))
	case dtype.Float32:
		steps(buffer[float32](a), float32(start), float32(step))
	case dtype.Int64:
		steps(buffer[int64](a), int64(start), int64(step))
	case dtype.Uint64:
		steps(buffer[uint64](a), uint64(start), uint64(step))
	case dtype.Int32:
		steps(buffer[int32](a), int32(start), int32(step))
	case dtype.Uint32:
		steps(buffer[uint32](a), uint32(start), uint32(step))
	case dtype.Int16:
		steps(buffer[int16](a), int16(start), int16(step))
	case dtype.Uint16:
		steps(buffer[uint16](a), uint16(start), uint16(step))
	case dtype.Int8:
		steps(buffer[int8](a), int8(start), int8(step))
	case dtype.Uint8:
		steps(buffer[uint8](a), uint8(start), uint8(step))
	}
}

// steps sets d[i] = start + i*step.
func steps[T dtype.Real](d []T, start, step T) {
	for i := range d {
		d[i] = start + T(i)*step
	}
}

// Linspace returns n numbers from start to stop in equal steps, float64. stop is the last of them, or the one after
// the last when endpoint is false.
//
// Same as numpy.linspace.
func Linspace(start, stop float64, n int, endpoint bool) (*Array, error) {
	if n < 0 {
		return nil, fail(ErrValue, "linspace: the number of elements, %d, is negative", n)
	}
	a, err := NewUninit(dtype.Float64, n)
	if err != nil {
		return nil, err
	}
	div := n
	if endpoint {
		div--
	}
	d, delta := buffer[float64](a), stop-start
	step := delta / float64(div)
	for i := range d {
		y := float64(i)
		switch {
		case div <= 0:
			y *= delta
		case step == 0: // so small that it vanished: divide last
			y = y / float64(div) * delta
		default:
			y *= step
		}
		d[i] = y + start
	}
	if endpoint && n > 1 {
		d[n-1] = stop
	}
	return a, nil
}

// Eye returns a rows × cols array with ones on the diagonal that starts k columns to the right, zeros elsewhere.
func Eye(t dtype.Type, rows, cols, k int) (*Array, error) {
	a, err := New(t, rows, cols)
	if err != nil {
		return nil, err
	}
	one, err := Scalar(t, 1)
	if err != nil {
		return nil, err
	}
	for i := max(0, -k); i < rows && i+k < cols; i++ {
		copyRun(t, a.at(i*cols+i+k), 1, one.base, 1, 1)
	}
	return a, nil
}
