package scheduler

import (
	"cmp"
	"slices"

	"sheaf/internal/lower"
	"sheaf/internal/wire"
)

// A tally is how many tasks of one name of a layer are in each state.
type tally struct {
	counts [statusEnd]int32
	done   int32 // ended well, ever, links of chains too
}

// tallies are those of a graph's tasks, so that nobody has to look at all of these to say how far it is.
type tallies struct {
	all  []tally
	base []int32 // where those of each layer begin, and one more: the end; nil if each layer has one
}

// partsMax is how many names of a list are counted by themselves.
const partsMax = 64

// newTallies counts tasks.
func newTallies(plan *lower.Plan, layers []*wire.Layer, tasks []task) tallies {
	c := tallies{}
	several := slices.ContainsFunc(layers, func(l *wire.Layer) bool { return partsOf(l) > 1 })
	n := int32(0)
	for _, l := range layers {
		if several {
			c.base = append(c.base, n)
		}
		n += int32(partsOf(l))
	}
	if several {
		c.base = append(c.base, n)
	}
	c.all = make([]tally, n)
	for i := range tasks {
		c.all[c.part(plan, layers, int32(i))].counts[tasks[i].status]++
	}
	return c
}

// partsOf returns how many tallies a layer has.
func partsOf(l *wire.Layer) int {
	if n := len(l.Names); l.Kind == wire.LayerList && n > 1 && n <= partsMax {
		return n
	}
	return 1
}

// part returns which tally counts a task.
func (c *tallies) part(plan *lower.Plan, layers []*wire.Layer, i int32) int32 {
	n := plan.Layer[i]
	if c.base == nil {
		return int32(n)
	}
	at := c.base[n]
	if c.base[n+1]-at > 1 {
		if seg := segmentOf(layers[n], plan.Index[i]); seg != nil {
			if k := int32(seg.NameOf[plan.Index[i]-seg.Lo]); k < c.base[n+1]-at {
				return at + k
			}
		}
	}
	return at
}

// count notes that a task has another state. Scattered values are not counted.
func (r *run) count(i int32, from, to status) {
	if r.index == nil {
		c := &r.tallies.all[r.tallies.part(r.plan, r.layers, i)].counts
		c[from]--
		c[to]++
	}
}

// countDone notes that a chain has ended well.
func (r *run) countDone(head, last int32) (tasks int64) {
	for i := head; ; i = r.plan.Next[i] {
		r.tallies.all[r.tallies.part(r.plan, r.layers, i)].done++
		if tasks++; i == last {
			return tasks
		}
	}
}

// computes reports whether a layer's tasks are more than names of values that there are already.
func computes(l *wire.Layer) bool { return l.Kind != wire.LayerExternal && l.Kind != wire.LayerAlias }

// of returns the tallies of a layer.
func (c *tallies) of(n int) []tally {
	if c.base == nil {
		return c.all[n : n+1]
	}
	return c.all[c.base[n]:c.base[n+1]]
}

// states adds the tasks of a graph up, by state.
func (r *run) states(sum *[statusEnd]int) {
	for n, l := range r.layers {
		if !computes(l) {
			continue
		}
		for _, t := range r.tallies.of(n) {
			for st, n := range t.counts {
				sum[st] += int(n)
			}
		}
	}
}

// A Prefix is the tasks of one name in all live graphs.
type Prefix struct {
	Name       string
	Tasks      int
	Done       int // ended well, ever; more than Tasks if some were computed again
	Processing int
	Memory     int
	Failed     int
}

// Prefixes returns the tasks of live graphs by name, those with the most first. It takes time linear in the number of layers.
func (s *Scheduler) Prefixes() []Prefix {
	var of prefixes
	of.at = map[string]int{}
	for _, r := range s.runs {
		if r == nil || r.index != nil {
			continue
		}
		for n, l := range r.layers {
			if !computes(l) {
				continue
			}
			parts := r.tallies.of(n)
			if kinds := r.kinds[n]; len(parts) == len(kinds) {
				for part := range parts {
					of.kind(kinds[part]).add(&parts[part])
				}
				continue
			}
			of.name(r.layerName(n)).add(&parts[0])
		}
	}
	slices.SortFunc(of.all, func(a, b Prefix) int { return cmp.Or(cmp.Compare(b.Tasks, a.Tasks), cmp.Compare(a.Name, b.Name)) })
	return of.all
}

// prefixes are being gathered.
type prefixes struct {
	all  []Prefix
	at   map[string]int
	last *kind // most graphs have tasks of the names that the one before had
	its  int
}

func (p *prefixes) kind(k *kind) *Prefix {
	if k != p.last {
		p.name(k.name)
		p.last, p.its = k, p.at[k.name]
	}
	return &p.all[p.its]
}

func (p *prefixes) name(name string) *Prefix {
	i, ok := p.at[name]
	if !ok {
		i = len(p.all)
		p.at[name] = i
		p.all = append(p.all, Prefix{Name: name})
	}
	return &p.all[i]
}

// layerName returns what people call the tasks of a layer together.
func (r *run) layerName(n int) string {
	if l := r.layers[n]; l.Kind == wire.LayerList && len(l.Names) == 1 {
		return l.Names[0]
	}
	return r.layers[n].Name
}

func (p *Prefix) add(t *tally) {
	for _, n := range t.counts {
		p.Tasks += int(n)
	}
	p.Done += int(t.done)
	p.Processing += int(t.counts[statusProcessing])
	p.Memory += int(t.counts[statusMemory])
	p.Failed += int(t.counts[statusErred])
}
