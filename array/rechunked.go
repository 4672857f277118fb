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
		if from, err = p.rechunkLayer(from, have, mid, n); err != nil {
			return nil, err
		}
		have = mid
	}
	return p.rechunkLayer(from, have, n.chunks, n)
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

func (p *plan) rechunkLayer(from *graph.Layer, have, want [][]int, n node) (*graph.Layer, error) {
	op := rechunkOp{Have: have, Want: want, have: make([][]int, len(have)), want: make([][]int, len(want))}
	spans := make([][]graph.Span, len(have))
	for a := range have {
		op.have[a], op.want[a] = starts(have[a]), starts(want[a])
		spans[a] = overlaps(op.have[a], op.want[a], slices.Equal(have[a], want[a]))
	}
	h := graph.NewHasher("rechunk")
	h.Token(n.Token())
	hashChunks(h, have)
	hashChunks(h, want)
	op.token = h.Sum()
	if p.elsewhere && worthSplitting(have, spans, n.about().dt.Size()) {
		var err error
		if from, err = splitLayer(from, op); err != nil {
			return nil, err
		}
		op.Parts = true
	}
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
	Parts      bool // the inputs are split
}

// HashToken implements graph.Tokener.
func (o rechunkOp) HashToken(h *graph.Hasher) { h.Token(o.token) }

// TakesParts implements graph.PartTaker.
func (o rechunkOp) TakesParts(int) bool { return o.Parts }

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
	first, err := wholeOf(t, in[0], len(coords))
	if err != nil {
		return nil, err
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
	start := make([]int, ndim)
	for i, v := range in {
		at = graph.Unravel(at, i, box)
		for a := range ndim {
			start[a] = o.have[a][from[a]+at[a]]
		}
		if err := o.copyPart(ctx, out, t, v, lo, hi, start, equal); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// copyPart copies what lies in [lo, hi) of a block that begins at start, or of what was sent of it, to its place in out.
func (o rechunkOp) copyPart(ctx context.Context, out *ndarray.Array, t *graph.Task, v any, lo, hi, start []int, equal []bool) error {
	ndim := len(lo)
	part, isPart, err := partOf(t, v)
	if err != nil {
		return err
	}
	if part == nil || part.DType() != out.DType() || part.Ndim() != ndim {
		return wrongBlock(t, v, out.DType(), ndim)
	}
	dst, src := make([]any, ndim), make([]any, ndim)
	for a := range ndim {
		if equal[a] {
			dst[a], src[a] = ndarray.All, ndarray.All
			continue
		}
		l := max(lo[a], start[a])
		n := part.Dim(a)
		if !isPart {
			n = min(hi[a], start[a]+n) - l
		}
		if n <= 0 {
			return nil
		}
		dst[a], src[a] = ndarray.S(l-lo[a], l-lo[a]+n), ndarray.S(l-start[a], l-start[a]+n)
	}
	d, err := out.Index(dst...)
	if err != nil {
		return err
	}
	if !isPart {
		if part, err = part.Index(src...); err != nil {
			return err
		}
	}
	if err := num.Copy(ctx, d.KernelView(), part.KernelView()); err != nil {
		return fmt.Errorf("array: rechunk: %w", err)
	}
	return nil
}
