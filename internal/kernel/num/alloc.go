package num

// allocator turns the nodes of a builder into instructions: it drops what no output needs, computes a stored output
// where it is stored, and shares registers among values that do not live at the same time.
type allocator struct {
	b      *Builder
	needed []bool
	last   []int // node → position in order of its last use; len(order) for what an output reads at the end
	place  []Ref // node → where its value is
	order  []int
	free   []uint16
}

func (a *allocator) run() {
	n := len(a.b.nodes)
	a.needed, a.last, a.place = make([]bool, n), make([]int, n), make([]Ref, n)
	for _, r := range a.b.roots {
		a.mark(int(r.id) - 1)
	}
	for i := range a.b.nodes {
		if !a.needed[i] {
			continue
		}
		if leaf := a.b.nodes[i].leaf; leaf.Source != FromNone {
			a.place[i] = leaf
			continue
		}
		a.order = append(a.order, i)
	}
	for at, i := range a.order {
		a.last[i] = at
		for _, v := range a.operands(i) {
			a.last[v] = at
		}
	}
	a.placeOutputs()
	for at, i := range a.order {
		a.emit(at, i)
	}
	for k := range a.b.prog.Outs {
		a.b.prog.Outs[k].Src = a.place[a.b.roots[k].id-1]
	}
}

func (a *allocator) mark(i int) {
	stack := []int{i}
	for len(stack) > 0 {
		i := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if a.needed[i] {
			continue
		}
		a.needed[i] = true
		stack = append(stack, a.operands(i)...)
	}
}

func (a *allocator) operands(i int) []int {
	var out []int
	for _, v := range a.b.nodes[i].args {
		if v.id > 0 {
			out = append(out, int(v.id)-1)
		}
	}
	return out
}

// placeOutputs gives the first store of a computed value that value's place; what is reduced, or stored a second time,
// is read at the end of a tile and must live until then.
func (a *allocator) placeOutputs() {
	for k, r := range a.b.roots {
		i := int(r.id) - 1
		if a.b.prog.Outs[k].Reduce == NoReduction && a.place[i].Source == FromNone {
			a.place[i] = Ref{ToOut, uint16(k)}
		}
		a.last[i] = len(a.order)
	}
}

// emit appends the instruction of node i. A register that dies with it may be its destination: all loops read an
// element before they write it, and wide results never share a register with narrow operands in use, because
// registers are as wide as the widest type.
func (a *allocator) emit(at, i int) {
	n := a.b.nodes[i]
	in := n.instr
	refs := [3]*Ref{&in.A, &in.B, &in.C}
	for k, v := range n.args {
		if v.id > 0 {
			*refs[k] = a.place[v.id-1]
		}
	}
	sameSize := in.In.Size() == in.Out.Size() && in.Op != Where
	if sameSize {
		a.release(at, i)
	}
	if a.place[i].Source == FromNone {
		a.place[i] = Ref{FromReg, a.register()}
	}
	if !sameSize {
		a.release(at, i)
	}
	in.Dst = a.place[i]
	a.b.prog.Code = append(a.b.prog.Code, in)
}

// release frees the registers of the operands whose last use is at.
func (a *allocator) release(at, i int) {
	done := map[int]bool{}
	for _, v := range a.operands(i) {
		if a.last[v] == at && a.place[v].Source == FromReg && !done[v] {
			done[v] = true
			a.free = append(a.free, a.place[v].Index)
		}
	}
}

func (a *allocator) register() uint16 {
	if n := len(a.free); n > 0 {
		r := a.free[n-1]
		a.free = a.free[:n-1]
		return r
	}
	a.b.prog.Regs++
	return uint16(a.b.prog.Regs - 1)
}
