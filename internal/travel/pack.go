package travel

import (
	"context"
	"errors"
	"fmt"
	"math"

	"sheaf/fn"
	"sheaf/graph"
	"sheaf/internal/codec"
	"sheaf/internal/exec"
	"sheaf/internal/wire"
)

// ErrTravel is matched by the errors about functions, arguments and results that cannot leave their process.
var ErrTravel = exec.ErrSerialize

// LargeBytes is the size from which on values in a graph do not travel in it, but are put on workers first.
const LargeBytes = 32 << 10

// Names is how a client names what it packs.
type Names struct {
	// Layer returns an id that was not used before.
	Layer func() wire.LayerID
	// External returns the id by which the cluster knows a value that others provide. Without it such values are an error.
	External func(p graph.Pending) (wire.ID, error)
	// Large puts a value on workers and returns its id. Without it everything travels in the graph.
	Large func(v any) (wire.ID, error)
}

// Pack makes a graph of the cluster out of g. The value of task i of g.Outputs[o] is {w.Outputs[o].Layer, i}.
//
// The error about a function, an argument or a value that cannot travel is an *[exec.TaskError] with the task's key and the user's function
// with file and line. It matches [ErrTravel] and has the path to what is in the way.
func Pack(g graph.Graph, n Names) (*wire.Graph, error) {
	layers, err := g.Layers()
	if err != nil {
		return nil, err
	}
	p := packer{names: n, ids: make(map[graph.Token]wire.LayerID, len(layers)), enc: codec.NewEncoder(nil)}
	p.out.Layers = make([]wire.Layer, 0, len(layers))
	for _, l := range layers {
		if err := p.layer(l); err != nil {
			return nil, err
		}
	}
	for _, o := range g.Outputs {
		p.out.Outputs = append(p.out.Outputs, wire.Output{Layer: p.ids[o.Layer.Token()], All: o.Index == nil, Index: o.Index})
	}
	return &p.out, nil
}

type packer struct {
	names Names
	ids   map[graph.Token]wire.LayerID
	enc   *codec.Encoder
	out   wire.Graph
}

func (p *packer) layer(l *graph.Layer) error {
	if l.Len() > math.MaxInt32 {
		return fmt.Errorf("travel: layer %q has %d tasks: %w", l.Name(), l.Len(), exec.ErrLimit)
	}
	w := wire.Layer{
		ID: p.names.Layer(), Name: l.Name(), Token: l.Token(), Content: l.Content(), Space: l.Space(), OutBytes: -1,
	}
	var err error
	switch l.Kind() {
	case graph.KindList:
		err = p.list(l, &w)
	case graph.KindAlias:
		w.Kind = wire.LayerAlias
		p.edges(l, &w)
	case graph.KindHeld:
		err = p.held(l, &w)
	default:
		if size := existing(l); size > LargeBytes && p.names.Large != nil {
			err = p.scatter(l, &w)
		} else {
			err = p.ops(l, &w)
		}
	}
	if err != nil {
		return err
	}
	p.ids[l.Token()] = w.ID
	p.out.Layers = append(p.out.Layers, w)
	return nil
}

func (p *packer) edges(l *graph.Layer, w *wire.Layer) {
	takes, _ := l.Op().(graph.PartTaker)
	for i, e := range l.Edges() {
		edge := wire.Edge{Map: e.Map, Parts: takes != nil && takes.TakesParts(i)}
		if e.From != nil {
			edge.From = p.ids[e.From.Token()]
		}
		w.Edges = append(w.Edges, edge)
	}
}

// held packs a layer of values that others provide.
func (p *packer) held(l *graph.Layer, w *wire.Layer) error {
	w.Kind = wire.LayerExternal
	w.External = make([]wire.ID, l.Len())
	for i := range w.External {
		if p.names.External == nil {
			return fmt.Errorf("travel: %s is a value of this process: %w", l.Key(i), ErrTravel)
		}
		id, err := p.names.External(l.Pending(i))
		if err != nil {
			return fmt.Errorf("travel: %s: %w", l.Key(i), err)
		}
		w.External[i] = id
	}
	return nil
}

// existing returns how many bytes the values of a layer take that exist already, and 0 for every other layer.
func existing(l *graph.Layer) int64 {
	if values, ok := l.Values(); ok {
		total := int64(0)
		for _, v := range values {
			total += codec.SizeOf(v)
		}
		return total
	}
	if e, ok := l.Op().(graph.Existing); ok && len(l.Edges()) == 0 {
		return e.ExistingBytes()
	}
	return 0
}

// scatter puts the values of a layer on workers.
func (p *packer) scatter(l *graph.Layer, w *wire.Layer) error {
	w.Kind = wire.LayerExternal
	w.External = make([]wire.ID, l.Len())
	for i := range w.External {
		v, err := valueOf(l, i)
		if err == nil {
			w.External[i], err = p.names.Large(v)
		}
		if err != nil {
			return stays(l, i, err)
		}
	}
	return nil
}

// valueOf returns a value that exists already, by the operation that delivers it.
func valueOf(l *graph.Layer, i int) (any, error) {
	var t graph.Task
	t.Bind(l, i, nil, make([]int32, len(l.Edges())))
	return l.OpOf(i).Run(context.Background(), &t)
}

// ops packs a layer of one operation.
func (p *packer) ops(l *graph.Layer, w *wire.Layer) error {
	w.Kind = wire.LayerOps
	p.edges(l, w)
	op := l.Op()
	p.enc.Reset()
	if err := codec.EncodeTo(p.enc, op); err != nil {
		return stays(l, 0, err)
	}
	w.Segments = []wire.Segment{{Lo: 0, Hi: int32(l.Len()), Bytes: append([]byte(nil), p.enc.Bytes()...)}}
	if l.Len() == 0 {
		return nil
	}
	if s, ok := op.(graph.Sourcer); ok {
		if src := s.Source(0); src != (fn.Source{}) {
			w.Sources = []fn.Source{src}
		}
	}
	if s, ok := op.(graph.Sized); ok {
		w.OutBytes = s.OutBytes(0)
	}
	return nil
}

// stays is the error about an operation that cannot travel: an *[exec.TaskError] with the key of its task, of one of them if they share
// it, and the user's function.
func stays(l *graph.Layer, i int, err error) error {
	if !errors.Is(err, ErrTravel) {
		err = fmt.Errorf("%w: %w", ErrTravel, err)
	}
	if l.Len() == 0 {
		return fmt.Errorf("travel: layer %q: %w", l.Name(), err)
	}
	return exec.NewError(&graph.Task{Layer: l, Index: i}, err)
}
