package array

import (
	"fmt"

	"sheaf/graph"
	"sheaf/internal/kernel/num"
	"sheaf/internal/kernel/rng"
)

// drawNode is an array of random numbers that kernels draw in bulk. Block i in C order has a stream of its own, seeded by
// child first+i of the seed sequence.
type drawNode struct {
	meta
	dist  num.Distribution
	seed  rng.SeedSequence
	first uint32
	label string
}

func newDraw(label string, dist num.Distribution, seed *rng.SeedSequence, first uint32, chunks [][]int) *drawNode {
	s := *seed
	s.Spawned = 0
	m := newMeta("draw", dist.Type, chunks, nil, func(h *graph.Hasher) {
		h.Any(dist)
		h.Any(s)
		h.Int(int(first))
		hashChunks(h, chunks)
	})
	return &drawNode{m, dist, s, first, label}
}

func (n *drawNode) With([]node) node { return n }

func (n *drawNode) String() string { return fmt.Sprintf("random %s%s", n.label, describe(n)) }

// generator returns the stream of block i.
func (n *drawNode) generator(i int) *rng.Generator { return rng.New(n.seed.Child(n.first + uint32(i))) }
