package flight

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"maps"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"sheaf/client"
	server "sheaf/internal/transport/flight"
)

// errNoTable says of a dataset that it is nothing that Arrow can hold.
var errNoTable = errors.New("it is neither a data frame nor an array")

// catalog is what is published on a cluster, as tables.
type catalog struct {
	c      *client.Client
	logger *slog.Logger
}

// A reader makes a table of a dataset of the types that it knows, and says by its second result whether this is one. Block is nil for all of
// it, or the coordinates of a block. The futures in v are the reader's; those that it does not release are released by the collector.
type reader func(ctx context.Context, c *client.Client, v any, block []int) (*server.Table, bool, error)

// readers are those of this build: frames need cgo.
var readers = []reader{readArray}

// List returns the datasets that can be read. Those that cannot are left out, and logged.
func (x *catalog) List(ctx context.Context) ([]server.Entry, error) {
	names, err := x.c.ListDatasets(ctx)
	if err != nil {
		return nil, err
	}
	var list []server.Entry
	for _, name := range names {
		t, err := x.open(ctx, name, nil)
		switch {
		case err == nil:
			list = append(list, server.Entry{Name: name, Schema: t.Schema, Rows: t.Rows, Bytes: -1})
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case x.logger != nil && !errors.Is(err, errNoTable):
			x.logger.Warn("flight: a dataset is not listed", "name", name, "error", err)
		}
	}
	return list, nil
}

// Open returns a dataset, or a block of it, by the name that a ticket has.
func (x *catalog) Open(ctx context.Context, ticket string) (*server.Table, error) {
	t, err := x.open(ctx, ticket, nil)
	if name, block, ok := blockName(ticket); ok && errors.Is(err, client.ErrNotFound) {
		t, err = x.open(ctx, name, block)
	}
	if errors.Is(err, client.ErrNotFound) {
		return nil, fmt.Errorf("%w: %q is not published", server.ErrNoTable, ticket)
	}
	return t, err
}

func (x *catalog) open(ctx context.Context, name string, block []int) (*server.Table, error) {
	v, err := x.c.GetDataset[any](ctx, name)
	if err != nil {
		return nil, err
	}
	for _, read := range readers {
		t, ok, err := read(x.c.Context(ctx), x.c, v, block)
		if err != nil {
			return nil, fmt.Errorf("flight: dataset %q: %w", name, err)
		}
		if ok {
			return t, nil
		}
	}
	return nil, fmt.Errorf("flight: dataset %q cannot be read from outside: %w, but a %T", name, errNoTable, v)
}

// blockName takes x[2,0] apart.
func blockName(ticket string) (name string, block []int, ok bool) {
	name, rest, ok := strings.Cut(ticket, "[")
	rest, closed := strings.CutSuffix(rest, "]")
	if !ok || !closed {
		return "", nil, false
	}
	for text := range strings.SplitSeq(rest, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil {
			return "", nil, false
		}
		block = append(block, n)
	}
	return name, block, true
}

// withMetadata returns a table with more entries in the metadata of its schema.
func withMetadata(t *server.Table, more map[string]string) *server.Table {
	all := t.Schema.Metadata().ToMap()
	maps.Copy(all, more)
	md := arrow.MetadataFrom(all)
	return withSchema(t, arrow.NewSchema(t.Schema.Fields(), &md))
}

// withSchema returns a table whose batches have the given schema, the types of which are those of the table's.
func withSchema(t *server.Table, schema *arrow.Schema) *server.Table {
	out := *t
	out.Schema = schema
	out.Batches = func(ctx context.Context) iter.Seq2[arrow.RecordBatch, error] {
		return func(yield func(arrow.RecordBatch, error) bool) {
			for rec, err := range t.Batches(ctx) {
				if err == nil {
					old := rec
					rec = array.NewRecordBatch(schema, old.Columns(), old.NumRows())
					old.Release()
				}
				if !yield(rec, err) || err != nil {
					return
				}
			}
		}
	}
	return &out
}
