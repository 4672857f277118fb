package delayed

import (
	"fmt"
	"sync"

	"sheaf"
	"sheaf/graph"
)

// node is one lazy value: a call and what it needs, or a task of another collection. It is immutable but for its mark.
type node struct {
	key     graph.Token
	content graph.Token // what the call is, for calls whose key may stand for other calls too: pure and named ones
	op      graph.Op
	deps    []*node
	err     error

	layer *graph.Layer // set for a task of somebody else's layer
	index int32

	mark, slot uint32 // guarded by collecting: the collection that has this node, and its place there
}

// task says where a collected node is: a task of the list, or of an input of it.
type collector struct {
	list   graph.List
	mark   uint32
	inputs map[*graph.Layer]int32
	stack  []visit
	refs   []graph.Ref
	keyed  map[graph.Token]*node
	err    error
}

type visit struct {
	n    *node
	next int
}

// collecting is held while nodes are gathered into a list: their marks are shared by all collections.
var (
	collecting sync.Mutex
	marks      uint32
)

// collect gathers everything that roots need into one list and returns for each root where it is.
func collect(roots []*node) ([]graph.Output, error) {
	for _, n := range roots {
		if n.err != nil {
			return nil, n.err
		}
	}
	collecting.Lock()
	marks++
	c := &collector{mark: marks, inputs: map[*graph.Layer]int32{}}
	c.list.Grow(len(roots), len(roots))
	for _, n := range roots {
		c.visit(n)
	}
	slots := make([]int32, len(roots))
	for i, n := range roots {
		slots[i] = int32(n.slot)
	}
	collecting.Unlock()
	if c.err != nil {
		return nil, c.err
	}
	var list *graph.Layer
	if c.list.Len() > 0 {
		var err error
		if list, err = c.list.Layer("delayed"); err != nil {
			return nil, err
		}
	}
	outs := make([]graph.Output, len(roots))
	for i, n := range roots {
		outs[i] = graph.Output{Layer: list, Index: slots[i : i+1]}
		if n.layer != nil {
			outs[i] = graph.Output{Layer: n.layer, Index: []int32{n.index}}
		}
	}
	return outs, nil
}

// visit adds n after everything that it needs. Chains of calls can be long, so the stack is a slice.
func (c *collector) visit(root *node) {
	if root.mark == c.mark {
		return
	}
	c.stack = append(c.stack[:0], visit{n: root})
	for len(c.stack) > 0 {
		v := &c.stack[len(c.stack)-1]
		if v.next < len(v.n.deps) {
			d := v.n.deps[v.next]
			v.next++
			if d.mark != c.mark && d.layer == nil {
				c.stack = append(c.stack, visit{n: d})
			}
			continue
		}
		n := v.n
		c.stack = c.stack[:len(c.stack)-1]
		if n.mark != c.mark && n.layer == nil {
			c.add(n)
		}
	}
}

func (c *collector) add(n *node) {
	if !n.content.IsZero() && c.twin(n) {
		return
	}
	c.refs = c.refs[:0]
	for _, d := range n.deps {
		r := graph.Ref{Edge: graph.Self, Index: int32(d.slot)}
		if d.layer != nil {
			r = graph.Ref{Edge: c.input(d.layer), Index: d.index}
		}
		c.refs = append(c.refs, r)
	}
	n.slot = uint32(c.list.Add(n.key, n.op, c.refs...))
	n.mark = c.mark
}

// twin finds another call with the key of n, and gives n its place.
func (c *collector) twin(n *node) bool {
	twin := c.keyed[n.key]
	if twin == nil {
		if c.keyed == nil {
			c.keyed = map[graph.Token]*node{}
		}
		c.keyed[n.key] = n
		return false
	}
	if twin.content != n.content && c.err == nil {
		c.err = fmt.Errorf("delayed: %w: %s and %s both have the key %q, but they are not the same call",
			sheaf.ErrClash, sourceOf(twin.op), sourceOf(n.op), nameOf(n.op))
	}
	n.mark, n.slot = c.mark, twin.slot
	return true
}

func sourceOf(op graph.Op) string {
	if s, ok := op.(graph.Sourcer); ok {
		return s.Source(0).String()
	}
	return nameOf(op)
}

func (c *collector) input(l *graph.Layer) int32 {
	e, ok := c.inputs[l]
	if !ok {
		e = c.list.Input(l)
		c.inputs[l] = e
	}
	return e
}
