package array

import (
	"sheaf/dtype"
	"sheaf/internal/kernel/num"
	"sheaf/internal/kernel/rng"
)

// Drawn makes an array of random numbers of the options' [Size] and [Chunks], whose blocks draw from the next children of the
// seed. It is what package random is made of; the types of its arguments are internal to this module.
func Drawn(op string, dist num.Distribution, seed *rng.SeedSequence, opts ...Option) *Array {
	chunks, err := drawnChunks(op, dist, opts)
	if err != nil {
		return &Array{err: err}
	}
	first := seed.Spawned
	seed.Spawned += uint32(product(spaceOf(chunks)))
	return wrap(newDraw(op, dist, seed, first, chunks))
}

func drawnChunks(op string, dist num.Distribution, opts []Option) ([][]int, error) {
	o, err := parseOptions(op, takesChunks|takesSize, opts)
	if err != nil {
		return nil, err
	}
	if !o.sized {
		o.chunks = nil
	}
	chunks, err := newChunks(o.chunks, o.size, dist.Type)
	if err != nil {
		return nil, at(op, err).err
	}
	return chunks, nil
}

// DrawnBlocks is [Drawn] for distributions that a source draws block by block; it counts the blocks as children of the seed.
func DrawnBlocks(op string, t dtype.Type, src BlockSource, seed *rng.SeedSequence, opts ...Option) *Array {
	chunks, err := drawnChunks(op, num.Distribution{Type: t}, opts)
	if err != nil {
		return &Array{err: err}
	}
	seed.Spawned += uint32(product(spaceOf(chunks)))
	return wrap(newBlocks(op, src, t, chunks))
}
