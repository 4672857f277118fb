package num

import (
	"unsafe"

	"sheaf/dtype"
)

// CanCast reports whether there is a Cast from one dtype to another: between all that an array can hold, except that
// complex numbers do not become times. Complex numbers lose their imaginary part; floats are truncated towards zero, and
// those that do not fit wrap around through int64, as on amd64 with NumPy; NaN becomes the smallest integer, and NaT of
// a time.
func CanCast(from, to dtype.Type) bool {
	return from < numTypes && to < numTypes && castLoops[from][to] != nil
}

// castReal is the loop between two real types.
func castReal[From, To ordered](dst, a unsafe.Pointer, n int) {
	d, p := unsafe.Slice((*To)(dst), n), unsafe.Slice((*From)(a), n)
	for i := range d {
		d[i] = To(p[i])
	}
}

// castFloatInt goes through int64, so that narrow types wrap around instead of giving what the machine likes.
func castFloatInt[From float, To integer](dst, a unsafe.Pointer, n int) {
	d, p := unsafe.Slice((*To)(dst), n), unsafe.Slice((*From)(a), n)
	for i := range d {
		d[i] = To(toInt64(float64(p[i])))
	}
}

func toInt64(x float64) int64 {
	if x >= -1<<63 && x < 1<<63 {
		return int64(x)
	}
	return nat
}

// castFloatUint64 keeps the numbers from 2^63 to 2^64.
func castFloatUint64[From float](dst, a unsafe.Pointer, n int) {
	d, p := unsafe.Slice((*uint64)(dst), n), unsafe.Slice((*From)(a), n)
	for i := range d {
		if x := float64(p[i]); x >= 1<<63 && x < 1<<64 {
			d[i] = uint64(x-1<<63) + 1<<63
		} else {
			d[i] = uint64(toInt64(x))
		}
	}
}

func castToBool[From equatable](dst, a unsafe.Pointer, n int) {
	d, p := unsafe.Slice((*bool)(dst), n), unsafe.Slice((*From)(a), n)
	for i := range d {
		d[i] = p[i] != 0
	}
}

func castToComplex[From ordered, To complexes](dst, a unsafe.Pointer, n int) {
	d, p := unsafe.Slice((*To)(dst), n), unsafe.Slice((*From)(a), n)
	for i := range d {
		d[i] = To(complex(float64(p[i]), 0))
	}
}

func castComplex[From, To complexes](dst, a unsafe.Pointer, n int) {
	d, p := unsafe.Slice((*To)(dst), n), unsafe.Slice((*From)(a), n)
	for i := range d {
		d[i] = To(p[i])
	}
}

func castFromComplex[From complexes, To float](dst, a unsafe.Pointer, n int) {
	d, p := unsafe.Slice((*To)(dst), n), unsafe.Slice((*From)(a), n)
	for i := range d {
		d[i] = To(re(p[i]))
	}
}

func castComplexInt[From complexes, To integer](dst, a unsafe.Pointer, n int) {
	d, p := unsafe.Slice((*To)(dst), n), unsafe.Slice((*From)(a), n)
	for i := range d {
		d[i] = To(toInt64(re(p[i])))
	}
}

// castTimeFloat makes NaT a NaN.
func castTimeFloat[To float](dst, a unsafe.Pointer, n int) {
	d, p := unsafe.Slice((*To)(dst), n), unsafe.Slice((*int64)(a), n)
	for i := range d {
		if d[i] = To(p[i]); p[i] == nat {
			d[i] = To(nan)
		}
	}
}

func init() {
	castsFromInt[uint8](dtype.Bool)
	castsFromInt[int8](dtype.Int8)
	castsFromInt[int16](dtype.Int16)
	castsFromInt[int32](dtype.Int32)
	castsFromInt[int64](dtype.Int64)
	castsFromInt[uint8](dtype.Uint8)
	castsFromInt[uint16](dtype.Uint16)
	castsFromInt[uint32](dtype.Uint32)
	castsFromInt[uint64](dtype.Uint64)
	castsFromFloat[float32](dtype.Float32)
	castsFromFloat[float64](dtype.Float64)
	castsFromComplex[complex64](dtype.Complex64)
	castsFromComplex[complex128](dtype.Complex128)
	for _, t := range []dtype.Type{dtype.Datetime, dtype.Timedelta} {
		castsFromInt[int64](t)
		castLoops[t][dtype.Float32], castLoops[t][dtype.Float64] = castTimeFloat[float32], castTimeFloat[float64]
		castLoops[t][dtype.Complex64], castLoops[t][dtype.Complex128] = nil, nil
	}
}

func castsFromInt[T integer](from dtype.Type) {
	c := &castLoops[from]
	c[dtype.Bool] = castToBool[T]
	c[dtype.Int8], c[dtype.Int16] = castReal[T, int8], castReal[T, int16]
	c[dtype.Int32], c[dtype.Int64] = castReal[T, int32], castReal[T, int64]
	c[dtype.Uint8], c[dtype.Uint16] = castReal[T, uint8], castReal[T, uint16]
	c[dtype.Uint32], c[dtype.Uint64] = castReal[T, uint32], castReal[T, uint64]
	c[dtype.Float32], c[dtype.Float64] = castReal[T, float32], castReal[T, float64]
	c[dtype.Complex64], c[dtype.Complex128] = castToComplex[T, complex64], castToComplex[T, complex128]
	c[dtype.Datetime], c[dtype.Timedelta] = castReal[T, int64], castReal[T, int64]
}

func castsFromFloat[T float](from dtype.Type) {
	c := &castLoops[from]
	c[dtype.Bool] = castToBool[T]
	c[dtype.Int8], c[dtype.Int16] = castFloatInt[T, int8], castFloatInt[T, int16]
	c[dtype.Int32], c[dtype.Int64] = castFloatInt[T, int32], castFloatInt[T, int64]
	c[dtype.Uint8], c[dtype.Uint16] = castFloatInt[T, uint8], castFloatInt[T, uint16]
	c[dtype.Uint32], c[dtype.Uint64] = castFloatInt[T, uint32], castFloatUint64[T]
	c[dtype.Float32], c[dtype.Float64] = castReal[T, float32], castReal[T, float64]
	c[dtype.Complex64], c[dtype.Complex128] = castToComplex[T, complex64], castToComplex[T, complex128]
	c[dtype.Datetime], c[dtype.Timedelta] = castFloatInt[T, int64], castFloatInt[T, int64]
}

func castsFromComplex[T complexes](from dtype.Type) {
	c := &castLoops[from]
	c[dtype.Bool] = castToBool[T]
	c[dtype.Int8], c[dtype.Int16] = castComplexInt[T, int8], castComplexInt[T, int16]
	c[dtype.Int32], c[dtype.Int64] = castComplexInt[T, int32], castComplexInt[T, int64]
	c[dtype.Uint8], c[dtype.Uint16] = castComplexInt[T, uint8], castComplexInt[T, uint16]
	c[dtype.Uint32], c[dtype.Uint64] = castComplexInt[T, uint32], castComplexInt[T, uint64]
	c[dtype.Float32], c[dtype.Float64] = castFromComplex[T, float32], castFromComplex[T, float64]
	c[dtype.Complex64], c[dtype.Complex128] = castComplex[T, complex64], castComplex[T, complex128]
}
