package array

import (
	"sheaf/dtype"
	"sheaf/graph"
	"sheaf/internal/kernel/num"
)

// ufuncNode applies an operation element by element. The axes of its operands are aligned at the end with those of the
// result, and each has either the result's blocks or length 1. Operands are converted to what the operation takes.
type ufuncNode struct {
	meta
	op num.Op
}

func newUfunc(op num.Op, dt dtype.Type, chunks [][]int, kids ...node) *ufuncNode {
	return &ufuncNode{newMeta("ufunc", dt, chunks, kids, func(h *graph.Hasher) { h.Int(int(op)) }), op}
}

func (n *ufuncNode) With(kids []node) node { return newUfunc(n.op, n.dt, n.chunks, kids...) }

func (n *ufuncNode) String() string {
	if n.op == num.Cast {
		return "astype " + n.dt.String()
	}
	return n.op.String() + describe(n)
}

// edge says how operand k lies under the result.
func (n *ufuncNode) edge(k int) []viewAxis {
	kid := n.kids[k].about()
	lead := len(n.chunks) - len(kid.chunks)
	axes := make([]viewAxis, len(kid.chunks))
	for a, c := range kid.chunks {
		axes[a] = viewAxis{out: lead + a}
		if len(c) == 1 && c[0] == 1 && !(len(n.chunks[lead+a]) == 1 && n.chunks[lead+a][0] == 1) {
			axes[a] = viewAxis{out: -1, blocks: []int32{0}}
		}
	}
	return axes
}
