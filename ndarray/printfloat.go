package ndarray

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"sheaf/dtype"
)

// floatFormat prints real numbers in columns: all positional, or all scientific when their magnitudes differ too
// much, with the digits that the longest of them needs, up to the precision.
type floatFormat struct {
	bits       int
	scientific bool
	plus       bool // positive numbers have a sign
	precision  int
	padLeft    int // characters before the point
	padRight   int // characters after it
	expDigits  int
}

// newFloatFormat finds the format of the given numbers, with NumPy's rules.
func newFloatFormat(values []float64, bits int, o PrintOptions, plus bool) *floatFormat {
	f := &floatFormat{bits: bits, plus: plus, precision: o.Precision}
	finite, smallest, largest := 0, math.Inf(1), 0.0
	hasNaN, hasInf, hasNegInf := false, false, plus
	for _, v := range values {
		switch {
		case math.IsNaN(v):
			hasNaN = true
		case math.IsInf(v, 0):
			hasInf, hasNegInf = true, hasNegInf || v < 0
		default:
			finite++
			if m := math.Abs(v); m != 0 {
				smallest, largest = min(smallest, m), max(largest, m)
			}
		}
	}
	limit := 1e8
	if bits == 32 { // one digit more than float32 is good for
		limit = 1e6
	}
	f.scientific = largest >= limit || largest > 0 && !o.Suppress && (smallest < 1e-4 || f.ratio(largest, smallest) > 1000)
	if finite > 0 {
		f.fit(values)
	}
	if hasNaN || hasInf {
		offset := f.padRight + 1
		f.padLeft = max(f.padLeft, len("nan")-offset, len("inf")+b2i(hasNegInf)-offset)
	}
	return f
}

// ratio divides in the precision of the elements.
func (f *floatFormat) ratio(a, b float64) float64 {
	if f.bits == 32 {
		return float64(float32(a) / float32(b))
	}
	return a / b
}

// fit finds the widths of the parts of the finite numbers.
func (f *floatFormat) fit(values []float64) {
	fraction := 0
	for _, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			continue
		}
		mantissa, exponent := f.digits(v), ""
		if f.scientific {
			mantissa, exponent, _ = strings.Cut(mantissa, "e")
			f.expDigits = max(f.expDigits, len(exponent)-1)
		}
		whole, frac, _ := strings.Cut(mantissa, ".")
		f.padLeft, fraction = max(f.padLeft, len(whole)), max(fraction, len(frac))
	}
	f.padRight = fraction
	if f.scientific {
		f.precision = fraction
		f.padRight = f.expDigits + 2 + fraction
	}
}

// digits prints a finite number with the fewest digits that identify it, at most precision after the point, and
// always with a point. The exponent has two digits at least.
func (f *floatFormat) digits(v float64) string {
	verb := byte('f')
	if f.scientific {
		verb = 'e'
	}
	s := strconv.FormatFloat(v, verb, -1, f.bits)
	mantissa, exponent, _ := strings.Cut(s, "e")
	if _, frac, _ := strings.Cut(mantissa, "."); len(frac) > f.precision {
		s = strconv.FormatFloat(v, verb, f.precision, f.bits)
		mantissa, exponent, _ = strings.Cut(s, "e")
		if strings.Contains(mantissa, ".") {
			mantissa = strings.TrimRight(mantissa, "0")
		}
	}
	if !strings.Contains(mantissa, ".") {
		mantissa += "."
	}
	if f.plus && !math.Signbit(v) {
		mantissa = "+" + mantissa
	}
	if f.scientific {
		return mantissa + "e" + exponent
	}
	return mantissa
}

// text prints one number, padded to the column.
func (f *floatFormat) text(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return padLeft(nonFinite(v, f.plus), f.padLeft+f.padRight+1)
	}
	if f.scientific {
		return f.scientificText(v)
	}
	whole, frac, _ := strings.Cut(f.digits(v), ".")
	return padLeft(whole, f.padLeft) + "." + frac + strings.Repeat(" ", f.padRight-len(frac))
}

// scientificText prints all numbers with the same number of digits, those that are longer than needed exactly.
func (f *floatFormat) scientificText(v float64) string {
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(v, 'e', f.precision, f.bits), "e")
	if f.plus && !math.Signbit(v) {
		mantissa = "+" + mantissa
	}
	whole, frac, _ := strings.Cut(mantissa, ".")
	sign, digits := exponent[:1], exponent[1:]
	return padLeft(whole, f.padLeft) + "." + frac + "e" + sign + strings.Repeat("0", max(0, f.expDigits-len(digits))) + digits
}

func nonFinite(v float64, plus bool) string {
	s := "nan"
	switch {
	case math.IsInf(v, 1):
		s = "inf"
	case math.IsInf(v, -1):
		return "-inf"
	}
	if plus {
		return "+" + s
	}
	return s
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func floatAt(a *Array, at int) float64 {
	if a.dt == dtype.Float32 {
		return float64(buffer[float32](a)[at])
	}
	return buffer[float64](a)[at]
}

func complexAt(a *Array, at int) complex128 {
	if a.dt == dtype.Complex64 {
		return complex128(buffer[complex64](a)[at])
	}
	return buffer[complex128](a)[at]
}

func boolText(a *Array, at int) string {
	if buffer[bool](a)[at] {
		return "True"
	}
	return "False"
}

// integerText prints integers and time differences.
func integerText(a *Array, at int) string {
	if a.dt == dtype.Timedelta {
		if ns := buffer[int64](a)[at]; ns != dtype.NaT {
			return strconv.FormatInt(ns, 10)
		}
		return "NaT"
	}
	return fmt.Sprint(a.value(at))
}

// datetimeText prints nanoseconds since 1970 as NumPy does.
func datetimeText(ns int64) string {
	if ns == dtype.NaT {
		return "NaT"
	}
	return time.Unix(0, ns).UTC().Format("2006-01-02T15:04:05.000000000")
}

// scalarText prints a 0-d array as NumPy prints its scalars.
func scalarText(a *Array) string {
	at := a.offset
	switch {
	case a.dt == dtype.Bool:
		return boolText(a, at)
	case a.dt.IsFloat():
		return numberText(floatAt(a, at), a.dt.Size()*8)
	case a.dt == dtype.Datetime:
		return datetimeText(buffer[int64](a)[at])
	case a.dt == dtype.Timedelta:
		if s := integerText(a, at); s == "NaT" {
			return s
		}
		return integerText(a, at) + " nanoseconds"
	case a.dt.IsComplex():
		return complexText(complexAt(a, at), a.dt.Size()*4)
	}
	return integerText(a, at)
}

// numberText prints a number with the fewest digits that identify it, positional between 1e-4 and 1e16
// (1e6 for 32 bits).
func numberText(v float64, bits int) string {
	m, limit := math.Abs(v), 1e16
	if bits == 32 {
		limit = 1e6
	}
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return nonFinite(v, false)
	case m != 0 && (m < 1e-4 || m >= limit):
		return strconv.FormatFloat(v, 'e', -1, bits)
	}
	s := strconv.FormatFloat(v, 'f', -1, bits)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

// complexText prints a complex number as Python does: "(1+2j)", "2j".
func complexText(c complex128, bits int) string {
	part := func(v float64) string { return strings.TrimSuffix(numberText(v, bits), ".0") }
	im := part(imag(c)) + "j"
	if real(c) == 0 && !math.Signbit(real(c)) {
		return im
	}
	if !strings.HasPrefix(im, "-") {
		im = "+" + im
	}
	return "(" + part(real(c)) + im + ")"
}
