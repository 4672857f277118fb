package graph

import (
	"context"

	"sheaf/fn"
)

// A List collects tasks one by one, each with its own operation and explicit inputs, into one layer of flat arrays. It is
// what delayed functions and irregular graphs are made of. Tasks may need tasks added before or after them, or tasks of other
// layers. The zero value is an empty list.
type List struct {
	ops    []Op
	keys   []Token
	start  []int32
	refs   []Ref
	inputs []*Layer
}

// Self is the edge by which tasks of a [List] refer to each other.
const Self int32 = 0

// Grow makes room for n more tasks with about deps inputs in all.
func (b *List) Grow(n, deps int) {
	if cap(b.ops) == 0 {
		b.ops, b.keys = make([]Op, 0, n), make([]Token, 0, n)
		b.start, b.refs = make([]int32, 0, n+1), make([]Ref, 0, deps)
	}
}

// Input adds a layer that tasks may refer to and returns its edge.
func (b *List) Input(l *Layer) int32 {
	b.inputs = append(b.inputs, l)
	return int32(len(b.inputs))
}

// Len returns the number of tasks so far.
func (b *List) Len() int { return len(b.ops) }

// Add adds a task with the given identity and returns its index. Its inputs are the tasks refs, in this order: Ref{Self, i}
// for task i of the list, Ref{edge, i} for task i of a layer given to Input.
func (b *List) Add(key Token, op Op, refs ...Ref) int {
	if len(b.start) == 0 {
		b.start = append(b.start, 0)
	}
	b.ops = append(b.ops, op)
	b.keys = append(b.keys, key)
	b.refs = append(b.refs, refs...)
	b.start = append(b.start, int32(len(b.refs)))
	return len(b.ops) - 1
}

// Layer checks the references and makes the layer; the list must not be used afterwards.
func (b *List) Layer(name string) (*Layer, error) {
	l := &Layer{name: name, space: []int{len(b.ops)}, n: len(b.ops), keys: b.keys}
	l.op = listOp{b.ops}
	l.names = taskNames(b.ops, name)
	m := refs{start: b.start, refs: b.refs}
	l.edges = append(l.edges, Edge{Map: m})
	h := NewHasher("list")
	for _, in := range b.inputs {
		// The references of all edges stand in the first mapping, in the order of the arguments.
		l.edges = append(l.edges, Edge{From: in, Map: refs{}})
		h.Token(in.token)
	}
	if err := l.checkRefs(b.refs); err != nil {
		return nil, err
	}
	for _, k := range b.keys {
		h.Token(k)
	}
	l.token = h.Sum()
	l.spec = l.token
	return l, nil
}

// listOp runs each task by its own operation.
type listOp struct{ ops []Op }

func (o listOp) Run(ctx context.Context, t *Task) (any, error) { return o.ops[t.Index].Run(ctx, t) }

func (o listOp) Source(i int) fn.Source {
	if s, ok := o.ops[i].(Sourcer); ok {
		return s.Source(i)
	}
	return fn.Source{}
}

func (o listOp) OutBytes(i int) int64 {
	if s, ok := o.ops[i].(Sized); ok {
		return s.OutBytes(i)
	}
	return -1
}

// OpOf returns the operation of task i, also inside of a list.
func (l *Layer) OpOf(i int) Op {
	if o, ok := l.op.(listOp); ok {
		return o.ops[i]
	}
	return l.op
}

// refs is the mapping of a list: the references of all its edges, in the order of the arguments.
type refs struct {
	start []int32
	refs  []Ref
}

func (m refs) deps(dst []Ref, _ int32, i int) []Ref {
	if m.start == nil {
		return dst
	}
	return append(dst, m.refs[m.start[i]:m.start[i+1]]...)
}

func (refs) check([]int, int, []int, int) error { return nil }

func (refs) hash(*Hasher) {}

func (m refs) String() string { return "list" }
