package ndarray

import "sheaf/dtype"

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
	copyInto(c, a)
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
