package bag

import (
	"context"
	"iter"
	"slices"

	"sheaf"
	"sheaf/graph"
	"sheaf/internal/blockio"
)

// Collections that are computed together and were built on the same bag walk that bag once: each of its elements is handed to all of them.
// So sheaf.Compute2(ctx, bag.Min(x), bag.Max(x)) reads files once and stores nothing in between.

// A node is a stage with an identity: two chains that have the same node have the same elements there.
type node[T any] struct{ S stage[T] }

func (n *node[T]) each(p *part, yield func(T) bool) error {
	if t, ok := p.run.tap.(*tap[T]); ok && t.node == n {
		t.pour(yield)
		return nil
	}
	return n.S.each(p, yield)
}

func (n *node[T]) functions(visit func(any)) { n.S.functions(visit) }

// HashToken makes nodes invisible in keys.
func (n *node[T]) HashToken(h *graph.Hasher) { h.Any(n.S) }

// cheap tells whether walking the node again costs no more than sharing it.
func (n *node[T]) cheap() bool {
	switch any(n.S).(type) {
	case inputStage[T], rangeStage, pieceStage[T]:
		return true
	}
	return false
}

// A passOp is an operation that walks a partition once.
type passOp interface {
	graph.Op
	pass(p *part) (any, error)
	functions(visit func(any))
}

// A pass is how the layers of a bag or an item are made: an operation that walks each partition of a bag, and what comes after.
type pass struct {
	op      passOp
	name    string
	lineage []any // nodes from the source down to the one that op walks
	links   []link
	n       int
	finish  func(parts *graph.Layer) (*graph.Layer, error)
}

// alone returns the layers of a pass of its own.
func (ps *pass) alone() (*graph.Layer, error) {
	parts, err := graph.New(graph.Spec{Name: ps.name, Op: ps.op, Space: []int{ps.n}, Edges: edges(ps.links)})
	if err != nil {
		return nil, err
	}
	return ps.finish(parts)
}

// planner plans the bags and items of one computation.
type planner struct{}

// Planner returns the planner of all bags and items.
func (b *Bag[T]) Planner() sheaf.Planner { return planner{} }

// Planner returns the planner of all bags and items.
func (i *Item[T]) Planner() sheaf.Planner { return planner{} }

// passes is implemented by bags and items; it returns nil for those that stand on values which exist already.
type passes interface{ passOf() *pass }

func (i *Item[T]) passOf() *pass {
	if i == nil {
		return nil
	}
	return i.pass
}

func (b *Bag[T]) passOf() *pass {
	if b == nil || b.err != nil || b.pass != nil {
		if b == nil {
			return nil
		}
		return b.pass
	}
	if n, ok := b.in().(*node[T]); !ok || n.cheap() {
		return nil
	}
	return &pass{op: collectOp[T]{b.in()}, name: b.name, lineage: b.lineage(), links: b.links, n: b.n, finish: asIs}
}

func asIs(parts *graph.Layer) (*graph.Layer, error) { return parts, nil }

// Plan makes one walk of what several collections have in common.
func (planner) Plan(cs []sheaf.Collection) ([]graph.Graph, error) {
	gs := make([]graph.Graph, len(cs))
	walks := make([]*pass, len(cs))
	for i, c := range cs {
		g, err := c.Graph()
		if err != nil {
			return nil, err
		}
		gs[i] = g
		if p, ok := c.(passes); ok {
			walks[i] = p.passOf()
		}
	}
	for {
		shared, group := common(walks)
		if len(group) < 2 {
			return gs, nil
		}
		if err := together(shared, group, walks, gs); err != nil {
			return nil, err
		}
		for _, i := range group {
			walks[i] = nil
		}
	}
}

// common finds the node that most walks have in common, of those the one furthest from the source.
func common(walks []*pass) (shared any, group []int) {
	depth := 0
	for _, w := range walks {
		if w == nil {
			continue
		}
		for d, n := range w.lineage {
			if c, ok := n.(interface{ cheap() bool }); !ok || c.cheap() {
				continue
			}
			var having []int
			for i, other := range walks {
				if other != nil && slices.Contains(other.lineage, n) {
					having = append(having, i)
				}
			}
			if len(having) > len(group) || len(having) == len(group) && d > depth {
				shared, group, depth = n, having, d
			}
		}
	}
	return shared, group
}

// together replaces the graphs of a group by ones that share a walk.
func together(shared any, group []int, walks []*pass, gs []graph.Graph) error {
	op := sharedOp{Source: shared.(source)}
	for _, i := range group {
		op.Passes = append(op.Passes, walks[i].op)
	}
	w := walks[group[0]]
	all, err := graph.New(graph.Spec{Name: w.name + "+", Op: op, Space: []int{w.n}, Edges: edges(w.links)})
	if err != nil {
		return err
	}
	for k, i := range group {
		parts, err := graph.New(graph.Spec{
			Name: walks[i].name, Op: resultOp{k}, Space: []int{w.n}, Edges: []graph.Edge{{From: all, Map: graph.Each{}}},
		})
		if err != nil {
			return err
		}
		last, err := walks[i].finish(parts)
		if err != nil {
			return err
		}
		gs[i] = graph.Of(last)
	}
	return nil
}

// resultOp takes the result of one of the passes.
type resultOp struct{ Pass int }

func (o resultOp) Run(_ context.Context, t *graph.Task) (any, error) {
	return t.In(0)[0].([]any)[o.Pass], nil
}

// A source walks a partition once for several passes.
type source interface {
	walk(p *part, passes []passOp) ([]any, error)
	functions(visit func(any))
}

type sharedOp struct {
	Source source
	Passes []passOp
}

func (o sharedOp) Run(ctx context.Context, t *graph.Task) (any, error) {
	return guarded(newPart(ctx, t), o.Source.functions, func(p *part) (any, error) { return o.Source.walk(p, o.Passes) })
}

const batchSize = 512 // elements that are handed over at a time

// A tap is where a pass gets the node's elements from. The pass runs as a coroutine: it is resumed for each batch and stops at its end.
type tap[T any] struct {
	node    *node[T]
	batch   *batch[T]
	run     *run           // of the pass
	wait    func(int) bool // suspends the pass until there is another batch, false at the end
	stopped bool           // the pass wants no more
}

type batch[T any] struct {
	elems  []T
	places []place // where they are from, for errors
	run    *run    // of the walk
}

type place struct {
	block  *blockio.Block
	offset int64
}

// pour hands the elements to the pass as they come.
func (t *tap[T]) pour(yield func(T) bool) {
	for t.wait(0) {
		t.run.read = t.batch.run.read
		for i, v := range t.batch.elems {
			t.run.block, t.run.offset = t.batch.places[i].block, t.batch.places[i].offset
			if !yield(v) {
				t.stopped = true
				return
			}
		}
	}
	t.run.block = nil
}

// walk runs the passes side by side over the node's elements.
func (n *node[T]) walk(p *part, passes []passOp) ([]any, error) {
	b := &batch[T]{run: p.run}
	results := make([]any, len(passes))
	errs := make([]error, len(passes))
	next, end := make([]func() (int, bool), len(passes)), make([]func(), len(passes))
	taps := make([]*tap[T], len(passes))
	for k, o := range passes {
		t := &tap[T]{node: n, batch: b, run: &run{}}
		t.run.tap = t
		taps[k] = t
		resume, stop := iter.Pull(func(suspend func(int) bool) {
			t.wait = suspend
			q := *p
			q.run = t.run
			results[k], errs[k] = guarded(&q, o.functions, o.pass)
			t.stopped = true
		})
		defer stop()
		next[k], end[k] = resume, stop
		resume() // up to where it wants elements
	}
	open := len(passes)
	hand := func() {
		for k, t := range taps {
			if !t.stopped {
				next[k]()
			}
		}
		open = 0
		for k, t := range taps {
			if errs[k] == nil && !t.stopped {
				open++
			}
		}
		b.elems, b.places = b.elems[:0], b.places[:0]
	}
	failed := func() bool { return slices.ContainsFunc(errs, func(err error) bool { return err != nil }) }
	err := n.S.each(p, func(v T) bool {
		b.elems, b.places = append(b.elems, v), append(b.places, place{p.run.block, p.run.offset})
		if len(b.elems) < batchSize {
			return true
		}
		hand()
		return open > 0 && !failed()
	})
	if err != nil {
		return nil, err
	}
	if len(b.elems) > 0 && !failed() {
		hand()
	}
	if !failed() {
		for _, finish := range end { // a pass that waits for a batch is told that there is none, and runs to its end
			finish()
		}
	}
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return results, nil
}
