package ndarray

import "slices"

// inferShape returns a new shape for n elements with a length of -1 replaced by what is left.
func inferShape(op string, n int, shape []int) ([]int, error) {
	out, unknown, known := slices.Clone(shape), -1, 1
	if len(shape) > maxDims {
		return nil, fail(ErrShape, "%s: %d dimensions; %d is the limit", op, len(shape), maxDims)
	}
	for i, d := range shape {
		switch {
		case d == -1 && unknown < 0:
			unknown = i
		case d == -1:
			return nil, fail(ErrShape, "%s: only one length of shape %s can be -1", op, ShapeString(shape))
		case d < 0:
			return nil, fail(ErrShape, "%s: negative length in shape %s", op, ShapeString(shape))
		case d > 0 && known > maxBytes/d:
			return nil, fail(ErrShape, "%s: shape %s is too large", op, ShapeString(shape))
		default:
			known *= d
		}
	}
	if unknown >= 0 && known > 0 && n%known == 0 {
		out[unknown] = n / known
		return out, nil
	}
	if unknown >= 0 || known != n {
		return nil, fail(ErrShape, "%s: %d elements do not fit shape %s", op, n, ShapeString(shape))
	}
	return out, nil
}

// Reshape returns the elements in C order under another shape of the same size; one length may be -1. It is a view
// when the strides allow it and a copy otherwise.
func (a *Array) Reshape(shape ...int) (*Array, error) {
	out, err := inferShape("reshape "+ShapeString(a.shape), a.Size(), shape)
	if err != nil {
		return nil, err
	}
	if strides, ok := reshapeStrides(a, out); ok {
		return a.like(out, strides, a.offset), nil
	}
	return a.Copy().like(out, cStrides(out), 0), nil
}

// Ravel returns the elements in C order as a 1-d array, a view when the array is contiguous.
func (a *Array) Ravel() *Array {
	n := a.Size()
	if strides, ok := reshapeStrides(a, []int{n}); ok {
		return a.like([]int{n}, strides, a.offset)
	}
	return a.Copy().like([]int{n}, []int{1}, 0)
}

// reshapeStrides finds strides with which the buffer shows the new shape without copying. Both shapes are cut into
// groups of axes with equal products; a group can be re-cut when its old axes walk memory evenly.
func reshapeStrides(a *Array, shape []int) ([]int, bool) {
	if a.Size() == 0 || a.IsContiguous() {
		return cStrides(shape), true
	}
	var lens, steps []int
	for i, n := range a.shape {
		if n != 1 {
			lens, steps = append(lens, n), append(steps, a.strides[i])
		}
	}
	strides := make([]int, len(shape))
	for i, j := 0, 0; i < len(lens) && j < len(shape); {
		oi, oj := i+1, j+1
		oldN, newN := lens[i], shape[j]
		for oldN != newN {
			if oldN < newN {
				oldN *= lens[oi]
				oi++
			} else {
				newN *= shape[oj]
				oj++
			}
		}
		for k := i; k < oi-1; k++ {
			if steps[k] != steps[k+1]*lens[k+1] {
				return nil, false
			}
		}
		strides[oj-1] = steps[oi-1]
		for k := oj - 1; k > j; k-- {
			strides[k-1] = strides[k] * shape[k]
		}
		i, j = oi, oj
	}
	return strides, true
}
