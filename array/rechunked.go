package array

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"sheaf/graph"
	"sheaf/internal/kernel/num"
	"sheaf/ndarray"
)

// rechunkNode is its operand with blocks that are put together from several of the operand's.
type rechunkNode struct{ meta }

func newRechunk(kid node, chunks [][]int) *rechunkNode {
	m := newMeta("rechunk", kid.about().dt, chunks, []node{kid}, func(h *graph.Hasher) { hashChunks(h, chunks) })
	return &rechunkNode{m}
}

func (n *rechunkNode) With(kids []node) node { return newRechunk(kids[0], n.chunks) }

func (n *rechunkNode) String() string { return "rechunk" + describe(n) }

// rechunked returns n with other blocks: n itself when it has them, a view when its blocks are only cut, a new leaf where
// that costs nothing, and else blocks that are put together.
func rechunked(n node, chunks [][]int) (node, error) {
	have := n.about().chunks
	if sameChunks(have, chunks) {
		return n, nil
	}
	for a, c := range chunks {
		switch have, want := total(have[a]), total(c); {
		case (have == unknown || want == unknown) && !slices.Equal(n.about().chunks[a], c):
			return nil, wrong(ErrUnknownChunks, "chunk sizes along axis %d are unknown; %s", a, cure)
		case have != want:
			return nil, wrong(ErrChunks, "chunks %s along axis %d add up to %d, the axis has %d", lengths(c), a, want, have)
		}
	}
	if m, ok := divideLeaf(n, chunks); ok {
		return m, nil
	}
	if axes, ok := refining(have, chunks); ok {
		return newView("rechunk", n, axes, chunks), nil
	}
	if r, ok := n.(*rechunkNode); ok {
		return rechunked(r.kids[0], chunks)
	}
	return newRechunk(n, chunks), nil
}

// divideLeaf returns an array that is made anew with other blocks, and the same for simple operations on such arrays.
func divideLeaf(n node, chunks [][]int) (node, bool) {
	switch n := n.(type) {
	case *fullNode:
		return newFull(n.value, n.text, chunks), true
	case *rampNode:
		return n.divided(chunks[0]), true
	case *sourceNode:
		return newSource(n.data, chunks), true
	case *ufuncNode:
		kids := make([]node, len(n.kids))
		for i, k := range n.kids {
			m := k.about()
			lead := len(chunks) - len(m.chunks)
			want := slices.Clone(chunks[lead:])
			for a, c := range m.chunks {
				if total(c) == 1 && total(want[a]) != 1 {
					want[a] = c
				}
			}
			if kids[i] = k; !sameChunks(m.chunks, want) {
				var ok bool
				if kids[i], ok = divideLeaf(k, want); !ok {
					return nil, false
				}
			}
		}
		return newUfunc(n.op, n.dt, chunks, kids...), true
	}
	return nil, false
}

// refining says how blocks that lie inside of others are seen as parts of them; ok is false when one does not.
func refining(have, want [][]int) (axes []viewAxis, ok bool) {
	axes = identity(len(have))
	for a := range have {
		if slices.Equal(have[a], want[a]) {
			continue
		}
		ends, b := starts(have[a]), 0
		x := viewAxis{out: a, blocks: make([]int32, len(want[a])), cuts: make([]cut, len(want[a]))}
		from := 0
		for c, n := range want[a] {
			for b+1 < len(have[a]) && ends[b+1] <= from {
				b++
			}
			if n > 0 && from+n > ends[b+1] {
				return nil, false
			}
			x.blocks[c], x.cuts[c] = int32(b), cut{min(from-ends[b], have[a][b]), 1, n}
			from += n
		}
		axes[a] = x
	}
	return axes, true
}

func sameChunks(a, b [][]int) bool { return slices.EqualFunc(a, b, slices.Equal[[]int]) }

func shapeErr(err error) bool {
	f, ok := errors.AsType[*failure](err)
	return ok && errors.Is(f.cause, ErrShape)
}

// edgesMax is from how many dependencies on a rechunk goes through blocks of an intermediate form, which makes fewer.
const edgesMax = 100_000

func (n *rechunkNode) lower(p *plan) (*graph.Layer, error) {
	from, err := p.layer(n.kids[0])
	if err != nil {
		return nil, err
	}
	have := n.kids[0].about().chunks
	for range 4 {
		mid, ok := between(have, n.chunks)
		if !ok {
			break
		}
		if from, err = rechunkLayer(from, have, mid, n.Token()); err != nil {
			return nil, err
		}
		have = mid
	}
	return rechunkLayer(from, have, n.chunks, n.Token())
}

// between returns blocks half way between two divisions, if going there directly makes too many dependencies.
func between(have, want [][]int) ([][]int, bool) {
	edges := 1.0
	mid := make([][]int, len(have))
	for a := range have {
		if slices.Equal(have[a], want[a]) {
			mid[a] = have[a]
			edges *= float64(len(have[a]))
			continue
		}
		edges *= float64(len(have[a]) + len(want[a]) - 1)
		size := math.Sqrt(float64(slices.Max(have[a])) * float64(slices.Max(want[a])))
		mid[a] = uniform(total(have[a]), int(max(1, size)))
	}
	tasks := float64(product(spaceOf(have)) + product(spaceOf(want)))
	if edges < edgesMax || edges < 8*tasks || sameChunks(mid, have) || sameChunks(mid, want) {
		return nil, false
	}
	return mid, true
}

func rechunkLayer(from *graph.Layer, have, want [][]int, token graph.Token) (*graph.Layer, error) {
	op := rechunkOp{Have: have, Want: want, have: make([][]int, len(have)), want: make([][]int, len(want))}
	spans := make([][]graph.Span, len(have))
	for a := range have {
		op.have[a], op.want[a] = starts(have[a]), starts(want[a])
		spans[a] = overlaps(op.have[a], op.want[a], slices.Equal(have[a], want[a]))
	}
	h := graph.NewHasher("rechunk")
	h.Token(token)
	hashChunks(h, have)
	hashChunks(h, want)
	op.token = h.Sum()
	space := spaceOf(want)
	axes := make([]int, len(space))
	for a := range axes {
		axes[a] = a
	}
	m, err := graph.NewWindow(space, from.Space(), axes, spans)
	if err != nil {
		return nil, err
	}
	return graph.New(graph.Spec{Name: "rechunk", Op: op, Space: space, Edges: []graph.Edge{{From: from, Map: m}}})
}

// overlaps returns which blocks each new block overlaps, from where blocks start. Equal divisions map one to one, also where
// lengths are unknown.
func overlaps(have, want []int, equal bool) []graph.Span {
	out := make([]graph.Span, len(want)-1)
	b := 0
	for c := range out {
		if equal {
			out[c] = graph.Span{Lo: int32(c), Hi: int32(c + 1)}
			continue
		}
		for b+1 < len(have)-1 && have[b+1] <= want[c] {
			b++
		}
		e := b + 1
		for e < len(have)-1 && have[e] < want[c+1] {
			e++
		}
		out[c] = graph.Span{Lo: int32(b), Hi: int32(e)}
	}
	return out
}

// rechunkOp puts one block together from the parts of others that it overlaps.
type rechunkOp struct {
	Have, Want [][]int
	have, want [][]int // where the blocks start
	token      graph.Token
}

// HashToken implements graph.Tokener.
func (o rechunkOp) HashToken(h *graph.Hasher) { h.Token(o.token) }

// ReadsOnly implements graph.Reader.
func (rechunkOp) ReadsOnly() {}

// Recycle implements graph.Recycler.
func (rechunkOp) Recycle(v any) {
	if a, ok := v.(*ndarray.Array); ok {
		a.Free()
	}
}

// Run implements graph.Op.
func (o rechunkOp) Run(ctx context.Context, t *graph.Task) (any, error) {
	coords := t.Coords(nil)
	in := t.In(0)
	first, ok := in[0].(*ndarray.Array)
	if !ok {
		return nil, fmt.Errorf("array: rechunk: a block is a %T", in[0])
	}
	ndim := len(coords)
	lo, hi, shape := make([]int, ndim), make([]int, ndim), make([]int, ndim)
	box, equal := make([]int, ndim), make([]bool, ndim) // of input blocks
	from := make([]int, ndim)
	for a, c := range coords {
		equal[a] = slices.Equal(o.Have[a], o.Want[a])
		lo[a], hi[a] = o.want[a][c], o.want[a][c+1]
		s := overlaps(o.have[a], o.want[a][c:c+2:c+2], false)[0]
		if equal[a] {
			s = graph.Span{Lo: int32(c), Hi: int32(c + 1)}
			shape[a] = first.Dim(a)
		} else {
			shape[a] = hi[a] - lo[a]
		}
		from[a], box[a] = int(s.Lo), int(s.Hi-s.Lo)
	}
	out, err := ndarray.NewPooled(first.DType(), shape...)
	if err != nil {
		return nil, err
	}
	var at []int
	for i, v := range in {
		b, ok := v.(*ndarray.Array)
		if !ok || b.DType() != out.DType() || b.Ndim() != ndim {
			return nil, wrongBlock(t, v, out.DType(), ndim)
		}
		at = graph.Unravel(at, i, box)
		dst, src := make([]any, ndim), make([]any, ndim)
		empty := false
		for a := range ndim {
			if equal[a] {
				dst[a], src[a] = ndarray.All, ndarray.All
				continue
			}
			start := o.have[a][from[a]+at[a]]
			l, h := max(lo[a], start), min(hi[a], start+b.Dim(a))
			dst[a], src[a] = ndarray.S(l-lo[a], max(l, h)-lo[a]), ndarray.S(l-start, max(l, h)-start)
			empty = empty || h <= l
		}
		if empty {
			continue
		}
		d, err := out.Index(dst...)
		if err != nil {
			return nil, err
		}
		s, err := b.Index(src...)
		if err != nil {
			return nil, err
		}
		if err := num.Copy(ctx, d.KernelView(), s.KernelView()); err != nil {
			return nil, fmt.Errorf("array: rechunk: %w", err)
		}
	}
	return out, nil
}
