package plan

import (
	"errors"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"

	"sheaf/dtype"
)

// A value is a checked expression: its SQL and its type.
type value struct {
	sql  string
	typ  arrow.DataType
	lit  *Literal
	name string // as people read it
}

// A function of the table of functions checks its operands and writes the SQL.
type function struct {
	least, most int // number of arguments
	apply       func(args []value) (value, error)
}

var functions = map[string]function{}

func register(name string, least, most int, apply func(args []value) (value, error)) {
	functions[name] = function{least, most, apply}
}

// Functions returns whether a function of that name exists; the public expression methods are tested against it.
func Functions(name string) bool { _, ok := functions[name]; return ok }

// Compile checks an expression against the columns of a schema and returns its SQL and its type. Errors match [ErrColumn],
// [ErrType] or [ErrArgument].
func Compile(e Expr, s *arrow.Schema) (sql string, t arrow.DataType, err error) {
	v, err := compile(e, s)
	if err != nil {
		return "", nil, err
	}
	return v.sql, v.typ, nil
}

func compile(e Expr, s *arrow.Schema) (value, error) {
	switch e := e.(type) {
	case Column:
		at := s.FieldIndices(e.Name)
		if len(at) == 0 {
			return value{}, NotFound(e.Name, s)
		}
		return value{sql: Quote(e.Name), typ: s.Field(at[0]).Type, name: e.Name}, nil
	case Literal:
		return literal(e), nil
	case Cast:
		v, err := compile(e.X, s)
		if err != nil {
			return value{}, err
		}
		return cast(v, e.To, e.Try)
	case Call:
		f, ok := functions[e.Fn]
		if !ok {
			return value{}, Argument("function %q does not exist", e.Fn)
		}
		if len(e.Args) < f.least || f.most >= 0 && len(e.Args) > f.most {
			return value{}, Argument("%s takes %d operands, not %d", e.Fn, f.least, len(e.Args))
		}
		args := make([]value, len(e.Args))
		for i, a := range e.Args {
			var err error
			if args[i], err = compile(a, s); err != nil {
				return value{}, err
			}
		}
		v, err := f.apply(args)
		if err != nil {
			return value{}, err
		}
		v.name, v.lit = e.String(), nil
		return v, nil
	case Bad:
		return value{}, e.Err
	}
	return value{}, Argument("an empty expression")
}

func literal(l Literal) value {
	return value{sql: l.sql(l.Type), typ: l.Type, lit: &l, name: l.String()}
}

// weak reports whether v adapts to its partner.
func (v value) weak() bool { return v.lit != nil && (v.lit.Weak || v.lit.Value == nil) }

// describe names a value in a message, with its type.
func (v value) describe() string {
	if v.lit != nil {
		return fmt.Sprintf("%s (%s)", v.name, Name(v.typ))
	}
	name := v.name
	if len(name) > 60 {
		name = name[:57] + "…"
	}
	return fmt.Sprintf("%s is %s", name, Name(v.typ))
}

// meet lets weak literals among the operands adapt to the others.
func meet(args []value) ([]value, error) {
	out := append([]value(nil), args...)
	for i, a := range args {
		if !a.weak() {
			continue
		}
		for j, b := range args {
			if j == i || b.weak() {
				continue
			}
			l, err := a.lit.adapt(b.typ)
			if err != nil {
				return nil, err
			}
			out[i] = literal(l)
			break
		}
	}
	return out, nil
}

// common returns the type in which operands of two types meet: NumPy's promotion for numbers, exact decimals, the finer of two
// times, strings with strings.
func common(a, b arrow.DataType) (arrow.DataType, error) {
	a, b = plain(a), plain(b)
	ka, kb := TypeOf(a), TypeOf(b)
	switch {
	case arrow.TypeEqual(a, b), kb == dtype.Null:
		return a, nil
	case ka == dtype.Null:
		return b, nil
	case ka == dtype.Decimal || kb == dtype.Decimal:
		pa, sa, oka := digits(a)
		pb, sb, okb := digits(b)
		if !oka || !okb {
			if isNumber(a) && isNumber(b) {
				return float64s, nil
			}
			break
		}
		scale := max(sa, sb)
		return decimalType(min(max(pa-sa, pb-sb)+scale, 38), scale), nil
	case ka == kb && ka == dtype.Datetime:
		if (zoneOf(a) == "") != (zoneOf(b) == "") {
			return nil, errors.New("one has a time zone and the other has none")
		}
		if a.(*arrow.TimestampType).Unit > b.(*arrow.TimestampType).Unit {
			return a, nil
		}
		return b, nil
	case isTime(a) && isTime(b):
		if ka == dtype.Date {
			return b, nil
		}
		return a, nil
	case ka == kb:
		return a, nil
	}
	if ka.IsArray() && kb.IsArray() && !ka.IsTemporal() && !kb.IsTemporal() {
		k, err := dtype.Promote(ka, kb)
		if err == nil && ArrowOf(k) != nil {
			return ArrowOf(k), nil
		}
	}
	return nil, fmt.Errorf("%s and %s have no common type", Name(a), Name(b))
}

// in writes the SQL of v as type t.
func (v value) in(t arrow.DataType) string {
	if v.lit != nil && (isNumber(t) && isNumber(v.typ) || v.lit.Value == nil || isTime(t)) {
		return v.lit.sql(t)
	}
	if SQLType(v.typ) == SQLType(t) {
		return v.sql
	}
	return v.sql + "::" + SQLType(t)
}

// result makes a value of SQL whose natural type may differ from t.
func result(t arrow.DataType, format string, args ...any) value {
	return value{sql: fmt.Sprintf(format, args...), typ: t}
}

// as makes a value of SQL that is cast to t.
func as(t arrow.DataType, format string, args ...any) value {
	return value{sql: "(" + fmt.Sprintf(format, args...) + ")::" + SQLType(t), typ: t}
}
