package graph

import (
	"cmp"
	"slices"
)

// A layout places the boxes of a drawing in ranks, as Sugiyama, Tagawa and Toda do ("Methods for visual understanding of
// hierarchical system structures", 1981): each node above its inputs, an order within the ranks with few crossings by
// barycentres, and places that pull the ends of arrows together without overlap.
type layout struct {
	points []point // those of the nodes first, then the bends of long arrows
	paths  [][]int // per arrow: the points from its start to its end
	ranks  [][]int // per rank: its points from left to right
	width  float64
}

type point struct {
	rank   int
	width  float64
	x      float64
	ins    []int // neighbours in the rank below
	outs   []int // neighbours in the rank above
	weight float64
}

const (
	gapX       = 18.0
	sweeps     = 12
	bendsMax   = 20_000 // a drawing that would need more has straight arrows
	bendWeight = 4      // bends are pulled straight more than nodes are
)

// newLayout places nodes of the given widths.
func newLayout(widths []float64, edges []arrow) *layout {
	l := &layout{points: make([]point, len(widths))}
	for k, w := range widths {
		l.points[k].width = w
		l.points[k].weight = 1
	}
	l.rank(edges)
	l.bend(edges)
	l.order()
	l.place()
	return l
}

// rank puts every node above all of its inputs, and inputs close to who needs them. Arrows lead from lower numbers to
// higher ones.
func (l *layout) rank(edges []arrow) {
	sorted := slices.Clone(edges)
	slices.SortStableFunc(sorted, func(a, b arrow) int { return cmp.Compare(a.to, b.to) })
	source := make([]bool, len(l.points))
	for k := range source {
		source[k] = true
	}
	for _, e := range sorted {
		l.points[e.to].rank = max(l.points[e.to].rank, l.points[e.from].rank+1)
		source[e.to] = false
	}
	lowest := make([]int, len(l.points))
	for k := range lowest {
		lowest[k] = -1
	}
	for _, e := range edges {
		if r := l.points[e.to].rank - 1; lowest[e.from] < 0 || r < lowest[e.from] {
			lowest[e.from] = r
		}
	}
	for k := range l.points {
		if source[k] && lowest[k] >= 0 {
			l.points[k].rank = lowest[k]
		}
	}
}

// bend gives long arrows a point in every rank that they cross.
func (l *layout) bend(edges []arrow) {
	bends := 0
	for _, e := range edges {
		bends += l.points[e.to].rank - l.points[e.from].rank - 1
	}
	l.paths = make([][]int, len(edges))
	for k, e := range edges {
		path := []int{e.from}
		if bends <= bendsMax {
			for r := l.points[e.from].rank + 1; r < l.points[e.to].rank; r++ {
				path = append(path, len(l.points))
				l.points = append(l.points, point{rank: r, width: 2, weight: bendWeight})
			}
		}
		path = append(path, e.to)
		for i := range len(path) - 1 {
			a, b := path[i], path[i+1]
			l.points[a].outs = append(l.points[a].outs, b)
			l.points[b].ins = append(l.points[b].ins, a)
		}
		l.paths[k] = path
	}
	top := 0
	for _, p := range l.points {
		top = max(top, p.rank)
	}
	l.ranks = make([][]int, top+1)
	for k, p := range l.points {
		l.ranks[p.rank] = append(l.ranks[p.rank], k)
	}
}

// order sorts the ranks by the mean places of neighbours, down and up in turn, and keeps the best.
func (l *layout) order() {
	at := make([]int, len(l.points))
	note := func(rank []int) {
		for i, k := range rank {
			at[k] = i
		}
	}
	for _, r := range l.ranks {
		note(r)
	}
	best, fewest := cloneRanks(l.ranks), l.crossings(at)
	for s := range sweeps {
		if fewest == 0 {
			break
		}
		for i := range l.ranks {
			r, up := i, true
			if s%2 == 1 {
				r, up = len(l.ranks)-1-i, false
			}
			mean := map[int]float64{}
			for i, k := range l.ranks[r] {
				mean[k] = l.meanOf(k, up, float64(i), func(n int) float64 { return float64(at[n]) })
			}
			slices.SortStableFunc(l.ranks[r], func(a, b int) int { return cmp.Compare(mean[a], mean[b]) })
			note(l.ranks[r])
		}
		if n := l.crossings(at); n < fewest {
			best, fewest = cloneRanks(l.ranks), n
		}
	}
	l.ranks = best
}

func cloneRanks(ranks [][]int) [][]int {
	c := make([][]int, len(ranks))
	for k, r := range ranks {
		c[k] = slices.Clone(r)
	}
	return c
}

// meanOf returns the mean of a measure over the neighbours of k below or above, and otherwise if there are none.
func (l *layout) meanOf(k int, below bool, otherwise float64, measure func(int) float64) float64 {
	near := l.points[k].outs
	if below {
		near = l.points[k].ins
	}
	if len(near) == 0 {
		return otherwise
	}
	sum := 0.0
	for _, n := range near {
		sum += measure(n)
	}
	return sum / float64(len(near))
}

// crossings counts the pairs of arrows between neighbouring ranks that cross, as inversions by a tree of counts.
func (l *layout) crossings(at []int) int {
	total := 0
	for r, rank := range l.ranks[:len(l.ranks)-1] {
		next := len(l.ranks[r+1])
		tree := make([]int, next+1)
		seen := 0
		for _, k := range rank {
			for _, o := range l.points[k].outs { // those to the right of o that came before
				before := 0
				for i := at[o] + 1; i > 0; i -= i & -i {
					before += tree[i]
				}
				total += seen - before
			}
			for _, o := range l.points[k].outs {
				seen++
				for i := at[o] + 1; i <= next; i += i & -i {
					tree[i]++
				}
			}
		}
	}
	return total
}

// place moves the points of each rank towards the mean of their neighbours, keeping their order and distances.
func (l *layout) place() {
	for _, rank := range l.ranks {
		x := 0.0
		for _, k := range rank {
			l.points[k].x = x + l.points[k].width/2
			x += l.points[k].width + gapX
		}
		for _, k := range rank { // centred
			l.points[k].x -= x / 2
		}
	}
	for s := range 2 * sweeps {
		for i := range l.ranks {
			r, below := i, true
			if s%2 == 1 {
				r, below = len(l.ranks)-1-i, false
			}
			l.settle(l.ranks[r], below)
		}
	}
	left, right := 0.0, 0.0
	for k, p := range l.points {
		if k == 0 || p.x-p.width/2 < left {
			left = p.x - p.width/2
		}
		if k == 0 || p.x+p.width/2 > right {
			right = p.x + p.width/2
		}
	}
	for k := range l.points {
		l.points[k].x -= left
	}
	l.width = right - left
}

// settle finds the places of one rank that are nearest to the wanted ones in the sense of least squares, under the least
// distances: an isotonic regression by pooling neighbours that would overlap.
func (l *layout) settle(rank []int, below bool) {
	type pool struct {
		sum, weight float64
		n           int
	}
	offset := make([]float64, len(rank))
	for i := 1; i < len(rank); i++ {
		offset[i] = offset[i-1] + (l.points[rank[i-1]].width+l.points[rank[i]].width)/2 + gapX
	}
	var pools []pool
	for i, k := range rank {
		p := &l.points[k]
		want := l.meanOf(k, below, p.x, func(n int) float64 { return l.points[n].x }) - offset[i]
		pools = append(pools, pool{want * p.weight, p.weight, 1})
		for n := len(pools); n > 1 && pools[n-2].sum/pools[n-2].weight > pools[n-1].sum/pools[n-1].weight; n = len(pools) {
			a, b := pools[n-2], pools[n-1]
			pools = append(pools[:n-2], pool{a.sum + b.sum, a.weight + b.weight, a.n + b.n})
		}
	}
	i := 0
	for _, p := range pools {
		for range p.n {
			l.points[rank[i]].x = p.sum/p.weight + offset[i]
			i++
		}
	}
}
