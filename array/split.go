package array

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sort"

	"sheaf"
	"sheaf/graph"
	"sheaf/internal/codec"
	"sheaf/ndarray"
)

// Between processes a rechunk has two layers: one that says of each block where it will be cut, which costs nothing, and one whose tasks
// get only the parts that they need of the blocks of others.

// What makes it worth while to send parts: blocks that on average so many tasks need, and that have so many bytes. Otherwise whole
// blocks are sent, of which a worker keeps what it got.
const (
	splitReceivers = 1.5
	splitBytes     = 32 << 10
)

// worthSplitting reports whether sending whole blocks moves much more than sending their parts.
func worthSplitting(have [][]int, spans [][]graph.Span, itemBytes int) bool {
	blocks, receivers, bytes := 1.0, 1.0, float64(itemBytes)
	for a, c := range have {
		uses := 0
		for _, s := range spans[a] {
			uses += int(s.Hi - s.Lo)
		}
		blocks *= float64(len(c))
		receivers *= float64(uses)
		if n := total(c); n != unknown { // an axis of unknown lengths is not cut
			bytes *= float64(n)
		}
	}
	return receivers >= splitReceivers*blocks && bytes >= splitBytes*blocks
}

// splitLayer makes the layer of blocks that know where they are cut.
func splitLayer(from *graph.Layer, o rechunkOp) (*graph.Layer, error) {
	op := splitOp{Have: o.have, Want: o.want, Equal: make([]bool, len(o.have)), token: o.token}
	for a := range o.Have {
		op.Equal[a] = sameChunks(o.Have[a:a+1], o.Want[a:a+1])
	}
	return graph.New(graph.Spec{Name: "rechunk-split", Op: op, Space: from.Space(), Edges: []graph.Edge{{From: from, Map: graph.Each{}}}})
}

// splitOp adds to each block where the blocks of the result begin in it.
type splitOp struct {
	Have, Want [][]int // where blocks start
	Equal      []bool  // by axis: the blocks are the same
	token      graph.Token
}

// HashToken implements graph.Tokener.
func (o splitOp) HashToken(h *graph.Hasher) { h.Token(o.token) }

// Run implements graph.Op. The result shares the block's memory.
func (o splitOp) Run(_ context.Context, t *graph.Task) (any, error) {
	b, ok := t.In(0)[0].(*ndarray.Array)
	if !ok || b.Ndim() != len(o.Have) {
		return nil, wrongBlock(t, t.In(0)[0], 0, len(o.Have))
	}
	s := &splitBlock{Block: b, Axes: make([]splitAxis, len(o.Have))}
	for a, c := range t.Coords(nil) {
		s.Space = append(s.Space, len(o.Want[a])-1)
		if o.Equal[a] {
			s.Axes[a] = splitAxis{Whole: true}
			continue
		}
		lo, hi := o.Have[a][c], o.Have[a][c+1]
		n, want := s.Space[a], o.Want[a]
		k := sort.Search(n, func(k int) bool { return want[k+1] > lo })
		x := splitAxis{First: k}
		if k < n {
			x.Cuts = append(x.Cuts, max(want[k], lo)-lo)
		}
		for ; k < n && want[k] < hi; k++ {
			x.Cuts = append(x.Cuts, min(want[k+1], hi)-lo)
		}
		s.Axes[a] = x
	}
	return s, nil
}

// splitBlock is a block that is cut into parts, one for each block of the result that it overlaps.
type splitBlock struct {
	Block *ndarray.Array
	Axes  []splitAxis
	Space []int // numbers of blocks of the result
}

// splitAxis says where an axis of a block is cut: the blocks of the result from First on begin at Cuts, the last of which is the end.
type splitAxis struct {
	Whole bool // not at all
	First int
	Cuts  []int
}

// SizeBytes returns the bytes of the block.
func (s *splitBlock) SizeBytes() int64 { return s.Block.SizeBytes() }

// Only implements graph.Parted: it returns a view.
func (s *splitBlock) Only(index int) any {
	r, err := s.region(index)
	return &region{r, err}
}

// region returns the part of the block that belongs to a block of the result, which may be empty.
func (s *splitBlock) region(index int) (*ndarray.Array, error) {
	if index < 0 || index >= product(s.Space) {
		return nil, wrong(sheaf.ErrInternal, "array: part %d of a block that is cut for %d", index, product(s.Space))
	}
	box := make([]any, len(s.Axes))
	for a, c := range graph.Unravel(nil, index, s.Space) {
		x := s.Axes[a]
		switch k := c - x.First; {
		case x.Whole:
			box[a] = ndarray.All
		case k < 0 || k+1 >= len(x.Cuts):
			box[a] = ndarray.S(0, 0)
		default:
			box[a] = ndarray.S(x.Cuts[k], x.Cuts[k+1])
		}
	}
	return s.Block.Index(box...)
}

// region is what one task gets of a block of another process.
type region struct {
	a   *ndarray.Array
	err error // why there is none; it cannot be sent
}

// SizeBytes returns the bytes that it is going to take where it is sent.
func (r *region) SizeBytes() int64 {
	if r.a == nil {
		return 0
	}
	return int64(r.a.Nbytes()) + 96
}

func init() {
	codec.Register(func(w io.Writer, r *region) error {
		if r.a == nil {
			return errors.Join(r.err, errors.New("array: a part of a block is missing"))
		}
		return r.a.WriteRaw(w)
	}, func(r io.Reader) (*region, error) {
		a, err := ndarray.ReadRaw(r)
		return &region{a: a}, err
	})
}

// partOf returns the array that an input of a rechunk has for a task, and whether that is only what the task needs.
func partOf(t *graph.Task, v any) (a *ndarray.Array, isPart bool, err error) {
	switch v := v.(type) {
	case *ndarray.Array:
		return v, false, nil
	case *region:
		return v.a, true, v.err
	case *splitBlock:
		a, err = v.region(t.Index)
		return a, true, err
	}
	return nil, false, fmt.Errorf("array: rechunk: a block is a %T", v)
}

// wholeOf returns the array that an input of a rechunk has for a task.
func wholeOf(t *graph.Task, v any, ndim int) (*ndarray.Array, error) {
	a, _, err := partOf(t, v)
	if err == nil && (a == nil || a.Ndim() != ndim) {
		err = wrongBlock(t, v, 0, ndim)
	}
	return a, err
}
