package rng

import (
	"fmt"
	"slices"
)

// Shuffle permutes n things in place, as Generator.shuffle does along the first axis.
func (g *Generator) Shuffle(n int, swap func(i, j int)) {
	for i := n - 1; i >= 1; i-- {
		swap(i, int(g.Interval(uint64(i))))
	}
}

// Permutation returns the numbers below n in random order, as Generator.permutation(n) does.
func (g *Generator) Permutation(n int) []int64 {
	v := make([]int64, n)
	for i := range v {
		v[i] = int64(i)
	}
	g.Shuffle(n, func(i, j int) { v[i], v[j] = v[j], v[i] })
	return v
}

// Choice returns k different numbers below n, as Generator.choice(n, k, replace=False) does: by Floyd's method, or from the
// tail of a shuffle when k is a large part of n.
func (g *Generator) Choice(n, k int) ([]int64, error) {
	if k > n || k < 0 {
		return nil, fmt.Errorf("random: choice of %d out of %d without replacement", k, n)
	}
	const cutoff = 50
	if n > 10000 && k > n/cutoff {
		v := make([]int64, n)
		for i := range v {
			v[i] = int64(i)
		}
		for i := n - 1; i >= max(n-k, 1); i-- {
			j := g.Below(uint64(i) + 1)
			v[i], v[j] = v[j], v[i]
		}
		return slices.Clone(v[n-k:]), nil
	}
	out := make([]int64, k)
	seen := make(map[int64]bool, k)
	for j := n - k; j < n; j++ {
		v := int64(g.Below(uint64(j) + 1))
		if seen[v] {
			v = int64(j)
		}
		seen[v] = true
		out[j-n+k] = v
	}
	for i := k - 1; i >= 1; i-- { // not Shuffle: NumPy draws these numbers by another method
		j := g.Below(uint64(i) + 1)
		out[i], out[j] = out[j], out[i]
	}
	return out, nil
}

// FillChoice fills dst with numbers below len(cdf) by their cumulative probabilities, whose last is 1, as
// Generator.choice(n, size, p=p) does.
func (g *Generator) FillChoice(dst []int64, cdf []float64) {
	for i := range dst {
		u := g.Float64()
		at, found := slices.BinarySearch(cdf, u)
		for found && at < len(cdf) && cdf[at] == u { // the first that is larger
			at++
		}
		dst[i] = int64(min(at, len(cdf)-1))
	}
}
