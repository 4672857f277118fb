package array

// viewsAreOne replaces a view of a view by one view, and one that shows its operand as it is by the operand.
func viewsAreOne(n node) (node, bool) {
	v, ok := n.(*viewNode)
	if !ok {
		return n, false
	}
	kid := v.kids[0]
	if whole(v.axes, len(kid.about().chunks)) && sameChunks(v.chunks, kid.about().chunks) {
		return kid, true
	}
	inner, ok := kid.(*viewNode)
	if !ok {
		return n, false
	}
	label := v.label
	if inner.label != label {
		label = inner.label + "+" + label
	}
	axes := compose(v.axes, inner.axes, spaceOf(v.chunks))
	plain(axes, inner.kids[0].about().chunks, v.chunks)
	return newView(label, inner.kids[0], axes, v.chunks), true
}

// plain drops lists that say nothing: every block its own number, shown whole.
func plain(axes []viewAxis, have, want [][]int) {
	for k := range axes {
		x := &axes[k]
		if x.out < 0 || len(want[x.out]) != len(have[k]) {
			continue
		}
		same := true
		for c := range want[x.out] {
			same = same && (x.blocks == nil || int(x.blocks[c]) == c) &&
				(x.cuts == nil || x.cuts[c] == cut{0, 1, have[k][c]})
		}
		if same {
			x.blocks, x.cuts = nil, nil
		}
	}
}
