//go:build cgo

package dataframe

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"

	"sheaf"
	"sheaf/dataframe/internal/plan"
	"sheaf/delayed"
	"sheaf/dtype"
	"sheaf/graph"
)

// A Frame is a lazy table in partitions. It is immutable: every operation returns a new one.
type Frame struct {
	node      plan.Node
	err       error
	index     string // the column by which the partitions are sorted
	divisions []any  // bounds of the index per partition, one more than partitions; nil when unknown

	here      planned    // for this process
	elsewhere plannedFor // for others
}

// planned is a frame's plan for one kind of executor.
type planned struct {
	once    sync.Once
	lowered *lowered
	err     error
}

func newFrame(n plan.Node) *Frame { return &Frame{node: n} }

// failed returns a frame that carries the first mistake of its chain.
func failed(op string, err error) *Frame { return &Frame{err: mistake(op, err)} }

// then makes the next frame of a chain; build is not called after a mistake.
func (f *Frame) then(op string, build func(in plan.Node) (plan.Node, error)) *Frame {
	if f.err != nil {
		return f
	}
	n, err := build(f.node)
	if err != nil {
		return failed(op, err)
	}
	return newFrame(n)
}

// keepsRows gives g the index of f: g has the same rows, or fewer, in the same partitions.
func (f *Frame) keepsRows(g *Frame) *Frame {
	if g.err == nil && f.index != "" && plan.Has(g.node.Schema(), f.index) {
		g.index, g.divisions = f.index, f.divisions
	}
	return g
}

// Err returns the first mistake made while the frame was built, with the file and line of the call.
func (f *Frame) Err() error { return f.err }

// Schema returns the columns and their Arrow types; it is empty after a mistake.
func (f *Frame) Schema() *arrow.Schema {
	if f.err != nil {
		return arrow.NewSchema(nil, nil)
	}
	return f.node.Schema()
}

// Columns returns the names of the columns.
func (f *Frame) Columns() []string { return plan.Names(f.Schema()) }

// DTypes returns the element types of the columns.
func (f *Frame) DTypes() []dtype.Type {
	types := make([]dtype.Type, f.Schema().NumFields())
	for i, c := range f.Schema().Fields() {
		types[i] = plan.TypeOf(c.Type)
	}
	return types
}

// Has reports whether there is a column of that name.
func (f *Frame) Has(column string) bool { return plan.Has(f.Schema(), column) }

// Index returns the name of the column by which the partitions are sorted, empty if there is none.
func (f *Frame) Index() string { return f.index }

// Divisions returns the bounds of the index: partition i has values from Divisions()[i] up to, and not including,
// Divisions()[i+1], which the last partition includes. It is nil when they are unknown.
func (f *Frame) Divisions() []any { return slices.Clone(f.divisions) }

// NPartitions returns the number of partitions that computing the frame makes.
func (f *Frame) NPartitions() int {
	l, err := f.lower()
	if err != nil {
		return 0
	}
	return l.root.Len()
}

// lower plans the frame for the goroutines of this process, once.
func (f *Frame) lower() (*lowered, error) { return f.here.lower(f, defaults) }

func (p *planned) lower(f *Frame, within func() limits) (*lowered, error) {
	p.once.Do(func() {
		if p.err = f.err; p.err == nil {
			p.lowered, p.err = lower(f.node, within())
		}
	})
	return p.lowered, p.err
}

// Graph returns the tasks that compute the partitions.
func (f *Frame) Graph() (graph.Graph, error) {
	l, err := f.lower()
	if err != nil {
		return graph.Graph{}, err
	}
	return graph.Of(l.root), nil
}

// Finish joins the partitions to one table.
func (f *Frame) Finish(_ context.Context, parts []any) (*Table, error) {
	if f.err != nil {
		return nil, f.err
	}
	return concatParts(f.node.Schema(), parts)
}

// Finisher returns what joins the partitions and holds nothing else of the frame.
func (f *Frame) Finisher() delayed.Finisher[*Table] {
	if f.err != nil {
		return concatenation{err: f.err}
	}
	return concatenation{schema: f.node.Schema()}
}

type concatenation struct {
	schema *arrow.Schema
	err    error
}

func (c concatenation) Finish(_ context.Context, parts []any) (*Table, error) {
	if c.err != nil {
		return nil, c.err
	}
	return concatParts(c.schema, parts)
}

// Compute runs the plan and returns the whole table in memory.
func (f *Frame) Compute(ctx context.Context, opts ...sheaf.Option) (*Table, error) {
	return sheaf.Compute[*Table](ctx, f, opts...)
}

// Persist computes the partitions in the background and returns the same frame standing on them; see [sheaf.Persist].
func (f *Frame) Persist(ctx context.Context, opts ...sheaf.Option) (*Frame, error) {
	return sheaf.Persist(ctx, f, opts...)
}

// Rebuild returns the same frame standing on partitions that exist.
func (f *Frame) Rebuild(leaves []*graph.Layer) *Frame {
	g := newFrame(plan.NewScan(&values{name: "persisted", schema: f.Schema(), layer: leaves[0], bytes: -1}, nil, nil))
	return f.keepsRows(g)
}

// String describes the frame without computing anything: columns with their types, and partitions.
func (f *Frame) String() string {
	if f.err != nil {
		return "dataframe: " + f.err.Error()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "dataframe: %d columns, %d partitions", f.Schema().NumFields(), f.NPartitions())
	if f.index != "" {
		fmt.Fprintf(&b, ", index %s", f.index)
	}
	width := 0
	for _, c := range f.Schema().Fields() {
		width = max(width, len([]rune(c.Name)))
	}
	for _, c := range f.Schema().Fields() {
		fmt.Fprintf(&b, "\n  %-*s  %s", width, c.Name, plan.Name(c.Type))
	}
	return b.String()
}

// Explain returns the plan as it was written, the plan as it will run, and the SQL of its fragments.
func (f *Frame) Explain() string {
	l, err := f.lower()
	if err != nil {
		return err.Error()
	}
	return l.explain(f.node)
}
