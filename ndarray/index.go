package ndarray

import (
	"slices"

	"sheaf/dtype"
)

// Index returns the elements that the items select, one item an axis, NumPy's x[items]:
//
//   - an int selects one position and drops the axis; it may count from the end
//   - a [Slice] ([S], [All]) selects a range, also backwards
//   - [NewAxis] inserts an axis of length one; [Ellipsis] stands for the axes that are not named
//   - an integer array, []int or nested slice selects positions in any order; several are broadcast together
//   - a bool array or []bool selects where it is true, and stands for as many axes as it has
//
// Without arrays the result is a view; with arrays it is a copy. Where the axes of array items appear in the result
// follows NumPy: in place when they stand side by side (ints count as arrays then), first otherwise.
func (a *Array) Index(items ...any) (*Array, error) {
	if mask := a.onlyMask(items); mask != nil {
		return a.masked(mask), nil
	}
	p, err := a.parseIndex(items)
	if err != nil {
		return nil, err
	}
	if len(p.picks) == 0 {
		return p.view, nil
	}
	return p.gather()
}

// SetIndex assigns value, broadcast and converted, to the elements that the items select (see [Array.Index]). When
// an integer array selects a place twice, the later value stays.
func (a *Array) SetIndex(value any, items ...any) error {
	p, err := a.parseIndex(items)
	if err != nil {
		return err
	}
	if err := a.writable("set index"); err != nil {
		return err
	}
	if len(p.picks) == 0 {
		return p.view.Assign(value)
	}
	return p.scatter(value)
}

// pick is an axis of the view from which an index array takes positions.
type pick struct {
	axis  int
	index *Array // int64, positions in [0, length), before broadcasting
}

// selection is a parsed index: a view by the basic items, whose axes named in picks are then gathered.
type selection struct {
	view  *Array
	picks []pick
	front bool // the gathered axes come first in the result
}

// isArrayItem reports whether an index item makes a copy: anything that is not an int, slice or marker.
func isArrayItem(item any) bool {
	switch item.(type) {
	case int, Slice, marker:
		return false
	}
	return true
}

// expand checks the items, turns array items into arrays, and adds slices for the axes that are not named.
func (a *Array) expand(items []any) ([]any, error) {
	used, ellipsis := 0, -1
	out := make([]any, 0, len(items)+len(a.shape))
	for i, item := range items {
		switch v := item.(type) {
		case marker:
			if v == Ellipsis && ellipsis >= 0 {
				return nil, fail(ErrIndex, "index: more than one Ellipsis")
			}
			if v == Ellipsis {
				ellipsis = i
			}
		case int, Slice:
			used++
		default:
			x, err := indexArray(item)
			if err != nil {
				return nil, err
			}
			if x.dt == dtype.Bool {
				used += len(x.shape)
			} else {
				used++
			}
			item = x
		}
		out = append(out, item)
	}
	rest := len(a.shape) - used
	if rest < 0 {
		return nil, fail(ErrIndex, "index: %d indices for an array of %d dimensions", used, len(a.shape))
	}
	fill := make([]any, rest)
	for i := range fill {
		fill[i] = All
	}
	if ellipsis < 0 {
		return append(out, fill...), nil
	}
	return slices.Insert(out, ellipsis+1, fill...), nil // the ellipsis stays, as it parts the items beside it
}

// indexArray returns an array item as an array of bool or int64.
func indexArray(item any) (*Array, error) {
	x, err := From(item)
	if err != nil {
		return nil, fail(ErrIndex, "index: a %T is no index; use ints, slices, NewAxis, Ellipsis, integer or bool arrays", item)
	}
	switch {
	case x.dt == dtype.Bool && len(x.shape) == 0:
		return nil, fail(ErrIndex, "index: a single bool is no index")
	case x.dt == dtype.Bool, x.dt.IsInteger():
	case x.Size() == 0 && len(x.shape) > 0: // []any{} and the like have no type
	default:
		return nil, fail(ErrIndex, "index: arrays used as indices must be integer or bool, not %v", x.dt)
	}
	if x.dt == dtype.Bool {
		return x, nil
	}
	return x.AsType(dtype.Int64)
}

// parseIndex resolves the items against the array's axes.
func (a *Array) parseIndex(items []any) (*selection, error) {
	full, err := a.expand(items)
	if err != nil {
		return nil, err
	}
	fancy := slices.ContainsFunc(full, isArrayItem)
	b := indexBuilder{src: a, view: a.like([]int{}, []int{}, a.offset), fancy: fancy, lastPick: -1}
	for place, item := range full {
		if err := b.add(place, item); err != nil {
			return nil, err
		}
	}
	if n := len(b.view.shape); n > maxDims {
		return nil, fail(ErrIndex, "index: %d dimensions; %d is the limit", n, maxDims)
	}
	return &selection{view: b.view, picks: b.picks, front: b.split}, nil
}

// indexBuilder makes a selection item by item.
type indexBuilder struct {
	src, view *Array
	axis      int // the next axis of src
	fancy     bool
	picks     []pick
	lastPick  int  // place of the last item that was a pick
	split     bool // picks do not stand side by side
}

func (b *indexBuilder) add(place int, item any) error {
	switch v := item.(type) {
	case marker:
		if v == Ellipsis {
			return nil
		}
		b.view.shape, b.view.strides = append(b.view.shape, 1), append(b.view.strides, 0)
		return nil
	case Slice:
		start, step, count, err := v.Resolve(b.src.shape[b.axis])
		if err != nil {
			return err
		}
		b.view.offset += start * b.src.strides[b.axis]
		b.view.shape = append(b.view.shape, count)
		b.view.strides = append(b.view.strides, step*b.src.strides[b.axis])
		b.axis++
		return nil
	case int:
		return b.addInt(place, v)
	case *Array:
		if v.dt == dtype.Bool {
			return b.addMask(place, v)
		}
		return b.addPick(place, v)
	}
	return fail(ErrIndex, "index: a %T is no index", item)
}

func (b *indexBuilder) addInt(place, i int) error {
	n := b.src.shape[b.axis]
	if i < -n || i >= n {
		return fail(ErrIndex, "index %d is out of bounds for axis %d with length %d", i, b.axis, n)
	}
	if i < 0 {
		i += n
	}
	b.view.offset += i * b.src.strides[b.axis]
	b.axis++
	if b.fancy { // the int takes part in placing the gathered axes
		b.touch(place)
		b.picks = append(b.picks, pick{axis: len(b.view.shape)})
	}
	return nil
}

// touch notes that the item at a place is an array (or an int among arrays).
func (b *indexBuilder) touch(place int) {
	if b.lastPick >= 0 && place != b.lastPick+1 && place != b.lastPick {
		b.split = true
	}
	b.lastPick = place
}

// addPick adds an integer array for the next axis.
func (b *indexBuilder) addPick(place int, x *Array) error {
	b.touch(place)
	n := b.src.shape[b.axis]
	if x = x.contiguous(); x.Size() > 0 {
		owned := false
		for i, v := range elems[int64](x.first(), x.Size()) {
			if v < int64(-n) || v >= int64(n) {
				return fail(ErrIndex, "index %d is out of bounds for axis %d with length %d", v, b.axis, n)
			}
			if v < 0 {
				if !owned {
					x, owned = x.Copy(), true
				}
				buffer[int64](x)[i] = v + int64(n)
			}
		}
	}
	b.picks = append(b.picks, pick{axis: len(b.view.shape), index: x})
	b.view.shape = append(b.view.shape, n)
	b.view.strides = append(b.view.strides, b.src.strides[b.axis])
	b.axis++
	return nil
}

// addMask adds a bool array for as many axes as it has, as the positions where it is true.
func (b *indexBuilder) addMask(place int, mask *Array) error {
	axes := b.src.shape[b.axis : b.axis+len(mask.shape)]
	if !slices.Equal(axes, mask.shape) {
		return fail(ErrShape, "index: a bool array of shape %s does not fit the indexed axes of shape %s",
			ShapeString(mask.shape), ShapeString(axes))
	}
	for _, x := range mask.NonZero() {
		if err := b.addPick(place, x); err != nil {
			return err
		}
	}
	return nil
}

// NonZero returns the positions of the elements that are not zero, in C order: one int64 array an axis.
func (a *Array) NonZero() []*Array {
	mask := a.as(dtype.Bool)
	count, found := mask.CountNonZero(), make([][]int64, len(a.shape))
	for k := range found {
		found[k] = make([]int64, 0, count)
	}
	index := make([]int, len(a.shape))
	for at := range mask.positions() {
		if buffer[bool](mask)[at] {
			for k, i := range index {
				found[k] = append(found[k], int64(i))
			}
		}
		for k := len(index) - 1; k >= 0; k-- {
			if index[k]++; index[k] < a.shape[k] {
				break
			}
			index[k] = 0
		}
	}
	out := make([]*Array, len(found))
	for k, f := range found {
		out[k] = ofInts(f)
	}
	return out
}

// ArgWhere returns the positions of the elements that are not zero as rows of a 2-d int64 array.
func (a *Array) ArgWhere() *Array {
	out := newArray(dtype.Int64, []int{a.CountNonZero(), len(a.shape)}, true)
	for k, x := range a.NonZero() {
		copyRun(dtype.Int64, out.col(k), len(a.shape), x.first(), 1, x.Size())
	}
	return out
}
