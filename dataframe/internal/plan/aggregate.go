package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"sheaf/dtype"
)

// Agg is one aggregate of a group: the function Fn of an expression.
type Agg struct {
	Name string
	Fn   string // see aggregates
	Arg  Expr   // nil for size
	DDof int
	Q    float64 // of a quantile
}

func (a Agg) String() string {
	arg := ""
	if a.Arg != nil {
		arg = a.Arg.String()
	}
	switch a.Fn {
	case "var", "std", "sem":
		if a.DDof != 1 {
			arg += fmt.Sprintf(", ddof=%d", a.DDof)
		}
	case "quantile":
		arg += fmt.Sprintf(", %g", a.Q)
	}
	return fmt.Sprintf("%s(%s) as %s", a.Fn, arg, a.Name)
}

// Aggregate makes one row of each group of rows with equal keys, or one row of all rows if there are no keys.
type Aggregate struct {
	base
	Keys     []Named
	Aggs     []Agg
	Sorted   bool // by the keys
	KeepNull bool // groups of null keys stay
	Parts    int  // partitions of the result; 0 chooses
}

// NewAggregate checks keys and aggregates against the columns of in.
func NewAggregate(in Node, keys []Named, aggs []Agg, sorted, keepNull bool, parts int) (*Aggregate, error) {
	var fields []arrow.Field
	for _, k := range keys {
		_, t, err := Compile(k.Expr, in.Schema())
		if err != nil {
			return nil, err
		}
		switch TypeOf(t) {
		case dtype.List, dtype.Struct:
			return nil, typeError("cannot group by %s, which is %s", k.Name, Name(t))
		}
		if _, ok := k.Expr.(Column); !ok {
			t = plain(t)
		}
		fields = append(fields, arrow.Field{Name: k.Name, Type: t, Nullable: keepNull})
	}
	for _, a := range aggs {
		t, err := a.check(in.Schema())
		if err != nil {
			return nil, err
		}
		fields = append(fields, arrow.Field{Name: a.Name, Type: t, Nullable: true})
	}
	if err := distinctNames(fields); err != nil {
		return nil, err
	}
	n := &Aggregate{Keys: keys, Aggs: aggs, Sorted: sorted, KeepNull: keepNull, Parts: parts}
	n.base = newBase(fmt.Sprintf("%s %t %t %d", n, sorted, keepNull, parts), arrow.NewSchema(fields, nil), in)
	return n, nil
}

// With returns the same aggregation of another table.
func (n *Aggregate) With(kids []Node) Node {
	return must(NewAggregate(kids[0], n.Keys, n.Aggs, n.Sorted, n.KeepNull, n.Parts))
}

func (n *Aggregate) String() string {
	parts := make([]string, len(n.Aggs))
	for i, a := range n.Aggs {
		parts[i] = a.String()
	}
	if len(n.Keys) == 0 {
		return "aggregate " + strings.Join(parts, ", ")
	}
	return "group by " + exprsText(n.Keys) + ": " + strings.Join(parts, ", ")
}

// KeyNames returns the names of the key columns.
func (n *Aggregate) KeyNames() []string {
	names := make([]string, len(n.Keys))
	for i, k := range n.Keys {
		names[i] = k.Name
	}
	return names
}

// check returns the type of the aggregate's result.
func (a Agg) check(s *arrow.Schema) (arrow.DataType, error) {
	if a.Fn == "size" {
		return int64s, nil
	}
	_, t, err := Compile(a.Arg, s)
	if err != nil {
		return nil, err
	}
	k := TypeOf(t)
	complain := func(what string) (arrow.DataType, error) {
		return nil, typeError("%s needs %s: %s is %s", a.Fn, what, a.Arg, Name(t))
	}
	number := isNumber(t) || isBool(t)
	switch a.Fn {
	case "count", "nunique":
		return int64s, nil
	case "sum":
		switch {
		case k == dtype.Decimal:
			_, scale, _ := digits(t)
			return decimalType(38, scale), nil
		case k == dtype.Timedelta:
			return duration, nil
		case !number:
			return complain("numbers")
		}
		return ArrowOf(dtype.ForSum(k)), nil
	case "prod":
		if !number {
			return complain("numbers")
		}
		return float64s, nil
	case "mean", "median", "quantile":
		if a.Fn == "quantile" && (a.Q < 0 || a.Q > 1) {
			return nil, Argument("quantile %g is outside of 0 to 1", a.Q)
		}
		if a.Fn != "mean" && k == dtype.Datetime {
			return plain(t), nil
		}
		fallthrough
	case "var", "std", "sem", "skew", "kurt":
		if !number {
			return complain("numbers")
		}
		if k == dtype.Decimal {
			return float64s, nil
		}
		return ArrowOf(dtype.ForMean(k)), nil
	case "any", "all":
		if !number {
			return complain("conditions")
		}
		return boolean, nil
	case "min", "max", "first", "last":
		if k == dtype.List || k == dtype.Struct {
			if a.Fn == "min" || a.Fn == "max" {
				return complain("values with an order")
			}
		}
		return plain(t), nil
	case "list":
		return arrow.ListOf(plain(t)), nil
	}
	return nil, Argument("there is no aggregate %q", a.Fn)
}

// Ordered reports whether the result depends on the order of the rows, so that one thread must feed the aggregates.
func (n *Aggregate) Ordered() bool {
	return slices.ContainsFunc(n.Aggs, func(a Agg) bool { return a.Fn == "first" || a.Fn == "last" || a.Fn == "list" })
}

// Mergeable reports whether partial results of parts of a group can be merged. Medians, quantiles and counts of distinct values need all
// rows of a group in one place.
func (n *Aggregate) Mergeable() bool {
	return !slices.ContainsFunc(n.Aggs, func(a Agg) bool { return !mergeable[a.Fn] })
}

var mergeable = map[string]bool{
	"size": true, "count": true, "sum": true, "prod": true, "mean": true, "var": true, "std": true, "sem": true, "any": true, "all": true,
	"min": true, "max": true, "first": true, "last": true,
}
