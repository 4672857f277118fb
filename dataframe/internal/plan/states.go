package plan

import (
	"fmt"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"sheaf/dtype"
)

// A state is a column of partial results. Aggregates share states: a sum and a mean of one expression need one sum.
type state struct {
	name    string
	typ     arrow.DataType
	partial string // over rows
	merge   string // over partial results
	chan_   string // for squared deviations: the names "count,mean" of their companions
}

// states are what the aggregates of a node keep per group.
type states struct {
	list []state
	at   map[string]int
	arg  *arrow.Schema
}

// add returns the name of the state of a kind over an expression, making it if it is new.
func (s *states) add(kind, arg string, typ arrow.DataType, partial, merge string) string {
	key := kind + "(" + arg + ")"
	if i, ok := s.at[key]; ok {
		return s.list[i].name
	}
	name := fmt.Sprintf("__%d_%s", len(s.list), kind)
	s.at[key] = len(s.list)
	s.list = append(s.list, state{name: name, typ: typ, partial: partial, merge: fmt.Sprintf(merge, Quote(name))})
	return name
}

// final is the SQL that makes an aggregate's result of its states.
func (s *states) final(a Agg, out arrow.DataType) string {
	x, t := "", arrow.DataType(nil)
	if a.Arg != nil {
		x, t, _ = Compile(a.Arg, s.arg)
	}
	size := func() string { return Quote(s.add("size", "", int64s, "count(*)", "sum(%s)::BIGINT")) }
	count := func() string { return Quote(s.add("count", x, int64s, "count("+x+")", "sum(%s)::BIGINT")) }
	sum := func() string {
		st, in := ArrowOf(dtype.ForSum(TypeOf(t))), x
		switch k := TypeOf(t); {
		case k == dtype.Decimal:
			_, scale, _ := digits(t)
			st = decimalType(38, scale)
		case k == dtype.Timedelta:
			st = duration
		case k.IsFloat():
			st = float64s
		case k == dtype.Bool:
			in = x + "::BIGINT"
		}
		cast := "::" + SQLType(st)
		return Quote(s.add("sum", x, st, "sum("+in+")"+cast, "sum(%s)"+cast))
	}
	switch a.Fn {
	case "size":
		return fmt.Sprintf("coalesce(%s, 0)", size()) // null when there are no partitions at all
	case "count":
		return fmt.Sprintf("coalesce(%s, 0)", count())
	case "sum":
		zero := "0"
		if TypeOf(t) == dtype.Timedelta {
			zero = "to_microseconds(0)"
		}
		return fmt.Sprintf("coalesce(%s, %s)", sum(), zero)
	case "mean":
		return fmt.Sprintf("(%s::DOUBLE / nullif(%s, 0))", sum(), count())
	case "prod":
		return fmt.Sprintf("coalesce(%s, 1)", Quote(s.add("prod", x, float64s, "product("+x+"::DOUBLE)", "product(%s)")))
	case "min", "max", "any", "all":
		fn, in := a.Fn, x
		if a.Fn == "any" || a.Fn == "all" {
			fn = map[string]string{"any": "bool_or", "all": "bool_and"}[a.Fn]
			if !isBool(t) {
				in = "(" + x + " <> 0)"
			}
			t = boolean
		}
		c := Quote(s.add(a.Fn, x, plain(t), fn+"("+in+")", fn+"(%s)"))
		if t == boolean && (a.Fn == "any" || a.Fn == "all") {
			return fmt.Sprintf("coalesce(%s, %t)", c, a.Fn == "all")
		}
		return c
	case "first", "last":
		return Quote(s.add(a.Fn, x, plain(t), fmt.Sprintf("%s(%s) FILTER (WHERE %s IS NOT NULL)", a.Fn, x, x),
			a.Fn+"(%[1]s) FILTER (WHERE %[1]s IS NOT NULL)"))
	case "var", "std", "sem":
		return s.moments(a, x, t)
	}
	// What cannot be merged is computed from all rows of a group at once.
	sql := map[string]string{
		"median": "median(%s)", "nunique": "count(DISTINCT %s)", "list": "list(%s)", "skew": "skewness(%s)", "kurt": "kurtosis(%s)",
	}[a.Fn]
	switch {
	case a.Fn == "quantile":
		sql = fmt.Sprintf("quantile_cont(%%s, %g)", a.Q)
	case a.Fn == "list":
		t = out
	}
	if isBool(t) || TypeOf(t) == dtype.Decimal {
		if a.Fn == "median" || a.Fn == "quantile" {
			x += "::DOUBLE"
		}
	}
	return Quote(s.add(a.Fn+fmt.Sprint(a.Q), x, out, "("+fmt.Sprintf(sql, x)+")::"+SQLType(out), "%s"))
}

// moments keeps counts, means and sums of squared deviations, which are merged as Chan, Golub and LeVeque do
// ("Updating formulae and a pairwise algorithm for computing sample variances", 1979). DuckDB refuses values that are not finite in a
// variance; the result is then NaN.
func (s *states) moments(a Agg, x string, t arrow.DataType) string {
	in := x
	if !isFloat(t) || TypeOf(t) == dtype.Float32 {
		in = x + "::DOUBLE"
	}
	n := s.add("count", x, int64s, "count("+x+")", "sum(%s)::BIGINT")
	mean, m2 := "avg("+in+")", "var_pop("+in+") * count("+x+")"
	if isFloat(t) {
		m2 = fmt.Sprintf("CASE WHEN bool_and(isfinite(%[1]s)) THEN var_pop(%[1]s) FILTER (WHERE isfinite(%[1]s)) * count(%[1]s) "+
			"WHEN count(%[1]s) > 0 THEN 'nan'::DOUBLE END", in)
	}
	mu := s.add("mean", x, float64s, mean, "sum(%[1]s * "+Quote(n)+") / nullif(sum("+Quote(n)+"), 0)")
	dev := s.add("m2", x, float64s, m2, "")
	for i := range s.list {
		if s.list[i].name == dev {
			center := Quote("__mean_of" + mu)
			s.list[i].chan_ = n + "," + mu
			s.list[i].merge = fmt.Sprintf("sum(CASE WHEN %[2]s > 0 THEN %[1]s + %[2]s * (%[3]s - %[4]s) * (%[3]s - %[4]s) END)",
				Quote(dev), Quote(n), Quote(mu), center)
		}
	}
	v := fmt.Sprintf("(CASE WHEN %[1]s > %[2]d THEN %[3]s / (%[1]s - %[2]d) END)", Quote(n), a.DDof, Quote(dev))
	switch a.Fn {
	case "std":
		return "sqrt" + v
	case "sem":
		return fmt.Sprintf("sqrt(%s / %s)", v, Quote(n))
	}
	return v
}

// centers are the columns that merging squared deviations needs beforehand: each group's mean on each of its partial results.
func (s *states) centers(keys []string) []string {
	var cols []string
	over := "()"
	if len(keys) > 0 {
		over = "(PARTITION BY " + strings.Join(keys, ", ") + ")"
	}
	seen := map[string]bool{}
	for _, st := range s.list {
		n, mu, ok := strings.Cut(st.chan_, ",")
		if !ok || seen[mu] {
			continue
		}
		seen[mu] = true
		cols = append(cols, fmt.Sprintf("sum(%[1]s * %[2]s) OVER %[3]s / nullif(sum(%[2]s) OVER %[3]s, 0) AS %[4]s",
			Quote(mu), Quote(n), over, Quote("__mean_of"+mu)))
	}
	return cols
}
