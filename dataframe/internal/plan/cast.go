package plan

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"

	"sheaf/dtype"
)

// cast converts as pandas' astype does: floats are cut to integers, not rounded; times become dates by dropping the clock.
func cast(v value, to arrow.DataType, try bool) (value, error) {
	from := plain(v.typ)
	if arrow.TypeEqual(from, to) {
		return value{sql: v.sql, typ: to, lit: v.lit, name: v.name}, nil
	}
	kf, kt := TypeOf(from), TypeOf(to)
	fn := "CAST"
	if try {
		fn = "TRY_CAST"
	}
	out := func(sql string) (value, error) {
		return value{sql: fmt.Sprintf("%s(%s AS %s)", fn, sql, SQLType(to)), typ: to, name: v.name}, nil
	}
	number := func(k dtype.Type) bool { return k.IsNumeric() && !k.IsComplex() || k == dtype.Decimal }
	switch {
	case kf == dtype.Null, kt == dtype.String, kf == dtype.String && kt != dtype.List && kt != dtype.Struct:
		return out(v.sql)
	case number(kf) && kt == dtype.Bool:
		return value{sql: "(" + v.sql + " <> 0)", typ: to}, nil
	case number(kf) && kt.IsInteger() && !kf.IsInteger():
		return out("trunc(" + v.sql + ")")
	case (number(kf) || kf == dtype.Bool) && number(kt), kf == dtype.Bool && kt == dtype.Bool:
		return out(v.sql)
	case isTime(from) && kt == dtype.Date:
		x, err := wall("cast", v)
		if err != nil {
			return value{}, err
		}
		return out(x)
	case isTime(from) && kt == dtype.Datetime:
		if (zoneOf(from) == "") != (zoneOf(to) == "") && kf != dtype.Date {
			return value{}, typeError("%s: use TzLocalize or TzConvert to change the time zone", v.describe())
		}
		return out(v.sql)
	case kf == dtype.Datetime && kt == dtype.Int64:
		unit := "us"
		if ts, ok := from.(*arrow.TimestampType); ok && ts.Unit != arrow.Second {
			unit = ts.Unit.String()
		}
		return value{sql: fmt.Sprintf("epoch_%s(%s)", unit, v.sql), typ: to}, nil
	case kf.IsInteger() && kt == dtype.Datetime:
		return value{sql: fmt.Sprintf("make_timestamp(%s::BIGINT)", v.sql), typ: to}, nil
	case kf.IsInteger() && kt == dtype.Timedelta:
		return value{sql: fmt.Sprintf("to_microseconds(%s::BIGINT)", v.sql), typ: to}, nil
	case kf == dtype.Timedelta && kt == dtype.Int64:
		return value{sql: fmt.Sprintf("epoch_us(%s)", v.sql), typ: to}, nil
	case kf == dtype.Timedelta && kt == dtype.Timedelta, kf == kt && (kf == dtype.List || kf == dtype.Struct || kf == dtype.Binary):
		return value{sql: v.sql, typ: to}, nil
	}
	return value{}, typeError("%s cannot be cast to %s", v.describe(), Name(to))
}
