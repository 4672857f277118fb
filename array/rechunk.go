package array

import (
	"slices"
)

// Rechunk divides x into other blocks: see [Chunks] for what may be given. A nil keeps the blocks of its axis, a map[int]any
// names some axes, and with the option [Balance] blocks of one axis become about equally long. Automatic sizes keep the
// aspect of the present blocks and merge or cut them whole.
//
// Cutting blocks costs nothing. Same as dask.array.rechunk; its arguments threshold, block_size_limit and method have no
// counterpart, the plan is chosen by cost.
func (x *Array) Rechunk(chunks ...any) *Array {
	if x.err != nil {
		return x
	}
	balance := false
	var spec []any
	for _, c := range chunks {
		if o, ok := c.(Option); ok {
			var opt options
			o.apply(&opt)
			balance = balance || opt.balance
			spec = append(spec, opt.chunks...)
			continue
		}
		spec = append(spec, c)
	}
	m := x.node.about()
	shape := shapeOf(m.chunks)
	for a, c := range spec {
		if c == nil && len(spec) == len(shape) {
			spec[a] = m.chunks[a]
		}
	}
	want, err := normalize(spec, shape, m.dt.Size(), m.chunks)
	if err != nil {
		return at("rechunk", err)
	}
	if balance {
		for a := range want {
			want[a] = balanced(want[a])
		}
	}
	n, err := rechunked(x.node, want)
	if err != nil {
		return at("rechunk", err)
	}
	return wrap(n)
}

// Balance makes the blocks of [Array.Rechunk] about equally long.
func Balance() Option { return Option{func(o *options) { o.balance = true }} }

// balanced returns blocks that differ little, one fewer than given if the shortest has less than half of the longest.
func balanced(blocks []int) []int {
	n := total(blocks)
	if n == unknown || len(blocks) < 2 {
		return blocks
	}
	count := len(blocks)
	if 2*slices.Min(blocks) <= slices.Max(blocks) {
		count--
	}
	mid := int(median(blocks))
	best := blocks
	found := false
	for size := max(1, mid-mid/2); size <= mid+mid/2; size++ {
		c := uniform(n, size)
		if len(c) == count && (!found || spread(c) < spread(best)) {
			best, found = c, true
		}
	}
	return best
}

func spread(c []int) int { return slices.Max(c) - slices.Min(c) }
