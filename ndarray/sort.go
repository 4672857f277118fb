package ndarray

import (
	"cmp"
	"slices"

	"sheaf/dtype"
)

// lessFloat orders elements as NumPy sorts them: NaN and NaT last, complex numbers by real, then imaginary part.
func lessFloat[T dtype.Float](a, b T) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	case a == b:
		return 0
	}
	return cmp.Compare(b2i(a != a), b2i(b != b)) // the one that is NaN is larger
}

func lessComplex[T dtype.Complex](a, b T) int {
	x, y := complex128(a), complex128(b)
	// Numbers with a NaN come after all others, and those with a NaN real part last.
	rank := func(c complex128) int {
		return 2*b2i(real(c) != real(c)) + b2i(imag(c) != imag(c))
	}
	if c := cmp.Compare(rank(x), rank(y)); c != 0 {
		return c
	}
	if c := lessFloat(real(x), real(y)); c != 0 {
		return c
	}
	return lessFloat(imag(x), imag(y))
}

func lessTime(a, b int64) int {
	// As unsigned numbers one below, NaT is the largest and the others keep their order around it.
	return cmp.Compare(uint64(a-1)^1<<63, uint64(b-1)^1<<63)
}

// sorter sorts the elements of a row, or the positions of its elements.
type sorter struct {
	values func(row *Array)
	args   func(row *Array, order []int64)
}

// sorterOf makes a sorter for elements of type T with an order.
func sorterOf[T dtype.Element](order func(a, b T) int) sorter {
	return sorter{
		values: func(row *Array) { slices.SortFunc(elems[T](row.first(), row.Size()), order) },
		args: func(row *Array, args []int64) {
			v := elems[T](row.first(), row.Size())
			slices.SortStableFunc(args, func(i, j int64) int { return order(v[i], v[j]) })
		},
	}
}

// integerSorter sorts integers without calling a function per comparison.
func integerSorter[T dtype.Integer]() sorter {
	s := sorterOf(cmp.Compare[T])
	s.values = func(row *Array) { slices.Sort(elems[T](row.first(), row.Size())) }
	return s
}

// floatSorter moves NaNs to the end first and sorts the rest.
func floatSorter[T dtype.Float]() sorter {
	s := sorterOf(lessFloat[T])
	s.values = func(row *Array) {
		v := elems[T](row.first(), row.Size())
		n := len(v)
		for i := 0; i < n; i++ {
			for n > i && v[i] != v[i] {
				n--
				v[i], v[n] = v[n], v[i]
			}
		}
		slices.Sort(v[:n])
	}
	return s
}

func sorterFor(t dtype.Type) sorter {
	switch t {
	case dtype.Bool:
		return sorterOf(func(a, b bool) int { return b2i(a) - b2i(b) })
	case dtype.Int8:
		return integerSorter[int8]()
	case dtype.Int16:
		return integerSorter[int16]()
	case dtype.Int32:
		return integerSorter[int32]()
	case dtype.Int64:
		return integerSorter[int64]()
	case dtype.Uint8:
		return integerSorter[uint8]()
	case dtype.Uint16:
		return integerSorter[uint16]()
	case dtype.Uint32:
		return integerSorter[uint32]()
	case dtype.Uint64:
		return integerSorter[uint64]()
	case dtype.Float32:
		return floatSorter[float32]()
	case dtype.Float64:
		return floatSorter[float64]()
	case dtype.Complex64:
		return sorterOf(lessComplex[complex64])
	case dtype.Complex128:
		return sorterOf(lessComplex[complex128])
	}
	return sorterOf(lessTime)
}

// rows calls f with every row along an axis of a contiguous copy of the array, and returns the copy with the axis back
// in its place.
func (a *Array) rows(op string, axis int, f func(row *Array)) (*Array, error) {
	moved, err := a.MoveAxis(axis, -1)
	if err != nil {
		return nil, fail(ErrAxis, "%s: axis %d is out of bounds for an array of %d dimensions", op, axis, len(a.shape))
	}
	c := moved.Copy()
	if n := c.shape[len(c.shape)-1]; n > 0 {
		for at := 0; at < c.cap; at += n {
			f(c.like([]int{n}, []int{1}, at))
		}
	}
	back, err := c.MoveAxis(-1, axis)
	if err != nil {
		return nil, err
	}
	return back.contiguous(), nil
}

// Sort returns the array with the elements along an axis in ascending order; NaN and NaT come last, complex numbers
// are ordered by their real, then their imaginary parts.
func (a *Array) Sort(axis int) (*Array, error) {
	s := sorterFor(a.dt)
	return a.rows("sort", axis, s.values)
}

// ArgSort returns the positions that would sort the array along an axis, int64. Equal elements keep their order.
func (a *Array) ArgSort(axis int) (*Array, error) {
	s, orders := sorterFor(a.dt), make([]int64, 0, a.Size())
	rows, err := a.rows("argsort", axis, func(row *Array) {
		from := len(orders)
		for i := range row.Size() {
			orders = append(orders, int64(i))
		}
		s.args(row, orders[from:])
	})
	if err != nil {
		return nil, err
	}
	// The positions lie row by row: give them the moved axes, and move the axis back.
	moved, err := rows.MoveAxis(axis, -1)
	if err != nil {
		return nil, err
	}
	out, err := ofInts(orders).like(moved.shape, cStrides(moved.shape), 0).MoveAxis(-1, axis)
	if err != nil {
		return nil, err
	}
	return out.contiguous(), nil
}

// Unique returns the different elements of the array in ascending order, 1-d. NaNs count as equal.
func (a *Array) Unique() *Array {
	u, _, _, _ := a.unique(false)
	return u
}

// UniqueAll returns the different elements in ascending order, and for each of them the position of its first
// occurrence and its number of occurrences; inverse has, for every element of the flattened array, the position of
// its value in values.
//
// Same as numpy.unique with return_index, return_inverse and return_counts.
func (a *Array) UniqueAll() (values, index, inverse, counts *Array) { return a.unique(true) }

func (a *Array) unique(all bool) (values, index, inverse, counts *Array) {
	flat := a.Ravel().contiguous()
	n := flat.Size()
	perm := make([]int64, n)
	for i := range perm {
		perm[i] = int64(i)
	}
	s := sorterFor(a.dt)
	sorted := flat
	if all && n > 0 {
		s.args(flat, perm)
		sorted = flat.pick(perm)
	} else if n > 0 {
		sorted = flat.Copy()
		s.values(sorted)
	}
	first := changes(sorted)
	values = sorted.pick(first)
	if !all {
		return values, nil, nil, nil
	}
	idx, inv, cnt := make([]int64, len(first)), make([]int64, n), make([]int64, len(first))
	for g, from := range first {
		to := int64(n)
		if g+1 < len(first) {
			to = first[g+1]
		}
		idx[g], cnt[g] = perm[from], to-from
		for i := from; i < to; i++ {
			inv[perm[i]] = int64(g)
		}
	}
	return values, ofInts(idx), ofInts(inv), ofInts(cnt)
}

// ofInts returns a 1-d array over the values.
func ofInts(v []int64) *Array {
	return &Array{dt: dtype.Int64, shape: []int{len(v)}, strides: []int{1}, base: sliceBase(v), cap: len(v)}
}

// pick returns the elements of a contiguous 1-d array at valid positions.
func (a *Array) pick(at []int64) *Array {
	out := newArray(a.dt, []int{len(at)}, false)
	for i, p := range at {
		copyRun(a.dt, out.at(i), 1, a.at(a.offset+int(p)), 1, 1)
	}
	return out
}

// changes returns the positions of a sorted 1-d array where another value begins.
func changes(sorted *Array) []int64 {
	switch sorted.dt.Storage() {
	case dtype.Bool:
		return changesOf(elems[bool](sorted.first(), sorted.Size()))
	case dtype.Int8:
		return changesOf(elems[int8](sorted.first(), sorted.Size()))
	case dtype.Int16:
		return changesOf(elems[int16](sorted.first(), sorted.Size()))
	case dtype.Int32:
		return changesOf(elems[int32](sorted.first(), sorted.Size()))
	case dtype.Int64:
		return changesOf(elems[int64](sorted.first(), sorted.Size()))
	case dtype.Uint8:
		return changesOf(elems[uint8](sorted.first(), sorted.Size()))
	case dtype.Uint16:
		return changesOf(elems[uint16](sorted.first(), sorted.Size()))
	case dtype.Uint32:
		return changesOf(elems[uint32](sorted.first(), sorted.Size()))
	case dtype.Uint64:
		return changesOf(elems[uint64](sorted.first(), sorted.Size()))
	case dtype.Float32:
		return changesOf(elems[float32](sorted.first(), sorted.Size()))
	case dtype.Float64:
		return changesOf(elems[float64](sorted.first(), sorted.Size()))
	case dtype.Complex64:
		return changesOf(elems[complex64](sorted.first(), sorted.Size()))
	}
	return changesOf(elems[complex128](sorted.first(), sorted.Size()))
}

func changesOf[T dtype.Element](v []T) []int64 {
	var first []int64
	for i := range v {
		if i == 0 || v[i] != v[i-1] && (v[i] == v[i] || v[i-1] == v[i-1]) {
			first = append(first, int64(i))
		}
	}
	return first
}
