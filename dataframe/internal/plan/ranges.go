package plan

import (
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"sheaf/dtype"
)

// A Range is what statistics say of a column in a part of a file.
type Range struct {
	Min, Max any  // int64 (dates in days, times in their unit), uint64, float64, string, bool
	Known    bool // the bounds are
	Nulls    int64
	Rows     int64
}

// MayHold reports whether some row of a part can meet all conditions, as far as the statistics of its columns tell.
func MayHold(conds []Expr, s *arrow.Schema, stats func(column string) (Range, bool)) bool {
	for _, c := range conds {
		if !mayHold(c, s, stats) {
			return false
		}
	}
	return true
}

func mayHold(e Expr, s *arrow.Schema, stats func(column string) (Range, bool)) bool {
	c, ok := e.(Call)
	if !ok {
		return true
	}
	switch c.Fn {
	case "and":
		return mayHold(c.Args[0], s, stats) && mayHold(c.Args[1], s, stats)
	case "or":
		return mayHold(c.Args[0], s, stats) || mayHold(c.Args[1], s, stats)
	case "between":
		return mayHold(Call{"ge", c.Args[:2]}, s, stats) && mayHold(Call{"le", []Expr{c.Args[0], c.Args[2]}}, s, stats)
	case "in":
		for _, v := range c.Args[1:] {
			if mayHold(Call{"eq", []Expr{c.Args[0], v}}, s, stats) {
				return true
			}
			if l, ok := v.(Literal); ok && l.Value == nil {
				return true
			}
		}
		return false
	case "is_null", "not_null":
		col, ok := c.Args[0].(Column)
		if !ok {
			return true
		}
		r, ok := stats(col.Name)
		if !ok || r.Nulls < 0 {
			return true
		}
		if c.Fn == "is_null" {
			return r.Nulls > 0
		}
		return r.Nulls < r.Rows
	case "eq", "lt", "le", "gt", "ge":
		return mayCompare(c, s, stats)
	}
	return true
}

var mirrored = map[string]string{"eq": "eq", "lt": "gt", "le": "ge", "gt": "lt", "ge": "le"}

func mayCompare(c Call, s *arrow.Schema, stats func(column string) (Range, bool)) bool {
	fn := c.Fn
	col, isCol := c.Args[0].(Column)
	lit, isLit := c.Args[1].(Literal)
	if !isCol {
		fn = mirrored[fn]
		col, isCol = c.Args[1].(Column)
		lit, isLit = c.Args[0].(Literal)
	}
	if !isCol || !isLit || !Has(s, col.Name) {
		return true
	}
	r, ok := stats(col.Name)
	if !ok {
		return true
	}
	if r.Nulls >= 0 && r.Nulls == r.Rows && r.Rows > 0 || lit.Value == nil {
		return false // null compared with anything is not true
	}
	if !r.Known {
		return true
	}
	v := lit
	if lit.Weak {
		var err error
		if v, err = lit.adapt(TypeIn(s, col.Name)); err != nil {
			return true
		}
	}
	lo, okLo := order(r.Min, v, TypeIn(s, col.Name))
	hi, okHi := order(r.Max, v, TypeIn(s, col.Name))
	if !okLo || !okHi {
		return true
	}
	switch fn {
	case "eq":
		return lo <= 0 && hi >= 0
	case "lt":
		return lo < 0
	case "le":
		return lo <= 0
	case "gt":
		return hi > 0
	}
	return hi >= 0
}

// order compares a bound with a literal: negative when the bound is smaller.
func order(bound any, l Literal, t arrow.DataType) (int, bool) {
	switch v := l.Value.(type) {
	case string:
		b, ok := bound.(string)
		return compareTwo(b, v), ok && isString(t)
	case bool:
		b, ok := bound.(bool)
		return boolInt(b) - boolInt(v), ok
	case time.Time:
		b, ok := bound.(int64)
		u, exact := units(v, t)
		return compareTwo(b, u), ok && exact
	}
	x, okX := exactNumber(bound)
	y, okY := exactNumber(l.Value)
	k := TypeOf(t)
	return compareTwo(x, y), okX && okY && (k.IsInteger() || k.IsFloat())
}

// units is a time as its column stores it, and whether that is exact.
func units(v time.Time, t arrow.DataType) (int64, bool) {
	if TypeOf(t) == dtype.Date {
		return v.Unix() / 86400, v.Equal(v.Truncate(24*time.Hour)) && v.Unix()%86400 == 0
	}
	ts, ok := t.(*arrow.TimestampType)
	if !ok {
		return 0, false
	}
	switch ts.Unit {
	case arrow.Second:
		return v.Unix(), v.Nanosecond() == 0
	case arrow.Millisecond:
		return v.UnixMilli(), v.Nanosecond()%1e6 == 0
	case arrow.Nanosecond:
		return v.UnixNano(), true
	}
	return v.UnixMicro(), v.Nanosecond()%1e3 == 0
}

// exactNumber returns integers that a float64 holds exactly, and floats.
func exactNumber(v any) (float64, bool) {
	switch v := v.(type) {
	case int64:
		return float64(v), v > -1<<53 && v < 1<<53
	case uint64:
		return float64(v), v < 1<<53
	case float64:
		return v, v == v
	}
	return 0, false
}

func compareTwo[T int64 | float64 | string](a, b T) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
