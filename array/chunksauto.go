package array

import (
	"math"
	"slices"
)

// tolerance is by how much blocks may exceed the limit when existing ones are merged instead of cut.
const tolerance = 1.25

// auto gives the axes that are free block sizes such that the largest block has about limit bytes.
func (p *chunkPlan) auto(previous [][]int) error {
	var free []int
	fixed := 1.0
	for a := range p.axes {
		switch x := &p.axes[a]; {
		case x.auto:
			free = append(free, a)
		case x.blocks != nil:
			fixed *= float64(slices.Max(x.blocks))
		default:
			fixed *= float64(x.given)
		}
	}
	if len(free) == 0 {
		return nil
	}
	if fixed < 0 {
		return wrong(ErrUnknownChunks, "automatic chunks need known sizes; %s", cure)
	}
	if previous != nil {
		(&reshuffle{p: p, previous: previous, free: free, fixed: fixed}).run()
		return nil
	}
	for {
		elements := math.Pow(p.limit/float64(p.itemsize)/fixed, 1/float64(len(free)))
		var rest []int
		for _, a := range free {
			if float64(p.shape[a]) < elements {
				p.axes[a].size = p.shape[a]
				fixed *= float64(p.shape[a])
			} else {
				rest = append(rest, a)
			}
		}
		if len(rest) == len(free) {
			for _, a := range free {
				p.axes[a].size = roundTo(elements, p.shape[a])
			}
			return nil
		}
		if free = rest; len(free) == 0 {
			return nil
		}
	}
}

// roundTo returns a block length near c that goes well with s: below s any, above it a multiple.
func roundTo(c float64, s int) int {
	if c <= float64(s) || s == 0 {
		return max(1, int(c))
	}
	return int(math.Floor(c/float64(s))) * s
}

// reshuffle works out automatic chunks for an array that has chunks: blocks keep their aspect, are merged whole where they
// can be, and are cut at divisors of what they were.
type reshuffle struct {
	p        *chunkPlan
	previous [][]int
	free     []int
	fixed    float64

	median  map[int]float64 // the length of blocks by axis, of the axes that are still free
	results map[int][]int   // merged blocks
	sizes   map[int]float64 // lengths of blocks that are cut
}

// factor is how much larger blocks may become.
func (r *reshuffle) factor(cut bool) float64 {
	volume := 1.0
	for _, a := range sortedKeys(r.median) {
		v := r.median[a]
		if s, ok := r.sizes[a]; ok && cut {
			v = s
		}
		if v > 0 {
			volume *= v
		}
	}
	return r.p.limit / float64(r.p.itemsize) / r.fixed / volume
}

func (r *reshuffle) run() {
	r.median, r.results, r.sizes = map[int]float64{}, map[int][]int{}, map[int]float64{}
	for _, a := range r.free {
		r.median[a] = median(r.previous[a])
	}
	factor := r.factor(false)
	cut := factor < 1
	for range 100 {
		again := false
		axes := slices.Clone(r.free)
		share := 1 / float64(len(axes))
		for _, a := range axes {
			base := r.median[a]
			if s, ok := r.sizes[a]; ok && cut {
				base = s
			}
			want := base * math.Pow(factor, share)
			switch {
			case want > float64(r.p.shape[a]):
				r.drop(a)
				r.fixed *= float64(r.p.shape[a])
				r.results[a] = []int{r.p.shape[a]}
				again = true
			case cut || float64(slices.Max(r.previous[a])) > want*math.Pow(tolerance, share):
				r.sizes[a] = float64(roundTo(want, ideal(r.previous[a], r.p.shape[a])))
				delete(r.results, a)
				if want < 1 {
					again = true
					r.free = slices.DeleteFunc(r.free, func(b int) bool { return b == a })
				}
			default:
				r.results[a] = merge(r.previous[a], want)
			}
		}
		if again || cut {
			last := factor
			factor = r.factor(cut)
			again = again || factor != last
		}
		if !again || len(r.free) == 0 {
			break
		}
	}
	for a := range r.p.axes {
		if blocks, ok := r.results[a]; ok {
			r.p.axes[a].blocks = blocks
		} else if s, ok := r.sizes[a]; ok {
			r.p.axes[a].size = max(1, int(s))
		}
	}
}

func (r *reshuffle) drop(a int) {
	r.free = slices.DeleteFunc(r.free, func(b int) bool { return b == a })
	delete(r.median, a)
	delete(r.sizes, a)
}

// merge joins neighbouring blocks as long as they stay within limit.
func merge(blocks []int, limit float64) []int {
	var out []int
	run := 0
	for _, n := range blocks {
		if float64(run+n) <= limit {
			run += n
			continue
		}
		if run > 0 {
			out = append(out, run)
		}
		run = n
	}
	if run > 0 || len(out) == 0 {
		out = append(out, run)
	}
	return out
}

// ideal is the length that cuts should go well with: the most frequent block, if half of the blocks have it.
func ideal(blocks []int, n int) int {
	count := map[int]int{}
	mode := blocks[0]
	for _, b := range blocks {
		count[b]++
	}
	for _, b := range blocks { // the first of the most frequent ones
		if count[b] > count[mode] {
			mode = b
		}
	}
	if mode > 1 && 2*count[mode] >= len(blocks) {
		return mode
	}
	return n
}

func median(blocks []int) float64 {
	s := slices.Clone(blocks)
	slices.Sort(s)
	k := len(s) / 2
	if len(s)%2 == 1 {
		return float64(s[k])
	}
	return (float64(s[k-1]) + float64(s[k])) / 2
}

func sortedKeys(m map[int]float64) []int {
	keys := make([]int, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
