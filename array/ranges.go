package array

import (
	"math"

	"sheaf/dtype"
	"sheaf/internal/kernel/num"
)

// Arange makes the numbers from start up to, without, stop in steps, as NumPy's arange does: their count is
// ceil((stop - start)/step). The arguments are Go ints, which make int64, or floats, which make float64; [DType] converts.
// Every block is computed from its own position. It takes [Chunks] and [DType].
func Arange(start, stop, step any, opts ...Option) *Array {
	o, err := parseOptions("arange", takesChunks|takesDType, opts)
	if err != nil {
		return &Array{err: err}
	}
	t, err := dtype.ResultType(start, stop, step)
	if err != nil || !(t.IsInteger() || t.IsFloat()) {
		return failed("arange", ErrDType, "arguments %v, %v and %v are no integers or floats", start, stop, step)
	}
	a, b, c := toFloat(start), toFloat(stop), toFloat(step)
	if c == 0 {
		return failed("arange", ErrValue, "the step is zero")
	}
	n := math.Ceil((b - a) / c)
	if math.IsNaN(n) || n > 1<<46 {
		return failed("arange", ErrValue, "no sensible length from %v to %v by %v", start, stop, step)
	}
	size := int(max(n, 0))
	if o.dt == dtype.Invalid {
		o.dt = t
	}
	made := dtype.Float64
	if t.IsInteger() {
		made = dtype.Int64
	}
	chunks, err := normalize(o.chunks, []int{size}, o.dt.Size(), nil)
	if err != nil {
		return at("arange", err)
	}
	// The step between neighbours is what NumPy computes from the first two elements.
	second := a + c
	x := newRamp(made, a, second-a, toInt(start), toInt(step), chunks[0])
	out, err := castTo(x, o.dt)
	if err != nil {
		return at("arange", err)
	}
	return wrap(out)
}

func toFloat(v any) float64 {
	c, err := constOf(dtype.Float64, v)
	if err != nil {
		return math.NaN()
	}
	return floatBits(dtype.Float64, c.Bits)
}

func toInt(v any) int64 {
	c, err := constOf(dtype.Int64, v)
	if err != nil {
		return 0
	}
	return int64(c.Bits)
}

// Endpoint says whether [Linspace] includes the stop; it does by default.
func Endpoint(included bool) Option {
	return Option{func(o *options) { o.open = !included; o.given |= takesEndpoint }}
}

// Linspace makes n numbers from start to stop in equal steps, float64 unless [DType] says otherwise. It takes [Chunks], [DType]
// and [Endpoint].
func Linspace(start, stop float64, n int, opts ...Option) *Array {
	o, err := parseOptions("linspace", takesChunks|takesDType|takesEndpoint, opts)
	if err != nil {
		return &Array{err: err}
	}
	if n < 0 {
		return failed("linspace", ErrValue, "the number of elements, %d, is negative", n)
	}
	chunks, err := normalize(o.chunks, []int{n}, 8, nil)
	if err != nil {
		return at("linspace", err)
	}
	div := n
	if !o.open {
		div--
	}
	step := stop - start
	if div > 0 {
		step /= float64(div)
	}
	x := newRamp(dtype.Float64, start, step, 0, 0, chunks[0])
	if !o.open && n > 1 {
		x = x.ending(stop)
	}
	t := o.dt
	if t == dtype.Invalid {
		t = dtype.Float64
	}
	if t.IsInteger() {
		return wrap(x).Floor().AsType(t)
	}
	return wrap(x).AsType(t)
}

// Eye makes a matrix of rows × cols with ones on diagonal k, which is above the main one for positive k, and zeros elsewhere;
// float64 unless [DType] says otherwise. It takes [Chunks] and [DType].
func Eye(rows, cols, k int, opts ...Option) *Array {
	o, err := parseOptions("eye", takesChunks|takesDType, opts)
	if err != nil {
		return &Array{err: err}
	}
	t := o.dt
	if t == dtype.Invalid {
		t = dtype.Float64
	}
	i, j, bad := grids("eye", rows, cols, t, o.chunks)
	if bad != nil {
		return bad
	}
	return i.Add(k).Eq(j).AsType(t)
}

// Tri makes a matrix with ones on and below diagonal k: see [Eye].
func Tri(rows, cols, k int, opts ...Option) *Array {
	o, err := parseOptions("tri", takesChunks|takesDType, opts)
	if err != nil {
		return &Array{err: err}
	}
	t := o.dt
	if t == dtype.Invalid {
		t = dtype.Float64
	}
	i, j, bad := grids("tri", rows, cols, t, o.chunks)
	if bad != nil {
		return bad
	}
	return j.Le(i.Add(k)).AsType(t)
}

// grids returns the row numbers as a column and the column numbers as a row, with the blocks of a matrix.
func grids(op string, rows, cols int, t dtype.Type, spec []any) (i, j, bad *Array) {
	chunks, err := newChunks(spec, []int{rows, cols}, t)
	if err != nil {
		return nil, nil, at(op, err)
	}
	i = wrap(newRamp(dtype.Int64, 0, 1, 0, 1, chunks[0])).ExpandDims(1)
	j = wrap(newRamp(dtype.Int64, 0, 1, 0, 1, chunks[1])).ExpandDims(0)
	return i, j, nil
}

// Tril returns x with zeros above diagonal k of its last two axes.
func (x *Array) Tril(k int) *Array { return x.triangle("tril", k, false) }

// Triu returns x with zeros below diagonal k of its last two axes.
func (x *Array) Triu(k int) *Array { return x.triangle("triu", k, true) }

func (x *Array) triangle(op string, k int, upper bool) *Array {
	if x.err != nil {
		return x
	}
	n := x.Ndim()
	if n < 2 {
		return failed(op, ErrShape, "it needs at least two dimensions, not %d", n)
	}
	chunks := x.chunksOf()
	for a := n - 2; a < n; a++ {
		if total(chunks[a]) == unknown {
			return failed(op, ErrUnknownChunks, "chunk sizes along axis %d are unknown; %s", a, cure)
		}
	}
	i := wrap(newRamp(dtype.Int64, 0, 1, 0, 1, chunks[n-2])).ExpandDims(1)
	j := wrap(newRamp(dtype.Int64, 0, 1, 0, 1, chunks[n-1])).ExpandDims(0)
	keep := j.Le(i.Add(k))
	if upper {
		keep = j.Ge(i.Add(k))
	}
	zero, err := constOf(x.DType(), 0)
	if err != nil {
		return at(op, err)
	}
	return apply(num.Where, keep, x, wrap(newFull(zero, "0", nil)))
}

// Indices makes one integer array per axis that holds the positions along it, stacked on a new first axis.
func Indices(shape []int, opts ...Option) *Array {
	o, err := parseOptions("indices", takesChunks, opts)
	if err != nil {
		return &Array{err: err}
	}
	chunks, err := newChunks(o.chunks, shape, dtype.Int64)
	if err != nil {
		return at("indices", err)
	}
	if len(shape) == 0 {
		return failed("indices", ErrShape, "the shape has no axes")
	}
	all := make([]*Array, len(shape))
	for a := range shape {
		items := make([]any, len(shape))
		for b := range items {
			if items[b] = NewAxis; a == b {
				items[b] = All
			}
		}
		n, err := sliced(newRamp(dtype.Int64, 0, 1, 0, 1, chunks[a]), items)
		if err != nil {
			return at("indices", err)
		}
		all[a] = wrap(broadcast(n, chunks))
	}
	return Stack(all, 0)
}

// MeshGrid returns coordinate matrices of vectors: array k has the values of xs[k] along axis k. With "xy" indexing, NumPy's
// default, the first two axes are exchanged; "ij" keeps them.
func MeshGrid(indexing string, xs ...*Array) []*Array {
	out := make([]*Array, len(xs))
	for k, x := range xs {
		if x.err != nil {
			return []*Array{x}
		}
		if x.Ndim() > 1 {
			return []*Array{failed("meshgrid", ErrShape, "argument %d has %d dimensions, not 1", k, x.Ndim())}
		}
		place := k
		if indexing == "xy" && len(xs) > 1 && k < 2 {
			place = 1 - k
		} else if indexing != "xy" && indexing != "ij" {
			return []*Array{failed("meshgrid", ErrValue, "indexing is %q, not \"xy\" or \"ij\"", indexing)}
		}
		var others []int
		for a := range xs {
			if a != place {
				others = append(others, a)
			}
		}
		if x.Ndim() == 0 {
			x = x.ExpandDims(0)
		}
		out[k] = x.ExpandDims(others...)
	}
	return BroadcastArrays(out...)
}
