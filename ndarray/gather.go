package ndarray

import (
	"slices"
	"unsafe"

	"sheaf/dtype"
)

// col returns the address of element k of the first row, nil on an empty array.
func (a *Array) col(k int) unsafe.Pointer {
	if a.cap == 0 {
		return nil
	}
	return a.at(a.offset + k)
}

// sliceBase returns the address of a slice's elements.
func sliceBase[T any](s []T) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(s)) }

// layout is how the gathered axes lie in the result: the view's other axes before and after them.
type layout struct {
	pos   []int // offsets into the view's buffer, one a combination of index elements, C order
	shape []int // of the index arrays together
	place int   // where the gathered axes start in the result
	rest  *Array
}

// layout broadcasts the index arrays and computes what they add to the position of an element.
func (p *selection) layout() (*layout, error) {
	var shapes [][]int
	picked := make([]bool, len(p.view.shape))
	for _, k := range p.picks {
		if k.index != nil {
			shapes = append(shapes, k.index.shape)
			picked[k.axis] = true
		}
	}
	shape, err := BroadcastShapes(shapes...)
	if err != nil {
		return nil, fail(ErrIndex, "index: arrays used as indices do not fit each other: %v", err)
	}
	l := &layout{shape: shape, pos: make([]int, product(shape))}
	for _, k := range p.picks {
		if k.index == nil {
			continue
		}
		x, err := k.index.BroadcastTo(shape...)
		if err != nil {
			return nil, err
		}
		i, step := 0, p.view.strides[k.axis]
		for v := range Elements[int64](x) {
			l.pos[i] += int(v) * step
			i++
		}
	}
	if !p.front {
		l.place = p.picks[0].axis
	}
	rest := p.view.like([]int{}, []int{}, p.view.offset)
	for axis, n := range p.view.shape {
		if !picked[axis] {
			rest.shape, rest.strides = append(rest.shape, n), append(rest.strides, p.view.strides[axis])
		}
	}
	l.rest = rest
	return l, nil
}

// resultShape returns the shape of what the layout selects.
func (l *layout) resultShape() []int {
	return slices.Concat(l.rest.shape[:l.place], l.shape, l.rest.shape[l.place:])
}

// split returns the part of a result without its gathered axes, and the stride along them when seen as one axis.
func (l *layout) split(out *Array) (rest *Array, step int) {
	k := l.place + len(l.shape)
	rest = out.like(slices.Concat(out.shape[:l.place], out.shape[k:]), slices.Concat(out.strides[:l.place], out.strides[k:]), out.offset)
	return rest, product(out.shape[k:])
}

// each calls move with the addresses of matching runs in the contiguous result and in the view.
func (l *layout) each(out *Array, move func(out, view unsafe.Pointer, outStep, viewStep, n int)) {
	if len(l.pos) == 0 || out.Size() == 0 {
		return
	}
	orest, step := l.split(out)
	w := newWalk(l.rest.shape, orest, l.rest)
	w.each(func(at []int) {
		for j, pos := range l.pos {
			move(out.at(at[0]+j*step), l.rest.at(at[1]+pos), w.step[0], w.step[1], w.run)
		}
	})
}

// gather copies the selected elements to a new array.
func (p *selection) gather() (*Array, error) {
	l, err := p.layout()
	if err != nil {
		return nil, err
	}
	shape := l.resultShape()
	if _, err := checkShape("index", p.view.dt, shape); err != nil {
		return nil, err
	}
	out := newArray(p.view.dt, shape, false)
	if l.place == len(l.rest.shape) && out.Size() > 0 { // gathered axes are last: pick elements one by one
		l.pickLast(out)
		return out, nil
	}
	l.each(out, func(o, v unsafe.Pointer, outStep, viewStep, n int) {
		copyRun(out.dt, o, outStep, v, viewStep, n)
	})
	return out, nil
}

// pickLast fills a contiguous result whose last axes are the gathered ones.
func (l *layout) pickLast(out *Array) {
	o := 0
	for at := range l.rest.positions() {
		switch out.dt.Size() {
		case 1:
			pickRun(buffer2[uint8](out, o), buffer2[uint8](l.rest, 0), at, l.pos)
		case 2:
			pickRun(buffer2[uint16](out, o), buffer2[uint16](l.rest, 0), at, l.pos)
		case 4:
			pickRun(buffer2[uint32](out, o), buffer2[uint32](l.rest, 0), at, l.pos)
		case 8:
			pickRun(buffer2[uint64](out, o), buffer2[uint64](l.rest, 0), at, l.pos)
		default:
			pickRun(buffer2[pair](out, o), buffer2[pair](l.rest, 0), at, l.pos)
		}
		o += len(l.pos)
	}
}

// buffer2 returns the buffer from an element on, as raw memory of the element's size.
func buffer2[T any](a *Array, from int) []T { return unsafe.Slice((*T)(a.base), a.cap)[from:] }

func pickRun[T any](dst, src []T, at int, pos []int) {
	for i, p := range pos {
		dst[i] = src[at+p]
	}
}

// scatter assigns a value, broadcast to the selection's shape, to the selected elements.
func (p *selection) scatter(value any) error {
	l, err := p.layout()
	if err != nil {
		return err
	}
	v, err := operand(p.view.dt, value)
	if err != nil {
		return err
	}
	if v, err = v.AsType(p.view.dt); err != nil {
		return err
	}
	if v, err = v.BroadcastTo(l.resultShape()...); err != nil {
		return err
	}
	v = v.Copy() // contiguous, and its memory is not the view's
	l.each(v, func(o, view unsafe.Pointer, outStep, viewStep, n int) {
		copyRun(v.dt, view, viewStep, o, outStep, n)
	})
	return nil
}

// Take returns the elements at the given positions along an axis, in that order; positions may count from the end.
// The axis is replaced by the axes of indices, an integer array or slice.
//
// Same as numpy.take.
func (a *Array) Take(indices any, axis int) (*Array, error) {
	axis, err := normAxis("take", axis, len(a.shape))
	if err != nil {
		return nil, err
	}
	x, err := From(indices)
	if err != nil {
		return nil, err
	}
	if !x.dt.IsInteger() && x.Size() > 0 {
		return nil, fail(ErrIndex, "take: indices must be integers, not %v", x.dt)
	}
	items := make([]any, axis+1)
	for i := range axis {
		items[i] = All
	}
	items[axis] = x.as(dtype.Int64)
	return a.Index(items...)
}

// Compress returns the positions along an axis where the 1-d mask is true.
func (a *Array) Compress(mask any, axis int) (*Array, error) {
	axis, err := normAxis("compress", axis, len(a.shape))
	if err != nil {
		return nil, err
	}
	m, err := From(mask)
	if err != nil {
		return nil, err
	}
	if m.dt != dtype.Bool || len(m.shape) != 1 {
		return nil, fail(ErrIndex, "compress: the mask must be a 1-d bool array, not %v of shape %s", m.dt, ShapeString(m.shape))
	}
	items := make([]any, axis+1)
	for i := range axis {
		items[i] = All
	}
	items[axis] = m
	return a.Index(items...)
}
