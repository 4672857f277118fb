package plan

import (
	"fmt"
	"strings"

	"sheaf/dtype"
)

func init() {
	for name, op := range map[string]string{"eq": "=", "ne": "<>", "lt": "<", "le": "<=", "gt": ">", "ge": ">="} {
		register(name, 2, 2, func(args []value) (value, error) { return compare(op, args[0], args[1]) })
	}
	for name, op := range map[string]string{"and": "AND", "or": "OR"} {
		register(name, 2, 2, func(args []value) (value, error) { return logical(op, args) })
	}
	register("xor", 2, 2, xor)
	register("not", 1, 1, not)
	register("in", 1, -1, in)
	register("between", 3, 3, between)
}

// compare writes a comparison with IEEE's rules for NaN, which equals nothing: DuckDB has NaN equal to itself and above all
// other numbers. Null compared with anything is null.
func compare(op string, x, y value) (value, error) {
	m, err := meet([]value{x, y})
	if err != nil {
		return value{}, err
	}
	a, b := m[0], m[1]
	t, err := common(a.typ, b.typ)
	if err != nil {
		return value{}, typeError("cannot compare: %s, %s; cast one of them", a.describe(), b.describe())
	}
	if k := TypeOf(t); k == dtype.List || k == dtype.Struct {
		return value{}, typeError("cannot compare: %s, %s", a.describe(), b.describe())
	}
	l, r := a.in(t), b.in(t)
	plain := fmt.Sprintf("(%s %s %s)", l, op, r)
	if !isFloat(t) {
		return value{sql: plain, typ: boolean}, nil
	}
	mayNaN := func(v value) bool { return isFloat(v.typ) && (v.lit == nil || v.lit.Value != v.lit.Value) }
	var guards []string
	const finite = "%s <= 'inf'::DOUBLE"
	switch op {
	case ">", ">=", "=":
		if mayNaN(a) && (op != "=" || mayNaN(b)) {
			guards = append(guards, fmt.Sprintf(finite, l))
		}
	}
	switch op {
	case "<", "<=":
		if mayNaN(b) {
			guards = append(guards, fmt.Sprintf(finite, r))
		}
	case "<>":
		if mayNaN(a) && mayNaN(b) {
			return value{sql: fmt.Sprintf("(%s <> %s OR isnan(%s))", l, r, l), typ: boolean}, nil
		}
	}
	if len(guards) > 0 {
		plain = "(" + plain + " AND " + strings.Join(guards, " AND ") + ")"
	}
	return value{sql: plain, typ: boolean}, nil
}

func logical(op string, args []value) (value, error) {
	m, err := meet(args)
	if err != nil {
		return value{}, err
	}
	if isInteger(m[0].typ) && isInteger(m[1].typ) {
		t, err := common(m[0].typ, m[1].typ)
		if err != nil {
			return value{}, typeError("%s: %v", op, err)
		}
		return result(t, "(%s %s %s)", m[0].in(t), map[string]string{"AND": "&", "OR": "|"}[op], m[1].in(t)), nil
	}
	for _, v := range m {
		if !isBool(v.typ) && TypeOf(v.typ) != dtype.Null {
			return value{}, typeError("%s needs conditions: %s, %s", strings.ToLower(op), m[0].describe(), m[1].describe())
		}
	}
	return result(boolean, "(%s %s %s)", m[0].in(boolean), op, m[1].in(boolean)), nil
}

func xor(args []value) (value, error) {
	m, err := meet(args)
	if err != nil {
		return value{}, err
	}
	if isBool(m[0].typ) && isBool(m[1].typ) {
		return result(boolean, "(%s <> %s)", m[0].sql, m[1].sql), nil
	}
	if isInteger(m[0].typ) && isInteger(m[1].typ) {
		t, err := common(m[0].typ, m[1].typ)
		if err != nil {
			return value{}, typeError("xor: %v", err)
		}
		return result(t, "xor(%s, %s)", m[0].in(t), m[1].in(t)), nil
	}
	return value{}, typeError("xor needs conditions or integers: %s, %s", m[0].describe(), m[1].describe())
}

func not(args []value) (value, error) {
	a := args[0]
	switch {
	case isBool(a.typ):
		return result(boolean, "(NOT %s)", a.sql), nil
	case isInteger(a.typ):
		return result(a.typ, "(~%s)", a.sql), nil
	}
	return value{}, typeError("not needs a condition: %s", a.describe())
}

// in is membership as in pandas' isin: null is in the list only if the list has a null, and the answer is never null.
func in(args []value) (value, error) {
	a := args[0]
	var list []string
	null := false
	for _, v := range args[1:] {
		if v.lit != nil && v.lit.Value == nil {
			null = true
			continue
		}
		m, err := meet([]value{a, v})
		if err != nil {
			return value{}, err
		}
		t, err := common(m[0].typ, m[1].typ)
		if err != nil {
			return value{}, typeError("in: %s cannot equal %s", a.describe(), v.describe())
		}
		list = append(list, m[1].in(t))
	}
	isNull := a.sql + " IS NULL"
	switch {
	case len(list) == 0 && !null:
		return result(boolean, "FALSE"), nil
	case len(list) == 0:
		return result(boolean, "(%s)", isNull), nil
	case null:
		return result(boolean, "(%s OR %s IN (%s))", isNull, a.sql, strings.Join(list, ", ")), nil
	}
	return result(boolean, "coalesce(%s IN (%s), FALSE)", a.sql, strings.Join(list, ", ")), nil
}

func between(args []value) (value, error) {
	lo, err := compare(">=", args[0], args[1])
	if err != nil {
		return value{}, err
	}
	hi, err := compare("<=", args[0], args[2])
	if err != nil {
		return value{}, err
	}
	return result(boolean, "(%s AND %s)", lo.sql, hi.sql), nil
}
