package num

import (
	"fmt"

	"sheaf/dtype"
)

// Program is an expression over inputs, compiled once and run over any number of chunks. It is plain data: it can be
// compared, hashed and sent to another machine, and is never changed after [Builder.Build]. A program that comes from
// outside must pass [Program.Validate].
type Program struct {
	Inputs []dtype.Type // types of the views that Run gets
	Consts []Const
	Draws  []Distribution // random inputs: Run gets a generator for each
	Code   []Instr
	Outs   []Out
	Regs   int // tiles of scratch that Code names
}

// Const is a scalar with the bits of one element: those of a float, of an integer (sign extended), of a Bool 0 or 1; of
// the real part in Bits and the imaginary part in Imag for a complex number.
type Const struct {
	Type dtype.Type
	Bits uint64
	Imag uint64
}

// Distribution names random numbers: what to draw and the parameters.
type Distribution struct {
	Kind   DrawKind
	Type   dtype.Type
	Params [3]float64 // low and high, mean and deviation, scale; those of Named
	Low    uint64     // integers: see rng.Bounds
	Span   uint64
}

// DrawKind is a distribution that a program can draw from, as the method of NumPy's Generator.
type DrawKind uint8

// The distributions. Float32 is possible for all but DrawIntegers, which takes the integer types and Bool.
const (
	DrawInvalid     DrawKind = iota
	DrawUniform              // uniform(Params[0], Params[1])
	DrawNormal               // normal(Params[0], Params[1])
	DrawExponential          // exponential(Params[0])
	DrawIntegers             // integers of Low and Span
	DrawLaw                  // from here on those that Named describes
)

// Source says where an operand is.
type Source uint8

// The sources of operands. A register and an output are tiles that an earlier instruction has written.
const (
	FromNone Source = iota
	FromReg
	FromInput
	FromConst
	FromDraw
	ToOut
)

// Ref is an operand or a destination: an element of Inputs, Consts, Draws, Outs or a register.
type Ref struct {
	Source Source
	Index  uint16
}

// Instr is one operation. In is the dtype of its operands (of the values, for Where), Out of its result.
type Instr struct {
	Op      Op
	In, Out dtype.Type
	Dst     Ref // FromReg or ToOut
	A, B, C Ref
}

// Out is a result: a whole chunk of values, or a reduction over some axes of the chunk.
type Out struct {
	Type   dtype.Type // of the values
	Src    Ref
	Reduce Reduction // NoReduction: the values themselves
	Axes   []int     // axes that Reduce takes away, ascending
	Ndim   int       // of the chunk, when Reduce is set
}

// views returns the number of output views that o needs.
func (o Out) views() int { return o.Reduce.Results() }

// Results returns the number of output views that Run needs: one per output, but two for ArgMin and ArgMax (value and
// index) and three for Moments.
func (p *Program) Results() int {
	n := 0
	for _, o := range p.Outs {
		n += o.views()
	}
	return n
}

// Validate reports the first mistake in a program: an unknown operation, a loop that does not exist for a dtype, an
// operand that nothing has written.
func (p *Program) Validate() error {
	if len(p.Outs) == 0 {
		return fmt.Errorf("num: a program without outputs")
	}
	if p.Regs < 0 || p.Regs > maxRegs {
		return fmt.Errorf("num: a program with %d registers; the limit is %d", p.Regs, maxRegs)
	}
	for i, d := range p.Draws {
		if err := d.check(); err != nil {
			return fmt.Errorf("draw %d: %w", i, err)
		}
	}
	v := validator{p: p, regs: make([]dtype.Type, p.Regs), outs: make([]dtype.Type, len(p.Outs))}
	for i, in := range p.Code {
		if err := v.instr(in); err != nil {
			return fmt.Errorf("num: instruction %d: %s: %w", i, in.Op, err)
		}
	}
	for i, o := range p.Outs {
		if err := v.out(i, o); err != nil {
			return fmt.Errorf("num: output %d: %w", i, err)
		}
	}
	return nil
}

// maxRegs bounds the scratch of a program.
const maxRegs = 512

// validator walks a program and knows what each register holds.
type validator struct {
	p    *Program
	regs []dtype.Type
	outs []dtype.Type
}

// typeOf returns the dtype of an operand.
func (v *validator) typeOf(r Ref) (dtype.Type, error) {
	at := func(ts []dtype.Type) (dtype.Type, error) {
		if int(r.Index) >= len(ts) || ts[r.Index] == dtype.Invalid {
			return 0, fmt.Errorf("operand %v is not there", r)
		}
		return ts[r.Index], nil
	}
	switch r.Source {
	case FromReg:
		return at(v.regs)
	case FromInput:
		return at(v.p.Inputs)
	case ToOut:
		return at(v.outs)
	case FromConst:
		if int(r.Index) < len(v.p.Consts) {
			return v.p.Consts[r.Index].Type, nil
		}
	}
	return 0, fmt.Errorf("operand %v is not there", r)
}

func (v *validator) instr(in Instr) error {
	if in.Op == Invalid || in.Op >= numOps {
		return fmt.Errorf("unknown operation")
	}
	operands := []Ref{in.A, in.B, in.C}[:in.Op.Arity()]
	if in.Op == Ramp {
		operands = []Ref{in.A, in.B}
	}
	if in.Op == Draw {
		if in.A.Source != FromDraw || int(in.A.Index) >= len(v.p.Draws) || v.p.Draws[in.A.Index].Type != in.Out {
			return fmt.Errorf("draw %v is not there", in.A)
		}
	}
	for k, r := range operands {
		t, err := v.typeOf(r)
		if err != nil {
			return err
		}
		want := in.In
		if in.Op == Where && k == 0 {
			want = dtype.Bool
		}
		if t != want {
			return fmt.Errorf("operand %d is %s, want %s", k, t, want)
		}
	}
	if err := loopExists(in); err != nil {
		return err
	}
	switch {
	case in.Dst.Source == FromReg && int(in.Dst.Index) < len(v.regs):
		v.regs[in.Dst.Index] = in.Out
	case in.Dst.Source == ToOut && int(in.Dst.Index) < len(v.outs) && v.p.Outs[in.Dst.Index].Reduce == NoReduction:
		v.outs[in.Dst.Index] = in.Out
	default:
		return fmt.Errorf("destination %v is not there", in.Dst)
	}
	return nil
}

func (v *validator) out(i int, o Out) error {
	t, err := v.typeOf(o.Src)
	if err != nil {
		return err
	}
	if t != o.Type {
		return fmt.Errorf("its values are %s, want %s", t, o.Type)
	}
	if o.Reduce == NoReduction {
		return nil
	}
	return o.checkReduction()
}
