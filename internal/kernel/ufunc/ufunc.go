// Package ufunc names the elementwise functions and says which types they take and give: NumPy 2's rules as pure data,
// shared by concrete arrays, lazy expressions and the loops over chunks. It has no loops itself.
//
// An [Op] with the types of its operands resolves to a [Sig]: what each operand is converted to, and what comes out.
package ufunc

import (
	"fmt"

	"sheaf/dtype"
)

// Op is an elementwise function. The zero Op is Invalid. The order may change between versions; names do not.
type Op uint8

// The functions, by number of operands. Names are NumPy's.
const (
	Invalid Op = iota

	// Two operands, arithmetic.
	Add
	Subtract
	Multiply
	Divide
	FloorDivide
	Remainder
	Fmod
	Power
	FloatPower
	Maximum
	Minimum
	Fmax
	Fmin
	Arctan2
	Hypot
	Copysign
	Nextafter
	Logaddexp
	Logaddexp2
	Heaviside
	Ldexp
	GCD
	LCM

	// Two operands, comparison and logic.
	Equal
	NotEqual
	Less
	LessEqual
	Greater
	GreaterEqual
	LogicalAnd
	LogicalOr
	LogicalXor
	BitwiseAnd
	BitwiseOr
	BitwiseXor
	LeftShift
	RightShift

	// One operand.
	Negative
	Positive
	Absolute
	Fabs
	Sign
	Square
	Reciprocal
	Sqrt
	Cbrt
	Exp
	Exp2
	Expm1
	Log
	Log2
	Log10
	Log1p
	Sin
	Cos
	Tan
	Arcsin
	Arccos
	Arctan
	Sinh
	Cosh
	Tanh
	Arcsinh
	Arccosh
	Arctanh
	Degrees
	Radians
	Floor
	Ceil
	Trunc
	Rint
	Isnan
	Isinf
	Isfinite
	Signbit
	LogicalNot
	Invert
	Conjugate
	Real
	Imag
	Angle
	Spacing

	// Three operands.
	Where
	Clip

	// Only results of Resolve: operations on times that have loops of their own.
	DivideTime // Timedelta by an integer, cut towards zero
	FloorTime  // Timedelta by an integer, floored

	numOps
)

var names = [numOps]string{
	Invalid: "invalid",
	Add:     "add", Subtract: "subtract", Multiply: "multiply", Divide: "divide", FloorDivide: "floor_divide",
	Remainder: "remainder", Fmod: "fmod", Power: "power", FloatPower: "float_power", Maximum: "maximum", Minimum: "minimum",
	Fmax: "fmax", Fmin: "fmin", Arctan2: "arctan2", Hypot: "hypot", Copysign: "copysign", Nextafter: "nextafter",
	Logaddexp: "logaddexp", Logaddexp2: "logaddexp2", Heaviside: "heaviside", Ldexp: "ldexp", GCD: "gcd", LCM: "lcm",
	Equal: "equal", NotEqual: "not_equal", Less: "less", LessEqual: "less_equal", Greater: "greater",
	GreaterEqual: "greater_equal", LogicalAnd: "logical_and", LogicalOr: "logical_or", LogicalXor: "logical_xor",
	BitwiseAnd: "bitwise_and", BitwiseOr: "bitwise_or", BitwiseXor: "bitwise_xor", LeftShift: "left_shift",
	RightShift: "right_shift", Negative: "negative", Positive: "positive", Absolute: "absolute", Fabs: "fabs", Sign: "sign",
	Square: "square", Reciprocal: "reciprocal", Sqrt: "sqrt", Cbrt: "cbrt", Exp: "exp", Exp2: "exp2", Expm1: "expm1",
	Log: "log", Log2: "log2", Log10: "log10", Log1p: "log1p", Sin: "sin", Cos: "cos", Tan: "tan", Arcsin: "arcsin",
	Arccos: "arccos", Arctan: "arctan", Sinh: "sinh", Cosh: "cosh", Tanh: "tanh", Arcsinh: "arcsinh", Arccosh: "arccosh",
	Arctanh: "arctanh", Degrees: "degrees", Radians: "radians", Floor: "floor", Ceil: "ceil", Trunc: "trunc", Rint: "rint",
	Isnan: "isnan", Isinf: "isinf", Isfinite: "isfinite", Signbit: "signbit", LogicalNot: "logical_not", Invert: "invert",
	Conjugate: "conjugate", Real: "real", Imag: "imag", Angle: "angle", Spacing: "spacing", Where: "where", Clip: "clip",
	DivideTime: "divide_time", FloorTime: "floor_time",
}

// String returns NumPy's name of the function.
func (op Op) String() string {
	if op >= numOps {
		return fmt.Sprintf("ufunc(%d)", uint8(op))
	}
	return names[op]
}

// NIn returns the number of operands, 0 for Invalid.
func (op Op) NIn() int {
	switch {
	case op == Invalid || op >= numOps:
		return 0
	case op < Negative || op == DivideTime || op == FloorTime:
		return 2
	case op < Where:
		return 1
	}
	return 3
}

// Parse returns the function of a name.
func Parse(name string) (Op, error) {
	for op := Add; op <= Clip; op++ {
		if names[op] == name {
			return op, nil
		}
	}
	return Invalid, fmt.Errorf("unknown function %q", name)
}

// All returns every function that Parse knows.
func All() []Op {
	ops := make([]Op, 0, Clip)
	for op := Add; op <= Clip; op++ {
		ops = append(ops, op)
	}
	return ops
}

// IsComparison reports whether op orders its operands or tests them for equality.
func (op Op) IsComparison() bool { return op >= Equal && op <= GreaterEqual }

// Sig is an operation with its types: the operands are converted to In, the loop gives Out.
type Sig struct {
	Op  Op
	In  [3]dtype.Type
	Out dtype.Type
}

func same(op Op, in, out dtype.Type) Sig { return Sig{op, [3]dtype.Type{in, in, in}, out} }
