package num

import "math"

// pow is C's pow, with the powers that are cheap done directly, as NumPy does for array-scalar powers.
func pow(x, y float64) float64 {
	switch y {
	case 2:
		return x * x
	case 1:
		return x
	case 0.5:
		if x >= 0 && x <= math.MaxFloat64 {
			return math.Sqrt(x)
		}
	case -1:
		return 1 / x
	}
	return math.Pow(x, y)
}
