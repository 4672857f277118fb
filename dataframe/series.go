//go:build cgo

package dataframe

import (
	"context"
	"fmt"
	"reflect"

	"sheaf"
	"sheaf/array"
	"sheaf/dataframe/internal/plan"
	"sheaf/delayed"
	"sheaf/graph"
)

// A Series is one column of a frame.
type Series struct {
	frame *Frame
	name  string
}

// Col returns a column. In expressions use the function [Col] instead.
func (f *Frame) Col(name string) *Series { return &Series{f.Select(name), name} }

// Name returns the column's name.
func (s *Series) Name() string { return s.name }

// Frame returns the column as a frame.
func (s *Series) Frame() *Frame { return s.frame }

// Err returns the first mistake of the chain.
func (s *Series) Err() error { return s.frame.err }

// Compute returns the column in memory.
func (s *Series) Compute(ctx context.Context, opts ...sheaf.Option) (*Table, error) {
	return s.frame.Compute(ctx, opts...)
}

// Values computes the column and returns its values as Go values; nulls need a pointer type.
func (s *Series) Values[T any](ctx context.Context, opts ...sheaf.Option) ([]T, error) {
	return s.frame.Collect[T](ctx, opts...)
}

// ToArray makes a one-dimensional array; see [Frame.ToArray].
func (s *Series) ToArray() *array.Array { return s.frame.ToArray(s.name) }

// Unique returns the distinct values in order of their first appearance, null among them.
func (s *Series) Unique() *Frame { return s.frame.DropDuplicates(nil) }

// ValueCounts counts the rows of each value; see [Frame.ValueCounts].
func (s *Series) ValueCounts() *Frame { return s.frame.ValueCounts(s.name) }

// Sum adds up the values that are not null.
func (s *Series) Sum() *Scalar[float64] { return scalar[float64](s.frame, Sum(s.name)) }

// Mean is the mean of the values that are not null.
func (s *Series) Mean() *Scalar[float64] { return scalar[float64](s.frame, Mean(s.name)) }

// Var is the variance; [DDof] is 1 by default.
func (s *Series) Var(opts ...Option) *Scalar[float64] {
	return scalar[float64](s.frame, Var(s.name, opts...))
}

// Std is the standard deviation; [DDof] is 1 by default.
func (s *Series) Std(opts ...Option) *Scalar[float64] {
	return scalar[float64](s.frame, Std(s.name, opts...))
}

// Median is the median.
func (s *Series) Median() *Scalar[float64] { return scalar[float64](s.frame, Median(s.name)) }

// Quantile is a quantile with linear interpolation, q between 0 and 1.
func (s *Series) Quantile(q float64) *Scalar[float64] {
	return scalar[float64](s.frame, Quantile(s.name, q))
}

// Min is the smallest value, as a T.
func (s *Series) Min[T any]() *Scalar[T] { return scalar[T](s.frame, Min(s.name)) }

// Max is the largest value, as a T.
func (s *Series) Max[T any]() *Scalar[T] { return scalar[T](s.frame, Max(s.name)) }

// Count is the number of values that are not null.
func (s *Series) Count() *Scalar[int64] { return scalar[int64](s.frame, Count(s.name)) }

// Nunique is the number of distinct values that are not null.
func (s *Series) Nunique() *Scalar[int64] { return scalar[int64](s.frame, Nunique(s.name)) }

// Size is the number of rows as a lazy value; [Frame.Len] computes it at once.
func (f *Frame) Size() *Scalar[int64] { return scalar[int64](f, Size()) }

// A Scalar is one lazy value.
type Scalar[T any] struct{ frame *Frame }

func scalar[T any](f *Frame, a Agg) *Scalar[T] { return &Scalar[T]{f.Agg(a.As("value"))} }

// Err returns the first mistake of the chain.
func (s *Scalar[T]) Err() error { return s.frame.err }

// Compute returns the value. Null is an error unless T is a pointer, or a float, which becomes NaN.
func (s *Scalar[T]) Compute(ctx context.Context, opts ...sheaf.Option) (T, error) {
	return sheaf.Compute[T](ctx, s, opts...)
}

// Graph returns the tasks.
func (s *Scalar[T]) Graph() (graph.Graph, error) { return s.frame.Graph() }

// Finish takes the value out of its table.
func (s *Scalar[T]) Finish(ctx context.Context, parts []any) (T, error) {
	return s.Finisher().Finish(ctx, parts)
}

// Finisher returns what takes the value out of its table and holds nothing else of the plan.
func (s *Scalar[T]) Finisher() delayed.Finisher[T] { return scalarFinisher[T]{s.frame.Finisher()} }

type scalarFinisher[T any] struct{ table delayed.Finisher[*Table] }

func (s scalarFinisher[T]) Finish(ctx context.Context, parts []any) (T, error) {
	var zero T
	t, err := s.table.Finish(ctx, parts)
	if err != nil {
		return zero, err
	}
	if t.Len() != 1 {
		return zero, fmt.Errorf("dataframe: %w: a scalar has %d rows", errInternal, t.Len())
	}
	if rv := reflect.ValueOf(&zero).Elem(); rv.CanFloat() && t.Column(0).NullN() == 1 {
		rv.SetFloat(nan)
		return zero, nil
	}
	for v, err := range TableRows[T](t) {
		return v, err
	}
	return zero, nil
}

// Rebuild returns the same value standing on a result that exists.
func (s *Scalar[T]) Rebuild(leaves []*graph.Layer) *Scalar[T] {
	return &Scalar[T]{s.frame.Rebuild(leaves)}
}

// Frame makes a lazy frame of the table, as one partition.
func (t *Table) Frame() *Frame { return fromTable("table", t, 1) }

// Filter keeps the rows for which a condition is true, at once.
func (t *Table) Filter(cond Expr) (*Table, error) {
	return t.query(func(in plan.Node) (plan.Node, error) { return plan.NewFilter(in, operand(cond)) })
}

// Select keeps columns, at once; see [Frame.Select].
func (t *Table) Select(columns ...any) (*Table, error) {
	return t.query(func(in plan.Node) (plan.Node, error) {
		exprs, err := columnArgs(columns)
		if err != nil {
			return nil, err
		}
		return plan.NewProject(in, exprs)
	})
}
