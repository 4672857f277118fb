package plan

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"sheaf/dtype"
)

// Literal is a constant. Value is nil (null), bool, int64, uint64, float64, string, []byte, time.Time or time.Duration. A
// weak literal, made of a Go bool, int, float64 or untyped constant, adapts to the column that it meets; others have Type.
type Literal struct {
	Value any
	Type  arrow.DataType
	Weak  bool
}

// Lit makes a literal of a Go value: numbers, strings, bools, []byte, time.Time, time.Duration and nil, pointers to them
// (nil is null) and named types over them.
func Lit(v any) (Literal, error) {
	switch v := v.(type) {
	case nil:
		return Literal{nil, arrow.Null, true}, nil
	case time.Time:
		if v.IsZero() {
			return Literal{nil, arrow.Null, true}, nil
		}
		return Literal{v, timestamp, true}, nil
	case time.Duration:
		return Literal{v, duration, true}, nil
	case []byte:
		return Literal{v, arrow.BinaryTypes.Binary, false}, nil
	}
	rv := reflect.ValueOf(v)
	t := ArrowOf(dtype.OfValue(v))
	switch k := rv.Kind(); k {
	case reflect.Pointer:
		if rv.IsNil() {
			return Literal{nil, arrow.Null, true}, nil
		}
		return Lit(rv.Elem().Interface())
	case reflect.Bool:
		return Literal{rv.Bool(), boolean, true}, nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		if t == nil || k == reflect.Int {
			t = int64s
		}
		return Literal{rv.Int(), t, k == reflect.Int}, nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		if t == nil {
			t = arrow.PrimitiveTypes.Uint64
		}
		return Literal{rv.Uint(), t, k == reflect.Uint}, nil
	case reflect.Float32, reflect.Float64:
		if t == nil {
			t = float64s
		}
		return Literal{rv.Float(), t, k == reflect.Float64}, nil
	case reflect.String:
		return Literal{rv.String(), text, true}, nil
	}
	return Literal{}, Argument("a value of type %T cannot stand in an expression; use numbers, strings, bools, times or nil", v)
}

// MustLit is [Lit] for values of the right types by construction.
func MustLit(v any) Literal {
	l, err := Lit(v)
	if err != nil {
		panic(err)
	}
	return l
}

func (l Literal) String() string {
	switch v := l.Value.(type) {
	case nil:
		return "null"
	case string:
		return strconv.Quote(v)
	case float64:
		return formatFloat(v)
	case time.Time:
		return "time(" + v.Format(time.RFC3339Nano) + ")"
	case []byte:
		return fmt.Sprintf("bytes(%x)", v)
	}
	s := fmt.Sprint(l.Value)
	if !l.Weak {
		s = Name(l.Type) + "(" + s + ")"
	}
	return s
}

func formatFloat(v float64) string {
	s := strconv.FormatFloat(v, 'g', -1, 64)
	if !strings.ContainsAny(s, ".eIN") {
		s += ".0"
	}
	return s
}

// SQL writes the literal as a constant of the given type.
func (l Literal) sql(t arrow.DataType) string {
	switch v := l.Value.(type) {
	case nil:
		return "NULL::" + SQLType(t)
	case bool:
		if isNumber(t) {
			if v {
				return "1"
			}
			return "0"
		}
		return strings.ToUpper(strconv.FormatBool(v))
	case int64:
		return number(strconv.FormatInt(v, 10), t)
	case uint64:
		return number(strconv.FormatUint(v, 10), t)
	case float64:
		if _, ok := t.(arrow.DecimalType); ok {
			return strconv.FormatFloat(v, 'f', -1, 64)
		}
		s := formatFloat(v)
		if math.IsNaN(v) || math.IsInf(v, 0) {
			s = map[string]string{"NaN": "'nan'", "+Inf": "'inf'", "-Inf": "'-inf'"}[s]
		}
		return s + "::" + SQLType(t)
	case string:
		return Quoted(v)
	case []byte:
		var b strings.Builder
		for _, c := range v {
			fmt.Fprintf(&b, `\x%02X`, c)
		}
		return "'" + b.String() + "'::BLOB"
	case time.Time:
		return timeSQL(v, t)
	case time.Duration:
		return fmt.Sprintf("to_microseconds(%d)", v.Microseconds())
	}
	return "NULL"
}

func number(s string, t arrow.DataType) string {
	if isFloat(t) {
		return s + "::" + SQLType(t)
	}
	return s
}

func timeSQL(v time.Time, t arrow.DataType) string {
	switch {
	case TypeOf(t) == dtype.Date:
		return "DATE '" + v.Format("2006-01-02") + "'"
	case zoneOf(t) != "":
		return "TIMESTAMPTZ '" + v.UTC().Format("2006-01-02 15:04:05.999999") + "+00'"
	case SQLType(t) == "TIMESTAMP_NS" || v.Nanosecond()%1000 != 0:
		return "'" + v.Format("2006-01-02 15:04:05.999999999") + "'::TIMESTAMP_NS"
	}
	return "TIMESTAMP '" + v.Format("2006-01-02 15:04:05.999999") + "'"
}

var timeLayouts = []string{
	"2006-01-02", "2006-01-02 15:04", "2006-01-02 15:04:05.999999999", "2006-01-02T15:04:05.999999999",
	time.RFC3339Nano, "2006-01", "2006/01/02", "20060102",
}

// parseTime reads a time as people write it in comparisons.
func parseTime(s string) (time.Time, bool) {
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// adapt gives a weak literal the type in which it meets an operand of type t.
func (l Literal) adapt(t arrow.DataType) (Literal, error) {
	k := TypeOf(t)
	switch v := l.Value.(type) {
	case nil:
		l.Type = plain(t)
	case string:
		if isTime(t) {
			at, ok := parseTime(v)
			if !ok {
				return l, typeError("%q is not a time; write 2006-01-02 or 2006-01-02 15:04:05", v)
			}
			return Literal{at, timestamp, true}.adapt(t)
		}
	case time.Time:
		switch {
		case zoneOf(t) != "":
			l.Type = t
		case k == dtype.Datetime:
			l.Type = t
		case k == dtype.Date && v.Equal(v.Truncate(24*time.Hour)):
			l.Type = date
		}
	case int64:
		if !l.Weak {
			break
		}
		switch {
		case k.IsFloat():
			l.Type = t
		case k == dtype.Decimal:
			l.Type = decimalType(int32(len(strconv.FormatInt(max(v, -v), 10))), 0)
		case k.IsInteger() && fits(v, k):
			l.Type = t
		}
	case uint64:
		if l.Weak && v <= math.MaxInt64 {
			return Literal{int64(v), int64s, true}.adapt(t)
		}
	case float64:
		if !l.Weak {
			break
		}
		if k == dtype.Float32 {
			l.Type = t
		}
		if k == dtype.Decimal {
			if p, s, ok := decimalDigits(v); ok {
				l.Type = decimalType(p, s)
			}
		}
	}
	return l, nil
}

// decimalDigits returns how many digits a float has when it is written shortest.
func decimalDigits(v float64) (p, s int32, ok bool) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, 0, false
	}
	whole, frac, _ := strings.Cut(strconv.FormatFloat(math.Abs(v), 'f', -1, 64), ".")
	whole = strings.TrimLeft(whole, "0")
	p, s = int32(len(whole)+len(frac)), int32(len(frac))
	return max(p, 1), s, p <= 18
}

func fits(v int64, k dtype.Type) bool {
	if k == dtype.Uint64 {
		return v >= 0
	}
	bits := k.Size() * 8
	if k.IsUnsigned() {
		return v >= 0 && v < 1<<bits
	}
	return bits == 64 || v >= -(1<<(bits-1)) && v < 1<<(bits-1)
}

// Quote writes a column or table name so that SQL takes it literally.
func Quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// Quoted writes a string as an SQL constant.
func Quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// ParseTime reads a time as people write it in comparisons: a date, or a date and a time of the day.
func ParseTime(s string) (time.Time, bool) { return parseTime(s) }
