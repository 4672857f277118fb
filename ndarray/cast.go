package ndarray

import (
	"unsafe"

	"sheaf/dtype"
)

// castLoop converts n elements that are step apart to contiguous elements of another type.
type castLoop func(dst, src unsafe.Pointer, step, n int)

// castReal converts between real types; the contiguous case is a loop of its own that needs no address arithmetic.
func castReal[D, S dtype.Real](dst, src unsafe.Pointer, step, n int) {
	d := unsafe.Slice((*D)(dst), n)
	if step == 1 {
		for i, v := range unsafe.Slice((*S)(src), n) {
			d[i] = D(v)
		}
		return
	}
	for i := range d {
		d[i] = D(*index[S](src, i*step))
	}
}

// index returns the address of element i counted from p.
func index[T dtype.Element](p unsafe.Pointer, i int) *T {
	return (*T)(unsafe.Add(p, i*int(unsafe.Sizeof(*new(T)))))
}

func castToBool[S dtype.Number](dst, src unsafe.Pointer, step, n int) {
	d := unsafe.Slice((*bool)(dst), n)
	for i := range d {
		d[i] = *index[S](src, i*step) != 0
	}
}

func castFromBool[D dtype.Real](dst, src unsafe.Pointer, step, n int) {
	d := unsafe.Slice((*D)(dst), n)
	for i := range d {
		d[i] = D(*index[uint8](src, i*step)) // a Go bool is the byte 0 or 1
	}
}

func castToComplex64[S dtype.Real](dst, src unsafe.Pointer, step, n int) {
	d := unsafe.Slice((*complex64)(dst), n)
	for i := range d {
		d[i] = complex(float32(*index[S](src, i*step)), 0)
	}
}

func castToComplex128[S dtype.Real](dst, src unsafe.Pointer, step, n int) {
	d := unsafe.Slice((*complex128)(dst), n)
	for i := range d {
		d[i] = complex(float64(*index[S](src, i*step)), 0)
	}
}

// castFromComplex64 drops the imaginary part, as NumPy does with a warning.
func castFromComplex64[D dtype.Real](dst, src unsafe.Pointer, step, n int) {
	d := unsafe.Slice((*D)(dst), n)
	for i := range d {
		d[i] = D(real(*index[complex64](src, i*step)))
	}
}

func castFromComplex128[D dtype.Real](dst, src unsafe.Pointer, step, n int) {
	d := unsafe.Slice((*D)(dst), n)
	for i := range d {
		d[i] = D(real(*index[complex128](src, i*step)))
	}
}

func castComplex[D, S dtype.Complex](dst, src unsafe.Pointer, step, n int) {
	d := unsafe.Slice((*D)(dst), n)
	for i := range d {
		d[i] = D(*index[S](src, i*step))
	}
}

// castRow is the conversions from one type, by destination.
type castRow [dtype.Complex128 + 1]castLoop

// castRealRow is the conversions from a real type.
func castRealRow[S dtype.Real]() castRow {
	return castRow{
		dtype.Bool: castToBool[S],
		dtype.Int8: castReal[int8, S], dtype.Int16: castReal[int16, S],
		dtype.Int32: castReal[int32, S], dtype.Int64: castReal[int64, S],
		dtype.Uint8: castReal[uint8, S], dtype.Uint16: castReal[uint16, S],
		dtype.Uint32: castReal[uint32, S], dtype.Uint64: castReal[uint64, S],
		dtype.Float32: castReal[float32, S], dtype.Float64: castReal[float64, S],
		dtype.Complex64: castToComplex64[S], dtype.Complex128: castToComplex128[S],
	}
}

// casts holds the conversion of each storage type (first index) to each other.
var casts = [dtype.Complex128 + 1]castRow{
	dtype.Bool: {
		dtype.Int8: castFromBool[int8], dtype.Int16: castFromBool[int16],
		dtype.Int32: castFromBool[int32], dtype.Int64: castFromBool[int64],
		dtype.Uint8: castFromBool[uint8], dtype.Uint16: castFromBool[uint16],
		dtype.Uint32: castFromBool[uint32], dtype.Uint64: castFromBool[uint64],
		dtype.Float32: castFromBool[float32], dtype.Float64: castFromBool[float64],
		dtype.Complex64: castToComplex64[uint8], dtype.Complex128: castToComplex128[uint8],
	},
	dtype.Int8: castRealRow[int8](), dtype.Int16: castRealRow[int16](),
	dtype.Int32: castRealRow[int32](), dtype.Int64: castRealRow[int64](),
	dtype.Uint8: castRealRow[uint8](), dtype.Uint16: castRealRow[uint16](),
	dtype.Uint32: castRealRow[uint32](), dtype.Uint64: castRealRow[uint64](),
	dtype.Float32: castRealRow[float32](), dtype.Float64: castRealRow[float64](),
	dtype.Complex64: {
		dtype.Bool: castToBool[complex64],
		dtype.Int8: castFromComplex64[int8], dtype.Int16: castFromComplex64[int16],
		dtype.Int32: castFromComplex64[int32], dtype.Int64: castFromComplex64[int64],
		dtype.Uint8: castFromComplex64[uint8], dtype.Uint16: castFromComplex64[uint16],
		dtype.Uint32: castFromComplex64[uint32], dtype.Uint64: castFromComplex64[uint64],
		dtype.Float32: castFromComplex64[float32], dtype.Float64: castFromComplex64[float64],
		dtype.Complex128: castComplex[complex128, complex64],
	},
	dtype.Complex128: {
		dtype.Bool: castToBool[complex128],
		dtype.Int8: castFromComplex128[int8], dtype.Int16: castFromComplex128[int16],
		dtype.Int32: castFromComplex128[int32], dtype.Int64: castFromComplex128[int64],
		dtype.Uint8: castFromComplex128[uint8], dtype.Uint16: castFromComplex128[uint16],
		dtype.Uint32: castFromComplex128[uint32], dtype.Uint64: castFromComplex128[uint64],
		dtype.Float32: castFromComplex128[float32], dtype.Float64: castFromComplex128[float64],
		dtype.Complex64: castComplex[complex64, complex128],
	},
}

// load puts n elements of type from, step apart at src, into contiguous memory as type to: src itself when it is
// that already, otherwise scratch, which is returned.
func load(scratch unsafe.Pointer, to dtype.Type, src unsafe.Pointer, from dtype.Type, step, n int) unsafe.Pointer {
	to, from = to.Storage(), from.Storage()
	switch {
	case to == from && step == 1:
		return src
	case to == from:
		copyRun(to, scratch, 1, src, step, n)
	default:
		casts[from][to](scratch, src, step, n)
	}
	return scratch
}

// castInto converts the elements of src to the type of dst, which has the same shape and other memory.
func castInto(dst, src *Array) {
	w := newWalk(dst.shape, dst, src)
	loop := casts[src.dt.Storage()][dst.dt.Storage()]
	if w.step[0] == 1 {
		w.each(func(at []int) { loop(dst.at(at[0]), src.at(at[1]), w.step[1], w.run) })
		return
	}
	t := newTile()
	defer t.free()
	w.each(func(at []int) {
		for i := 0; i < w.run; i += tileLen {
			n := min(tileLen, w.run-i)
			loop(t.mem(0), src.at(at[1]+i*w.step[1]), w.step[1], n)
			copyRun(dst.dt, dst.at(at[0]+i*w.step[0]), w.step[0], t.mem(0), 1, n)
		}
	})
}

// AsType returns the array with its elements converted, or itself when it has that type already.
//
// Fractions are cut off, integers wrap, complex numbers lose their imaginary part, everything but zero is true, and
// times convert as their nanoseconds. Numbers outside of an integer type's range give what the machine gives, as in
// NumPy.
func (a *Array) AsType(t dtype.Type) (*Array, error) {
	if !t.IsArray() {
		return nil, fail(ErrDType, "astype: an n-d array cannot hold %v elements", t)
	}
	switch {
	case a.dt == t:
		return a, nil
	case a.dt.Storage() == t.Storage():
		v := a.Copy()
		v.dt = t
		return v, nil
	}
	c := newArray(t, a.Shape(), false)
	castInto(c, a)
	return c, nil
}

// as is AsType for types that are known to be convertible.
func (a *Array) as(t dtype.Type) *Array {
	c, err := a.AsType(t)
	if err != nil {
		return a
	}
	return c
}
