//go:build cgo

package dataframe

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"

	"sheaf/dataframe/internal/plan"
	"sheaf/graph"
	"sheaf/internal/kernel/frame"
)

// A cut takes a partition apart into the pieces of a shuffle: by the hash of some columns, or by ranges of one.
type cut struct {
	Keys  []string     // hashed
	By    plan.SortKey // or compared with the bounds that edge Edge delivers; the rows are sorted by it
	Edge  int
	N     int
	Keep  keeping
	Range bool
}

// keeping says where the pieces of a shuffle are kept.
type keeping uint8

const (
	inMemory keeping = iota
	onDisk           // each sender's in a file of its own
	asFits           // on disk if all senders' pieces together, as this one's suggest, are large beside the memory of the process that cuts
)

// HashToken writes what identifies the cut; where its pieces are kept is no part of it.
func (c *cut) HashToken(h *graph.Hasher) {
	h.Any(c.Keys)
	h.Any(c.By)
	h.Int(c.Edge)
	h.Int(c.N)
	h.Bool(c.Range)
}

func (c *cut) apply(ctx context.Context, x *Table, t *graph.Task) (*pieces, error) {
	var parts []*Table
	var err error
	disk := c.Keep == onDisk || c.Keep == asFits && x.SizeBytes() > memoryLimit()/4/int64(t.Layer.Len())
	if c.Range {
		parts, err = c.ranges(x, t, disk)
	} else {
		parts, err = c.hash(x)
	}
	if err != nil {
		return nil, err
	}
	if disk {
		return writePieces(ctx, parts)
	}
	return &pieces{n: len(parts), tables: parts}, nil
}

// hash puts rows with equal keys into equal pieces.
func (c *cut) hash(x *Table) ([]*Table, error) {
	batches := make([][]arrow.RecordBatch, c.N)
	for _, b := range x.batches {
		cutUp, err := frame.Partition(b, c.Keys, c.N)
		if err != nil {
			return nil, err
		}
		for i, p := range cutUp {
			batches[i] = append(batches[i], p)
		}
	}
	parts := make([]*Table, c.N)
	for i, b := range batches {
		parts[i] = newTable(x.Schema(), b)
	}
	return parts, nil
}
