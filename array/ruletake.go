package array

// takeFirst takes positions out of the operands of an elementwise operation instead of its result, so that only what is
// taken is computed. It applies where the blocks of the result are those of the operands, not where they are broadcast
// along the axis.
func takeFirst(n node) (node, bool) {
	t, ok := n.(*takeNode)
	if !ok {
		return n, false
	}
	u, ok := t.kids[0].(*ufuncNode)
	if !ok || len(t.positions) >= total(u.chunks[t.axis]) || total(u.chunks[t.axis]) == 1 {
		return n, false
	}
	kids := make([]node, len(u.kids))
	for i, k := range u.kids {
		c := k.about().chunks
		axis := t.axis - (len(u.chunks) - len(c))
		if kids[i] = k; axis < 0 || total(c[axis]) == 1 {
			continue
		}
		kids[i] = newTake(k, axis, t.positions)
	}
	if !sameAlong(kids, len(u.chunks), t.axis, t.chunks[t.axis]) {
		return n, false
	}
	return newUfunc(u.op, u.dt, t.chunks, kids...), true
}

// sameAlong reports whether operands have the given blocks along an axis of the result, or length 1.
func sameAlong(kids []node, ndim, axis int, blocks []int) bool {
	for _, k := range kids {
		c := k.about().chunks
		a := axis - (ndim - len(c))
		if a < 0 || total(c[a]) == 1 && len(c[a]) == 1 {
			continue
		}
		if len(c[a]) != len(blocks) {
			return false
		}
		for i, n := range c[a] {
			if n != blocks[i] {
				return false
			}
		}
	}
	return true
}
