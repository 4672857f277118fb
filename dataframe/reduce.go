//go:build cgo

package dataframe

import (
	"sheaf/dataframe/internal/plan"
	"sheaf/dtype"
)

// Sum adds up each numeric column: a table of one row. Nulls are skipped.
func (f *Frame) Sum() *Frame { return f.reduce("sum", numeric, options{ddof: 1}) }

// Mean is the mean of each numeric column.
func (f *Frame) Mean() *Frame { return f.reduce("mean", numeric, options{ddof: 1}) }

// Prod multiplies up each numeric column, as floats.
func (f *Frame) Prod() *Frame { return f.reduce("prod", numeric, options{ddof: 1}) }

// Count is the number of values of each column that are not null.
func (f *Frame) Count() *Frame { return f.reduce("count", anything, options{ddof: 1}) }

// Min is the smallest value of each column.
func (f *Frame) Min() *Frame { return f.reduce("min", ordinal, options{ddof: 1}) }

// Max is the largest value of each column.
func (f *Frame) Max() *Frame { return f.reduce("max", ordinal, options{ddof: 1}) }

// Any reports for each column of numbers or conditions whether some value is true or not zero.
func (f *Frame) Any() *Frame { return f.reduce("any", conditions, options{ddof: 1}) }

// All reports for each column of numbers or conditions whether all values are true or not zero.
func (f *Frame) All() *Frame { return f.reduce("all", conditions, options{ddof: 1}) }

// Median is the median of each numeric column.
func (f *Frame) Median() *Frame { return f.reduce("median", numeric, options{ddof: 1}) }

// Nunique is the number of distinct values of each column that are not null.
func (f *Frame) Nunique() *Frame { return f.reduce("nunique", anything, options{ddof: 1}) }

// Var is the variance of each numeric column; [DDof] is 1 by default.
func (f *Frame) Var(opts ...Option) *Frame { return f.spread("var", opts) }

// Std is the standard deviation of each numeric column.
func (f *Frame) Std(opts ...Option) *Frame { return f.spread("std", opts) }

// Sem is the standard error of the mean of each numeric column.
func (f *Frame) Sem(opts ...Option) *Frame { return f.spread("sem", opts) }

// Quantile is a quantile of each numeric column with linear interpolation, q between 0 and 1.
func (f *Frame) Quantile(q float64) *Frame {
	g := &Grouped{frame: f}
	return f.totals("quantile", g.aggs("quantile", numeric, options{ddof: 1}, q))
}

func (f *Frame) spread(fn string, opts []Option) *Frame {
	o, err := use(fn, opts, "DDof")
	if err != nil {
		return failed(fn, err)
	}
	return f.reduce(fn, numeric, *o)
}

func (f *Frame) reduce(fn string, fits func(dtype.Type) bool, o options) *Frame {
	g := &Grouped{frame: f}
	return f.totals(fn, g.aggs(fn, fits, o, 0))
}

func (f *Frame) totals(op string, aggs []plan.Agg) *Frame {
	return f.then(op, func(in plan.Node) (plan.Node, error) {
		if len(aggs) == 0 {
			return nil, plan.Argument("no column has a type for it")
		}
		return plan.NewAggregate(in, nil, aggs, false, false, 0)
	})
}
