package array

import (
	"fmt"

	"sheaf/dtype"
	"sheaf/graph"
	"sheaf/internal/kernel/num"
)

// fullNode is an array of one repeated value. With no axes it is a scalar operand.
type fullNode struct {
	meta
	value num.Const
	text  string // the value for people
}

func newFull(value num.Const, text string, chunks [][]int) *fullNode {
	m := newMeta("full", value.Type, chunks, nil, func(h *graph.Hasher) {
		h.Int(int(value.Bits))
		h.Int(int(value.Imag))
		hashChunks(h, chunks)
	})
	return &fullNode{m, value, text}
}

func (n *fullNode) With([]node) node { return n }

func (n *fullNode) String() string {
	if len(n.chunks) == 0 {
		return n.text
	}
	return "full(" + n.text + ")" + describe(n)
}

// rampNode is the one-dimensional array first + i*step. Each element is computed from its own position.
type rampNode struct {
	meta
	first, step float64
	ifirst      int64 // the same for integer types, exact
	istep       int64
	last        float64 // of a range that ends at a given number
	ends        bool
	count       int // elements
}

func newRamp(dt dtype.Type, first, step float64, ifirst, istep int64, blocks []int) *rampNode {
	chunks := [][]int{blocks}
	m := newMeta("ramp", dt, chunks, nil, func(h *graph.Hasher) {
		h.Float(first)
		h.Float(step)
		h.Int(int(ifirst))
		h.Int(int(istep))
		hashChunks(h, chunks)
	})
	return &rampNode{meta: m, first: first, step: step, ifirst: ifirst, istep: istep, count: total(blocks)}
}

// ending returns the ramp with last as its last element, which steps reach but for rounding.
func (n *rampNode) ending(last float64) *rampNode {
	m := *n
	m.last, m.ends = last, true
	h := graph.NewHasher("ending")
	h.Token(n.token)
	h.Float(last)
	m.token = h.Sum()
	return &m
}

// divided returns the ramp with other blocks.
func (n *rampNode) divided(blocks []int) *rampNode {
	m := newRamp(n.dt, n.first, n.step, n.ifirst, n.istep, blocks)
	if n.ends {
		return m.ending(n.last)
	}
	return m
}

func (n *rampNode) With([]node) node { return n }

func (n *rampNode) String() string {
	if n.dt.IsFloat() {
		return fmt.Sprintf("ramp(from %g by %g)%s", n.first, n.step, describe(n))
	}
	return fmt.Sprintf("ramp(from %d by %d)%s", n.ifirst, n.istep, describe(n))
}

// at returns element i of a ramp of floats.
func (n *rampNode) at(i int) float64 {
	if n.ends && i == n.count-1 {
		return n.last
	}
	x := float64(i) * n.step
	return n.first + x
}
