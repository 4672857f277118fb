//go:build cgo

package flight

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/apache/arrow-go/v18/arrow"
	arrowarray "github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"

	"sheaf/client"
	"sheaf/dataframe"
	"sheaf/internal/codec"
	server "sheaf/internal/transport/flight"
)

func init() {
	codec.RegisterTypeOf[*dataframe.Frame]()
	codec.RegisterTypeOf[*dataframe.Series]()
	codec.RegisterTypeOf[*dataframe.Table]()
	codec.RegisterTypeOf[*client.Future[*dataframe.Table]]()
	codec.RegisterTypeOf[[]*client.Future[*dataframe.Table]]()
	readers = append(readers, readFrame)
}

// readFrame is the reader of frames, series, and tables.
func readFrame(ctx context.Context, c *client.Client, v any, block []int) (*server.Table, bool, error) {
	var t *server.Table
	var err error
	switch v := v.(type) {
	default:
		return nil, false, nil
	case *dataframe.Frame:
		t, err = frameTable(c, v)
	case *dataframe.Series:
		t, err = frameTable(c, v.Frame())
	case *dataframe.Table:
		t = tableOf(v.Schema(), v.NumRows(), func(context.Context) iter.Seq2[*dataframe.Table, error] {
			return func(yield func(*dataframe.Table, error) bool) { yield(v, nil) }
		})
	case *client.Future[*dataframe.Table]:
		t, err = partsTable(ctx, c, []*client.Future[*dataframe.Table]{v})
	case []*client.Future[*dataframe.Table]:
		t, err = partsTable(ctx, c, v)
	}
	if block != nil {
		err = errors.New("it has no blocks")
	}
	return t, true, err
}

// frameTable reads a frame from one partition to the next.
func frameTable(c *client.Client, f *dataframe.Frame) (*server.Table, error) {
	if err := f.Err(); err != nil {
		return nil, err
	}
	return tableOf(f.Schema(), -1, func(ctx context.Context) iter.Seq2[*dataframe.Table, error] {
		return func(yield func(*dataframe.Table, error) bool) {
			parts, err := f.ToDelayed()
			if err != nil {
				yield(nil, err)
				return
			}
			futures, err := client.Compute(c, parts...)
			if err != nil {
				yield(nil, err)
				return
			}
			defer c.Release(futures)
			inOrder(ctx, futures, true, yield)
		}
	}), nil
}

// inOrder yields the results of futures, and gives each up afterwards if it may.
func inOrder(ctx context.Context, futures []*client.Future[*dataframe.Table], release bool, yield func(*dataframe.Table, error) bool) {
	for _, f := range futures {
		t, err := f.Result(ctx)
		if !yield(t, err) || err != nil {
			return
		}
		if release {
			f.Release()
		}
	}
}

// partsTable reads tables that are somewhere on the cluster, one after the other. They stay there until they are read.
func partsTable(ctx context.Context, c *client.Client, futures []*client.Future[*dataframe.Table]) (*server.Table, error) {
	if len(futures) == 0 {
		return nil, errors.New("there are no partitions, so that nothing tells the columns")
	}
	asked := c.Submit[[]byte](schemaOf, futures[0])
	defer asked.Release()
	b, err := asked.Result(ctx)
	if err != nil {
		return nil, err
	}
	r, err := ipc.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	defer r.Release()
	return tableOf(r.Schema(), -1, func(ctx context.Context) iter.Seq2[*dataframe.Table, error] {
		return func(yield func(*dataframe.Table, error) bool) { inOrder(ctx, futures, false, yield) }
	}), nil
}

// schemaOf returns the columns of a table, as a stream of Arrow's IPC without batches.
func schemaOf(t *dataframe.Table) ([]byte, error) {
	var b bytes.Buffer
	w := ipc.NewWriter(&b, ipc.WithSchema(t.Schema()))
	err := w.Close()
	return b.Bytes(), err
}

// tableOf makes one table of several, whose columns must be those of the schema.
func tableOf(schema *arrow.Schema, rows int64, parts func(context.Context) iter.Seq2[*dataframe.Table, error]) *server.Table {
	return &server.Table{Schema: schema, Rows: rows, Batches: func(ctx context.Context) iter.Seq2[arrow.RecordBatch, error] {
		return func(yield func(arrow.RecordBatch, error) bool) {
			n := 0
			for part, err := range parts(ctx) {
				if err == nil {
					err = fits(schema, part.Schema())
				}
				if err != nil {
					yield(nil, fmt.Errorf("flight: partition %d: %w", n, err))
					return
				}
				for _, rec := range part.Batches() {
					if !yield(arrowarray.NewRecordBatch(schema, rec.Columns(), rec.NumRows()), nil) {
						return
					}
				}
				n++
			}
		}
	}}
}

// fits checks that columns are those that were promised. Whether they may have nulls is not part of it.
func fits(want, got *arrow.Schema) error {
	if got.NumFields() != want.NumFields() {
		return fmt.Errorf("got %d columns, want %d", got.NumFields(), want.NumFields())
	}
	for i, w := range want.Fields() {
		if g := got.Field(i); g.Name != w.Name || !arrow.TypeEqual(g.Type, w.Type) {
			return fmt.Errorf("got column %q of type %v, want %q of type %v", g.Name, g.Type, w.Name, w.Type)
		}
	}
	return nil
}
