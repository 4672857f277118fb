package array

import (
	"context"

	"sheaf/dtype"
	"sheaf/graph"
	"sheaf/ndarray"
)

// finishOp joins the last partial results and makes the result of a reduction.
type finishOp struct {
	Join joinOp
	Kind reduceKind
	Out  dtype.Type
	Ddof float64
	Axes []int
	Keep bool
}

// ReadsOnly implements graph.Reader.
func (finishOp) ReadsOnly() {}

// Run implements graph.Op.
func (o finishOp) Run(ctx context.Context, t *graph.Task) (any, error) {
	v, err := o.Join.Run(ctx, t)
	if err != nil {
		return nil, err
	}
	p := v.(*partial)
	if len(p.Vals) == 0 {
		return nil, wrong(ErrValue, "array: %v of no elements has no value", o.Kind)
	}
	out, err := o.finish(p)
	if err != nil {
		return nil, err
	}
	if out.DType() != o.Out {
		if out, err = out.AsType(o.Out); err != nil {
			return nil, err
		}
	}
	if o.Keep {
		return out.ExpandDims(o.Axes...)
	}
	return out, nil
}

func (o finishOp) finish(p *partial) (*ndarray.Array, error) {
	n := float64(p.Count)
	switch o.Kind {
	case reduceMean:
		return p.Vals[0].Div(n)
	case reduceVar, reduceStd:
		squares := p.Vals[2]
		if len(p.Vals) == 6 { // of a complex array: real and imaginary parts
			var err error
			if squares, err = squares.Add(p.Vals[5]); err != nil {
				return nil, err
			}
		}
		v, err := squares.Div(max(0, n-o.Ddof))
		if err != nil || o.Kind == reduceVar {
			return v, err
		}
		return v.Sqrt()
	case reduceArgMin, reduceArgMax:
		return p.Vals[1], nil
	}
	return p.Vals[0], nil
}
