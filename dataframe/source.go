//go:build cgo

package dataframe

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"

	"sheaf"
	"sheaf/dataframe/internal/plan"
	"sheaf/fn"
	"sheaf/graph"
	"sheaf/internal/kernel/frame"
)

var errInternal = sheaf.ErrInternal

func typeName(t arrow.DataType) string { return plan.Name(t) }

// A fileSource reads partitions from files.
type fileSource interface {
	plan.Source
	// parts is the number of partitions.
	parts() int
	// open makes the kernel's input of some parts; known are the values of the layer that boundaries returns.
	open(ctx context.Context, parts []int32, known []any) (frame.Input, error)
	// boundaries is a layer of values that must be known before parts are read, one for each file, and for each part the
	// file that it needs; nil if nothing needs to be known.
	boundaries() (*graph.Layer, []int32)
	// restrict returns a source that may leave out what no row that meets the conditions is in.
	restrict(conds []plan.Expr) fileSource
	// call is the user's call that made the source.
	call() fn.Source
}

// values is a source whose partitions are values of tasks: tables in memory, persisted frames, results of user functions.
type values struct {
	name   string
	schema *arrow.Schema
	layer  *graph.Layer
	bytes  int64
}

// Schema returns the columns as the plan sees them: views of text, which the kernel reads but does not make, are text.
func (v *values) Schema() *arrow.Schema {
	fields := v.schema.Fields()
	for i, f := range fields {
		switch f.Type.ID() {
		case arrow.STRING_VIEW:
			fields[i].Type = arrow.BinaryTypes.String
		case arrow.BINARY_VIEW:
			fields[i].Type = arrow.BinaryTypes.Binary
		}
	}
	return arrow.NewSchema(fields, nil)
}

func (v *values) Token() graph.Token { return v.layer.Token() }

func (v *values) String() string { return v.name }

func (v *values) SizeBytes(columns []string) int64 {
	if v.bytes < 0 || v.schema.NumFields() == 0 {
		return v.bytes
	}
	n := v.schema.NumFields()
	if columns != nil {
		n = len(columns)
	}
	return v.bytes * int64(n) / int64(v.schema.NumFields())
}
