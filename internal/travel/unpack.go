package travel

import (
	"context"
	"fmt"

	"sheaf/fn"
	"sheaf/graph"
	"sheaf/internal/exec"
	"sheaf/internal/wire"
)

// Unpack makes a graph of the structure of w, to plan with: its tasks have their identities, names, inputs, and the user's functions as
// sources, but cannot be run. Everything is checked, so that no message makes its reader fail later; errors match [graph.ErrGraph].
// The graph shares memory with w.
func Unpack(w *wire.Graph) (graph.Graph, error) {
	u := unpacker{layers: make(map[wire.LayerID]*graph.Layer, len(w.Layers))}
	for k := range w.Layers {
		if err := u.layer(&w.Layers[k]); err != nil {
			return graph.Graph{}, err
		}
	}
	g := graph.Graph{Outputs: make([]graph.Output, 0, len(w.Outputs))}
	for _, o := range w.Outputs {
		l := u.layers[o.Layer]
		if l == nil {
			return graph.Graph{}, fmt.Errorf("travel: output of layer %s, which is not in the graph: %w", o.Layer, graph.ErrGraph)
		}
		out := graph.Output{Layer: l}
		if !o.All {
			out.Index = o.Index
			if out.Index == nil {
				out.Index = []int32{}
			}
		}
		for _, i := range out.Index {
			if i < 0 || int(i) >= l.Len() {
				return graph.Graph{}, fmt.Errorf("travel: task %d of layer %q is wanted, it has %d: %w", i, l.Name(), l.Len(), graph.ErrGraph)
			}
		}
		g.Outputs = append(g.Outputs, out)
	}
	return g, nil
}

// LayerID returns the id of a layer that [Unpack] made, and 0 for every other layer.
func LayerID(l *graph.Layer) wire.LayerID { return wire.LayerID(l.Mark()) }

// ExternalID returns the id of a value of a layer of external values that [Unpack] made.
func ExternalID(p graph.Pending) (wire.ID, bool) {
	e, ok := p.(external)
	return e.id, ok
}

type unpacker struct{ layers map[wire.LayerID]*graph.Layer }

func (u *unpacker) layer(w *wire.Layer) error {
	if w.ID == 0 || u.layers[w.ID] != nil {
		return fmt.Errorf("travel: layer %q has the id %s, which is taken: %w", w.Name, w.ID, graph.ErrGraph)
	}
	p := graph.Parts{Name: w.Name, Token: w.Token, Content: w.Content, Space: w.Space, Mark: uint64(w.ID)}
	for i, e := range w.Edges {
		edge := graph.Edge{Map: e.Map}
		if e.From != 0 {
			if edge.From = u.layers[e.From]; edge.From == nil {
				return fmt.Errorf("travel: edge %d of layer %q comes from layer %s, which is not before it: %w", i, w.Name, e.From, graph.ErrGraph)
			}
		} else if w.Kind == wire.LayerList && i > 0 || w.Kind == wire.LayerAlias {
			return fmt.Errorf("travel: edge %d of layer %q comes from nowhere: %w", i, w.Name, graph.ErrGraph)
		}
		p.Edges = append(p.Edges, edge)
	}
	switch w.Kind {
	case wire.LayerOps:
		p.Kind, p.Op = graph.KindOps, elsewhere(w)
	case wire.LayerAlias:
		p.Kind = graph.KindAlias
	case wire.LayerExternal:
		p.Kind = graph.KindHeld
		p.Pending = make([]graph.Pending, len(w.External))
		for i, id := range w.External {
			p.Pending[i] = external{id, i, w.Token}
		}
	case wire.LayerList:
		if err := u.list(w, &p); err != nil {
			return err
		}
	default:
		return fmt.Errorf("travel: layer %q is of the unknown kind %d: %w", w.Name, w.Kind, graph.ErrGraph)
	}
	l, err := graph.Restore(p)
	if err != nil {
		return err
	}
	u.layers[w.ID] = l
	return nil
}

// list joins the segments of a list.
func (u *unpacker) list(w *wire.Layer, p *graph.Parts) error {
	if len(w.Space) != 1 || w.Space[0] < 0 || (w.Space[0]+wire.SegmentTasks-1)/wire.SegmentTasks != len(w.Segments) {
		return fmt.Errorf("travel: list %q of %v tasks has %d segments: %w", w.Name, w.Space, len(w.Segments), graph.ErrGraph)
	}
	n, refs := w.Space[0], 0
	for k := range w.Segments {
		if err := checkSegment(w, k); err != nil {
			return err
		}
		refs += len(w.Segments[k].Inputs)
	}
	li := graph.Listing{Keys: make([]graph.Token, 0, n), Start: make([]int32, 1, n+1), Refs: make([]graph.Ref, 0, refs)}
	for k := range w.Segments {
		s := &w.Segments[k]
		base := int32(len(li.Refs))
		for _, at := range s.Start[1:] {
			li.Start = append(li.Start, base+at)
		}
		li.Keys = append(li.Keys, s.Keys...)
		li.Refs = append(li.Refs, s.Inputs...)
	}
	p.Kind, p.Op, p.List = graph.KindList, elsewhere(w), li
	p.Names = func(i int) string { return taskName(w, i) }
	return nil
}

// checkSegment checks what a scheduler must know of a segment of a list, all but which tasks it refers to.
func checkSegment(w *wire.Layer, k int) error {
	s := &w.Segments[k]
	n := int(s.Hi) - int(s.Lo)
	malformed := fmt.Errorf("travel: segment %d of list %q is malformed: %w", k, w.Name, graph.ErrGraph)
	if int(s.Lo) != k*wire.SegmentTasks || checkRange(w, s) != nil || len(s.Start) != n+1 || len(s.NameOf) != n || len(s.Source) != n ||
		s.Start[0] != 0 || int(s.Start[n]) != len(s.Inputs) {
		return malformed
	}
	for i := range n {
		if s.Start[i] > s.Start[i+1] || int(s.Source[i]) > len(w.Sources) {
			return malformed
		}
	}
	return nil
}

// checkRange checks what a worker must know of a segment of a list.
func checkRange(w *wire.Layer, s *wire.Segment) error {
	n := int(s.Hi) - int(s.Lo)
	ok := s.Lo >= 0 && s.Lo%wire.SegmentTasks == 0 && n > 0 && n <= wire.SegmentTasks && int(s.Hi) <= w.Space[0] &&
		(n == wire.SegmentTasks || int(s.Hi) == w.Space[0]) && len(s.Keys) == n && (len(s.NameOf) == n || len(s.NameOf) == 0)
	for _, name := range s.NameOf {
		ok = ok && int(name) < len(w.Names)
	}
	if !ok {
		return fmt.Errorf("travel: segment [%d, %d) of list %q is malformed: %w", s.Lo, s.Hi, w.Name, graph.ErrGraph)
	}
	return nil
}

// taskName returns the name of a task of a list all of whose segments are there.
func taskName(w *wire.Layer, i int) string {
	return w.Names[w.Segments[i/wire.SegmentTasks].NameOf[i%wire.SegmentTasks]]
}

// elsewhere returns the operation of a layer whose operations only workers know.
func elsewhere(w *wire.Layer) graph.Op {
	o := opaque{w}
	for _, e := range w.Edges {
		if e.Parts {
			return opaqueParts{o}
		}
	}
	return o
}

type opaque struct{ w *wire.Layer }

func (opaque) Run(context.Context, *graph.Task) (any, error) {
	return nil, fmt.Errorf("travel: an operation of another executable was to be run: %w", exec.ErrSerialize)
}

// Source returns the user's function.
func (o opaque) Source(i int) fn.Source {
	k := 0
	if o.w.Kind == wire.LayerList {
		k = int(o.w.Segments[i/wire.SegmentTasks].Source[i%wire.SegmentTasks]) - 1
	}
	if k < 0 || k >= len(o.w.Sources) {
		return fn.Source{}
	}
	return o.w.Sources[k]
}

// OutBytes returns the expected size of a result.
func (o opaque) OutBytes(int) int64 { return o.w.OutBytes }

// opaqueParts is the operation of a layer that takes parts of values.
type opaqueParts struct{ opaque }

func (o opaqueParts) TakesParts(e int) bool { return o.w.Edges[e].Parts }

// external is a value that the cluster knows by another id.
type external struct {
	id    wire.ID
	index int
	layer graph.Token
}

func (e external) Key() graph.Key { return graph.Key{Name: "external", Token: e.layer, Index: e.index} }

func (e external) Notify(func()) {}

func (e external) Value(context.Context) (any, error) {
	return nil, fmt.Errorf("travel: value %s is not in this process: %w", e.id, exec.ErrSerialize)
}
