package ndarray

import (
	"math"
	"strconv"
)

// None leaves out a bound of a slice, as an empty place does in Python's x[::-1]: S(None, None, -1).
const None = math.MinInt

// Slice selects every step-th position of an axis between two bounds, Python's start:stop:step. [S] makes slices.
type Slice struct {
	Start, Stop, Step int // None where left out; Step 0 means 1
}

// All selects a whole axis.
var All = Slice{None, None, 1}

// S returns the slice start:stop or start:stop:step. Bounds may count from the end, lie outside, or be [None]; the
// step may be negative.
func S(start, stop int, step ...int) Slice {
	s := Slice{start, stop, 1}
	if len(step) > 0 {
		s.Step = step[0]
		if s.Step == 0 {
			s.Step = None // refused when used; the zero Slice's step means 1
		}
	}
	return s
}

// String prints the slice as Python writes it.
func (s Slice) String() string {
	part := func(n int) string {
		if n == None {
			return ""
		}
		return strconv.Itoa(n)
	}
	out := part(s.Start) + ":" + part(s.Stop)
	if s.Step != 1 && s.Step != 0 {
		out += ":" + part(s.Step)
	}
	return out
}

// Resolve returns the first position, the step and the number of positions that the slice selects on an axis of n.
// It is an error when the step is zero. start is 0 when nothing is selected.
func (s Slice) Resolve(n int) (start, step, count int, err error) {
	step = s.Step
	switch step {
	case 0:
		step = 1
	case None:
		return 0, 0, 0, fail(ErrIndex, "slice step cannot be zero")
	}
	low, high := 0, n // where bounds are clamped to
	start, stop := 0, n
	if step < 0 {
		low, high = -1, n-1
		start, stop = n-1, -1
	}
	bound := func(b, missing int) int {
		if b == None {
			return missing
		}
		if b < 0 {
			b += n
		}
		return min(max(b, low), high)
	}
	start, stop = bound(s.Start, start), bound(s.Stop, stop)
	switch {
	case step > 0 && start < stop:
		count = (stop-start-1)/step + 1
	case step < 0 && start > stop:
		count = (start-stop-1)/-step + 1
	default:
		start = 0
	}
	return start, step, count, nil
}

// marker is an index item without a value of its own.
type marker uint8

const (
	// NewAxis is an index item that inserts an axis of length one.
	NewAxis marker = iota + 1
	// Ellipsis is an index item that stands for all axes that the other items do not name.
	Ellipsis
)

// String returns the name of the item.
func (m marker) String() string {
	if m == NewAxis {
		return "NewAxis"
	}
	return "Ellipsis"
}
