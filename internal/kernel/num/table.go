package num

import (
	"fmt"
	"unsafe"

	"sheaf/dtype"
)

// unary is a loop over n elements of one operand.
type unary func(dst, a unsafe.Pointer, n int)

// binary is a loop over n elements of two operands, one of which can be a single element.
type binary func(dst, a, b unsafe.Pointer, n int)

// forms are the loops of one operation: array-array, array-scalar and scalar-array.
type forms struct{ vv, vs, sv binary }

// numTypes bounds the dtypes that an array can hold.
const numTypes = dtype.Timedelta + 1

// The tables of loops. They are filled when the program starts, first with the portable loops, then with those of the
// machine, and read only afterwards.
var (
	unaryLoops  [numOps][numTypes]unary
	binaryLoops [numOps][numTypes]forms
	castLoops   [numTypes][numTypes]unary
)

// resultType returns the dtype of the result of an operation on operands of the type t.
func resultType(op Op, t dtype.Type) dtype.Type {
	switch {
	case op >= LogicalNot && op <= Signbit, op >= Equal && op <= LogicalXor:
		return dtype.Bool
	case op == Abs || op == Real || op == Imag || op == Angle:
		return t.Real()
	}
	return t
}

// HasLoop reports whether op works on operands of the dtype t. For Cast, use CanCast.
func HasLoop(op Op, t dtype.Type) bool {
	if t >= numTypes || op >= numOps {
		return false
	}
	switch op.Arity() {
	case 1:
		return unaryLoops[op][t] != nil
	case 2:
		return binaryLoops[op][t].vv != nil
	case 3:
		return t.IsArray()
	}
	return op == Ramp && t.IsArray() && t != dtype.Bool
}

// loopExists reports an instruction for which there is no loop, or whose result type is not what the loop gives.
func loopExists(in Instr) error {
	if in.In >= numTypes || in.Out >= numTypes {
		return fmt.Errorf("no loop for %s", in.In)
	}
	switch {
	case in.Op == Cast:
		if castLoops[in.In][in.Out] == nil {
			return fmt.Errorf("no cast from %s to %s", in.In, in.Out)
		}
		return nil
	case in.Op == Draw:
		return nil
	case !HasLoop(in.Op, in.In):
		return fmt.Errorf("no loop for %s", in.In)
	case resultType(in.Op, in.In) != in.Out:
		return fmt.Errorf("result is %s, not %s", resultType(in.Op, in.In), in.Out)
	}
	return nil
}
