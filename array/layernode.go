package array

import (
	"sheaf/dtype"
	"sheaf/graph"
)

// layerNode is an array whose blocks are the tasks of a layer that exists: persisted blocks, delayed values, futures.
type layerNode struct {
	meta
	layer *graph.Layer // its index space is that of the blocks
}

func newLayer(l *graph.Layer, dt dtype.Type, chunks [][]int) *layerNode {
	m := newMeta("layer", dt, chunks, nil, func(h *graph.Hasher) {
		h.Token(l.Token())
		hashChunks(h, chunks)
	})
	return &layerNode{m, l}
}

func (n *layerNode) With([]node) node { return n }

func (n *layerNode) String() string { return "blocks of " + n.layer.Name() + describe(n) }

func (n *layerNode) lower(*plan) (*graph.Layer, error) { return n.layer, nil }

// Rebuild implements sheaf.Persistable: the same array over blocks that are being computed.
func (x *Array) Rebuild(leaves []*graph.Layer) *Array {
	if x.err != nil {
		return x
	}
	chunks := x.chunksOf()
	space := spaceOf(chunks)
	if len(leaves) != 1 || leaves[0].Len() != product(space) {
		return failed("rebuild", ErrChunks, "the leaves do not have the array's blocks")
	}
	l, err := graph.Alias(leaves[0].Name(), space, graph.Edge{From: leaves[0], Map: graph.Each{}})
	if err != nil {
		return &Array{err: err}
	}
	return wrap(newLayer(l, x.DType(), chunks))
}
