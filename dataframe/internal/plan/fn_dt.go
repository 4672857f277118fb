package plan

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"sheaf/dtype"
)

// dtFormats are functions of a time, taken in the column's own zone.
var dtFormats = []struct {
	name, format string
	typ          arrow.DataType
}{
	{"dt_year", "year(%s)", int32s},
	{"dt_month", "month(%s)", int32s},
	{"dt_day", "day(%s)", int32s},
	{"dt_hour", "hour(%s)", int32s},
	{"dt_minute", "minute(%s)", int32s},
	{"dt_second", "second(%s)", int32s},
	{"dt_microsecond", "microsecond(%s) %% 1000000", int32s},
	{"dt_dayofweek", "isodow(%s) - 1", int32s},
	{"dt_dayofyear", "dayofyear(%s)", int32s},
	{"dt_quarter", "quarter(%s)", int32s},
	{"dt_week", "week(%s)", int32s},
	{"dt_isoyear", "isoyear(%s)", int32s},
	{"dt_days_in_month", "day(last_day(%s))", int32s},
	{"dt_is_month_start", "day(%s) = 1", boolean},
	{"dt_is_month_end", "%[1]s::DATE = last_day(%[1]s)", boolean},
	{"dt_is_quarter_start", "day(%[1]s) = 1 AND month(%[1]s) %% 3 = 1", boolean},
	{"dt_is_quarter_end", "%[1]s::DATE = last_day(%[1]s) AND month(%[1]s) %% 3 = 0", boolean},
	{"dt_is_year_start", "dayofyear(%s) = 1", boolean},
	{"dt_is_year_end", "month(%[1]s) = 12 AND day(%[1]s) = 31", boolean},
	{"dt_is_leap_year", "day(last_day(make_date(year(%s), 2, 1))) = 29", boolean},
	{"dt_date", "%s", date},
	{"dt_time", "%s", arrow.FixedWidthTypes.Time64us},
	{"dt_day_name", "dayname(%s)", text},
	{"dt_month_name", "monthname(%s)", text},
}

func init() {
	for _, f := range dtFormats {
		register(f.name, 1, 1, func(args []value) (value, error) {
			x, err := wall(f.name, args[0])
			if err != nil {
				return value{}, err
			}
			return as(f.typ, f.format, x), nil
		})
	}
	register("dt_nanosecond", 1, 1, func(args []value) (value, error) {
		if _, err := wall("dt_nanosecond", args[0]); err != nil {
			return value{}, err
		}
		return as(int32s, "epoch_ns(%s) %% 1000", args[0].sql), nil
	})
	for _, how := range []string{"floor", "ceil", "round"} {
		register("dt_"+how, 2, 2, func(args []value) (value, error) { return toGrid(how, args[0], args[1]) })
	}
	register("dt_strftime", 2, 2, func(args []value) (value, error) {
		x, err := wall("dt_strftime", args[0])
		if err != nil {
			return value{}, err
		}
		return result(text, "strftime(%s, %s)", x, args[1].sql), nil
	})
	register("dt_epoch", 2, 2, epoch)
	register("dt_total_seconds", 1, 1, func(args []value) (value, error) {
		if TypeOf(args[0].typ) != dtype.Timedelta {
			return value{}, typeError("total_seconds needs differences of times: %s", args[0].describe())
		}
		return result(float64s, "(epoch_us(%s) / 1e6)", args[0].sql), nil
	})
	register("dt_days", 1, 1, func(args []value) (value, error) {
		if TypeOf(args[0].typ) != dtype.Timedelta {
			return value{}, typeError("days needs differences of times: %s", args[0].describe())
		}
		return as(int64s, "floor(epoch_us(%s) / 86400e6)", args[0].sql), nil
	})
	register("dt_tz_localize", 2, 2, localize)
	register("dt_tz_convert", 2, 2, convert)
}

// wall writes a time as its zone's clocks show it, as a plain TIMESTAMP or DATE.
func wall(name string, v value) (string, error) {
	if !isTime(v.typ) {
		hint := ""
		if isString(v.typ) {
			hint = "; read the column with ParseDates, or use Str().ToDatetime"
		}
		return "", typeError("Dt() functions need times: %s in %s%s", v.describe(), strings.TrimPrefix(name, "dt_"), hint)
	}
	switch zone := zoneOf(v.typ); {
	case zone != "" && zone != "UTC":
		return fmt.Sprintf("timezone(%s, %s)", Quoted(zone), v.sql), nil
	case zone == "UTC":
		return fmt.Sprintf("timezone('UTC', %s)", v.sql), nil
	}
	switch SQLType(v.typ) {
	case "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS":
		return v.sql + "::TIMESTAMP", nil
	}
	return v.sql, nil
}

// gridUnits are the fixed frequencies of pandas, in microseconds.
var gridUnits = map[string]int64{
	"us": 1, "ms": 1000, "s": 1e6, "min": 60e6, "t": 60e6, "h": 3600e6, "d": 86400e6,
	"microsecond": 1, "millisecond": 1000, "second": 1e6, "minute": 60e6, "hour": 3600e6, "day": 86400e6,
}

// Frequency reads a frequency such as "15min", "h" or "D" and returns microseconds.
func Frequency(s string) (int64, error) {
	t := strings.ToLower(strings.TrimSpace(s))
	digits := strings.TrimRight(t, "abcdefghijklmnopqrstuvwxyz ")
	unit, ok := gridUnits[strings.TrimSpace(t[len(digits):])]
	n := int64(1)
	if digits != "" {
		var err error
		if n, err = strconv.ParseInt(digits, 10, 64); err != nil || n <= 0 {
			ok = false
		}
	}
	if !ok {
		return 0, Argument("frequency %q is not a fixed one; use a number and us, ms, s, min, h or D, such as \"15min\"", s)
	}
	return n * unit, nil
}

// toGrid brings times to multiples of a frequency since 1970; round is half to even, as in pandas.
func toGrid(how string, v, freq value) (value, error) {
	x, err := wall("dt_"+how, v)
	if err != nil {
		return value{}, err
	}
	s, _ := "", 0
	if freq.lit != nil {
		s, _ = freq.lit.Value.(string)
	}
	step, err := Frequency(s)
	if err != nil {
		return value{}, err
	}
	us := fmt.Sprintf("epoch_us(%s::TIMESTAMP)", x)
	var sql string
	switch how {
	case "floor":
		sql = fmt.Sprintf("%[1]s - ((%[1]s %% %[2]d) + %[2]d) %% %[2]d", us, step)
	case "ceil":
		sql = fmt.Sprintf("%[1]s + ((-%[1]s %% %[2]d) + %[2]d) %% %[2]d", us, step)
	default:
		sql = fmt.Sprintf("round_even(%s / %d::DOUBLE, 0)::BIGINT * %d", us, step, step)
	}
	t := plain(v.typ)
	if TypeOf(t) == dtype.Date {
		t = timestamp
	}
	out := result(t, "make_timestamp(%s)", sql)
	if zone := zoneOf(t); zone != "" {
		out.sql = fmt.Sprintf("timezone(%s, %s)", Quoted(zone), out.sql)
	} else if SQLType(t) != "TIMESTAMP" {
		out.sql += "::" + SQLType(t)
	}
	return out, nil
}

// epoch is the number of units since 1970.
func epoch(args []value) (value, error) {
	if !isTime(args[0].typ) {
		return value{}, typeError("epoch needs times: %s", args[0].describe())
	}
	unit := ""
	if args[1].lit != nil {
		unit, _ = args[1].lit.Value.(string)
	}
	switch unit {
	case "s":
		return as(int64s, "floor(epoch(%s))", args[0].sql), nil
	case "ms", "us", "ns":
		return as(int64s, "epoch_%s(%s)", unit, args[0].sql), nil
	}
	return value{}, Argument("epoch counts s, ms, us or ns, not %q", unit)
}

func zoneArg(v value) (string, error) {
	if v.lit != nil {
		if s, ok := v.lit.Value.(string); ok {
			return s, nil
		}
	}
	return "", Argument("the time zone must be a constant name such as \"Europe/Berlin\"")
}

func localize(args []value) (value, error) {
	zone, err := zoneArg(args[1])
	if err != nil {
		return value{}, err
	}
	if !isTime(args[0].typ) || zoneOf(args[0].typ) != "" {
		return value{}, typeError("tz_localize needs times without a zone: %s", args[0].describe())
	}
	return result(&arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: zone},
		"timezone(%s, %s::TIMESTAMP)", Quoted(zone), args[0].sql), nil
}

func convert(args []value) (value, error) {
	zone, err := zoneArg(args[1])
	if err != nil {
		return value{}, err
	}
	if zoneOf(args[0].typ) == "" {
		return value{}, typeError("tz_convert needs times with a zone: %s; use TzLocalize first", args[0].describe())
	}
	return value{sql: args[0].sql, typ: &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: zone}}, nil
}
