//go:build cgo

package dataframe

import (
	"context"
	"fmt"
	"iter"
	"reflect"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"sheaf"
	"sheaf/dataframe/internal/plan"
)

// Rows computes the frame and gives its rows one by one as structs, partition by partition in order, while later partitions are still being computed. T is a
// struct whose fields name columns by their sheaf or json tag or their name (in any case); columns without a field are not read. It can also be
// map[string]any, or, for a frame of one column, a plain type such as float64. Nulls need pointers, times and slices apart; elsewhere
// they are an error that names the row.
//
// Leaving the loop stops the computation. After an error there are no more rows.
func (f *Frame) Rows[T any](ctx context.Context, opts ...sheaf.Option) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		for t, err := range f.only(reflect.TypeFor[T]()).tables(ctx, opts) {
			if err != nil {
				yield(zero, err)
				return
			}
			for v, err := range TableRows[T](t) {
				if !yield(v, err) || err != nil {
					return
				}
			}
		}
	}
}

// Collect computes the frame and returns its rows as structs; see [Frame.Rows].
func (f *Frame) Collect[T any](ctx context.Context, opts ...sheaf.Option) ([]T, error) {
	t, err := f.only(reflect.TypeFor[T]()).Compute(ctx, opts...)
	if err != nil {
		return nil, err
	}
	out := make([]T, 0, t.Len())
	for v, err := range TableRows[T](t) {
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// only selects the columns that a struct has fields for.
func (f *Frame) only(t reflect.Type) *Frame {
	fields, err := structFields(t)
	if err != nil || f.err != nil {
		return f
	}
	var columns []any
	for _, x := range fields {
		name, ok := matching(f.Schema(), x.name)
		if !ok {
			return failed("rows", fmt.Errorf("field %s of %s: %w", x.name, t, plan.NotFound(x.name, f.Schema())))
		}
		columns = append(columns, name)
	}
	if len(columns) == len(f.Columns()) {
		return f
	}
	return f.Select(columns...)
}

// matching finds the column of a field: of its name, or that in another case.
func matching(s *arrow.Schema, name string) (string, bool) {
	if plan.Has(s, name) {
		return name, true
	}
	for _, f := range s.Fields() {
		if strings.EqualFold(f.Name, name) {
			return f.Name, true
		}
	}
	return "", false
}

// tables gives the partitions in order, while later ones are still being computed.
func (f *Frame) tables(ctx context.Context, opts []sheaf.Option) iter.Seq2[*Table, error] {
	return func(yield func(*Table, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		held, err := f.Persist(ctx, opts...)
		if err != nil {
			yield(nil, err)
			return
		}
		g, err := held.Graph()
		if err != nil {
			yield(nil, err)
			return
		}
		waiting := sheaf.PendingOf(g)
		for i, p := range waiting {
			done := make(chan struct{})
			p.Notify(func() { close(done) })
			<-done
			v, err := p.Value(ctx)
			if err != nil {
				yield(nil, err)
				return
			}
			t, ok := v.(*Table)
			if !ok {
				yield(nil, fmt.Errorf("dataframe: a partition is a %T and not a table: %w", v, ErrType))
				return
			}
			if !yield(t, nil) {
				return
			}
			waiting[i] = nil
		}
	}
}

// TableRows gives the rows of a table in memory as [Frame.Rows] does.
func TableRows[T any](t *Table) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		rt := reflect.TypeFor[T]()
		at := 0
		for _, b := range t.batches {
			set, err := rowSetter(rt, b)
			if err != nil {
				yield(zero, fmt.Errorf("dataframe: rows: %w", err))
				return
			}
			for i := range int(b.NumRows()) {
				var v T
				if err := set(reflect.ValueOf(&v).Elem(), i); err != nil {
					yield(zero, fmt.Errorf("dataframe: row %d: %w", at+i, err))
					return
				}
				if !yield(v, nil) {
					return
				}
			}
			at += int(b.NumRows())
		}
	}
}

// rowSetter returns a function that fills a value of type t with a row of the batch.
func rowSetter(t reflect.Type, b arrow.RecordBatch) (func(v reflect.Value, row int) error, error) {
	if t == reflect.TypeFor[map[string]any]() {
		return func(v reflect.Value, row int) error {
			m := make(map[string]any, b.NumCols())
			for i, c := range b.Columns() {
				m[b.ColumnName(i)] = valueAt(c, row)
			}
			v.Set(reflect.ValueOf(m))
			return nil
		}, nil
	}
	fields, err := structFields(t)
	if err != nil {
		if b.NumCols() != 1 {
			return nil, fmt.Errorf("%w, and a plain %s is for one column, not %d", err, t, b.NumCols())
		}
		return setter(t, b.Column(0), b.ColumnName(0))
	}
	sets := make([]func(reflect.Value, int) error, len(fields))
	for i, f := range fields {
		name, ok := matching(b.Schema(), f.name)
		if !ok {
			return nil, plan.NotFound(f.name, b.Schema())
		}
		if sets[i], err = setter(f.typ, b.Column(b.Schema().FieldIndices(name)[0]), name); err != nil {
			return nil, err
		}
	}
	return func(v reflect.Value, row int) error {
		for i, f := range fields {
			if err := sets[i](v.FieldByIndex(f.index), row); err != nil {
				return err
			}
		}
		return nil
	}, nil
}
