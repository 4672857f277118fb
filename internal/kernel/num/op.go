package num

import "fmt"

// Op is an operation on elements. Its operands have one dtype (after the Cast operations of the caller) unless said
// otherwise; what a dtype has no loop for is refused when the program is built.
type Op uint8

// The operations, with NumPy's names and semantics: integers wrap around, integer division by zero gives 0, floor
// division and Mod round towards minus infinity, comparisons with NaN are false.
const (
	Invalid Op = iota

	// One operand, result of the same type; of the real type for Abs, Real, Imag and Angle of a complex number.
	Positive
	Negative
	Abs
	Sign
	Square
	Reciprocal
	Invert
	Rint
	Floor
	Ceil
	Trunc
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
	Deg2rad
	Rad2deg
	Spacing
	Conj
	Real
	Imag
	Angle
	NanToZero // x where it is not NaN, else 0

	// One operand, result Bool.
	LogicalNot
	IsNaN // IsNaN of Datetime and Timedelta is NaT
	IsInf
	IsFinite
	Signbit

	// One operand, result of the type that the instruction names.
	Cast

	// Two operands, result of the same type.
	Add
	Sub
	Mul
	Div // floating point and complex only
	FloorDiv
	Mod
	Fmod
	Pow
	Minimum // NaN if one is NaN
	Maximum
	Fmin // the other if one is NaN
	Fmax
	Hypot
	Arctan2
	Copysign
	Nextafter
	Logaddexp
	Logaddexp2
	Heaviside
	Ldexp // the exponent has the type of the mantissa
	Gcd
	Lcm
	BitAnd
	BitOr
	BitXor
	ShiftLeft
	ShiftRight

	// Two operands, result Bool.
	Equal
	NotEqual
	Less
	LessEqual
	Greater
	GreaterEqual
	LogicalAnd
	LogicalOr
	LogicalXor

	// Three operands.
	Where // a Bool condition, then two operands of one type
	Clip  // x, low, high: min(max(x, low), high), NaN if one is NaN

	// No elements as operands.
	Ramp // a + i*b over the flat index i of the chunk in C order; a and b are constants or 0-d inputs
	Draw // random numbers in C order of the chunk
	numOps
)

var opNames = [numOps]string{
	"invalid",
	"positive", "negative", "abs", "sign", "square", "reciprocal", "invert", "rint", "floor", "ceil", "trunc", "sqrt", "cbrt",
	"exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tan", "arcsin", "arccos", "arctan",
	"sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh", "deg2rad", "rad2deg", "spacing",
	"conj", "real", "imag", "angle", "nan_to_zero",
	"logical_not", "isnan", "isinf", "isfinite", "signbit",
	"cast",
	"add", "subtract", "multiply", "divide", "floor_divide", "mod", "fmod", "power", "minimum", "maximum", "fmin", "fmax",
	"hypot", "arctan2", "copysign", "nextafter", "logaddexp", "logaddexp2", "heaviside", "ldexp", "gcd", "lcm",
	"bitwise_and", "bitwise_or", "bitwise_xor", "left_shift", "right_shift",
	"equal", "not_equal", "less", "less_equal", "greater", "greater_equal", "logical_and", "logical_or", "logical_xor",
	"where", "clip",
	"ramp", "draw",
}

// String returns NumPy's name of the operation.
func (o Op) String() string {
	if o >= numOps {
		return fmt.Sprintf("op(%d)", uint8(o))
	}
	return opNames[o]
}

// ParseOp returns the operation of a name that [Op.String] prints.
func ParseOp(name string) (Op, error) {
	for o := Positive; o < numOps; o++ {
		if opNames[o] == name {
			return o, nil
		}
	}
	return Invalid, fmt.Errorf("num: unknown operation %q", name)
}

// MarshalText writes the name of the operation.
func (o Op) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (o *Op) UnmarshalText(text []byte) (err error) {
	*o, err = ParseOp(string(text))
	return err
}

// Arity returns the number of element operands: 0 to 3.
func (o Op) Arity() int {
	switch {
	case o >= Positive && o <= Cast:
		return 1
	case o >= Add && o <= LogicalXor:
		return 2
	case o == Where || o == Clip:
		return 3
	}
	return 0
}
