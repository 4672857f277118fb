package ndarray

import "sheaf/dtype"

// CumSum returns the running sums along an axis; integers and bool are summed in 64 bits.
func (a *Array) CumSum(axis int) (*Array, error) { return a.scan("cumsum", axis, false) }

// CumProd returns the running products along an axis; integers and bool are multiplied in 64 bits.
func (a *Array) CumProd(axis int) (*Array, error) { return a.scan("cumprod", axis, true) }

func (a *Array) scan(op string, axis int, multiply bool) (*Array, error) {
	t := dtype.ForSum(a.dt)
	if a.dt == dtype.Datetime || multiply && a.dt.IsTemporal() {
		return nil, noDType(op, a.dt)
	}
	return a.as(t).rows(op, axis, func(row *Array) {
		p, n := row.first(), row.Size()
		switch t {
		case dtype.Int64:
			running(elems[int64](p, n), multiply)
		case dtype.Uint64:
			running(elems[uint64](p, n), multiply)
		case dtype.Float32:
			running(elems[float32](p, n), multiply)
		case dtype.Float64:
			running(elems[float64](p, n), multiply)
		case dtype.Complex64:
			running(elems[complex64](p, n), multiply)
		case dtype.Complex128:
			running(elems[complex128](p, n), multiply)
		case dtype.Timedelta:
			runningTime(elems[int64](p, n))
		}
	})
}

func running[T dtype.Number](v []T, multiply bool) {
	for i := 1; i < len(v); i++ {
		if multiply {
			v[i] *= v[i-1]
		} else {
			v[i] += v[i-1]
		}
	}
}

// runningTime sums time differences; from a NaT on all sums are NaT.
func runningTime(v []int64) {
	for i := 1; i < len(v); i++ {
		if v[i-1] == dtype.NaT || v[i] == dtype.NaT {
			v[i] = dtype.NaT
		} else {
			v[i] += v[i-1]
		}
	}
}
