//go:build cgo

package dataframe

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"sheaf/dataframe/internal/plan"
	"sheaf/graph"
)

// FromArrow makes a frame of a table in memory, which must not change or be released as long as the frame is in use. Options:
// [NPartitions]; without it, tables beyond about 64 MB become several partitions.
func FromArrow(t arrow.Table, opts ...Option) *Frame {
	o, err := use("fromarrow", opts, "NPartitions")
	if err != nil {
		return failed("fromarrow", err)
	}
	if err := plan.CheckNames(t.Schema()); err != nil {
		return failed("fromarrow", err)
	}
	own, ok := t.(*Table)
	if !ok {
		r := array.NewTableReader(t, 0)
		defer r.Release()
		var batches []arrow.RecordBatch
		for r.Next() {
			b := r.RecordBatch()
			b.Retain()
			batches = append(batches, b)
		}
		own = newTable(t.Schema(), batches)
	}
	return fromTable("fromarrow", own, o.parts)
}

// FromRecords makes a frame of record batches, one partition each.
func FromRecords(schema *arrow.Schema, batches ...arrow.RecordBatch) *Frame {
	if err := plan.CheckNames(schema); err != nil {
		return failed("fromrecords", err)
	}
	parts := make([]*Table, len(batches))
	for i, b := range batches {
		t, err := NewTable(schema, b)
		if err != nil {
			return failed("fromrecords", fmt.Errorf("batch %d: %w", i, err))
		}
		parts[i] = t
	}
	if len(parts) == 0 {
		parts = []*Table{newTable(schema, nil)}
	}
	return fromTables("fromrecords", schema, parts)
}

// FromStructs makes a frame of a slice of structs: exported fields become columns, named by their sheaf tag, else their name;
// a tag of "-" leaves a field out. Pointers and fields of dataframe-friendly types such as time.Time may be null when they are nil or
// zero times. Options: [NPartitions].
func FromStructs[T any](rows []T, opts ...Option) *Frame {
	o, err := use("fromstructs", opts, "NPartitions")
	if err != nil {
		return failed("fromstructs", err)
	}
	t, err := tableOf(rows)
	if err != nil {
		return failed("fromstructs", err)
	}
	return fromTable("fromstructs", t, o.parts)
}

// fromTable cuts a table into partitions of equal numbers of rows.
func fromTable(name string, t *Table, parts int) *Frame {
	if parts == 0 {
		parts = int(t.SizeBytes()/partBytes) + 1
	}
	parts = max(min(parts, t.Len()), 1)
	tables := make([]*Table, parts)
	for i := range tables {
		tables[i] = t.Slice(t.Len()*i/parts, t.Len()*(i+1)/parts)
	}
	return fromTables(name, t.Schema(), tables)
}

func fromTables(name string, schema *arrow.Schema, parts []*Table) *Frame {
	held := make([]any, len(parts))
	bytes := int64(0)
	for i, p := range parts {
		held[i] = p
		bytes += p.SizeBytes()
	}
	layer := graph.Const(name, graph.Unique(), held...)
	return newFrame(plan.NewScan(&values{name: name, schema: schema, layer: layer, bytes: bytes}, nil, nil))
}
