package scheduler

import (
	"fmt"

	"sheaf/graph"
	"sheaf/internal/lower"
	"sheaf/internal/travel"
	"sheaf/internal/wire"
)

// tableMin is from how many tasks in lists on a graph has a table of its own for their identities, made here and not at admission.
var tableMin = 1024 // tests have it smaller

// linksMax is how many tasks a chain may have: what is longer is cut, so that messages stay small and a retry repeats little.
const linksMax = 128

// Prepared is a submitted graph, expanded and ready for admission.
type Prepared struct {
	plan    *lower.Plan
	layers  []*wire.Layer          // by the plan's number of the layer
	number  map[wire.LayerID]int32 // and back; layers of one identity have one number
	tasks   []task
	tallies tallies
	roots   []int32   // heads of the chains that need nothing
	claims  []named   // claims under other names than the task's own
	units   int       // chains, single tasks among them
	foreign []int32   // tasks that stand for values of other graphs
	keys    *keyTable // of a graph with many tasks in lists: these by their identities
	hits    []hit     // found at admission
}

// hit is a task of a list that a live run has too.
type hit struct {
	task int32
	twin ref
}

// named is a claim of a task under a name.
type named struct {
	task int32
	id   wire.ID
}

// Prepare expands a graph, which is most of the work of admitting it. It depends on nothing but m, so drivers call it in
// another goroutine. Its time is linear in the tasks of the layers that the outputs need, and its errors match
// [graph.ErrGraph], [graph.ErrCycle] or [graph.ErrClash].
func Prepare(m *wire.Submit) (*Prepared, error) {
	if err := measure(&m.Graph); err != nil {
		return nil, err
	}
	if err := checkOptions(&m.Options); err != nil {
		return nil, err
	}
	g, err := travel.Unpack(&m.Graph)
	if err != nil {
		return nil, err
	}
	plan, err := lower.Expand(g)
	if err != nil {
		return nil, err
	}
	p := &Prepared{plan: plan, number: make(map[wire.LayerID]int32, len(m.Graph.Layers)), layers: make([]*wire.Layer, len(plan.Layers))}
	for k := range m.Graph.Layers {
		l := &m.Graph.Layers[k]
		n, ok := plan.Number(l.Token)
		if !ok {
			continue // nothing wanted needs it
		}
		p.number[l.ID] = n
		if p.layers[n] == nil {
			p.layers[n] = l
		}
	}
	for n, l := range p.layers {
		if l == nil {
			return nil, fmt.Errorf("graph: layer %q has lost its identity on the way: %w", plan.Layers[n].Name(), graph.ErrGraph)
		}
	}
	p.foreign = plan.Held
	p.cut(m.Options.Actor)
	p.fill()
	p.tallies = newTallies(p.plan, p.layers, p.tasks)
	p.claim(&m.Graph)
	p.tabulate()
	return p, nil
}

// tabulate enters the tasks of lists into a table, if they are many.
func (p *Prepared) tabulate() {
	n := 0
	for i := range int32(p.plan.N) {
		if p.layers[p.plan.Layer[i]].Kind == wire.LayerList {
			n++
		}
	}
	if n < tableMin {
		return
	}
	p.keys = newKeyTable(n)
	for i := range int32(p.plan.N) {
		if p.layers[p.plan.Layer[i]].Kind == wire.LayerList {
			p.keys.put(p.plan, i)
		}
	}
}

// cut ends chains that are too long, and all of them if links are not wanted.
func (p *Prepared) cut(all bool) {
	next := p.plan.Next
	length := make([]uint8, len(next)) // inputs have lower numbers than their users
	for i, u := range next {
		if u < 0 {
			continue
		}
		if all || length[i] >= linksMax-1 {
			next[i] = -1
			continue
		}
		length[u] = length[i] + 1
	}
}

// fill makes the tasks' first states.
func (p *Prepared) fill() {
	plan := p.plan
	p.tasks = make([]task, plan.N)
	linked := make([]bool, plan.N) // to the task before it
	for _, u := range plan.Next {
		if u >= 0 {
			linked[u] = true
		}
	}
	for i := range int32(plan.N) {
		t := &p.tasks[i]
		if plan.Next[i] >= 0 {
			t.status = statusLinked
		} else {
			t.status = statusWaiting
			t.uses = int32(len(plan.Uses(i)))
		}
		if linked[i] {
			continue
		}
		p.units++
		last := i
		for plan.Next[last] >= 0 {
			last = plan.Next[last]
		}
		p.tasks[last].missing = int32(len(plan.Deps(i)))
		if len(plan.Deps(i)) == 0 {
			p.roots = append(p.roots, i)
		}
	}
	for _, i := range p.roots {
		for plan.Next[i] >= 0 {
			i = plan.Next[i]
		}
		p.tasks[i].status = statusQueued
	}
}

// claim counts the claims of the outputs.
func (p *Prepared) claim(g *wire.Graph) {
	var seen map[wire.ID]bool
	for o, tasks := range p.plan.Outputs {
		out := &g.Outputs[o]
		for k, i := range tasks {
			id := wire.ID{Layer: out.Layer, Index: int32(k)}
			if !out.All {
				id.Index = out.Index[k]
			}
			switch {
			case id == p.id(i):
				p.tasks[i].claims = 1 // however often it is listed
			case !seen[id]:
				if seen == nil {
					seen = map[wire.ID]bool{}
				}
				seen[id] = true
				p.claims = append(p.claims, named{i, id})
			}
		}
	}
}

// id returns the name under which workers hold the value of task i.
func (p *Prepared) id(i int32) wire.ID {
	return wire.ID{Layer: p.layers[p.plan.Layer[i]].ID, Index: p.plan.Index[i]}
}
