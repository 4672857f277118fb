package num

import (
	"context"
	"fmt"
	"sync"

	"sheaf/dtype"
)

// singleKey names the program of one operation.
type singleKey struct {
	op      Op
	reduce  Reduction
	in, out dtype.Type
	arity   int
	axes    string
	ndim    int
}

var singles sync.Map // singleKey → *Program

// single returns the program of one operation, built the first time it is asked for.
func single(key singleKey, build func(b *Builder)) (*Program, error) {
	if p, ok := singles.Load(key); ok {
		return p.(*Program), nil
	}
	var b Builder
	build(&b)
	p, err := b.Build()
	if err != nil {
		return nil, err
	}
	singles.Store(key, p)
	return p, nil
}

// Apply runs one operation over views that broadcast to the shape of out, whose dtype must be that of the result. For
// Cast, the dtype of out says to what.
func Apply(ctx context.Context, op Op, out View, in ...View) error {
	if len(in) != op.Arity() || len(in) == 0 {
		return fmt.Errorf("num: %s of %d operands", op, len(in))
	}
	key := singleKey{op: op, in: in[len(in)-1].Type, out: out.Type, arity: len(in)}
	p, err := single(key, func(b *Builder) {
		var args []Value
		for _, v := range in {
			args = append(args, b.Input(v.Type))
		}
		if op == Cast {
			b.Store(b.Cast(args[0], out.Type))
		} else {
			b.Store(b.Apply(op, args...))
		}
	})
	if err != nil {
		return err
	}
	if len(p.Outs) == 1 && p.Outs[0].Type != out.Type {
		return fmt.Errorf("num: %s of %s gives %s, not %s", op, key.in, p.Outs[0].Type, out.Type)
	}
	return p.Run(ctx, Args{Shape: out.Shape, Inputs: in, Outputs: []View{out}})
}

// Reduce runs one reduction over the axes (all without any) of a view. out has the views of the results: one, or two
// for ArgMin and ArgMax, or three for Moments.
func Reduce(ctx context.Context, r Reduction, in View, out []View, axes ...int) error {
	key := singleKey{reduce: r, in: in.Type, axes: fmt.Sprint(axes), ndim: len(in.Shape)}
	p, err := single(key, func(b *Builder) { b.Reduce(r, b.Input(in.Type), len(in.Shape), axes...) })
	if err != nil {
		return err
	}
	return p.Run(ctx, Args{Shape: in.Shape, Inputs: []View{in}, Outputs: out})
}

// Copy copies elements of one dtype between views; in broadcasts to the shape of out.
func Copy(ctx context.Context, out, in View) error {
	p, err := single(singleKey{op: Positive, in: in.Type, out: out.Type, arity: -1}, func(b *Builder) { b.Store(b.Input(in.Type)) })
	if err != nil {
		return err
	}
	return p.Run(ctx, Args{Shape: out.Shape, Inputs: []View{in}, Outputs: []View{out}})
}
