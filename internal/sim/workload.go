package sim

import (
	"fmt"

	"sheaf/graph"
	"sheaf/internal/wire"
)

// A Mix says what the tasks of a run are like; see the fields of the same names in op for the shares, in thousandths.
type Mix struct {
	Micros   int64 // mean time of a task
	Bytes    int64 // mean size of a result
	Fails    int
	Breaks   int
	Poison   int
	Waits    int
	Stubborn int
	Huge     int

	Shared     float64 // share of the graphs that several clients submit
	External   float64 // share of the graphs that build on futures
	Restricted float64 // share of the graphs that only some workers may run
	Resources  float64 // share of the graphs that need a resource
	Impure     float64
	Retries    int32 // of each task
}

// shapes are the kinds of graphs.
var shapes = []func(*builder, int) []*graph.Layer{
	(*builder).independent, (*builder).chains, (*builder).tree, (*builder).blocks, (*builder).shuffle, (*builder).list, (*builder).aliases,
}

// A builder makes random graphs.
type builder struct {
	r      *rng
	mix    Mix
	seed   uint64 // of the content: two graphs with one seed are equal
	serial int
	inputs []*future // that a graph may build on
}

// graph makes a graph of about n tasks.
func (b *builder) graph(n int) graph.Graph {
	layers := pick(b.r, shapes)(b, max(n, 1))
	g := graph.Of(layers...)
	for k := range g.Outputs { // sometimes only a part is wanted
		if l := g.Outputs[k].Layer; b.r.chance(0.2) && l.Len() > 1 {
			for i := range l.Len() {
				if b.r.chance(0.5) || len(g.Outputs[k].Index) == 0 {
					g.Outputs[k].Index = append(g.Outputs[k].Index, int32(i))
				}
			}
		}
	}
	return g
}

// op returns the operation of the next layer.
func (b *builder) op() op {
	m := b.mix
	b.serial++
	return op{
		Seed: mix(b.seed + uint64(b.serial)), Micros: m.Micros, Bytes: m.Bytes, Fails: m.Fails, Breaks: m.Breaks, Poison: m.Poison,
		Waits: m.Waits, Stubborn: m.Stubborn, Huge: m.Huge,
	}
}

func (b *builder) layer(name string, space []int, edges ...graph.Edge) *graph.Layer {
	return graph.Must(graph.Spec{Name: name, Op: b.op(), Space: space, Edges: edges})
}

// root returns a layer without inputs, or one that builds on futures.
func (b *builder) root(name string, n int) *graph.Layer {
	if len(b.inputs) == 0 {
		return b.layer(name, []int{n})
	}
	held := b.held()
	table := graph.Table{Start: []int32{0}}
	for range n {
		for range b.r.between(0, 2) {
			table.Index = append(table.Index, int32(b.r.intn(held.Len())))
		}
		table.Start = append(table.Start, int32(len(table.Index)))
	}
	return b.layer(name, []int{n}, graph.Edge{From: held, Map: table})
}

// held returns the layer of the futures.
func (b *builder) held() *graph.Layer {
	values := make([]graph.Pending, len(b.inputs))
	for k, f := range b.inputs {
		values[k] = f
	}
	return graph.Held("futures", graph.Token{}, values)
}

func (b *builder) independent(n int) []*graph.Layer { return []*graph.Layer{b.root("map", n)} }

func (b *builder) chains(n int) []*graph.Layer {
	width := b.r.between(1, max(1, n/3))
	l := b.root("first", width)
	for k := width; k < n; k += width {
		l = b.layer("step", []int{width}, graph.Edge{From: l, Map: graph.Each{}})
	}
	return []*graph.Layer{l}
}

func (b *builder) tree(n int) []*graph.Layer {
	l := b.root("leaf", max(1, n*2/3))
	l, err := graph.Tree(l, graph.TreeSpec{Name: "sum", Axes: []int{0}, Every: b.r.between(2, 8), Combine: b.op(), Aggregate: b.op()})
	if err != nil {
		panic(err)
	}
	return []*graph.Layer{l}
}

func (b *builder) blocks(n int) []*graph.Layer {
	rows, cols := b.r.between(1, max(1, n/8)), b.r.between(1, 4)
	x := b.layer("x", []int{rows, cols})
	must := func(m graph.Axes, err error) graph.Mapping {
		if err != nil {
			panic(err)
		}
		return m
	}
	y := b.layer("y", []int{cols, rows}, graph.Edge{From: x, Map: must(graph.Blockwise([]int{cols, rows}, []int{rows, cols}, []int{1, 0}))})
	s, err := graph.Tree(x, graph.TreeSpec{Name: "mean", Axes: []int{0}, Every: 4, Combine: b.op(), Aggregate: b.op()})
	if err != nil {
		panic(err)
	}
	z := b.layer("z", []int{cols, rows},
		graph.Edge{From: y, Map: graph.Each{}},
		graph.Edge{From: s, Map: must(graph.Blockwise([]int{cols, rows}, []int{cols}, []int{0}))})
	if b.r.chance(0.5) {
		return []*graph.Layer{z, s}
	}
	return []*graph.Layer{z}
}

func (b *builder) shuffle(n int) []*graph.Layer {
	in, out := max(1, min(n/2, 60)), max(1, min(n/2, 40))
	l := b.root("split", in)
	l = b.layer("shard", []int{in}, graph.Edge{From: l, Map: graph.Each{}})
	join := b.op()
	join.Parts = b.r.chance(0.5)
	return []*graph.Layer{graph.Must(graph.Spec{Name: "join", Op: join, Space: []int{out}, Edges: []graph.Edge{{From: l, Map: graph.All{N: in}}}})}
}

// list makes a list of tasks that need some of those before them, and futures.
func (b *builder) list(n int) []*graph.Layer {
	var list graph.List
	edge := int32(-1)
	var held *graph.Layer
	if len(b.inputs) > 0 {
		held = b.held()
		edge = list.Input(held)
	}
	for k := range n {
		var refs []graph.Ref
		for range b.r.intn(4) {
			switch {
			case held != nil && b.r.chance(0.3):
				refs = append(refs, graph.Ref{Edge: edge, Index: int32(b.r.intn(held.Len()))})
			case k > 0:
				refs = append(refs, graph.Ref{Edge: graph.Self, Index: int32(k - 1 - b.r.intn(min(k, 12)))})
			}
		}
		o := b.op()
		h := graph.NewHasher("sim")
		h.Int(int(o.Seed))
		for _, ref := range refs {
			if ref.Edge != graph.Self { // the futures' keys belong to the key
				k := b.inputs[ref.Index].Key()
				h.Token(k.Token)
				h.Int(k.Index)
			} else {
				h.Int(int(ref.Index))
			}
		}
		list.Add(h.Sum(), o, refs...)
	}
	l, err := list.Layer("task")
	if err != nil {
		panic(err)
	}
	return []*graph.Layer{l}
}

// aliases gives another name to what another graph makes.
func (b *builder) aliases(n int) []*graph.Layer {
	l := b.chains(n)[0]
	a, err := graph.Alias("renamed", []int{l.Len()}, graph.Edge{From: l, Map: graph.Each{}})
	if err != nil {
		panic(err)
	}
	return []*graph.Layer{b.layer("use", []int{a.Len()}, graph.Edge{From: a, Map: graph.Each{}}), a}
}

// pack turns a graph into what is sent. Layers get ids from next.
func pack(g graph.Graph, next func() wire.LayerID) (*wire.Graph, []packed, error) {
	layers, err := g.Layers()
	if err != nil {
		return nil, nil, err
	}
	w := &wire.Graph{}
	ids := map[graph.Token]wire.LayerID{}
	var all []packed
	for _, l := range layers {
		id := next()
		ids[l.Token()] = id
		all = append(all, packed{l, id})
		w.Layers = append(w.Layers, packLayer(l, id, ids))
	}
	for _, o := range g.Outputs {
		w.Outputs = append(w.Outputs, wire.Output{Layer: ids[o.Layer.Token()], All: o.Index == nil, Index: o.Index})
	}
	return w, all, nil
}

// A packed layer is one with its id.
type packed struct {
	layer *graph.Layer
	id    wire.LayerID
}

func packLayer(l *graph.Layer, id wire.LayerID, ids map[graph.Token]wire.LayerID) wire.Layer {
	wl := wire.Layer{ID: id, Kind: wire.LayerOps, Name: l.Name(), Token: l.Token(), Content: l.Content(), Space: l.Space(), OutBytes: -1}
	for k, e := range l.Edges() {
		we := wire.Edge{Map: e.Map}
		if e.From != nil {
			we.From = ids[e.From.Token()]
		}
		if t, ok := l.Op().(graph.PartTaker); ok {
			we.Parts = t.TakesParts(k)
		}
		wl.Edges = append(wl.Edges, we)
	}
	switch {
	case l.Len() > 0 && l.Pending(0) != nil:
		wl.Kind = wire.LayerExternal
		for i := range l.Len() {
			wl.External = append(wl.External, l.Pending(i).(*future).id)
		}
	case l.IsAlias():
		wl.Kind = wire.LayerAlias
	case l.Keyed():
		wl.Kind = wire.LayerList
		wl.Names = []string{l.Name()}
		for k := range wl.Edges {
			wl.Edges[k].Map = nil
		}
		for lo := 0; lo < l.Len(); lo += wire.SegmentTasks {
			wl.Segments = append(wl.Segments, packSegment(l, lo, min(lo+wire.SegmentTasks, l.Len())))
		}
	default:
		wl.Segments = []wire.Segment{{Lo: 0, Hi: int32(l.Len()), Bytes: l.Op().(op).bytes()}}
	}
	return wl
}

// packSegment packs tasks [lo, hi) of a list.
func packSegment(l *graph.Layer, lo, hi int) wire.Segment {
	s := wire.Segment{Lo: int32(lo), Hi: int32(hi), Start: []int32{0}}
	var ends []int32
	for i := lo; i < hi; i++ {
		s.Bytes = append(s.Bytes, l.OpOf(i).(op).bytes()...)
		s.Keys = append(s.Keys, l.Key(i).Token)
		s.Inputs, ends = l.Deps(i, s.Inputs, ends[:0])
		s.Start = append(s.Start, int32(len(s.Inputs)))
		s.NameOf = append(s.NameOf, 0)
		s.Source = append(s.Source, 0)
	}
	return s
}

// opIn returns the operation and the key of a task from its layer as a worker has it.
func opIn(l *wire.Layer, index int32) (op, key, error) {
	for k := range l.Segments {
		s := &l.Segments[k]
		if index < s.Lo || index >= s.Hi {
			continue
		}
		if l.Kind != wire.LayerList {
			o, ok := parseOp(s.Bytes)
			if !ok {
				return op{}, key{}, fmt.Errorf("layer %v has %d bytes of operation", l.ID, len(s.Bytes))
			}
			return o, key{l.Token, index}, nil
		}
		at := int(index - s.Lo)
		if len(s.Bytes) < (at+1)*opBytes || len(s.Keys) <= at {
			return op{}, key{}, fmt.Errorf("segment [%d, %d) of layer %v is short", s.Lo, s.Hi, l.ID)
		}
		o, _ := parseOp(s.Bytes[at*opBytes : (at+1)*opBytes])
		return o, key{s.Keys[at], 0}, nil
	}
	return op{}, key{}, fmt.Errorf("layer %v has no segment with task %d", l.ID, index)
}
