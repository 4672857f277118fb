//go:build cgo

package dataframe

import (
	"fmt"

	"sheaf/dataframe/internal/plan"
)

// An Agg is an aggregate of a column or expression, for [Grouped.Agg] and [Frame.Agg]. Its result is called after the column and the
// function, as x_sum, unless As names it.
type Agg struct {
	fn   string
	arg  any
	name string
	ddof int
	q    float64
	err  error
}

// As names the column of the result.
func (a Agg) As(name string) Agg { a.name = name; return a }

func agg(fn string, arg any) Agg { return Agg{fn: fn, arg: arg, ddof: 1} }

// Sum adds values; it is 0 if all are null.
func Sum(column any) Agg { return agg("sum", column) }

// Mean is the mean of the values.
func Mean(column any) Agg { return agg("mean", column) }

// Prod multiplies values, as floats.
func Prod(column any) Agg { return agg("prod", column) }

// Count is the number of values that are not null.
func Count(column any) Agg { return agg("count", column) }

// Size is the number of rows.
func Size() Agg { return Agg{fn: "size", name: "size"} }

// Min is the smallest value.
func Min(column any) Agg { return agg("min", column) }

// Max is the largest value.
func Max(column any) Agg { return agg("max", column) }

// First is the first value that is not null, in the order of the partitions.
func First(column any) Agg { return agg("first", column) }

// Last is the last value that is not null, in the order of the partitions.
func Last(column any) Agg { return agg("last", column) }

// Any reports whether some value is true or not zero.
func Any(column any) Agg { return agg("any", column) }

// All reports whether all values are true or not zero.
func All(column any) Agg { return agg("all", column) }

// Var is the variance.
func Var(column any, opts ...Option) Agg { return spreadAgg("var", column, opts) }

// Std is the standard deviation.
func Std(column any, opts ...Option) Agg { return spreadAgg("std", column, opts) }

// Sem is the standard error of the mean.
func Sem(column any, opts ...Option) Agg { return spreadAgg("sem", column, opts) }

// Median is the median.
func Median(column any) Agg { return agg("median", column) }

// Quantile is a quantile with linear interpolation, q between 0 and 1.
func Quantile(column any, q float64) Agg { a := agg("quantile", column); a.q = q; return a }

// Nunique is the number of distinct values that are not null.
func Nunique(column any) Agg { return agg("nunique", column) }

// ListOf collects the values, nulls too, in the order of the partitions.
func ListOf(column any) Agg { return agg("list", column) }

func spreadAgg(fn string, column any, opts []Option) Agg {
	o, err := use(fn, opts, "DDof")
	if err != nil {
		return Agg{err: err}
	}
	a := agg(fn, column)
	a.ddof = o.ddof
	return a
}

// aggList checks aggregates and names their results.
func aggList(aggs []Agg) ([]plan.Agg, error) {
	if len(aggs) == 0 {
		return nil, plan.Argument("there is no aggregate; use dataframe.Sum, Mean, Count, …")
	}
	out := make([]plan.Agg, len(aggs))
	for i, a := range aggs {
		if a.err != nil {
			return nil, a.err
		}
		out[i] = plan.Agg{Name: a.name, Fn: a.fn, DDof: a.ddof, Q: a.q}
		if a.fn == "size" {
			continue
		}
		exprs, err := columnArgs([]any{a.arg})
		if err != nil {
			return nil, err
		}
		if len(exprs) != 1 {
			return nil, plan.Argument("an aggregate is of one column, not of %d", len(exprs))
		}
		out[i].Arg = exprs[0].Expr
		if a.name == "" {
			out[i].Name = fmt.Sprintf("%s_%s", exprs[0].Name, a.fn)
		}
	}
	return out, nil
}

// Agg computes aggregates of all rows: a table of one row.
func (f *Frame) Agg(aggs ...Agg) *Frame {
	return f.then("agg", func(in plan.Node) (plan.Node, error) {
		list, err := aggList(aggs)
		if err != nil {
			return nil, err
		}
		return plan.NewAggregate(in, nil, list, false, false, 0)
	})
}
