package array

import (
	"fmt"
	"slices"

	"sheaf"
	"sheaf/graph"
	"sheaf/internal/expr"
)

// plan turns expressions into layers of tasks. It decides which nodes have blocks of their own, and which are evaluated
// inside of the tasks that use them: a region is a set of nodes that one layer computes, one task per block.
type plan struct {
	order  []node // operands first
	own    map[graph.Token]bool
	uses   map[graph.Token][]use
	cost   map[graph.Token]float64
	layers map[graph.Token]*graph.Layer
	joint  map[graph.Token][]*reduceNode // reductions of the same blocks, by region
	into   map[graph.Token]*destination  // where roots write their blocks instead of making them
	turned map[graph.Token]bool          // regions in which an operand lies transposed

	elsewhere bool // tasks run in other processes, and their inputs may have to travel
}

// use is a place in a region where a node's value is needed: the region's identity and how the node lies under its blocks.
type use struct {
	region graph.Token
	root   node // of the region
	axes   []viewAxis
}

// newPlan rewrites the roots and decides about every node.
func newPlan(roots []node) (*plan, []node) {
	roots = expr.Rewrite(rules, roots...)
	p := &plan{
		order: expr.Sorted(roots...), own: map[graph.Token]bool{}, uses: map[graph.Token][]use{},
		cost: map[graph.Token]float64{}, layers: map[graph.Token]*graph.Layer{}, joint: map[graph.Token][]*reduceNode{},
		into: map[graph.Token]*destination{}, turned: map[graph.Token]bool{},
	}
	size := map[graph.Token]int{}
	for _, n := range p.order {
		p.cost[n.Token()] = p.estimate(n)
		k := 1
		if inlines(n) {
			for _, kid := range n.Kids() {
				k += size[kid.Token()]
			}
		}
		if k > regionMax { // programs have bounds: keep what is below apart from what is above
			p.own[n.Token()], k = true, 1
		}
		size[n.Token()] = k
	}
	for _, r := range roots {
		p.own[r.Token()] = true
	}
	for i := len(p.order) - 1; i >= 0; i-- {
		p.decide(p.order[i])
	}
	return p, roots
}

// regionMax bounds the nodes of a region, counted once for every place where they are used.
const regionMax = 512

// inlines reports whether a node can be evaluated inside of a region.
func inlines(n node) bool {
	switch n.(type) {
	case *fullNode, *rampNode, *drawNode, *ufuncNode, *viewNode:
		return true
	}
	return false
}

// decide settles whether n has blocks of its own, all users of n having been settled before, and tells its operands where
// they are needed.
func (p *plan) decide(n node) {
	t := n.Token()
	if r, ok := n.(*reduceNode); ok {
		p.own[t] = true
		kid := n.Kids()[0]
		region := r.region()
		p.joint[region] = append(p.joint[region], r)
		if len(p.joint[region]) == 1 {
			p.need(kid, use{region, kid, identity(len(kid.about().chunks))})
		}
		return
	}
	if !inlines(n) {
		p.own[t] = true
		for _, k := range n.Kids() {
			p.own[k.Token()] = true
		}
		return
	}
	if !p.own[t] {
		p.own[t] = p.worthKeeping(n, p.uses[t])
	}
	if p.own[t] {
		for i, k := range n.Kids() {
			p.need(k, use{t, n, edgeOf(n, i)})
		}
		if !trivial(n) {
			return
		}
	}
	for _, u := range p.uses[t] { // evaluated in the regions of its users
		for i, k := range n.Kids() {
			p.need(k, use{u.region, u.root, compose(u.axes, edgeOf(n, i), spaceOf(u.root.about().chunks))})
		}
	}
}

func (p *plan) need(n node, u use) {
	if !inlines(n) {
		p.own[n.Token()] = true
	}
	for _, v := range p.uses[n.Token()] {
		if v.region == u.region && sameAxes(v.axes, u.axes) {
			return
		}
	}
	p.uses[n.Token()] = append(p.uses[n.Token()], u)
	p.turned[u.region] = p.turned[u.region] || turned(u.axes)
}

// turned reports whether axes stand in another order than those of the region.
func turned(axes []viewAxis) bool {
	last := -1
	for _, x := range axes {
		if x.out >= 0 && x.out < last {
			return true
		}
		last = max(last, x.out)
	}
	return false
}

// edgeOf says how operand k lies under an inlined node.
func edgeOf(n node, k int) []viewAxis {
	switch n := n.(type) {
	case *ufuncNode:
		return n.edge(k)
	case *viewNode:
		return n.axes
	}
	return nil
}

// trivial reports whether evaluating n costs nothing, so that users do it themselves even where its blocks exist.
func trivial(n node) bool {
	switch n.(type) {
	case *fullNode, *rampNode, *viewNode:
		return true
	}
	return false
}

// usesMax bounds how many regions evaluate one node, and with it the size of programs.
const usesMax = 8

// keepCost is what writing an element and reading it back costs, in units of a simple operation on an element in the cache.
const keepCost = 12

// worthKeeping reports whether the blocks of an inlinable node should be computed once and kept, instead of being evaluated
// wherever they are used.
func (p *plan) worthKeeping(n node, uses []use) bool {
	if trivial(n) {
		return false
	}
	if len(uses) > usesMax {
		return true
	}
	cost, total := p.cost[n.Token()], 0.0
	for _, u := range uses {
		here := cost
		if repeated(n, u) {
			if cost > 4 {
				return true // small blocks under large ones: the work would be done again for every row
			}
			here *= 2
		}
		total += here
	}
	return len(uses) > 1 && total-cost > keepCost
}

// repeated reports whether n is broadcast over the blocks of a region.
func repeated(n node, u use) bool {
	follows := 0
	for _, x := range u.axes {
		if x.out >= 0 {
			follows++
		}
	}
	return follows < len(u.root.about().chunks) && !oneElement(n)
}

func oneElement(n node) bool {
	for _, c := range n.about().chunks {
		if len(c) != 1 || c[0] != 1 {
			return false
		}
	}
	return true
}

func sameAxes(a, b []viewAxis) bool {
	return slices.EqualFunc(a, b, func(x, y viewAxis) bool {
		return x.out == y.out && slices.Equal(x.blocks, y.blocks) && slices.Equal(x.cuts, y.cuts) &&
			(x.blocks == nil) == (y.blocks == nil) && (x.cuts == nil) == (y.cuts == nil)
	})
}

// layer returns the layer that computes the blocks of n.
func (p *plan) layer(n node) (*graph.Layer, error) {
	if l := p.layers[n.Token()]; l != nil {
		return l, nil
	}
	l, err := p.lower(n)
	if err != nil {
		return nil, err
	}
	p.layers[n.Token()] = l
	return l, nil
}

func (p *plan) lower(n node) (*graph.Layer, error) {
	if l, ok := n.(layered); ok {
		return l.lower(p)
	}
	if inlines(n) {
		return p.lowerRegion(n)
	}
	return nil, fmt.Errorf("array: no way to compute %v: %w", n, sheaf.ErrInternal)
}

// lowerAll makes the layers of all nodes that have blocks of their own, operands first, so that long chains of operations do
// not recurse, and returns the graph of each root.
func (p *plan) lowerAll(roots []node) ([]graph.Graph, error) {
	for _, n := range p.order {
		if p.own[n.Token()] {
			if _, err := p.layer(n); err != nil {
				return nil, err
			}
		}
	}
	gs := make([]graph.Graph, len(roots))
	for i, r := range roots {
		l, err := p.layer(r)
		if err != nil {
			return nil, err
		}
		if dst := p.into[r.Token()]; dst != nil {
			if f, ok := l.Op().(interface{ delivers() *destination }); !ok || f.delivers() != dst {
				if l, err = dst.deliver(l); err != nil {
					return nil, err
				}
			}
		}
		gs[i] = graph.Of(l)
	}
	return gs, nil
}

// planner plans arrays together; all arrays share it.
type planner struct{}

var _ sheaf.PlaceAware = planner{}

// Plan implements sheaf.Planner.
func (planner) Plan(cs []sheaf.Collection) ([]graph.Graph, error) {
	roots := make([]node, len(cs))
	into := map[int]*destination{}
	for i, c := range cs {
		x, dst, err := rootOf(c)
		if err != nil {
			return nil, err
		}
		roots[i] = x
		if dst != nil {
			into[i] = dst
		}
	}
	p, roots := newPlan(roots)
	for i, dst := range into {
		if _, taken := p.into[roots[i].Token()]; !taken {
			p.into[roots[i].Token()] = dst
		}
	}
	return p.lowerAll(roots)
}

// PlanDistributed implements sheaf.PlaceAware: where blocks are put together from parts of others, only the parts travel. Nobody writes
// into memory of this process.
func (planner) PlanDistributed(cs []sheaf.Collection, _ sheaf.Place) ([]graph.Graph, error) {
	roots := make([]node, len(cs))
	for i, c := range cs {
		x, dst, err := rootOf(c)
		if err != nil {
			return nil, err
		}
		if dst != nil {
			return nil, wrong(sheaf.ErrInternal, "array: a result in memory of this process is wanted from others")
		}
		roots[i] = x
	}
	p, roots := newPlan(roots)
	p.elsewhere = true
	return p.lowerAll(roots)
}
