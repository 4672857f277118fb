//go:build cgo

package dataframe

import (
	"slices"

	"sheaf/dataframe/internal/plan"
	"sheaf/dtype"
)

// A Grouped is a frame whose rows are in groups of equal keys. Its methods make one row of each group: the keys as columns, and
// the aggregates.
type Grouped struct {
	frame    *Frame
	keys     []plan.Named
	columns  []string // selected; nil means all that fit
	unsorted bool
	keepNull bool
	parts    int
}

// GroupBy groups rows by one or several keys, each a column's name or an [Expr]. Rows with a null key are dropped, and the
// groups come in the order of their keys, nulls last; see [Grouped.KeepNulls] and [Grouped.Unsorted].
func (f *Frame) GroupBy(keys ...any) *Grouped {
	g := &Grouped{frame: f}
	if f.err != nil {
		return g
	}
	var err error
	if g.keys, err = columnArgs(keys); err == nil && len(g.keys) == 0 {
		err = plan.Argument("there is no key")
	}
	if err == nil {
		_, err = plan.NewAggregate(f.node, g.keys, nil, false, false, 0)
	}
	if err != nil {
		g.frame = failed("groupby", err)
	}
	return g
}

// Col selects one column to aggregate.
func (g *Grouped) Col(name string) *Grouped { return g.Cols(name) }

// Cols selects the columns to aggregate.
func (g *Grouped) Cols(names ...string) *Grouped {
	out := *g
	out.columns = names
	for _, n := range names {
		if g.frame.err == nil && !g.frame.Has(n) {
			out.frame = failed("groupby", plan.NotFound(n, g.frame.Schema()))
		}
	}
	return &out
}

// Unsorted lets groups come in any order, which is cheaper when there are many; pandas' sort=False.
func (g *Grouped) Unsorted() *Grouped { out := *g; out.unsorted = true; return &out }

// KeepNulls makes groups of rows with null keys too; pandas' dropna=False.
func (g *Grouped) KeepNulls() *Grouped { out := *g; out.keepNull = true; return &out }

// SplitOut makes the result have n partitions instead of a number that fits its estimated size.
func (g *Grouped) SplitOut(n int) *Grouped {
	out := *g
	if out.parts = n; n < 1 && g.frame.err == nil {
		out.frame = failed("groupby", plan.Argument("%d partitions are not possible", n))
	}
	return &out
}

// Sum adds the values of each group, of numeric columns unless some are selected. It is 0 for groups of nulls.
func (g *Grouped) Sum() *Frame { return g.each("sum", numeric, options{}) }

// Mean is the mean of each group's values.
func (g *Grouped) Mean() *Frame { return g.each("mean", numeric, options{}) }

// Prod multiplies the values of each group, as floats.
func (g *Grouped) Prod() *Frame { return g.each("prod", numeric, options{}) }

// Count is the number of values that are not null.
func (g *Grouped) Count() *Frame { return g.each("count", anything, options{}) }

// Min is the smallest value of each group.
func (g *Grouped) Min() *Frame { return g.each("min", ordinal, options{}) }

// Max is the largest value of each group.
func (g *Grouped) Max() *Frame { return g.each("max", ordinal, options{}) }

// First is the first value of each group that is not null, in the order of the partitions.
func (g *Grouped) First() *Frame { return g.each("first", anything, options{}) }

// Last is the last value of each group that is not null, in the order of the partitions.
func (g *Grouped) Last() *Frame { return g.each("last", anything, options{}) }

// Any reports whether some value of each group is true or not zero.
func (g *Grouped) Any() *Frame { return g.each("any", conditions, options{}) }

// All reports whether all values of each group are true or not zero.
func (g *Grouped) All() *Frame { return g.each("all", conditions, options{}) }

// Median is the median of each group.
func (g *Grouped) Median() *Frame { return g.each("median", numeric, options{}) }

// Nunique is the number of distinct values that are not null.
func (g *Grouped) Nunique() *Frame { return g.each("nunique", anything, options{}) }

// Quantile is a quantile of each group with linear interpolation, q between 0 and 1.
func (g *Grouped) Quantile(q float64) *Frame {
	return g.aggregate("groupby", g.aggs("quantile", numeric, options{ddof: 1}, q))
}

// Var is the variance of each group, null for groups with no more values than [DDof].
func (g *Grouped) Var(opts ...Option) *Frame { return g.spread("var", opts) }

// Std is the standard deviation of each group.
func (g *Grouped) Std(opts ...Option) *Frame { return g.spread("std", opts) }

// Sem is the standard error of the mean of each group.
func (g *Grouped) Sem(opts ...Option) *Frame { return g.spread("sem", opts) }

// Size is the number of rows of each group, nulls included, in a column called size.
func (g *Grouped) Size() *Frame { return g.Agg(Size()) }

func (g *Grouped) spread(fn string, opts []Option) *Frame {
	o, err := use(fn, opts, "DDof")
	if err != nil {
		return failed("groupby", err)
	}
	return g.each(fn, numeric, *o)
}

func (g *Grouped) each(fn string, fits func(dtype.Type) bool, o options) *Frame {
	if o.ddof == 0 && o.names == nil {
		o.ddof = 1
	}
	return g.aggregate("groupby", g.aggs(fn, fits, o, 0))
}

// aggs makes one aggregate for each selected column, or for each column that fits.
func (g *Grouped) aggs(fn string, fits func(dtype.Type) bool, o options, q float64) []plan.Agg {
	columns := g.columns
	if columns == nil && g.frame.err == nil {
		for _, f := range g.frame.Schema().Fields() {
			isKey := slices.ContainsFunc(g.keys, func(k plan.Named) bool { return k.Name == f.Name })
			if !isKey && fits(plan.TypeOf(f.Type)) {
				columns = append(columns, f.Name)
			}
		}
	}
	aggs := make([]plan.Agg, len(columns))
	for i, c := range columns {
		aggs[i] = plan.Agg{Name: c, Fn: fn, Arg: plan.Column{Name: c}, DDof: o.ddof, Q: q}
	}
	return aggs
}

func (g *Grouped) aggregate(op string, aggs []plan.Agg) *Frame {
	return g.frame.then(op, func(in plan.Node) (plan.Node, error) {
		return plan.NewAggregate(in, g.keys, aggs, !g.unsorted, g.keepNull, g.parts)
	})
}

// Agg computes several aggregates of each group: Agg(Sum("x"), Mean("y").As("average")).
func (g *Grouped) Agg(aggs ...Agg) *Frame {
	list, err := aggList(aggs)
	if err != nil && g.frame.err == nil {
		return failed("groupby", err)
	}
	return g.aggregate("groupby", list)
}

func numeric(t dtype.Type) bool {
	return t.IsNumeric() || t == dtype.Decimal || t == dtype.Bool
}

func anything(dtype.Type) bool { return true }

func ordinal(t dtype.Type) bool {
	return t != dtype.List && t != dtype.Struct && t != dtype.Binary
}

func conditions(t dtype.Type) bool { return t.IsNumeric() || t == dtype.Bool }
