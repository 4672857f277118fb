package num

import "math"

func re[T complexes](x T) float64 { return real(complex128(x)) }
func im[T complexes](x T) float64 { return imag(complex128(x)) }

func conj[T complexes](x T) T { return T(complex(re(x), -im(x))) }

// divComplex divides by Smith's method, as NumPy does.
func divComplex[T complexes](x, y T) T {
	var zero T
	if _, narrow := any(zero).(complex64); narrow {
		a, b := complex64(x), complex64(y)
		return T(smith(real(a), imag(a), real(b), imag(b)))
	}
	return T(smith(re(x), im(x), re(y), im(y)))
}

func smith[F float](xr, xi, yr, yi F) complex128 {
	ar, ai := abs(yr), abs(yi)
	if ar >= ai {
		if ar == 0 && ai == 0 {
			return complex(float64(xr/ar), float64(xi/ar))
		}
		rat := yi / yr
		scl := 1 / (yr + F(yi*rat))
		return complex(float64((xr+F(xi*rat))*scl), float64((xi-F(xr*rat))*scl))
	}
	rat := yr / yi
	scl := 1 / (yi + F(yr*rat))
	return complex(float64((F(xr*rat)+xi)*scl), float64((F(xi*rat)-xr)*scl))
}

func reciprocalComplex[T complexes](x T) T {
	xr, xi := re(x), im(x)
	if math.Abs(xi) <= math.Abs(xr) {
		rat := xi / xr
		scl := xr + float64(xi*rat)
		return T(complex(1/scl, -rat/scl))
	}
	rat := xr / xi
	scl := xi + float64(xr*rat)
	return T(complex(rat/scl, -1/scl))
}

func isNaNComplex[T complexes](x T) bool { return math.IsNaN(re(x)) || math.IsNaN(im(x)) }

func isFiniteComplex[T complexes](x T) bool {
	return re(x)-re(x) == 0 && im(x)-im(x) == 0
}

func isInfComplex[T complexes](x T) bool { return math.IsInf(re(x), 0) || math.IsInf(im(x), 0) }

func nanToZeroComplex[T complexes](x T) T {
	if isNaNComplex(x) {
		return 0
	}
	return x
}

// lessComplex orders by the real part, then by the imaginary part.
func lessComplex[T complexes](x, y T) bool {
	xr, yr := re(x), re(y)
	return xr < yr && im(x) == im(x) && im(y) == im(y) || xr == yr && im(x) < im(y)
}

func lessEqualComplex[T complexes](x, y T) bool {
	xr, yr := re(x), re(y)
	return xr < yr && im(x) == im(x) && im(y) == im(y) || xr == yr && im(x) <= im(y)
}

func minComplex[T complexes](x, y T) T {
	if isNaNComplex(x) || lessEqualComplex(x, y) {
		return x
	}
	return y
}

func maxComplex[T complexes](x, y T) T {
	if isNaNComplex(x) || lessEqualComplex(y, x) {
		return x
	}
	return y
}
