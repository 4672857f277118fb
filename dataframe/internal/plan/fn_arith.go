package plan

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"

	"sheaf/dtype"
)

func init() {
	register("add", 2, 2, add)
	register("sub", 2, 2, sub)
	register("mul", 2, 2, mul)
	register("div", 2, 2, div)
	register("floordiv", 2, 2, floordiv)
	register("mod", 2, 2, mod)
	register("pow", 2, 2, pow)
	register("neg", 1, 1, neg)
}

// numbers brings two numeric operands to their common type.
func numbers(op string, args []value) (a, b value, t arrow.DataType, err error) {
	m, err := meet(args)
	if err != nil {
		return a, b, nil, err
	}
	a, b = m[0], m[1]
	for _, v := range m {
		if !isNumber(v.typ) && !isBool(v.typ) && TypeOf(v.typ) != dtype.Null {
			return a, b, nil, typeError("%s needs numbers: %s, %s", op, a.describe(), b.describe())
		}
	}
	t, err = common(a.typ, b.typ)
	if err != nil {
		return a, b, nil, typeError("%s: %v", op, err)
	}
	if isBool(t) || TypeOf(t) == dtype.Null {
		t = int64s
	}
	return a, b, t, nil
}

// binary writes a op b in the common type. Decimals keep their digits as DuckDB counts them.
func binary(op string, a, b value, t arrow.DataType) value {
	if _, ok := t.(arrow.DecimalType); ok {
		pa, sa, _ := digits(a.typ)
		pb, sb, _ := digits(b.typ)
		p, s := max(pa-sa, pb-sb)+max(sa, sb)+1, max(sa, sb)
		if op == "*" {
			p, s = pa+pb, sa+sb
		}
		if s > 38 {
			return result(float64s, "(%s %s %s)", a.in(float64s), op, b.in(float64s))
		}
		if p > 18 && max(pa, pb) <= 18 && s < 18 {
			p = 18
		}
		return as(decimalType(min(p, 38), s), "%s %s %s", exact(a), op, exact(b))
	}
	return result(t, "(%s %s %s)", a.in(t), op, b.in(t))
}

// exact writes an operand of decimal arithmetic.
func exact(v value) string {
	if v.lit != nil {
		p, s, _ := digits(v.typ)
		return fmt.Sprintf("%s::DECIMAL(%d,%d)", v.lit.sql(v.typ), min(p, 38), s)
	}
	return v.sql
}

func add(args []value) (value, error) {
	m, err := meet(args)
	if err != nil {
		return value{}, err
	}
	a, b := m[0], m[1]
	switch ka, kb := TypeOf(a.typ), TypeOf(b.typ); {
	case ka == dtype.String && kb == dtype.String:
		return result(text, "(%s || %s)", a.sql, b.sql), nil
	case isTime(a.typ) && kb == dtype.Timedelta:
		return shifted(a, "+", b), nil
	case ka == dtype.Timedelta && isTime(b.typ):
		return shifted(b, "+", a), nil
	case ka == dtype.Timedelta && kb == dtype.Timedelta:
		return result(duration, "(%s + %s)", a.sql, b.sql), nil
	}
	a, b, t, err := numbers("+", args)
	if err != nil {
		return value{}, err
	}
	return binary("+", a, b, t), nil
}

func shifted(at value, op string, by value) value {
	t := plain(at.typ)
	if TypeOf(t) == dtype.Date {
		t = timestamp
	}
	// Intervals move timestamps of other units than microseconds through TIMESTAMP.
	base := at.in(t)
	if SQLType(t) != "TIMESTAMP" && SQLType(t) != "TIMESTAMPTZ" {
		base = at.sql + "::TIMESTAMP"
	}
	return as(t, "%s %s %s", base, op, by.sql)
}

func sub(args []value) (value, error) {
	m, err := meet(args)
	if err != nil {
		return value{}, err
	}
	a, b := m[0], m[1]
	switch ka, kb := TypeOf(a.typ), TypeOf(b.typ); {
	case isTime(a.typ) && kb == dtype.Timedelta:
		return shifted(a, "-", b), nil
	case isTime(a.typ) && isTime(b.typ):
		t, err := common(a.typ, b.typ)
		if err != nil {
			return value{}, typeError("-: %v: %s, %s", err, a.describe(), b.describe())
		}
		inner := "TIMESTAMP"
		if zoneOf(t) != "" {
			inner = "TIMESTAMPTZ"
		}
		return result(duration, "to_microseconds(epoch_us(%s::%s) - epoch_us(%s::%s))", a.sql, inner, b.sql, inner), nil
	case ka == dtype.Timedelta && kb == dtype.Timedelta:
		return result(duration, "(%s - %s)", a.sql, b.sql), nil
	}
	a, b, t, err := numbers("-", args)
	if err != nil {
		return value{}, err
	}
	return binary("-", a, b, t), nil
}

func mul(args []value) (value, error) {
	a, b := args[0], args[1]
	if TypeOf(b.typ) == dtype.Timedelta {
		a, b = b, a
	}
	if TypeOf(a.typ) == dtype.Timedelta && isInteger(b.typ) {
		return result(duration, "to_microseconds(epoch_us(%s) * %s)", a.sql, b.sql), nil
	}
	a, b, t, err := numbers("*", args)
	if err != nil {
		return value{}, err
	}
	return binary("*", a, b, t), nil
}

// div is true division: the result is a float, x/0 is infinite and 0/0 is NaN.
func div(args []value) (value, error) {
	if TypeOf(args[0].typ) == dtype.Timedelta && TypeOf(args[1].typ) == dtype.Timedelta {
		return result(float64s, "(epoch_us(%s)::DOUBLE / epoch_us(%s)::DOUBLE)", args[0].sql, args[1].sql), nil
	}
	a, b, t, err := numbers("/", args)
	if err != nil {
		return value{}, err
	}
	if !isFloat(t) {
		t = float64s
	}
	return result(t, "(%s / %s)", a.in(t), b.in(t)), nil
}

// floordiv rounds towards minus infinity, as Python does. Integers divided by zero are null.
func floordiv(args []value) (value, error) {
	a, b, t, err := numbers("//", args)
	if err != nil {
		return value{}, err
	}
	x, y := a.in(t), b.in(t)
	switch {
	case isInteger(t) && TypeOf(t).IsUnsigned():
		return as(t, "%s // %s", x, y), nil
	case isInteger(t):
		return as(t, "%[1]s // %[2]s - CASE WHEN %[1]s %% %[2]s <> 0 AND (%[1]s < 0) <> (%[2]s < 0) THEN 1 ELSE 0 END", x, y), nil
	case isFloat(t):
		return as(t, "floor(%s / %s)", x, y), nil
	}
	return as(float64s, "floor(%s / %s)", a.in(float64s), b.in(float64s)), nil
}

// mod has the sign of the divisor, as in Python.
func mod(args []value) (value, error) {
	a, b, t, err := numbers("%", args)
	if err != nil {
		return value{}, err
	}
	if !isInteger(t) && !isFloat(t) {
		t = float64s
	}
	x, y := a.in(t), b.in(t)
	if TypeOf(t).IsUnsigned() {
		return as(t, "%s %% %s", x, y), nil
	}
	return as(t, "((%[1]s %% %[2]s) + %[2]s) %% %[2]s", x, y), nil
}

func pow(args []value) (value, error) {
	a, b, t, err := numbers("**", args)
	if err != nil {
		return value{}, err
	}
	if !isInteger(t) && !isFloat(t) {
		t = float64s
	}
	return as(t, "pow(%s, %s)", a.in(float64s), b.in(float64s)), nil
}

func neg(args []value) (value, error) {
	a := args[0]
	switch k := TypeOf(a.typ); {
	case k == dtype.Timedelta, k.IsSigned(), k.IsFloat(), k == dtype.Decimal:
		return result(plain(a.typ), "(-%s)", a.sql), nil
	}
	return value{}, typeError("the sign can only be changed of signed numbers: %s", a.describe())
}
