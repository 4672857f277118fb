// Package ndarray is the concrete n-dimensional array of sheaf: what a chunk holds and what Compute returns.
//
// An [Array] has an element type known at run time ([sheaf/dtype]), a shape, strides and an offset into a flat
// buffer of elements, so that transposes, slices and broadcasts are views that share memory. Everything works at
// once; mistakes such as shapes that do not fit are returned as errors that name both shapes.
//
// Semantics are NumPy 2's: broadcasting, promotion with weak Go scalars, integers that wrap, floor division, NaN
// that propagates, sums of narrow integers in 64 bits, printing, and the .npy format. Results never depend on the
// number of threads; nothing here starts a goroutine.
//
// Typed access is generic: [Values] copies if it must, [Raw] never does.
//
//	x, _ := ndarray.FromSlice([]float64{1, 2, 3, 4}, 2, 2)
//	y, err := x.Add(10)                      // operands are arrays, Go numbers and nested slices
//	col, err := y.Index(ndarray.All, 0)      // a view, y[:, 0]
//	v, err := ndarray.Values[float64](col)   // [11 13]
package ndarray
