package array

import (
	"fmt"
	"slices"
	"strings"

	"sheaf/dtype"
	"sheaf/graph"
	"sheaf/internal/kernel/num"
)

// reduceKind is what a reduction makes of its elements.
type reduceKind uint8

const (
	reduceInvalid reduceKind = iota
	reduceSum
	reduceProd
	reduceMin
	reduceMax
	reduceAny
	reduceAll
	reduceCount
	reduceMean
	reduceVar
	reduceStd
	reduceArgMin
	reduceArgMax
	reduceNanMin
	reduceNanMax
)

var reduceNames = []string{
	"", "sum", "prod", "min", "max", "any", "all", "count_nonzero", "mean", "var", "std", "argmin", "argmax",
	"nanmin", "nanmax",
}

func (k reduceKind) String() string { return reduceNames[k] }

// reduceNode joins the elements along some axes. The axes stay in the node's chunks with length 1 if keep is set.
type reduceNode struct {
	meta
	kind  reduceKind
	axes  []int // ascending
	keep  bool
	ddof  float64
	every int        // blocks along each axis that one step joins
	acc   dtype.Type // in which elements are added or multiplied
}

func newReduce(kind reduceKind, kid node, axes []int, keep bool, ddof float64, every int, acc, out dtype.Type) *reduceNode {
	var chunks [][]int
	for a, c := range kid.about().chunks {
		switch {
		case !slices.Contains(axes, a):
			chunks = append(chunks, c)
		case keep:
			chunks = append(chunks, []int{1})
		}
	}
	n := &reduceNode{kind: kind, axes: axes, keep: keep, ddof: ddof, every: every, acc: acc}
	n.meta = newMeta("reduce", out, chunks, []node{kid}, func(h *graph.Hasher) {
		h.Int(int(kind))
		h.Ints(axes)
		h.Bool(keep)
		h.Float(ddof)
		h.Int(every)
		h.Int(int(acc))
	})
	return n
}

func (n *reduceNode) With(kids []node) node {
	return newReduce(n.kind, kids[0], n.axes, n.keep, n.ddof, n.every, n.acc, n.dt)
}

func (n *reduceNode) String() string {
	axes := make([]string, len(n.axes))
	for i, a := range n.axes {
		axes[i] = fmt.Sprint(a)
	}
	return fmt.Sprintf("%v over axis %s%s", n.kind, strings.Join(axes, ", "), describe(n))
}

// region identifies the first step of the reduction: reductions of the same blocks over the same axes make one pass.
func (n *reduceNode) region() graph.Token {
	h := graph.NewHasher("reduction")
	h.Token(n.kids[0].Token())
	h.Ints(n.axes)
	return h.Sum()
}

// pieces are the partial results that the reduction is made of.
func (n *reduceNode) pieces() []piece {
	t := n.kids[0].about().dt
	switch n.kind {
	case reduceSum, reduceMean:
		return []piece{{num.Sum, converted, n.acc}}
	case reduceProd:
		return []piece{{num.Prod, converted, n.acc}}
	case reduceMin:
		return []piece{{num.Min, asIs, t}}
	case reduceMax:
		return []piece{{num.Max, asIs, t}}
	case reduceAny:
		return []piece{{num.Any, asIs, t}}
	case reduceAll:
		return []piece{{num.All, asIs, t}}
	case reduceCount:
		return []piece{{num.Count, asIs, t}}
	case reduceVar, reduceStd:
		if t.IsComplex() {
			return []piece{{num.Moments, realPart, dtype.Float64}, {num.Moments, imagPart, dtype.Float64}}
		}
		return []piece{{num.Moments, converted, dtype.Float64}}
	case reduceArgMin:
		return []piece{{num.ArgMin, asIs, t}}
	case reduceArgMax:
		return []piece{{num.ArgMax, asIs, t}}
	case reduceNanMin:
		return []piece{{num.NanMin, asIs, t}}
	case reduceNanMax:
		return []piece{{num.NanMax, asIs, t}}
	}
	return nil
}
