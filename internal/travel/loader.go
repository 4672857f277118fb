package travel

import (
	"fmt"
	"slices"
	"sync"

	"sheaf/graph"
	"sheaf/internal/codec"
	"sheaf/internal/wire"
)

// A Loader is what a worker knows of layers: it gives tasks their operations. It is safe for concurrent use.
type Loader struct {
	mu     sync.RWMutex
	layers map[wire.LayerID]*loaded
}

// NewLoader returns a loader that knows nothing.
func NewLoader() *Loader { return &Loader{layers: map[wire.LayerID]*loaded{}} }

// loaded is a layer of which some segments are there.
type loaded struct {
	w        wire.Layer // without segments
	segments map[int32]*segment
}

// A segment is decoded when a task of it is first run.
type segment struct {
	once  sync.Once
	w     wire.Segment
	of    *loaded
	layer *graph.Layer
	err   error
}

// Add takes a layer, or more segments of one that is there already. Operations are decoded when they are needed. Errors match
// [graph.ErrGraph] and change nothing.
func (l *Loader) Add(w *wire.Layer) error {
	if w.Kind != wire.LayerOps && w.Kind != wire.LayerList {
		return fmt.Errorf("travel: layer %q of kind %d has nothing to run: %w", w.Name, w.Kind, graph.ErrGraph)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	of := l.layers[w.ID]
	if of != nil && of.w.Kind == w.Kind && w.Token.IsZero() { // only segments: the rest is known
		rest := of.w
		rest.Segments = w.Segments
		w = &rest
	}
	if w.Kind == wire.LayerList && (len(w.Space) != 1 || w.Space[0] < 0) {
		return fmt.Errorf("travel: list %q has the index space %v: %w", w.Name, w.Space, graph.ErrGraph)
	}
	for k := range w.Segments {
		s := &w.Segments[k]
		if w.Kind == wire.LayerList {
			if err := checkRange(w, s); err != nil {
				return err
			}
		} else if s.Lo != 0 {
			return fmt.Errorf("travel: a segment of layer %q begins at %d: %w", w.Name, s.Lo, graph.ErrGraph)
		}
	}
	if of == nil {
		of = &loaded{w: *w, segments: make(map[int32]*segment, len(w.Segments))}
		of.w.Segments = nil
		l.layers[w.ID] = of
	} else if of.w.Token != w.Token || of.w.Kind != w.Kind || !slices.Equal(of.w.Space, w.Space) {
		return fmt.Errorf("travel: layers %q and %q have the id %s: %w", of.w.Name, w.Name, w.ID, graph.ErrClash)
	}
	for _, s := range w.Segments {
		if of.segments[s.Lo] == nil {
			s.Inputs, s.Source = nil, nil // the tasks say what they need, the operations where they come from
			of.segments[s.Lo] = &segment{w: s, of: of}
		}
	}
	return nil
}

// Has reports whether the task of an id can be bound.
func (l *Loader) Has(id wire.ID) bool { return l.find(id) != nil }

func (l *Loader) find(id wire.ID) *segment {
	l.mu.RLock()
	defer l.mu.RUnlock()
	of := l.layers[id.Layer]
	if of == nil {
		return nil
	}
	if of.w.Kind != wire.LayerList {
		return of.segments[0]
	}
	return of.segments[id.Index-id.Index%wire.SegmentTasks]
}

// Bind returns a layer and which of its tasks is the one of the id, to be run with graph.Task's Bind and layer.Op(). Tasks of one layer
// may come from several layers here, with other indices; their keys are what they were.
func (l *Loader) Bind(id wire.ID) (*graph.Layer, int, error) {
	s := l.find(id)
	if s == nil {
		return nil, 0, fmt.Errorf("travel: task %s is of a layer that is not here: %w", id, graph.ErrGraph)
	}
	s.once.Do(s.decode)
	if s.err != nil {
		return nil, 0, fmt.Errorf("travel: operation of %s %q: %w: %w", id, s.of.w.Name, ErrTravel, s.err)
	}
	i := int(id.Index - s.w.Lo)
	if i < 0 || i >= s.layer.Len() {
		return nil, 0, fmt.Errorf("travel: task %s does not exist, %q has %d: %w", id, s.of.w.Name, s.layer.Len(), graph.ErrGraph)
	}
	return s.layer, i, nil
}

// Forget drops what is known of layers.
func (l *Loader) Forget(ids ...wire.LayerID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, id := range ids {
		delete(l.layers, id)
	}
}

// Len returns the number of layers that are known.
func (l *Loader) Len() int {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return len(l.layers)
}

func (s *segment) decode() {
	w := &s.of.w
	p := graph.Parts{
		Kind: graph.KindOps, Name: w.Name, Token: w.Token, Content: w.Content, Space: w.Space, Edges: make([]graph.Edge, len(w.Edges)), Alone: true,
		Mark: uint64(w.ID),
	}
	if w.Kind == wire.LayerList {
		p.Kind, p.Space, p.List.Keys = graph.KindList, []int{int(s.w.Hi - s.w.Lo)}, s.w.Keys
		if nameOf := s.w.NameOf; len(nameOf) > 0 {
			p.Names = func(i int) string { return w.Names[nameOf[i]] }
		}
		if s.err = unmarshal(s.w.Bytes, &p.List.Ops); s.err != nil {
			return
		}
		if slices.Contains(p.List.Ops, nil) {
			s.err = fmt.Errorf("a task without operation: %w", codec.ErrCorrupt)
			return
		}
		if p.List.Ops == nil {
			p.List.Ops = []graph.Op{}
		}
	} else if s.err = unmarshal(s.w.Bytes, &p.Op); s.err != nil {
		return
	}
	s.layer, s.err = graph.Restore(p)
	s.w = wire.Segment{Lo: s.w.Lo, Hi: s.w.Hi}
}

// unmarshal decodes what codec.EncodeTo wrote of a T.
func unmarshal[T any](b []byte, into *T) error {
	v, err := codec.UnmarshalAs[T](b)
	*into = v
	return err
}
