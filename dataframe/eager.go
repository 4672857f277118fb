//go:build cgo

package dataframe

import (
	"context"
	"math"

	"sheaf/dataframe/internal/plan"
	"sheaf/internal/kernel/frame"
)

var nan = math.NaN()

// query runs one operation on the table in this goroutine, without tasks.
func (t *Table) query(build func(in plan.Node) (plan.Node, error)) (*Table, error) {
	n, err := build(plan.NewInput("t0", t.Schema()))
	if err != nil {
		return nil, mistake("table", err)
	}
	p, err := kernel(false)
	if err != nil {
		return nil, err
	}
	batches, err := p.Query(context.Background(), plan.SQL(n), map[string]frame.Input{"t0": frame.Batches(t.Schema(), t.batches...)}, n.Schema())
	if err != nil {
		return nil, err
	}
	return newTable(n.Schema(), batches), nil
}
