package plan

import (
	"fmt"
	"strings"

	"sheaf/dtype"
)

func init() {
	register("is_null", 1, 1, func(args []value) (value, error) { return result(boolean, "(%s IS NULL)", args[0].sql), nil })
	register("not_null", 1, 1, func(args []value) (value, error) { return result(boolean, "(%s IS NOT NULL)", args[0].sql), nil })
	register("is_nan", 1, 1, isNaN)
	register("is_finite", 1, 1, isFinite)
	register("coalesce", 1, -1, coalesce)
	register("null_if", 2, 2, nullIf)
	register("case", 3, -1, choose)
}

func isNaN(args []value) (value, error) {
	if !isFloat(args[0].typ) {
		if !isNumber(args[0].typ) {
			return value{}, typeError("is_nan needs a number: %s", args[0].describe())
		}
		return result(boolean, "(CASE WHEN %s IS NOT NULL THEN FALSE END)", args[0].sql), nil
	}
	return result(boolean, "isnan(%s)", args[0].sql), nil
}

func isFinite(args []value) (value, error) {
	if !isNumber(args[0].typ) {
		return value{}, typeError("is_finite needs a number: %s", args[0].describe())
	}
	return result(boolean, "isfinite(%s)", args[0].in(float64s)), nil
}

// coalesce is the first of its operands that is not null, in their common type.
func coalesce(args []value) (value, error) {
	m, err := meet(args)
	if err != nil {
		return value{}, err
	}
	t := m[0].typ
	for _, v := range m[1:] {
		if t, err = common(t, v.typ); err != nil {
			return value{}, typeError("nulls of %s cannot be filled with %s", args[0].describe(), v.describe())
		}
	}
	parts := make([]string, len(m))
	for i, v := range m {
		parts[i] = v.in(t)
	}
	return result(plain(t), "coalesce(%s)", strings.Join(parts, ", ")), nil
}

func nullIf(args []value) (value, error) {
	eq, err := compare("=", args[0], args[1])
	if err != nil {
		return value{}, err
	}
	return result(plain(args[0].typ), "(CASE WHEN %s THEN NULL ELSE %s END)", eq.sql, args[0].sql), nil
}

// choose is condition, value, condition, value, …, otherwise: the first value whose condition is true. A null condition is
// not true.
func choose(args []value) (value, error) {
	if len(args)%2 == 0 {
		return value{}, Argument("a choice needs pairs of condition and value, and a value otherwise")
	}
	var conds, vals []value
	for i := 0; i+1 < len(args); i += 2 {
		if !isBool(args[i].typ) && TypeOf(args[i].typ) != dtype.Null {
			return value{}, typeError("a choice needs a condition: %s", args[i].describe())
		}
		conds, vals = append(conds, args[i]), append(vals, args[i+1])
	}
	vals, err := meet(append(vals, args[len(args)-1]))
	if err != nil {
		return value{}, err
	}
	t := vals[0].typ
	for _, v := range vals[1:] {
		if t, err = common(t, v.typ); err != nil {
			return value{}, typeError("the values of a choice: %v", err)
		}
	}
	t = plain(t)
	var b strings.Builder
	b.WriteString("CASE")
	for i, c := range conds {
		fmt.Fprintf(&b, " WHEN %s THEN %s", c.sql, vals[i].in(t))
	}
	return as(t, "%s ELSE %s END", b.String(), vals[len(vals)-1].in(t)), nil
}
