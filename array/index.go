package array

import (
	"sheaf/dtype"
	"sheaf/ndarray"
)

// Slice selects every step-th position of an axis between two bounds, as Python's start:stop:step: see [S].
type Slice = ndarray.Slice

// All selects a whole axis.
var All = ndarray.All

// None leaves out a bound of a slice: S(None, None, -1) reverses an axis.
const None = ndarray.None

const (
	// NewAxis is an index item that adds an axis of length 1.
	NewAxis = ndarray.NewAxis
	// Ellipsis is an index item that stands for all axes that no other item names.
	Ellipsis = ndarray.Ellipsis
)

// S returns the slice start:stop or start:stop:step. Bounds may count from the end; the step may be negative.
func S(start, stop int, step ...int) Slice { return ndarray.S(start, stop, step...) }

// Index returns a part of x, as x[items] does in NumPy. Items are, axis by axis:
//
//   - an int, which picks one position and drops the axis
//   - a [Slice] ([All], [S]), also with a negative step
//   - [NewAxis] and [Ellipsis]
//   - a list of positions in any order: []int, an integer ndarray or a one-dimensional integer [Array]
//   - a list of bools as long as the axis, which picks where it is true
//   - a lazy [Array] of bools: of x's shape as the only item, which gives the picked elements in C order; or with one
//     dimension. How many it picks is known only when it is computed: the chunk sizes of the result are unknown
//
// Ints and slices cost nothing: tasks read the parts that they need. Only one item may be a list; index several axes one after
// the other, or pick points with [Array.Vindex].
func (x *Array) Index(items ...any) *Array {
	if x.err != nil {
		return x
	}
	if len(items) == 1 {
		if mask, ok := items[0].(*Array); ok && mask.err == nil && mask.DType() == dtype.Bool && mask.Ndim() == x.Ndim() {
			return x.compress(mask)
		}
	}
	full, lists, err := expandItems(items, x.Ndim())
	if err != nil {
		return at("index", err)
	}
	if lists > 1 {
		return failed("index", ErrIndex, "%d items are lists of positions; index one axis at a time, or use Vindex for points", lists)
	}
	out := x
	if lists == 1 { // lists first, on their own axis: what is left is basic
		axis := 0
		for i, item := range full {
			if isList(item) {
				if out = out.pick(axis, item); out.err != nil {
					return out
				}
				full[i] = All
			}
			if item != NewAxis {
				axis++
			}
		}
	}
	n, err := sliced(out.node, full)
	if err != nil {
		return at("index", err)
	}
	return wrap(n)
}

// expandItems replaces the ellipsis and what is missing by whole axes and counts the lists.
func expandItems(items []any, ndim int) (full []any, lists int, err error) {
	used, ellipsis := 0, false
	for _, item := range items {
		switch item {
		case NewAxis:
		case Ellipsis:
			if ellipsis {
				return nil, 0, wrong(ErrIndex, "more than one Ellipsis")
			}
			ellipsis = true
		default:
			used++
		}
	}
	if used > ndim {
		return nil, 0, wrong(ErrIndex, "%d indices for an array of %d dimensions", used, ndim)
	}
	rest := func() {
		for range ndim - used {
			full = append(full, All)
		}
	}
	for _, item := range items {
		switch v := item.(type) {
		case int, Slice:
			full = append(full, v)
			continue
		}
		switch {
		case item == Ellipsis:
			rest()
		case item == NewAxis:
			full = append(full, item)
		default:
			lists++
			full = append(full, item)
		}
	}
	if !ellipsis {
		rest()
	}
	return full, lists, nil
}

func isList(item any) bool {
	switch item.(type) {
	case int, Slice:
		return false
	}
	return item != NewAxis && item != Ellipsis
}

// sliced applies ints, slices and new axes, one item per axis, as one view.
func sliced(n node, items []any) (node, error) {
	chunks := n.about().chunks
	axes := make([]viewAxis, len(chunks))
	var out [][]int
	k := 0
	same := true
	for _, item := range items {
		if item == NewAxis {
			out, same = append(out, []int{1}), false
			continue
		}
		c := chunks[k]
		size := total(c)
		switch v := item.(type) {
		case int:
			p := v
			if size == unknown {
				return nil, wrong(ErrUnknownChunks, "chunk sizes along axis %d are unknown; %s", k, cure)
			}
			if p < 0 {
				p += size
			}
			if p < 0 || p >= size {
				return nil, wrong(ErrIndex, "index %d is out of bounds for axis %d with length %d", v, k, size)
			}
			b, from := blockAt(c, p)
			axes[k] = viewAxis{out: -1, blocks: []int32{int32(b)}, cuts: []cut{{p - from, 1, 1}}}
			same = false
		case Slice:
			if size == unknown {
				if v != All && v != (Slice{}) && v != S(None, None) {
					return nil, wrong(ErrUnknownChunks, "chunk sizes along axis %d are unknown; %s", k, cure)
				}
				axes[k] = viewAxis{out: len(out)}
				out = append(out, c)
				break
			}
			start, step, count, err := v.Resolve(size)
			if err != nil {
				return nil, wrong(ErrIndex, "%v", err)
			}
			x, blocks := sliceAxis(c, start, step, count)
			if x.out = len(out); count == size && step == 1 {
				x, blocks = viewAxis{out: len(out)}, c
			} else {
				same = false
			}
			axes[k] = x
			out = append(out, blocks)
		}
		k++
	}
	if same {
		return n, nil
	}
	return newView("slice", n, axes, out), nil
}

// blockAt returns the block in which position p lies and where it starts.
func blockAt(blocks []int, p int) (b, from int) {
	for b, n := range blocks {
		if p < from+n {
			return b, from
		}
		from += n
	}
	return len(blocks) - 1, from
}

// sliceAxis returns which part of which block makes each block of a slice, and the lengths of those; blocks of which nothing
// is left are dropped.
func sliceAxis(blocks []int, start, step, count int) (viewAxis, []int) {
	var x viewAxis
	var out []int
	if count == 0 {
		return viewAxis{blocks: []int32{0}, cuts: []cut{{0, 1, 0}}}, []int{0}
	}
	ends := starts(blocks)
	b := 0
	if step < 0 {
		b = len(blocks) - 1
	}
	for done := 0; done < count; {
		p := start + done*step
		for p < ends[b] {
			b--
		}
		for p >= ends[b+1] {
			b++
		}
		n := 0
		if step > 0 {
			n = (ends[b+1] - p + step - 1) / step
		} else {
			n = (p-ends[b])/-step + 1
		}
		n = min(n, count-done)
		x.blocks = append(x.blocks, int32(b))
		x.cuts = append(x.cuts, cut{p - ends[b], step, n})
		out = append(out, n)
		done += n
	}
	return x, out
}
