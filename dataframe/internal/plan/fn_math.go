package plan

import (
	"fmt"
	"strings"

	"sheaf/dtype"
)

func init() {
	for name, fn := range map[string]string{
		"exp": "exp", "log2": "log2", "sin": "sin", "cos": "cos", "tan": "tan",
		"atan": "atan", "sinh": "sinh", "cosh": "cosh", "tanh": "tanh", "cbrt": "cbrt", "degrees": "degrees", "radians": "radians",
	} {
		register(name, 1, 1, func(args []value) (value, error) { return real1(name, fn+"(%s)", args[0]) })
	}
	// Outside of their domain DuckDB fails where NumPy answers NaN or an infinity.
	domains := map[string]string{
		"sqrt":  "CASE WHEN %[1]s < 0 THEN 'nan'::DOUBLE ELSE sqrt(%[1]s) END",
		"log":   "CASE WHEN %[1]s < 0 THEN 'nan'::DOUBLE WHEN %[1]s = 0 THEN '-inf'::DOUBLE ELSE ln(%[1]s) END",
		"log10": "CASE WHEN %[1]s < 0 THEN 'nan'::DOUBLE WHEN %[1]s = 0 THEN '-inf'::DOUBLE ELSE log10(%[1]s) END",
		"log2":  "CASE WHEN %[1]s < 0 THEN 'nan'::DOUBLE WHEN %[1]s = 0 THEN '-inf'::DOUBLE ELSE log2(%[1]s) END",
		"asin":  "CASE WHEN %[1]s NOT BETWEEN -1 AND 1 THEN 'nan'::DOUBLE ELSE asin(%[1]s) END",
		"acos":  "CASE WHEN %[1]s NOT BETWEEN -1 AND 1 THEN 'nan'::DOUBLE ELSE acos(%[1]s) END",
		"expm1": "exp(%s) - 1",
		"log1p": "CASE WHEN %[1]s < -1 THEN 'nan'::DOUBLE WHEN %[1]s = -1 THEN '-inf'::DOUBLE ELSE ln(1 + %[1]s) END",
	}
	for name, format := range domains {
		register(name, 1, 1, func(args []value) (value, error) { return real1(name, format, args[0]) })
	}
	for _, name := range []string{"floor", "ceil", "trunc"} {
		register(name, 1, 1, func(args []value) (value, error) { return rounded(name, args[0]) })
	}
	register("round", 2, 2, round)
	register("abs", 1, 1, abs)
	register("sign", 1, 1, sign)
	register("clip", 3, 3, clip)
	register("greatest", 1, -1, func(args []value) (value, error) { return across("greatest", args) })
	register("least", 1, -1, func(args []value) (value, error) { return across("least", args) })
}

// real1 is a function of one real number; narrower than 64 bits only for float32.
func real1(name, format string, a value) (value, error) {
	if !isNumber(a.typ) && !isBool(a.typ) {
		return value{}, typeError("%s needs a number: %s", name, a.describe())
	}
	t := float64s
	x := a.in(t)
	if TypeOf(a.typ) == dtype.Float32 {
		return as(a.typ, format, x), nil
	}
	return result(t, "("+format+")", x), nil
}

func rounded(name string, a value) (value, error) {
	switch {
	case isInteger(a.typ):
		return a, nil
	case isNumber(a.typ):
		return as(a.typ, "%s(%s)", name, a.sql), nil
	}
	return value{}, typeError("%s needs a number: %s", name, a.describe())
}

// round is half to even, as in NumPy.
func round(args []value) (value, error) {
	a, n := args[0], args[1]
	if n.lit == nil || !isInteger(n.typ) {
		return value{}, Argument("round needs a constant number of decimals")
	}
	digits := n.lit.Value.(int64)
	switch {
	case isInteger(a.typ) && digits >= 0:
		return a, nil
	case isFloat(a.typ):
		return as(a.typ, "round_even(%s, %d)", a.sql, digits), nil
	case isNumber(a.typ):
		return as(a.typ, "round(%s, %d)", a.sql, digits), nil
	}
	return value{}, typeError("round needs a number: %s", a.describe())
}

func abs(args []value) (value, error) {
	a := args[0]
	switch {
	case TypeOf(a.typ).IsUnsigned():
		return a, nil
	case isNumber(a.typ):
		return as(a.typ, "abs(%s)", a.sql), nil
	case TypeOf(a.typ) == dtype.Timedelta:
		return result(duration, "to_microseconds(abs(epoch_us(%s)))", a.sql), nil
	}
	return value{}, typeError("abs needs a number: %s", a.describe())
}

func sign(args []value) (value, error) {
	a := args[0]
	if !isNumber(a.typ) {
		return value{}, typeError("sign needs a number: %s", a.describe())
	}
	if isFloat(a.typ) {
		return as(a.typ, "CASE WHEN isnan(%[1]s) THEN %[1]s ELSE sign(%[1]s) END", a.sql), nil
	}
	return as(a.typ, "sign(%s)", a.sql), nil
}

// clip bounds values; a null bound is none. NaN stays NaN.
func clip(args []value) (value, error) {
	a := args[0]
	m, err := meet(args)
	if err != nil {
		return value{}, err
	}
	t := plain(a.typ)
	for _, b := range m[1:] {
		if t, err = common(t, b.typ); err != nil {
			return value{}, typeError("clip: %v: %s", err, a.describe())
		}
	}
	x, lo, hi := m[0].in(t), m[1], m[2]
	sql := "CASE"
	if isFloat(t) {
		sql += fmt.Sprintf(" WHEN isnan(%s) THEN %s", x, x)
	}
	if lo.lit == nil || lo.lit.Value != nil {
		sql += fmt.Sprintf(" WHEN %s < %s THEN %s", x, lo.in(t), lo.in(t))
	}
	if hi.lit == nil || hi.lit.Value != nil {
		sql += fmt.Sprintf(" WHEN %s > %s THEN %s", x, hi.in(t), hi.in(t))
	}
	if sql == "CASE" {
		return a, nil
	}
	return as(t, "%s ELSE %s END", sql, x), nil
}

// across is the largest or smallest of several columns in a row; nulls are skipped.
func across(fn string, args []value) (value, error) {
	m, err := meet(args)
	if err != nil {
		return value{}, err
	}
	t := m[0].typ
	for _, v := range m[1:] {
		if t, err = common(t, v.typ); err != nil {
			return value{}, typeError("%s: %v", fn, err)
		}
	}
	t = plain(t)
	parts := make([]string, len(m))
	for i, v := range m {
		parts[i] = v.in(t)
	}
	return as(t, "%s(%s)", fn, strings.Join(parts, ", ")), nil
}
