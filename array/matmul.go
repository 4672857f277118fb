package array

import (
	"slices"

	"sheaf/dtype"
)

// TensorDot sums products over pairs of axes: axesA of a with axesB of b, which must have equal lengths. The result has a's
// other axes and then b's.
//
// Same as numpy.tensordot with lists of axes.
func TensorDot(a, b any, axesA, axesB []int) *Array {
	x, y, failed1 := pairOf("tensordot", a, b)
	if failed1 != nil {
		return failed1
	}
	n, err := tensorDot(x.node, y.node, axesA, axesB)
	if err != nil {
		return at("tensordot", err)
	}
	return wrap(n)
}

// pairOf converts the operands of a product; the third result carries an error.
func pairOf(op string, a, b any) (x, y, bad *Array) {
	os, err := operands(a, b)
	if err != nil {
		if passed(err, []any{a, b}) {
			return nil, nil, &Array{err: err}
		}
		return nil, nil, at(op, err)
	}
	nodes := make([]node, 2)
	for i, o := range os {
		if nodes[i] = o.node; o.node == nil {
			if nodes[i], err = scalarNode(dtype.OfValue(o.weak), o.weak); err != nil {
				return nil, nil, at(op, err)
			}
		}
	}
	return wrap(nodes[0]), wrap(nodes[1]), nil
}

func tensorDot(a, b node, axesA, axesB []int) (node, error) {
	if len(axesA) != len(axesB) {
		return nil, wrong(ErrAxis, "%d axes of the first operand meet %d of the second", len(axesA), len(axesB))
	}
	ca, cb := a.about().chunks, b.about().chunks
	axesA, err := normAxes(axesA, len(ca))
	if err != nil {
		return nil, err
	}
	if axesB, err = normAxes(axesB, len(cb)); err != nil {
		return nil, err
	}
	labels := [2][]int{make([]int, len(ca)), make([]int, len(cb))}
	var chunks [][]int
	for axis, c := range ca {
		if k := slices.Index(axesA, axis); k >= 0 {
			labels[0][axis] = -1 - k
			continue
		}
		labels[0][axis] = len(chunks)
		chunks = append(chunks, c)
	}
	for axis, c := range cb {
		if k := slices.Index(axesB, axis); k >= 0 {
			labels[1][axis] = -1 - k
			continue
		}
		labels[1][axis] = len(chunks)
		chunks = append(chunks, c)
	}
	if a, b, err = meet(a, b, axesA, axesB); err != nil {
		return nil, err
	}
	t, err := productType(a, b)
	if err != nil {
		return nil, err
	}
	return newContract(contractAxes, a, b, [2][]int{axesA, axesB}, labels, t, chunks), nil
}

// meet brings the contracted axes to common blocks.
func meet(a, b node, axesA, axesB []int) (node, node, error) {
	wantA, wantB := slices.Clone(a.about().chunks), slices.Clone(b.about().chunks)
	for k := range axesA {
		c, err := refine([][]int{wantA[axesA[k]], wantB[axesB[k]]})
		if err != nil {
			if shapeErr(err) {
				err = wrong(ErrShape, "shapes %s and %s: axis %d of the first has length %s, axis %d of the second %s",
					shapeText(shapeOf(a.about().chunks)), shapeText(shapeOf(b.about().chunks)),
					axesA[k], length(total(wantA[axesA[k]])), axesB[k], length(total(wantB[axesB[k]])))
			}
			return nil, nil, err
		}
		wantA[axesA[k]], wantB[axesB[k]] = c, c
	}
	a, err := rechunked(a, wantA)
	if err != nil {
		return nil, nil, err
	}
	b, err = rechunked(b, wantB)
	return a, b, err
}

// productType is the dtype of sums of products: NumPy's, which does not widen.
func productType(a, b node) (dtype.Type, error) {
	t, err := dtype.Promote(a.about().dt, b.about().dt)
	if err != nil || t.IsTemporal() {
		return t, wrong(ErrDType, "not defined for %v and %v", a.about().dt, b.about().dt)
	}
	return t, nil
}

// Dot is NumPy's dot: the inner product of vectors, the matrix product, a product with a number, and for more dimensions the
// sum over x's last and y's second to last axis.
func (x *Array) Dot(y any) *Array {
	a, b, bad := pairOf("dot", x, y)
	switch {
	case bad != nil:
		return bad
	case a.Ndim() == 0 || b.Ndim() == 0:
		return a.Mul(b)
	}
	n, err := tensorDot(a.node, b.node, []int{-1}, []int{max(-2, -b.Ndim())})
	if err != nil {
		return at("dot", err)
	}
	return wrap(n)
}

// VDot is the inner product of the elements of two arrays in C order; those of x are conjugated.
func VDot(x, y any) *Array {
	a, b, bad := pairOf("vdot", x, y)
	if bad != nil {
		return bad
	}
	return a.Conj().Ravel().Dot(b.Ravel())
}

// Outer returns the products of all elements of x with all of y, as a matrix.
func (x *Array) Outer(y any) *Array {
	a, b, bad := pairOf("outer", x, y)
	if bad != nil {
		return bad
	}
	return a.Ravel().ExpandDims(1).Mul(b.Ravel().ExpandDims(0))
}

// MatMul is the matrix product. A vector counts as a row on the left and as a column on the right; with more than two
// dimensions the last two are matrices and the others broadcast. The dtype is NumPy's, which does not widen.
func (x *Array) MatMul(y any) *Array {
	a, b, bad := pairOf("matmul", x, y)
	switch {
	case bad != nil:
		return bad
	case a.Ndim() == 0 || b.Ndim() == 0:
		return failed("matmul", ErrShape, "an operand has no dimensions; multiply by numbers with Mul")
	case a.Ndim() <= 2 && b.Ndim() <= 2:
		n, err := tensorDot(a.node, b.node, []int{-1}, []int{max(-2, -b.Ndim())})
		if err != nil {
			return at("matmul", err)
		}
		return wrap(n)
	case a.Ndim() == 1:
		return a.ExpandDims(0).MatMul(b).Squeeze(-2)
	case b.Ndim() == 1:
		return a.MatMul(b.ExpandDims(1)).Squeeze(-1)
	}
	n, err := batched(a.node, b.node)
	if err != nil {
		return at("matmul", err)
	}
	return wrap(n)
}

// batched is matmul of stacks of matrices.
func batched(a, b node) (node, error) {
	ca, cb := a.about().chunks, b.about().chunks
	batch, err := broadcastChunks("matmul", ca[:len(ca)-2], cb[:len(cb)-2])
	if err != nil {
		return nil, err
	}
	nodes, labels := [2]node{a, b}, [2][]int{}
	for i, n := range nodes {
		c := n.about().chunks
		k := len(c) - 2
		lead := len(batch) - k
		want := slices.Clone(c)
		for axis := range k {
			if total(c[axis]) == 1 && total(batch[lead+axis]) != 1 {
				labels[i] = append(labels[i], broadcastAxis)
				want[axis] = []int{1}
				continue
			}
			labels[i] = append(labels[i], lead+axis)
			want[axis] = batch[lead+axis]
		}
		if nodes[i], err = rechunked(n, want); err != nil {
			return nil, err
		}
	}
	labels[0] = append(labels[0], len(batch), -1)
	labels[1] = append(labels[1], -1, len(batch)+1)
	axes := [2][]int{{len(ca) - 1}, {len(cb) - 2}}
	if nodes[0], nodes[1], err = meet(nodes[0], nodes[1], axes[0], axes[1]); err != nil {
		return nil, err
	}
	t, err := productType(a, b)
	if err != nil {
		return nil, err
	}
	chunks := append(slices.Clone(batch), ca[len(ca)-2], cb[len(cb)-1])
	return newContract(contractMatrix, nodes[0], nodes[1], axes, labels, t, chunks), nil
}
