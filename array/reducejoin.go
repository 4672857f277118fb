package array

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"

	"sheaf/dtype"
	"sheaf/graph"
	"sheaf/internal/kernel/num"
	"sheaf/ndarray"
)

// joinOp joins the partial results of a box of blocks. Blocks without elements contribute nothing.
type joinOp struct {
	Pieces []piece
	Pick   []int // of partial results that serve several reductions: those of this one
}

// ReadsOnly implements graph.Reader.
func (joinOp) ReadsOnly() {}

// Run implements graph.Op.
func (o joinOp) Run(ctx context.Context, t *graph.Task) (any, error) {
	parts := make([]*partial, 0, 8)
	for _, v := range t.In(0) {
		p, ok := v.(*partial)
		if !ok {
			return nil, fmt.Errorf("array: reduction: a partial result is a %T", v)
		}
		parts = append(parts, o.mine(p))
	}
	return o.join(ctx, parts)
}

// mine picks the results that this reduction needs.
func (o joinOp) mine(p *partial) *partial {
	if o.Pick == nil || len(p.Vals) == 0 || len(p.Vals) == len(o.Pick) {
		return p
	}
	q := &partial{Count: p.Count, Vals: make([]*ndarray.Array, len(o.Pick))}
	for i, k := range o.Pick {
		q.Vals[i] = p.Vals[k]
	}
	return q
}

func (o joinOp) join(ctx context.Context, parts []*partial) (*partial, error) {
	out := &partial{}
	some := parts[:0:0]
	for _, p := range parts {
		if out.Count += p.Count; len(p.Vals) > 0 && (p.Count > 0 || !slices.ContainsFunc(parts, func(q *partial) bool { return q.Count > 0 })) {
			some = append(some, p)
		}
	}
	switch len(some) {
	case 0:
		return out, nil
	case 1:
		out.Vals = some[0].Vals
		return out, nil
	}
	at := 0
	for _, p := range o.Pieces {
		n := p.op.Results()
		vals, err := joinPiece(ctx, p.op, at, n, some)
		if err != nil {
			return nil, err
		}
		out.Vals = append(out.Vals, vals...)
		at += n
	}
	return out, nil
}

// joinPiece joins results [at, at+n) of partial results.
func joinPiece(ctx context.Context, r num.Reduction, at, n int, parts []*partial) ([]*ndarray.Array, error) {
	for _, p := range parts[1:] {
		if !slices.Equal(p.Vals[at].Shape(), parts[0].Vals[at].Shape()) {
			return nil, wrong(ErrShape, "array: reduction: blocks of shapes %s and %s", ndarray.ShapeString(parts[0].Vals[at].Shape()),
				ndarray.ShapeString(p.Vals[at].Shape()))
		}
	}
	switch r {
	case num.Moments:
		return joinMoments(at, parts)
	case num.ArgMin, num.ArgMax:
		return joinArgs(r, at, parts)
	}
	first := parts[0].Vals[at]
	prog, err := joinProgram(r, first.DType(), len(parts))
	if err != nil {
		return nil, err
	}
	in := make([]num.View, len(parts))
	for i, p := range parts {
		in[i] = p.Vals[at].KernelView()
	}
	out, err := ndarray.NewUninit(first.DType(), first.Shape()...)
	if err != nil {
		return nil, err
	}
	err = prog.Run(ctx, num.Args{Shape: first.Shape(), Inputs: in, Outputs: []num.View{out.KernelView()}})
	return []*ndarray.Array{out}, err
}

type joinKey struct {
	r  num.Reduction
	dt dtype.Type
	n  int
}

var joinPrograms sync.Map // joinKey → *num.Program

// joinProgram combines n arrays from the left to the right.
func joinProgram(r num.Reduction, dt dtype.Type, n int) (*num.Program, error) {
	key := joinKey{r, dt, n}
	if p, ok := joinPrograms.Load(key); ok {
		return p.(*num.Program), nil
	}
	op := map[num.Reduction]num.Op{
		num.Sum: num.Add, num.Count: num.Add, num.Prod: num.Mul, num.Min: num.Minimum, num.Max: num.Maximum,
		num.NanMin: num.Fmin, num.NanMax: num.Fmax, num.Any: num.LogicalOr, num.All: num.LogicalAnd,
	}[r]
	if dt == dtype.Bool {
		switch op {
		case num.Minimum, num.Fmin:
			op = num.LogicalAnd
		case num.Maximum, num.Fmax:
			op = num.LogicalOr
		}
	}
	var b num.Builder
	v := b.Input(dt)
	for range n - 1 {
		v = b.Apply(op, v, b.Input(dt))
	}
	b.Store(v)
	p, err := b.Build()
	if err == nil {
		joinPrograms.Store(key, p)
	}
	return p, err
}

// joinMoments merges counts, means and sums of squared deviations by Chan's formula.
func joinMoments(at int, parts []*partial) ([]*ndarray.Array, error) {
	var out []*ndarray.Array
	var acc [3][]float64
	for i, p := range parts {
		var x [3][]float64
		for k := range 3 {
			v, err := ndarray.Values[float64](p.Vals[at+k])
			if err != nil {
				return nil, err
			}
			x[k] = v
		}
		if i == 0 {
			for k := range 3 {
				c := p.Vals[at+k].Copy()
				out = append(out, c)
				acc[k], _ = ndarray.Raw[float64](c)
			}
			continue
		}
		for j := range acc[0] {
			acc[0][j], acc[1][j], acc[2][j] = num.MergeMoments(acc[0][j], acc[1][j], acc[2][j], x[0][j], x[1][j], x[2][j])
		}
	}
	return out, nil
}

// joinArgs takes the better of two values, of equal ones that which stands first in the array.
func joinArgs(r num.Reduction, at int, parts []*partial) ([]*ndarray.Array, error) {
	vals, index := parts[0].Vals[at].Copy(), parts[0].Vals[at+1].Copy()
	for _, p := range parts[1:] {
		var err error
		switch v := vals.DType().Storage(); v {
		case dtype.Bool:
			err = better(r, vals, index, p, at, func(a, b bool) int { return b2i(a) - b2i(b) }, nil)
		case dtype.Int8:
			err = betterReal[int8](r, vals, index, p, at)
		case dtype.Int16:
			err = betterReal[int16](r, vals, index, p, at)
		case dtype.Int32:
			err = betterReal[int32](r, vals, index, p, at)
		case dtype.Int64:
			err = betterReal[int64](r, vals, index, p, at)
		case dtype.Uint8:
			err = betterReal[uint8](r, vals, index, p, at)
		case dtype.Uint16:
			err = betterReal[uint16](r, vals, index, p, at)
		case dtype.Uint32:
			err = betterReal[uint32](r, vals, index, p, at)
		case dtype.Uint64:
			err = betterReal[uint64](r, vals, index, p, at)
		case dtype.Float32:
			err = betterReal[float32](r, vals, index, p, at)
		case dtype.Float64:
			err = betterReal[float64](r, vals, index, p, at)
		case dtype.Complex64:
			err = betterComplex[complex64](r, vals, index, p, at)
		default:
			err = betterComplex[complex128](r, vals, index, p, at)
		}
		if err != nil {
			return nil, err
		}
	}
	return []*ndarray.Array{vals, index}, nil
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func betterReal[T dtype.Real](r num.Reduction, vals, index *ndarray.Array, p *partial, at int) error {
	temporal := vals.DType().IsTemporal()
	return better(r, vals, index, p, at, func(a, b T) int {
		switch {
		case a < b:
			return -1
		case a > b:
			return 1
		}
		return 0
	}, func(a T) bool { return a != a || temporal && int64(a) == dtype.NaT })
}

func betterComplex[T dtype.Complex](r num.Reduction, vals, index *ndarray.Array, p *partial, at int) error {
	return better(r, vals, index, p, at, func(a, b T) int {
		x, y := complex128(a), complex128(b)
		switch {
		case real(x) < real(y), real(x) == real(y) && imag(x) < imag(y):
			return -1
		case x == y:
			return 0
		}
		return 1
	}, func(a T) bool { x := complex128(a); return math.IsNaN(real(x)) || math.IsNaN(imag(x)) })
}

// better replaces values and their places by those of p where they are better. The first "not a number" wins over all.
func better[T dtype.Element](r num.Reduction, vals, index *ndarray.Array, p *partial, at int, compare func(a, b T) int, nan func(T) bool) error {
	v, err := ndarray.Raw[T](vals)
	if err != nil {
		return err
	}
	w, err := ndarray.Values[T](p.Vals[at])
	if err != nil {
		return err
	}
	i, err := ndarray.Raw[int64](index)
	if err != nil {
		return err
	}
	j, err := ndarray.Values[int64](p.Vals[at+1])
	if err != nil {
		return err
	}
	for k := range v {
		c := compare(w[k], v[k])
		if r == num.ArgMax {
			c = -c
		}
		if nan != nil {
			switch a, b := nan(v[k]), nan(w[k]); {
			case a && b:
				c = 0
			case a:
				c = 1
			case b:
				c = -1
			}
		}
		if c < 0 || c == 0 && j[k] < i[k] {
			v[k], i[k] = w[k], j[k]
		}
	}
	return nil
}
