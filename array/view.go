package array

import (
	"slices"
)

// The methods of this file change how the axes of x are seen. They cost nothing: tasks read blocks through strides.

// Transpose returns x with its axes in another order, reversed by default.
func (x *Array) Transpose(axes ...int) *Array {
	if x.err != nil {
		return x
	}
	n := x.Ndim()
	if len(axes) == 0 {
		for a := range n {
			axes = append(axes, n-1-a)
		}
	}
	perm, err := normAxes(axes, n)
	if err != nil {
		return at("transpose", err)
	}
	if len(perm) != n {
		return failed("transpose", ErrAxis, "%d axes given for %d dimensions", len(perm), n)
	}
	if slices.IsSorted(perm) {
		return x
	}
	return wrap(transposed(x.node, perm))
}

func transposed(n node, perm []int) node {
	chunks := n.about().chunks
	to := make([]viewAxis, len(perm))
	out := make([][]int, len(perm))
	for a, p := range perm {
		to[p].out = a
		out[a] = chunks[p]
	}
	return newView("transpose", n, to, out)
}

// SwapAxes exchanges two axes.
func (x *Array) SwapAxes(i, j int) *Array {
	if x.err != nil {
		return x
	}
	axes, err := normAxes([]int{i}, x.Ndim())
	other, err2 := normAxes([]int{j}, x.Ndim())
	if err != nil || err2 != nil {
		return at("swapaxes", firstOf(err, err2))
	}
	perm := upTo(x.Ndim())
	perm[axes[0]], perm[other[0]] = perm[other[0]], perm[axes[0]]
	return x.Transpose(perm...)
}

// MoveAxis moves an axis to another place; the others keep their order.
func (x *Array) MoveAxis(from, to int) *Array {
	if x.err != nil {
		return x
	}
	f, err := normAxis(from, x.Ndim())
	t, err2 := normAxis(to, x.Ndim())
	if err != nil || err2 != nil {
		return at("moveaxis", firstOf(err, err2))
	}
	perm := slices.Delete(upTo(x.Ndim()), f, f+1)
	return x.Transpose(slices.Insert(perm, t, f)...)
}

func firstOf(errs ...error) error {
	for _, e := range errs {
		if e != nil {
			return e
		}
	}
	return nil
}

// upTo returns 0, 1, …, n-1.
func upTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// ExpandDims adds axes of length 1, which are at the given places of the result.
func (x *Array) ExpandDims(axes ...int) *Array {
	if x.err != nil {
		return x
	}
	n := x.Ndim() + len(axes)
	at0, err := normAxes(axes, n)
	if err != nil {
		return at("expand_dims", err)
	}
	items := make([]any, n)
	for a := range items {
		if items[a] = All; slices.Contains(at0, a) {
			items[a] = NewAxis
		}
	}
	return x.view("expand_dims", items)
}

// Squeeze drops axes of length 1: those given, else all of them.
func (x *Array) Squeeze(axes ...int) *Array {
	if x.err != nil {
		return x
	}
	shape := x.Shape()
	drop, err := normAxes(axes, len(shape))
	if err != nil {
		return at("squeeze", err)
	}
	items := make([]any, len(shape))
	for a, n := range shape {
		items[a] = All
		switch {
		case slices.Contains(drop, a) && n != 1:
			return failed("squeeze", ErrShape, "axis %d has length %s, not 1", a, length(n))
		case n == 1 && (len(axes) == 0 || slices.Contains(drop, a)):
			items[a] = 0
		}
	}
	return x.view("squeeze", items)
}

// Flip reverses the given axes, all by default.
func (x *Array) Flip(axes ...int) *Array {
	if x.err != nil {
		return x
	}
	if len(axes) == 0 {
		axes = upTo(x.Ndim())
	}
	turn, err := normAxes(axes, x.Ndim())
	if err != nil {
		return at("flip", err)
	}
	items := make([]any, x.Ndim())
	for a := range items {
		if items[a] = All; slices.Contains(turn, a) {
			items[a] = S(None, None, -1)
		}
	}
	return x.view("flip", items)
}

// view applies index items that are known to be basic.
func (x *Array) view(op string, items []any) *Array {
	n, err := sliced(x.node, items)
	if err != nil {
		return at(op, err)
	}
	if v, ok := n.(*viewNode); ok && n != x.node {
		v.label = op
	}
	return wrap(n)
}

// BroadcastTo repeats x along axes of length 1 and new leading axes. The new axes get the blocks that [Chunks] would give,
// one block by default.
func (x *Array) BroadcastTo(shape []int, opts ...Option) *Array {
	if x.err != nil {
		return x
	}
	o, err := parseOptions("broadcast_to", takesChunks, opts)
	if err != nil {
		return &Array{err: err}
	}
	have := x.chunksOf()
	lead := len(shape) - len(have)
	fits := lead >= 0
	for a, c := range have {
		n := total(c)
		fits = fits && (n == 1 || n == shape[lead+a])
	}
	if !fits {
		return failed("broadcast_to", ErrShape, "shape %s does not broadcast to %s", shapeText(x.Shape()), shapeText(shape))
	}
	spec := make([]any, len(shape))
	for a := range spec {
		spec[a] = -1
		if a >= lead && total(have[a-lead]) != 1 {
			spec[a] = have[a-lead]
		}
	}
	if o.chunks != nil {
		spec = o.chunks
	}
	chunks, err := normalize(spec, shape, x.Itemsize(), nil)
	if err != nil {
		return at("broadcast_to", err)
	}
	n, err := divided(x.node, chunks)
	if err != nil {
		return at("broadcast_to", err)
	}
	return wrap(broadcast(n, chunks))
}

// broadcast shows n, whose axes have the blocks of chunks or length 1, with the blocks of chunks.
func broadcast(n node, chunks [][]int) node {
	have := n.about().chunks
	if sameChunks(have, chunks) {
		return n
	}
	lead := len(chunks) - len(have)
	axes := make([]viewAxis, len(have))
	for a, c := range have {
		axes[a] = viewAxis{out: lead + a}
		if total(c) == 1 && !slices.Equal(c, chunks[lead+a]) {
			axes[a] = viewAxis{out: -1, blocks: []int32{0}}
		}
	}
	return newView("broadcast_to", n, axes, chunks)
}

// BroadcastArrays broadcasts arrays to their common shape.
func BroadcastArrays(xs ...*Array) []*Array {
	out := make([]*Array, len(xs))
	all := make([][][]int, len(xs))
	for i, x := range xs {
		if x.err != nil {
			for j := range out {
				out[j] = x
			}
			return out
		}
		all[i] = x.chunksOf()
	}
	if len(xs) == 0 {
		return out
	}
	chunks, err := broadcastChunks("broadcast_arrays", all...)
	for i, x := range xs {
		var n node
		if err == nil {
			n, err = divided(x.node, chunks)
		}
		if err != nil {
			out[i] = at("broadcast_arrays", err)
			continue
		}
		out[i] = wrap(broadcast(n, chunks))
	}
	return out
}
