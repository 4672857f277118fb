//go:build cgo

package dataframe

import (
	"fmt"

	"sheaf/dataframe/internal/plan"
	"sheaf/dtype"

	"github.com/apache/arrow-go/v18/arrow"
)

// An Expr is a column expression: it says how a value is computed from the columns of a row. Operands are other
// expressions, or Go values: numbers, strings, bools, times, nil for null. Mistakes show when the expression is used on a frame,
// which knows the columns and their types.
//
// Go's numbers of no particular size (int, float64) adapt to the column they meet, as Python's do: an int32 column plus 1
// stays int32.
type Expr struct {
	x    plan.Expr
	name string
}

// Col is the value of a column.
func Col(name string) Expr { return Expr{x: plan.Column{Name: name}} }

// Lit is a constant.
func Lit(v any) Expr { return Expr{x: operand(v)} }

// operand makes an expression of what stands as an operand.
func operand(v any) plan.Expr {
	switch v := v.(type) {
	case Expr:
		if v.x == nil {
			return plan.Bad{Err: plan.Argument("an empty expression is used; start with Col or Lit")}
		}
		return v.x
	case plan.Expr:
		return v
	case *Frame:
		return plan.Bad{Err: plan.Argument("a frame stands in an expression; use dataframe.Col and the name of a column")}
	}
	l, err := plan.Lit(v)
	if err != nil {
		return plan.Bad{Err: err}
	}
	return l
}

func call(fn string, args ...any) Expr {
	out := make([]plan.Expr, len(args))
	for i, a := range args {
		out[i] = operand(a)
	}
	return Expr{x: plan.Call{Fn: fn, Args: out}}
}

// As names the column that the expression becomes.
func (e Expr) As(name string) Expr { return Expr{e.x, name} }

// String writes the expression as one would in Python.
func (e Expr) String() string {
	if e.x == nil {
		return "empty"
	}
	if e.name != "" {
		return e.x.String() + " as " + e.name
	}
	return e.x.String()
}

// named returns the expression with the name of its column: the one given, or that of the only column in it.
func (e Expr) named() (plan.Named, error) {
	if e.x == nil {
		return plan.Named{}, plan.Argument("an empty expression is used; start with Col or Lit")
	}
	if e.name != "" {
		return plan.Named{Name: e.name, Expr: e.x}, nil
	}
	if cols := plan.Columns(e.x); len(cols) > 0 {
		return plan.Named{Name: cols[0], Expr: e.x}, nil
	}
	return plan.Named{}, plan.Argument("the expression %s needs a name; use As", e.x)
}

// Add is e + v: of numbers, of a time and a duration, of strings.
func (e Expr) Add(v any) Expr { return call("add", e, v) }

// Sub is e - v: of numbers, of a time and a duration, and of two times, which gives a duration.
func (e Expr) Sub(v any) Expr { return call("sub", e, v) }

// Mul is e * v.
func (e Expr) Mul(v any) Expr { return call("mul", e, v) }

// Div is true division: x/0 is infinite, 0/0 is NaN.
func (e Expr) Div(v any) Expr { return call("div", e, v) }

// FloorDiv divides and rounds down; an integer divided by zero is null.
func (e Expr) FloorDiv(v any) Expr { return call("floordiv", e, v) }

// Mod is the remainder with the sign of the divisor.
func (e Expr) Mod(v any) Expr { return call("mod", e, v) }

// Pow is e to the power of v.
func (e Expr) Pow(v any) Expr { return call("pow", e, v) }

// RSub is v - e.
func (e Expr) RSub(v any) Expr { return call("sub", v, e) }

// RDiv is v / e.
func (e Expr) RDiv(v any) Expr { return call("div", v, e) }

// Neg is -e.
func (e Expr) Neg() Expr { return call("neg", e) }

// Eq is e == v. Compared with null, everything is null; NaN equals nothing.
func (e Expr) Eq(v any) Expr { return call("eq", e, v) }

// Ne is e != v.
func (e Expr) Ne(v any) Expr { return call("ne", e, v) }

// Lt is e < v.
func (e Expr) Lt(v any) Expr { return call("lt", e, v) }

// Le is e <= v.
func (e Expr) Le(v any) Expr { return call("le", e, v) }

// Gt is e > v.
func (e Expr) Gt(v any) Expr { return call("gt", e, v) }

// Ge is e >= v.
func (e Expr) Ge(v any) Expr { return call("ge", e, v) }

// Between is lo <= e and e <= hi.
func (e Expr) Between(lo, hi any) Expr { return call("between", e, lo, hi) }

// In reports whether e is one of the values, of which slices are taken apart. Null is in the list only if nil is, and the answer is never null.
func (e Expr) In(values ...any) Expr {
	return call("in", append([]any{e}, spread(values)...)...)
}

// NotIn is the opposite of In.
func (e Expr) NotIn(values ...any) Expr { return e.In(values...).Not() }

// spread takes slices among the values apart.
func spread(values []any) []any {
	var out []any
	for _, v := range values {
		switch v := v.(type) {
		case []string:
			out = appendAll(out, v)
		case []int:
			out = appendAll(out, v)
		case []int64:
			out = appendAll(out, v)
		case []float64:
			out = appendAll(out, v)
		case []any:
			out = append(out, v...)
		default:
			out = append(out, v)
		}
	}
	return out
}

func appendAll[T any](out []any, values []T) []any {
	for _, v := range values {
		out = append(out, v)
	}
	return out
}

// And is true where both are. Null and false is false, null and true is null.
func (e Expr) And(v any) Expr { return call("and", e, v) }

// Or is true where one is. Null or true is true, null or false is null.
func (e Expr) Or(v any) Expr { return call("or", e, v) }

// Xor is true where one is and the other is not.
func (e Expr) Xor(v any) Expr { return call("xor", e, v) }

// Not is the opposite of a condition; null stays null.
func (e Expr) Not() Expr { return call("not", e) }

// IsNull reports nulls.
func (e Expr) IsNull() Expr { return call("is_null", e) }

// NotNull reports what is not null.
func (e Expr) NotNull() Expr { return call("not_null", e) }

// IsNaN reports values that are not a number; null stays null.
func (e Expr) IsNaN() Expr { return call("is_nan", e) }

// IsFinite reports numbers that are neither NaN nor infinite.
func (e Expr) IsFinite() Expr { return call("is_finite", e) }

// FillNull replaces nulls.
func (e Expr) FillNull(v any) Expr { return call("coalesce", e, v) }

// NullIf replaces a value by null.
func (e Expr) NullIf(v any) Expr { return call("null_if", e, v) }

// Coalesce is the first of its operands that is not null.
func Coalesce(values ...any) Expr { return call("coalesce", values...) }

// Greatest is the largest of several values in a row, nulls skipped.
func Greatest(values ...any) Expr { return call("greatest", values...) }

// Least is the smallest of several values in a row, nulls skipped.
func Least(values ...any) Expr { return call("least", values...) }

// Where keeps e where a condition is true and is v elsewhere, as pandas' where; a null condition is not true.
func (e Expr) Where(cond Expr, v any) Expr { return call("case", cond, e, v) }

// Mask is v where a condition is true or null and keeps e elsewhere, as pandas' mask.
func (e Expr) Mask(cond Expr, v any) Expr { return call("case", cond.Not(), e, v) }

// Replace exchanges values: each key of the map for its value; others stay.
func (e Expr) Replace(values map[any]any) Expr {
	args := []any{}
	for _, k := range sortedKeys(values) {
		args = append(args, e.Eq(k), values[k])
	}
	if len(args) == 0 {
		return e
	}
	return call("case", append(args, e)...)
}

// A Choice is a chain of conditions and values that is being written; see [When].
type Choice struct{ args []any }

// When begins a choice: When(cond, value).When(cond, value).Otherwise(value) is the value of the first condition that is true.
func When(cond Expr, value any) Choice { return Choice{[]any{cond, value}} }

// When adds a condition and its value.
func (c Choice) When(cond Expr, value any) Choice {
	return Choice{append(append([]any(nil), c.args...), cond, value)}
}

// Otherwise ends a choice with the value where no condition is true.
func (c Choice) Otherwise(value any) Expr {
	return call("case", append(append([]any(nil), c.args...), value)...)
}

// Clip bounds values from below and above; nil is no bound.
func (e Expr) Clip(lo, hi any) Expr { return call("clip", e, lo, hi) }

// Cast converts to another type, as pandas' astype: floats are cut to integers, text is parsed. What cannot be converted is an
// error when the frame is computed.
func (e Expr) Cast(t dtype.Type) Expr { return e.cast(plan.ArrowOf(t), t.String(), false) }

// TryCast is Cast with null for what cannot be converted.
func (e Expr) TryCast(t dtype.Type) Expr { return e.cast(plan.ArrowOf(t), t.String(), true) }

// CastArrow converts to an Arrow type, for types with parameters such as decimals.
func (e Expr) CastArrow(t arrow.DataType) Expr { return e.cast(t, fmt.Sprint(t), false) }

func (e Expr) cast(t arrow.DataType, name string, try bool) Expr {
	if t == nil {
		return Expr{x: plan.Bad{Err: plan.Argument("%s cannot be a column's type without parameters; use CastArrow", name)}, name: e.name}
	}
	return Expr{plan.Cast{X: operand(e), To: t, Try: try}, e.name}
}
