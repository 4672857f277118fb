package ndarray

import (
	"reflect"
	"time"

	"sheaf/dtype"
)

// From returns an array of any Go value that is one: an *Array (returned as it is), a number, bool or time (0-d), or
// slices and arrays of them, nested as deep as the array has dimensions. The elements are copied. Rows of different
// lengths are an error; mixed numbers in []any are promoted to one type.
func From(value any) (*Array, error) {
	if a, ok := value.(*Array); ok {
		if a == nil {
			return nil, fail(ErrValue, "from: nil array")
		}
		return a, nil
	}
	v := reflect.ValueOf(value)
	if !isList(v) {
		return natural(value)
	}
	var c collector
	if err := c.collect(v, 0); err != nil {
		return nil, err
	}
	return c.array()
}

func isList(v reflect.Value) bool { return v.Kind() == reflect.Slice || v.Kind() == reflect.Array }

// collector gathers the elements of nested slices in blocks: whole rows where their type is known, single elements
// of []any otherwise.
type collector struct {
	shape  []int
	blocks []*Array
	row    dtype.Type // of the first row, for arrays without elements
}

// collect walks v, which is a value at the given depth, and checks that all of one depth have the same length.
func (c *collector) collect(v reflect.Value, depth int) error {
	for v.Kind() == reflect.Interface && !v.IsNil() {
		v = v.Elem()
	}
	if !isList(v) {
		return c.single(v, depth)
	}
	if depth == len(c.shape) {
		if len(c.blocks) > 0 {
			return fail(ErrShape, "from: a slice at depth %d, where others have single values", depth)
		}
		c.shape = append(c.shape, v.Len())
	} else if v.Len() != c.shape[depth] {
		return fail(ErrShape, "from: slices at depth %d have %d and %d elements", depth, c.shape[depth], v.Len())
	}
	if t := elementType(v.Type().Elem()); t != dtype.Invalid {
		return c.wholeRow(v, t, depth)
	}
	for i := range v.Len() {
		if err := c.collect(v.Index(i), depth+1); err != nil {
			return err
		}
	}
	return nil
}

// single adds one element found in an interface.
func (c *collector) single(v reflect.Value, depth int) error {
	if depth < len(c.shape) {
		return fail(ErrShape, "from: a single value at depth %d, where others have slices", depth)
	}
	if !v.IsValid() || !v.CanInterface() || v.Kind() == reflect.Interface {
		return fail(ErrDType, "from: an element is nil")
	}
	x, err := natural(v.Interface())
	if err == nil {
		c.blocks = append(c.blocks, x)
	}
	return err
}

// wholeRow adds a slice or array of elements at once.
func (c *collector) wholeRow(v reflect.Value, t dtype.Type, depth int) error {
	if depth+1 < len(c.shape) {
		return fail(ErrShape, "from: single values at depth %d, where others have slices", depth+1)
	}
	if c.row == dtype.Invalid {
		c.row = t
	}
	n := v.Len()
	if n == 0 {
		return nil
	}
	if v.Type().Elem().Size() != uintptr(t.Size()) { // times; ints of a 32-bit machine
		for i := range n {
			if err := c.single(v.Index(i), depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	row := reflect.MakeSlice(reflect.SliceOf(v.Type().Elem()), n, n)
	reflect.Copy(row, v)
	shape := []int{n}
	c.blocks = append(c.blocks, &Array{dt: t, shape: shape, strides: cStrides(shape), base: row.UnsafePointer(), cap: n})
	return nil
}

// elementType returns the type of elements of a Go type, also of named ones; Invalid when it is no element.
func elementType(t reflect.Type) dtype.Type {
	switch t {
	case reflect.TypeFor[time.Time]():
		return dtype.Datetime
	case reflect.TypeFor[time.Duration]():
		return dtype.Timedelta
	}
	if leaf := leafType(t.Kind()); leaf != nil {
		return dtype.OfValue(reflect.Zero(leaf).Interface())
	}
	return dtype.Invalid
}

// array joins the blocks in their common type.
func (c *collector) array() (*Array, error) {
	t := c.row
	for i, b := range c.blocks {
		if i == 0 {
			t = b.dt
			continue
		}
		p, err := dtype.Promote(t, b.dt)
		if err != nil {
			return nil, fail(ErrDType, "from: elements of %v and %v have no common type", t, b.dt)
		}
		t = p
	}
	if t == dtype.Invalid { // no element and no type: NumPy's default
		t = dtype.Float64
	}
	if len(c.blocks) == 1 && c.blocks[0].dt == t && c.blocks[0].cap == product(c.shape) {
		return c.blocks[0].like(c.shape, cStrides(c.shape), 0), nil
	}
	a, at := newArray(t, c.shape, false), 0
	for _, b := range c.blocks {
		casted := b.as(t)
		copyRun(t, a.at(at), 1, casted.base, 1, b.cap)
		at += b.cap
	}
	return a, nil
}
