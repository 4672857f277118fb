package num

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"sheaf/dtype"
	"sheaf/internal/kernel/rng"
)

func TestBuilderErrors(t *testing.T) {
	f, i := dtype.Float64, dtype.Int64
	for name, c := range map[string]struct {
		build func(b *Builder)
		want  string
	}{
		"types":     {func(b *Builder) { b.Store(b.Apply(Add, b.Input(f), b.Input(i))) }, "operand 0 is float64, want int64"},
		"arity":     {func(b *Builder) { b.Store(b.Apply(Add, b.Input(f))) }, "add of 1 operands"},
		"no loop":   {func(b *Builder) { v := b.Input(f); b.Store(b.Apply(BitAnd, v, v)) }, "bitwise_and is not defined for float64"},
		"cast":      {func(b *Builder) { b.Store(b.Cast(b.Input(dtype.Datetime), dtype.Complex128)) }, "no cast from datetime64[ns] to complex128"},
		"string":    {func(b *Builder) { b.Store(b.Input(dtype.String)) }, "an input of type string"},
		"no output": {func(b *Builder) { b.Input(f) }, "without outputs"},
		"no value":  {func(b *Builder) { b.Store(Value{}) }, "no value"},
		"axis":      {func(b *Builder) { b.Reduce(Sum, b.Input(f), 2, 2) }, "sum over axes [2]"},
		"axes":      {func(b *Builder) { b.Reduce(ArgMin, b.Input(f), 3, 0, 1) }, "one axis or all"},
		"reduction": {func(b *Builder) { b.Reduce(Moments, b.Input(i), 1) }, "moments is not defined for int64"},
		"draw":      {func(b *Builder) { b.Store(b.Draw(Distribution{Kind: DrawUniform, Type: i})) }, "no draws of type int64"},
	} {
		var b Builder
		c.build(&b)
		if _, err := b.Build(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v want …%s…", name, err, c.want)
		}
	}
}

func TestRunErrors(t *testing.T) {
	f := dtype.Float64
	var b Builder
	b.Store(b.Apply(Add, b.Input(f), b.Input(f)))
	b.Reduce(Min, b.Input(f), 1)
	p, err := b.Build()
	if err != nil {
		t.Fatal(err)
	}
	v, one := ViewOf(f, make([]float64, 3), 3), ViewOf(f, make([]float64, 1))
	for name, c := range map[string]struct {
		args Args
		want string
	}{
		"count":     {Args{Shape: []int{3}, Inputs: []View{v}, Outputs: []View{v, one}}, "was given 1, 0 and 2"},
		"type":      {Args{Shape: []int{3}, Inputs: []View{v, ViewOf(dtype.Int64, make([]int64, 3), 3), v}, Outputs: []View{v, one}}, "input 1 is int64"},
		"broadcast": {Args{Shape: []int{4}, Inputs: []View{v, v, v}, Outputs: []View{v, one}}, "does not broadcast"},
		"output":    {Args{Shape: []int{3}, Inputs: []View{v, v, v}, Outputs: []View{one, one}}, "a view of [] float64"},
		"no data":   {Args{Shape: []int{3}, Inputs: []View{v, v, {Type: f, Shape: []int{3}, Strides: []int{1}}}, Outputs: []View{v, one}}, "without data"},
		"dims":      {Args{Shape: []int{1, 3}, Inputs: []View{v, v, v}, Outputs: []View{ViewOf(f, make([]float64, 3), 1, 3), one}}, "built for 1 axes"},
		"empty":     {Args{Shape: []int{0}, Inputs: []View{one, one, one}, Outputs: []View{ViewOf(f, []float64{}, 0), one}}, "min of no elements"},
	} {
		if err := p.Run(context.Background(), c.args); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v want …%s…", name, err, c.want)
		}
	}
}

func TestEmptyChunks(t *testing.T) {
	f := dtype.Float64
	var b Builder
	x := b.Input(f)
	b.Store(x)
	b.Reduce(Sum, x, 2, 0)
	b.Reduce(Prod, x, 2, 0)
	b.Reduce(All, x, 2)
	b.Reduce(Moments, x, 2, 0)
	p, err := b.Build()
	if err != nil {
		t.Fatal(err)
	}
	sum, prod, all := []float64{7, 7}, []float64{7, 7}, []bool{false}
	n, mean, m2 := []float64{7, 7}, []float64{7, 7}, []float64{7, 7}
	e := ViewOf(f, []float64{}, 0, 2)
	err = p.Run(context.Background(), Args{Shape: []int{0, 2}, Inputs: []View{e}, Outputs: []View{
		e, ViewOf(f, sum, 2), ViewOf(f, prod, 2), ViewOf(dtype.Bool, all), ViewOf(f, n, 2), ViewOf(f, mean, 2), ViewOf(f, m2, 2),
	}})
	if err != nil || sum[1] != 0 || prod[0] != 1 || !all[0] || n[1] != 0 {
		t.Errorf("got %v %v %v %v, %v", sum, prod, all, n, err)
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	out := make([]float64, 1)
	var b Builder
	b.Reduce(Sum, b.Draw(Normal(0, 1)), 1)
	p, _ := b.Build()
	err := p.Run(ctx, Args{Shape: []int{1 << 40}, Draws: []*rng.Generator{rng.New(rng.NewSeedSequence(1))}, Outputs: []View{ViewOf(dtype.Float64, out)}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v want %v", err, context.Canceled)
	}
}

// TestMerging: equal parts are computed once, draws never are.
func TestMerging(t *testing.T) {
	f := dtype.Float64
	var b Builder
	x := b.Input(f)
	one := func() Value { return b.Apply(Exp, b.Apply(Mul, x, b.Float(f, 2))) }
	b.Store(b.Apply(Add, one(), one()))
	b.Store(b.Apply(Sub, b.Draw(Uniform(0, 1)), b.Draw(Uniform(0, 1))))
	b.Apply(Sin, x) // nobody needs it
	p, err := b.Build()
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Code) != 6 || len(p.Draws) != 2 || p.Regs > 2 {
		t.Errorf("got %d instructions, %d draws, %d registers: %+v", len(p.Code), len(p.Draws), p.Regs, p.Code)
	}
}

// FuzzValidate: whatever is read as a program is either refused or runs without harm.
func FuzzValidate(f *testing.F) {
	var b Builder
	x, y := b.Input(dtype.Float64), b.Input(dtype.Float32)
	c := b.Apply(Less, x, b.Float(dtype.Float64, 1))
	b.Store(b.Apply(Where, c, x, b.Cast(y, dtype.Float64)))
	b.Reduce(Count, c, 2, 1)
	p, err := b.Build()
	if err != nil {
		f.Fatal(err)
	}
	text, _ := json.Marshal(p)
	f.Add(text)
	f.Add([]byte(`{"Inputs":["float64"],"Code":[{"Op":"add","In":"float64","Out":"float64","Dst":{"Source":1},"A":{"Source":1,"Index":9}}],"Outs":[{"Type":"float64"}],"Regs":1}`))
	f.Add([]byte(`{"Outs":[{"Type":"int8","Src":{"Source":5}}],"Regs":-1}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var p Program
		if json.Unmarshal(text, &p) != nil || p.Validate() != nil || p.Regs > 64 {
			return
		}
		args := Args{Shape: []int{3, 5}}
		for _, in := range p.Inputs {
			args.Inputs = append(args.Inputs, View{Type: in, Data: sample(in, 15, 1), Shape: args.Shape, Strides: []int{5, 1}})
		}
		for range p.Draws {
			args.Draws = append(args.Draws, rng.New(rng.NewSeedSequence(1)))
		}
		for _, o := range p.Outs {
			shape := args.Shape
			if o.Reduce != NoReduction {
				shape, _ = reducedShape(shape, o.Axes)
			}
			for k := range o.Reduce.Results() {
				rt := o.Type
				if o.Reduce != NoReduction {
					rt = o.Reduce.ResultType(o.Type, k)
				}
				args.Outputs = append(args.Outputs, View{Type: rt, Data: sample(rt, 15, 1), Shape: shape, Strides: Strides(shape)})
			}
		}
		_ = p.Run(context.Background(), args)
	})
}
