package graph

import (
	"context"
	"errors"
	"fmt"

	"sheaf/fn"
)

// An Op computes the value of one task of a layer. It is data: a struct whose fields, functions among them, say everything
// that the computation needs besides the task's inputs. One Op value serves all tasks of its layer, concurrently, so Run
// must not change it.
//
// Run must not change the values in t either: other tasks may read them.
type Op interface {
	Run(ctx context.Context, t *Task) (any, error)
}

// A Task is what an [Op] is told about the task that it runs. It is valid until Run returns.
type Task struct {
	Index   int // the task's place in its layer's index space, C order
	Attempt int // 1 for the first
	Layer   *Layer
	in      []any
	ends    []int32
}

// In returns the values that edge e of the layer delivers to this task, in the order of the edge's mapping.
func (t *Task) In(e int) []any {
	lo := int32(0)
	if e > 0 {
		lo = t.ends[e-1]
	}
	return t.in[lo:t.ends[e]]
}

// Inputs returns the values of all edges, one after the other.
func (t *Task) Inputs() []any { return t.in }

// Coords writes the task's coordinates in the layer's index space into dst, which is grown as needed.
func (t *Task) Coords(dst []int) []int { return Unravel(dst, t.Index, t.Layer.space) }

// Bind sets what the task runs with; executors call it. ends[e] is the end of edge e's values in in.
func (t *Task) Bind(l *Layer, index int, in []any, ends []int32) {
	t.Layer, t.Index, t.in, t.ends = l, index, in, ends
}

// A Sourcer is an [Op] that runs a function of the user's: errors name it. Index is the task's.
type Sourcer interface{ Source(index int) fn.Source }

// A Sized is an [Op] that knows the size of its result in bytes before it runs, for the reservation of memory.
// A negative size means unknown.
type Sized interface{ OutBytes(index int) int64 }

// A Recycler is an [Op] that can reuse the memory of its results. Recycle is called with a result at its last use, if every
// operation that read it is a [Reader] and it is not an output.
type Recycler interface{ Recycle(value any) }

// A Reader is an [Op] whose result shares no memory with its inputs and that keeps no reference to them.
type Reader interface{ ReadsOnly() }

// An Edge says which tasks of From a task needs. A nil From is the layer itself (a list of tasks that need each other).
type Edge struct {
	From *Layer
	Map  Mapping
}

// A Spec is what [New] makes a layer of.
type Spec struct {
	Name  string // for people: the operation, such as "sum"
	Op    Op
	Space []int // lengths of the index space; the number of tasks is their product, and nil means one task
	Edges []Edge

	// Token is the layer's identity. Left zero it is computed from everything else, which is right for every pure operation.
	// Give [Unique] for an operation that must run anew, or a token of your own to name the values yourself.
	Token Token
}

// A Layer is an immutable description of many tasks.
type Layer struct {
	name  string
	token Token
	spec  Token
	op    Op
	space []int
	n     int
	edges []Edge
	keys  []Token // of a list: one per task
	names func(i int) string
	mark  uint64
}

var (
	// ErrGraph is what every error about a malformed graph matches.
	ErrGraph = errors.New("malformed graph")
	// ErrClash is matched by the error about one key that names two computations.
	ErrClash = errors.New("key clash")
	// ErrCycle is matched by the error about tasks that need each other.
	ErrCycle = errors.New("cycle in the graph")
)

// New checks a spec and makes the layer. Errors match [ErrGraph] and name the layer and the edge.
func New(s Spec) (*Layer, error) {
	l := &Layer{name: s.Name, op: s.Op, space: s.Space, edges: s.Edges, n: 1}
	if s.Op == nil {
		return nil, fmt.Errorf("graph: layer %q has no Op: %w", s.Name, ErrGraph)
	}
	for _, d := range s.Space {
		if d < 0 {
			return nil, fmt.Errorf("graph: layer %q has a negative length in its index space %v: %w", s.Name, s.Space, ErrGraph)
		}
		l.n *= d
	}
	if err := l.checkEdges(); err != nil {
		return nil, err
	}
	l.identify(s.Token)
	return l, nil
}

func (l *Layer) checkEdges() error {
	for i, e := range l.edges {
		if e.Map == nil {
			return fmt.Errorf("graph: edge %d of layer %q has no Map: %w", i, l.name, ErrGraph)
		}
		from := l.From(i)
		if err := e.Map.check(l.space, l.n, from.space, from.n); err != nil {
			return fmt.Errorf("graph: edge %d of layer %q from %q: %w: %w", i, l.name, from.name, err, ErrGraph)
		}
	}
	return nil
}

// Must is for layers whose specs are right by construction: it panics where [New] would return an error.
func Must(s Spec) *Layer {
	l, err := New(s)
	if err != nil {
		panic(err)
	}
	return l
}

// identify computes the content token, which is also the identity when none was given.
func (l *Layer) identify(given Token) {
	h := NewHasher("layer")
	h.String(l.name)
	h.Ints(l.space)
	if given.IsZero() {
		h.Any(l.op)
	} else {
		// A named layer need not have content that can be hashed: what is compared is its kind and its inputs.
		h.String(fmt.Sprintf("%T", l.op))
		h.Token(given)
	}
	for _, e := range l.edges {
		if e.From != nil {
			h.Token(e.From.token)
		}
		e.Map.hash(h)
	}
	l.spec = h.Sum()
	l.token = given
	if given.IsZero() {
		l.token = l.spec
	}
}

// Name returns the operation's name.
func (l *Layer) Name() string { return l.name }

// Token returns the layer's identity: layers with equal tokens have equal values.
func (l *Layer) Token() Token { return l.token }

// Content returns the token of the layer's description. Two layers with one identity must have one content.
func (l *Layer) Content() Token { return l.spec }

// Op returns the operation.
func (l *Layer) Op() Op { return l.op }

// Space returns the lengths of the index space; it must not be changed.
func (l *Layer) Space() []int { return l.space }

// Len returns the number of tasks.
func (l *Layer) Len() int { return l.n }

// Edges returns what the tasks need; it must not be changed.
func (l *Layer) Edges() []Edge { return l.edges }

// Key returns the identity of task i.
func (l *Layer) Key(i int) Key {
	if l.keys != nil {
		return Key{Name: l.TaskName(i), Token: l.keys[i]}
	}
	return Key{Name: l.name, Token: l.token, Index: i, space: spaceOf(l.space)}
}

// KeyToken returns the token of task i's key, without its name.
func (l *Layer) KeyToken(i int) Token {
	if l.keys != nil {
		return l.keys[i]
	}
	return l.token
}

// TaskName returns the name of task i for people: the layer's, or in a list the task's own.
func (l *Layer) TaskName(i int) string {
	if l.names != nil {
		return l.names(i)
	}
	return l.name
}

// Keyed reports whether each task has an identity of its own, as in a [List], and not one derived from the layer's.
func (l *Layer) Keyed() bool { return l.keys != nil }

// From returns the layer that edge e comes from, which is l itself for an inner edge.
func (l *Layer) From(e int) *Layer {
	if f := l.edges[e].From; f != nil {
		return f
	}
	return l
}

// Deps appends the tasks that task i needs to dst, edge by edge, and to ends the end of each edge's part.
func (l *Layer) Deps(i int, dst []Ref, ends []int32) ([]Ref, []int32) {
	for e := range l.edges {
		dst = l.edges[e].Map.deps(dst, int32(e), i)
		ends = append(ends, int32(len(dst)))
	}
	return dst, ends
}

// A Ref is a task as seen from a layer: the edge it comes by and its index there.
type Ref struct{ Edge, Index int32 }

// Unravel writes the coordinates of index i (C order) in space into dst.
func Unravel(dst []int, i int, space []int) []int {
	if cap(dst) < len(space) {
		dst = make([]int, len(space))
	}
	dst = dst[:len(space)]
	for a := len(space) - 1; a >= 0; a-- {
		if space[a] > 0 {
			dst[a] = i % space[a]
			i /= space[a]
		}
	}
	return dst
}

// Ravel is the inverse of [Unravel].
func Ravel(coords, space []int) int {
	i := 0
	for a, c := range coords {
		i = i*space[a] + c
	}
	return i
}
