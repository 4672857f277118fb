//go:build cgo

package dataframe

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"sheaf/fn"
	"sheaf/graph"
	"sheaf/internal/kernel/frame"
)

// A fragment is the part of a plan between two exchanges: one SQL query over the partitions that a task is given.
type fragment struct {
	SQL    string
	Want   *arrow.Schema
	Inputs []table
	Wide   bool // on all processors
	Cut    *cut // cuts the result into the pieces of a shuffle
}

// A table of a fragment is read from files, or comes from other tasks over an edge.
type table struct {
	Name   string
	Schema *arrow.Schema
	Source fileSource // nil for values of tasks
	Start  []int32    // with Source: task i reads its parts Index[Start[i]:Start[i+1]]; nil means part i
	Index  []int32
	Edge   int  // of values, or of what the source needs to know at run time, -1 if it needs nothing
	Pieces bool // the values are pieces of a shuffle, of which task i takes number i
}

// HashToken writes what identifies the computation.
func (f *fragment) HashToken(h *graph.Hasher) {
	h.String(f.SQL)
	h.String(f.Want.String())
	h.Bool(f.Cut != nil)
	if f.Cut != nil {
		f.Cut.HashToken(h)
	}
	for _, t := range f.Inputs {
		h.String(t.Name)
		h.Bool(t.Source != nil)
		if t.Source != nil {
			h.Token(t.Source.Token())
			for _, v := range t.Start {
				h.Int(int(v))
			}
			for _, v := range t.Index {
				h.Int(int(v))
			}
		}
		h.Int(t.Edge)
		h.Bool(t.Pieces)
	}
}

// ReadsOnly says that the result shares no memory with the inputs, unless it is one of them.
func (f *fragment) ReadsOnly() {}

// TakesParts says that task i needs only piece i of the values of an edge.
func (f *fragment) TakesParts(edge int) bool {
	for _, t := range f.Inputs {
		if t.Pieces && t.Edge == edge {
			return true
		}
	}
	return false
}

// Source names the call that reads the files, for errors of tasks.
func (f *fragment) Source(int) fn.Source {
	for _, t := range f.Inputs {
		if t.Source != nil {
			return t.Source.call()
		}
	}
	return fn.Source{Name: "dataframe"}
}

// Run gives the inputs to the kernel and takes the answer.
func (f *fragment) Run(ctx context.Context, t *graph.Task) (any, error) {
	out, err := f.run(ctx, t)
	if err != nil {
		return nil, f.explain(err, t)
	}
	if f.Cut != nil {
		return f.Cut.apply(ctx, out, t)
	}
	return out, nil
}

func (f *fragment) run(ctx context.Context, t *graph.Task) (*Table, error) {
	inputs := make(map[string]frame.Input, len(f.Inputs))
	for _, in := range f.Inputs {
		x, err := in.open(ctx, t)
		if err != nil {
			return nil, err
		}
		inputs[in.Name] = x
	}
	p, err := kernel(f.Wide)
	if err != nil {
		return nil, err
	}
	batches, err := p.Query(ctx, f.SQL, inputs, f.Want)
	if err != nil {
		return nil, err
	}
	return newTable(f.Want, batches), nil
}

// open makes the kernel's input of a table for a task.
func (in *table) open(ctx context.Context, t *graph.Task) (frame.Input, error) {
	if in.Source != nil {
		var known []any
		if in.Edge >= 0 {
			known = t.In(in.Edge)
		}
		return in.Source.open(ctx, in.parts(t.Index), known)
	}
	tables, err := in.gather(ctx, t)
	if err != nil {
		return nil, err
	}
	var batches []arrow.RecordBatch
	for _, x := range tables {
		batches = append(batches, x.batches...)
	}
	return frame.Batches(in.Schema, batches...), nil
}

func (in *table) parts(i int) []int32 {
	if in.Start == nil {
		return []int32{int32(i)}
	}
	return in.Index[in.Start[i]:in.Start[i+1]]
}

// gather returns the tables that other tasks have sent.
func (in *table) gather(ctx context.Context, t *graph.Task) ([]*Table, error) {
	values := t.In(in.Edge)
	tables := make([]*Table, 0, len(values))
	for _, v := range values {
		switch v := v.(type) {
		case *Table:
			tables = append(tables, v)
		case *pieces:
			x, err := v.piece(ctx, t.Index, in.Schema)
			if err != nil {
				return nil, err
			}
			tables = append(tables, x)
		default:
			return nil, fmt.Errorf("dataframe: a partition is a %T and not a table: %w", v, ErrType)
		}
	}
	for _, x := range tables {
		if !sameColumns(in.Schema, x.Schema()) {
			return nil, fmt.Errorf("dataframe: a partition has the columns %s, not %s: %w", columnsText(x.Schema()), columnsText(in.Schema), ErrType)
		}
	}
	return tables, nil
}

// explain adds what the reader of the error can do about it.
func (f *fragment) explain(err error, t *graph.Task) error {
	if d, ok := errors.AsType[*frame.DataError](err); ok {
		hint := ""
		if d.SampleRows > 0 {
			hint = fmt.Sprintf("; set dataframe.Types(%q, dtype.String)", d.Field)
		}
		return fmt.Errorf("%w in partition %d%s", err, t.Index, hint)
	}
	if q, ok := errors.AsType[*frame.Error](err); ok {
		switch q.Kind {
		case "Out of Range", "Conversion", "Invalid Input", "Out of Memory", "IO", "Interrupt", "INTERRUPT":
			return fmt.Errorf("dataframe: partition %d: %s: %s", t.Index, strings.ToLower(q.Kind), firstLine(q.Message))
		}
		return fmt.Errorf("dataframe: %w: %s error in a query of ours: %s\n%s", errInternal, q.Kind, q.Message, f.SQL)
	}
	return err
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return strings.TrimSpace(line)
}

func columnsText(s *arrow.Schema) string {
	parts := make([]string, s.NumFields())
	for i, f := range s.Fields() {
		parts[i] = f.Name + " " + typeName(f.Type)
	}
	return strings.Join(parts, ", ")
}
