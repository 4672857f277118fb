package graph

import (
	"fmt"
	"math"
)

// A Kind says what the tasks of a layer are.
type Kind uint8

// The kinds of layers.
const (
	KindInvalid Kind = iota
	KindOps          // of one operation, made by [New]
	KindList         // each with its own operation, made by a [List]
	KindAlias        // other names of other tasks, made by [Alias]
	KindConst        // values that exist, made by [Const]
	KindHeld         // values that others provide, made by [Held]
)

// Kind returns what the layer's tasks are.
func (l *Layer) Kind() Kind {
	switch l.op.(type) {
	case aliasOp:
		return KindAlias
	case constOp:
		return KindConst
	case heldOp:
		return KindHeld
	}
	if l.keys != nil {
		return KindList
	}
	return KindOps
}

// A Listing is the tasks of a list as flat arrays: task i has the identity Keys[i], the operation Ops[i] and the inputs
// Refs[Start[i]:Start[i+1]].
type Listing struct {
	Ops   []Op
	Keys  []Token
	Start []int32
	Refs  []Ref
}

// Listing returns the tasks of a layer made by a [List], which must not be changed, and whether it is one. Without tasks Start
// may be empty.
func (l *Layer) Listing() (Listing, bool) {
	if l.keys == nil || len(l.edges) == 0 {
		return Listing{}, false
	}
	m, ok := l.edges[0].Map.(refs)
	o, _ := l.op.(listOp)
	return Listing{Ops: o.ops, Keys: l.keys, Start: m.start, Refs: m.refs}, ok
}

// Parts are what [Restore] makes a layer of, for those who move graphs between processes.
type Parts struct {
	Kind           Kind
	Name           string
	Token, Content Token
	Space          []int
	Edges          []Edge // of a list the first is the list itself, and the mappings are not looked at

	Op      Op               // of KindOps; of a list whose operations are elsewhere, instead of List.Ops: it stands for all of them
	List    Listing          // of KindList
	Names   func(int) string // of KindList: the tasks' names; nil asks the operations
	Values  []any            // of KindConst
	Pending []Pending        // of KindHeld

	Mark uint64 // whatever Layer.Mark is to return

	// Alone makes a layer to run tasks of, and not to be part of a graph: its edges say how many there are, and nothing else.
	Alone bool
}

// Restore makes a layer that was taken apart, with the identity that it had. Everything that could make an executor fail is checked;
// that the identity belongs to the content is not. Errors match [ErrGraph].
func Restore(p Parts) (*Layer, error) {
	l := &Layer{name: p.Name, token: p.Token, spec: p.Content, space: p.Space, edges: p.Edges, mark: p.Mark, n: 1}
	for _, d := range p.Space {
		if d < 0 || d > 0 && l.n > math.MaxInt32/d {
			return nil, fmt.Errorf("graph: layer %q cannot have the index space %v: %w", p.Name, p.Space, ErrGraph)
		}
		l.n *= d
	}
	count := l.n
	switch p.Kind {
	case KindOps:
		l.op = p.Op
	case KindList:
		if err := l.restoreList(&p); err != nil {
			return nil, err
		}
	case KindAlias:
		l.op = aliasOp{}
	case KindConst:
		l.op, count = constOp{p.Values}, len(p.Values)
	case KindHeld:
		l.op, count = heldOp{p.Pending}, len(p.Pending)
	}
	if l.op == nil {
		return nil, fmt.Errorf("graph: layer %q of kind %d has no operation: %w", p.Name, p.Kind, ErrGraph)
	}
	if count != l.n {
		return nil, fmt.Errorf("graph: layer %q has %d values for %d tasks: %w", p.Name, count, l.n, ErrGraph)
	}
	if p.Alone || p.Kind == KindList {
		return l, nil
	}
	return l, l.checkEdges()
}

// Mark returns the number that was given to [Restore], 0 for every other layer.
func (l *Layer) Mark() uint64 { return l.mark }

func (l *Layer) restoreList(p *Parts) error {
	li := p.List
	malformed := func(what string) error { return fmt.Errorf("graph: list %q %s: %w", p.Name, what, ErrGraph) }
	switch {
	case len(p.Space) != 1 || len(li.Keys) != l.n:
		return malformed(fmt.Sprintf("has %d tasks in the index space %v", len(li.Keys), p.Space))
	case li.Ops != nil && len(li.Ops) != l.n:
		return malformed(fmt.Sprintf("has %d operations for %d tasks", len(li.Ops), l.n))
	}
	l.keys, l.names = li.Keys, p.Names
	if l.keys == nil {
		l.keys = []Token{}
	}
	if li.Ops == nil {
		l.op = p.Op
	} else {
		l.op = listOp{li.Ops}
		if l.names == nil {
			l.names = taskNames(li.Ops, p.Name)
		}
	}
	if p.Alone {
		return nil
	}
	if len(p.Edges) == 0 || p.Edges[0].From != nil || len(li.Start) != l.n+1 && l.n > 0 {
		return malformed("has no references")
	}
	if len(li.Start) > 0 && (li.Start[0] != 0 || int(li.Start[l.n]) != len(li.Refs)) {
		return malformed("has starts that do not fit its references")
	}
	for i := range l.n {
		if li.Start[i] > li.Start[i+1] {
			return malformed("has starts that decrease")
		}
	}
	l.edges = make([]Edge, len(p.Edges))
	l.edges[0] = Edge{Map: refs{li.Start, li.Refs}}
	for e := 1; e < len(p.Edges); e++ {
		l.edges[e] = Edge{From: p.Edges[e].From, Map: refs{}}
	}
	return l.checkRefs(li.Refs)
}

func (l *Layer) checkRefs(all []Ref) error {
	for i, r := range all {
		if r.Edge < 0 || int(r.Edge) >= len(l.edges) || r.Index < 0 || int(r.Index) >= l.From(int(r.Edge)).n {
			return fmt.Errorf("graph: reference %d of list %q names task %d of edge %d, which does not exist: %w",
				i, l.name, r.Index, r.Edge, ErrGraph)
		}
	}
	return nil
}

// taskNames returns the names that operations give their tasks, or else the list's.
func taskNames(ops []Op, name string) func(int) string {
	return func(i int) string {
		if s, ok := ops[i].(interface{ TaskName() string }); ok {
			return s.TaskName()
		}
		return name
	}
}
