package num

import (
	"errors"
	"fmt"
	"math"

	"sheaf/dtype"
	"sheaf/internal/kernel/rng"
)

// Value is a node of the expression that a [Builder] collects. The zero Value belongs to no builder and is refused.
type Value struct{ id int32 } // position in Builder.nodes, counted from 1

// node is one value in single-assignment form.
type node struct {
	instr Instr // operands are node numbers in Builder.args; Dst is assigned by Build
	args  [3]Value
	leaf  Ref // FromInput, FromConst; FromNone for instructions
	typ   dtype.Type
}

// nodeKey is what makes two nodes equal.
type nodeKey struct {
	op   Op
	out  dtype.Type
	args [3]Value
	leaf Ref
}

// Builder collects an expression and compiles it. Its methods never fail: the first mistake (operands of different
// dtypes, an operation without loop) is kept and returned by Build. Equal operations on equal operands are one node,
// except for draws.
type Builder struct {
	prog   Program
	nodes  []node
	seen   map[nodeKey]Value
	consts map[Const]Value
	roots  []Value
	err    error
}

func (b *Builder) fail(format string, args ...any) Value {
	if b.err == nil {
		b.err = fmt.Errorf("num: "+format, args...)
	}
	return Value{}
}

// Err returns the first mistake.
func (b *Builder) Err() error { return b.err }

// Type returns the dtype of a value.
func (b *Builder) Type(v Value) dtype.Type {
	if v.id <= 0 || int(v.id) > len(b.nodes) {
		return dtype.Invalid
	}
	return b.nodes[v.id-1].typ
}

func (b *Builder) add(n node) Value {
	key := nodeKey{n.instr.Op, n.typ, n.args, n.leaf}
	if v, ok := b.seen[key]; ok && n.instr.Op != Draw {
		return v
	}
	if b.seen == nil {
		b.seen = map[nodeKey]Value{}
	}
	b.nodes = append(b.nodes, n)
	v := Value{int32(len(b.nodes))}
	b.seen[key] = v
	return v
}

// Input adds an input of the dtype t. Run gets its views in the order of these calls.
func (b *Builder) Input(t dtype.Type) Value {
	if !t.IsArray() {
		return b.fail("an input of type %s", t)
	}
	b.prog.Inputs = append(b.prog.Inputs, t)
	return b.add(node{leaf: Ref{FromInput, uint16(len(b.prog.Inputs) - 1)}, typ: t})
}

// Const adds a scalar.
func (b *Builder) Const(c Const) Value {
	if !c.Type.IsArray() {
		return b.fail("a constant of type %s", c.Type)
	}
	if v, ok := b.consts[c]; ok {
		return v
	}
	if b.consts == nil {
		b.consts = map[Const]Value{}
	}
	b.prog.Consts = append(b.prog.Consts, c)
	v := b.add(node{leaf: Ref{FromConst, uint16(len(b.prog.Consts) - 1)}, typ: c.Type})
	b.consts[c] = v
	return v
}

// Float adds a float64 or float32 scalar, or a complex one with imaginary part 0.
func (b *Builder) Float(t dtype.Type, x float64) Value { return b.Const(FloatConst(t, x)) }

// Int adds an integer scalar of the type t, which may also be Bool, a time or floating point.
func (b *Builder) Int(t dtype.Type, x int64) Value { return b.Const(IntConst(t, x)) }

// FloatConst returns x as a constant of the floating point or complex type t.
func FloatConst(t dtype.Type, x float64) Const { return ComplexConst(t, complex(x, 0)) }

// ComplexConst returns x as a constant of the complex type t; for a floating point type, its real part.
func ComplexConst(t dtype.Type, x complex128) Const {
	if t == dtype.Float32 || t == dtype.Complex64 {
		c := Const{Type: t, Bits: uint64(math.Float32bits(float32(real(x))))}
		if t.IsComplex() {
			c.Imag = uint64(math.Float32bits(float32(imag(x))))
		}
		return c
	}
	c := Const{Type: t, Bits: math.Float64bits(real(x))}
	if t.IsComplex() {
		c.Imag = math.Float64bits(imag(x))
	}
	return c
}

// IntConst returns x as a constant of the type t.
func IntConst(t dtype.Type, x int64) Const {
	switch {
	case t.IsInexact():
		return FloatConst(t, float64(x))
	case t == dtype.Bool && x != 0:
		x = 1
	}
	return Const{Type: t, Bits: uint64(x)}
}

// Apply adds an operation on one, two or three operands of equal dtypes (Where: a Bool and two of equal dtypes). Clip is
// Minimum(Maximum(x, low), high). Use [Builder.Cast] for Cast.
func (b *Builder) Apply(op Op, args ...Value) Value {
	if b.err != nil {
		return Value{}
	}
	if len(args) != op.Arity() || op == Cast || len(args) == 0 {
		return b.fail("%s of %d operands", op, len(args))
	}
	if op == Clip {
		return b.Apply(Minimum, b.Apply(Maximum, args[0], args[1]), args[2])
	}
	t := b.Type(args[len(args)-1])
	var n node
	for i, a := range args {
		want := t
		if op == Where && i == 0 {
			want = dtype.Bool
		}
		if got := b.Type(a); got != want {
			return b.fail("%s: operand %d is %s, want %s", op, i, got, want)
		}
		n.args[i] = a
	}
	if !HasLoop(op, t) {
		return b.fail("%s is not defined for %s", op, t)
	}
	n.typ = resultType(op, t)
	n.instr = Instr{Op: op, In: t, Out: n.typ}
	return b.add(n)
}

// Cast converts a value to another dtype; a value of that dtype already is returned as it is.
func (b *Builder) Cast(v Value, to dtype.Type) Value {
	from := b.Type(v)
	switch {
	case b.err != nil || from == to:
		return v
	case !CanCast(from, to):
		return b.fail("no cast from %s to %s", from, to)
	}
	return b.add(node{instr: Instr{Op: Cast, In: from, Out: to}, args: [3]Value{v}, typ: to})
}

// Ramp adds start + i*step for the flat index i of the chunk in C order. Both are constants or 0-d inputs of one dtype.
func (b *Builder) Ramp(start, step Value) Value {
	t := b.Type(start)
	if b.err != nil {
		return Value{}
	}
	if b.Type(step) != t || !HasLoop(Ramp, t) {
		return b.fail("ramp from %s by %s", t, b.Type(step))
	}
	return b.add(node{instr: Instr{Op: Ramp, In: t, Out: t}, args: [3]Value{start, step}, typ: t})
}

// Draw adds random numbers. Run gets a generator for each call, in their order; the numbers are drawn in C order of
// the chunk, as one call of NumPy's Generator with the shape of the chunk draws them.
func (b *Builder) Draw(d Distribution) Value {
	if err := d.check(); err != nil {
		if b.err == nil {
			b.err = err
		}
		return Value{}
	}
	b.prog.Draws = append(b.prog.Draws, d)
	n := node{instr: Instr{Op: Draw, In: d.Type, Out: d.Type, A: Ref{FromDraw, uint16(len(b.prog.Draws) - 1)}}, typ: d.Type}
	return b.add(n)
}

// Store makes a value an output: a whole chunk.
func (b *Builder) Store(v Value) { b.root(v, Out{Type: b.Type(v)}) }

// Reduce makes the reduction of a value over some axes of a chunk of ndim axes an output. Without axes, all of them are
// reduced.
func (b *Builder) Reduce(r Reduction, v Value, ndim int, axes ...int) {
	if len(axes) == 0 {
		for i := range ndim {
			axes = append(axes, i)
		}
	}
	o := Out{Type: b.Type(v), Reduce: r, Axes: axes, Ndim: ndim}
	if b.err == nil {
		if err := o.checkReduction(); err != nil {
			b.err = fmt.Errorf("num: %w", err)
		}
	}
	b.root(v, o)
}

func (b *Builder) root(v Value, o Out) {
	if b.Type(v) == dtype.Invalid {
		b.fail("an output of no value")
	}
	b.prog.Outs = append(b.prog.Outs, o)
	b.roots = append(b.roots, v)
}

// Build compiles what was collected. The builder must not be used afterwards.
func (b *Builder) Build() (*Program, error) {
	if b.err != nil {
		return nil, b.err
	}
	if len(b.roots) == 0 {
		return nil, errors.New("num: a program without outputs")
	}
	a := allocator{b: b}
	a.run()
	p := b.prog
	if err := p.Validate(); err != nil {
		return nil, err
	}
	return &p, nil
}

// Uniform describes draws of float64 in [low, high).
func Uniform(low, high float64) Distribution {
	return Distribution{Kind: DrawUniform, Type: dtype.Float64, Params: [3]float64{low, high}}
}

// Normal describes normals of float64.
func Normal(loc, scale float64) Distribution {
	return Distribution{Kind: DrawNormal, Type: dtype.Float64, Params: [3]float64{loc, scale}}
}

// Exponential describes exponentials of float64.
func Exponential(scale float64) Distribution {
	return Distribution{Kind: DrawExponential, Type: dtype.Float64, Params: [3]float64{scale}}
}

// Integers describes integers of the type t.
func Integers(t dtype.Type, b rng.Bounds) Distribution {
	return Distribution{Kind: DrawIntegers, Type: t, Low: b.Low, Span: b.Span}
}
