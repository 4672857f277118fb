package array

// VStack joins arrays along the first axis; arrays of one dimension are rows.
func VStack(xs []*Array) *Array { return stacked(xs, 2, func(n int) int { return 0 }) }

// HStack joins arrays along the second axis, or along the only one.
func HStack(xs []*Array) *Array {
	return stacked(xs, 1, func(n int) int { return min(1, n-1) })
}

// DStack joins arrays along the third axis; arrays of fewer dimensions get axes of length 1.
func DStack(xs []*Array) *Array { return stacked(xs, 3, func(n int) int { return 2 }) }

// stacked gives arrays at least ndim axes, as NumPy's stacking functions do, and joins them.
func stacked(xs []*Array, ndim int, axis func(n int) int) *Array {
	out := make([]*Array, len(xs))
	n := ndim
	for i, x := range xs {
		if x == nil {
			return failed("stack", ErrValue, "array %d is nil", i)
		}
		switch d := x.Ndim(); {
		case x.err != nil || d >= ndim:
		case d == 0:
			x = x.Reshape(onesOf(ndim)...)
		case ndim == 2:
			x = x.ExpandDims(0)
		case d == 1:
			x = x.ExpandDims(0, 2)
		default:
			x = x.ExpandDims(2)
		}
		out[i] = x
		n = max(n, x.Ndim())
	}
	return Concatenate(out, axis(n))
}

func onesOf(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = 1
	}
	return out
}

// Roll moves the elements along an axis by shift places; those that leave at one end come back at the other.
func (x *Array) Roll(shift, axis int) *Array {
	if x.err != nil {
		return x
	}
	a, err := normAxis(axis, x.Ndim())
	if err != nil {
		return at("roll", err)
	}
	n := x.Shape()[a]
	switch {
	case n == unknown:
		return failed("roll", ErrUnknownChunks, "chunk sizes along axis %d are unknown; %s", a, cure)
	case n == 0:
		return x
	}
	k := ((shift % n) + n) % n
	if k == 0 {
		return x
	}
	first, rest := make([]any, a+1), make([]any, a+1)
	for i := range a {
		first[i], rest[i] = All, All
	}
	first[a], rest[a] = S(n-k, None), S(None, n-k)
	return Concatenate([]*Array{x.Index(first...), x.Index(rest...)}, a)
}

// Repeat repeats every element n times along an axis.
func (x *Array) Repeat(n, axis int) *Array {
	if x.err != nil {
		return x
	}
	a, err := normAxis(axis, x.Ndim())
	if err != nil {
		return at("repeat", err)
	}
	size := x.Shape()[a]
	switch {
	case n < 0:
		return failed("repeat", ErrValue, "%d repetitions", n)
	case size == unknown:
		return failed("repeat", ErrUnknownChunks, "chunk sizes along axis %d are unknown; %s", a, cure)
	}
	positions := make([]int, 0, size*n)
	for i := range size {
		for range n {
			positions = append(positions, i)
		}
	}
	return x.Take(positions, a)
}

// Tile returns whole copies of x one after the other, reps[a] of them along axis a; more repetitions than axes add leading axes.
func (x *Array) Tile(reps ...int) *Array {
	out := x
	for x.err == nil && out.Ndim() < len(reps) {
		out = out.ExpandDims(0)
	}
	for i, n := range reps {
		if out.err != nil {
			return out
		}
		axis := out.Ndim() - len(reps) + i
		if n < 0 {
			return failed("tile", ErrValue, "%d repetitions along axis %d", n, axis)
		}
		if n == 0 {
			items := make([]any, axis+1)
			for k := range items {
				items[k] = All
			}
			items[axis] = S(0, 0)
			out = out.Index(items...)
			continue
		}
		copies := make([]*Array, n)
		for k := range copies {
			copies[k] = out
		}
		out = Concatenate(copies, axis)
	}
	return out
}
