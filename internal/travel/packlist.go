package travel

import (
	"context"
	"math"
	"reflect"
	"unsafe"

	"sheaf/fn"
	"sheaf/graph"
	"sheaf/internal/codec"
	"sheaf/internal/wire"
)

// list packs a layer whose tasks have operations of their own, in segments.
func (p *packer) list(l *graph.Layer, w *wire.Layer) error {
	w.Kind = wire.LayerList
	w.Edges = make([]wire.Edge, len(l.Edges()))
	for e, edge := range l.Edges() {
		if edge.From != nil {
			w.Edges[e].From = p.ids[edge.From.Token()]
		}
	}
	li, _ := l.Listing()
	lp := listPacker{p: p, l: l, w: w, list: li}
	for lo := 0; lo < l.Len(); lo += wire.SegmentTasks {
		if err := lp.segment(lo, min(lo+wire.SegmentTasks, l.Len())); err != nil {
			return err
		}
	}
	return nil
}

type listPacker struct {
	p       *packer
	l       *graph.Layer
	w       *wire.Layer
	list    graph.Listing
	ops     [wire.SegmentTasks]graph.Op
	names   table[string]
	sources table[fn.Source]
	moved   map[memory]wire.ID // large values that are on workers already
	edges   map[wire.ID]int32  // by which they come
}

func (lp *listPacker) segment(lo, hi int) error {
	n := hi - lo
	start, end := lp.list.Start[lo], lp.list.Start[hi]
	s := wire.Segment{
		Lo: int32(lo), Hi: int32(hi), Keys: lp.list.Keys[lo:hi:hi], Start: make([]int32, n+1), Inputs: lp.list.Refs[start:end:end],
		NameOf: make([]uint16, n), Source: make([]uint16, n),
	}
	ops := lp.list.Ops[lo:hi]
	for k := range n {
		s.Start[k+1] = lp.list.Start[lo+k+1] - start
		s.NameOf[k] = lp.names.index(lp.l.TaskName(lo+k), 0, &lp.w.Names, lp.l.Name())
		if o, ok := ops[k].(graph.Sourcer); ok {
			if src := o.Source(lo + k); src != (fn.Source{}) {
				s.Source[k] = lp.sources.index(src, 1, &lp.w.Sources, fn.Source{})
			}
		}
	}
	ops, err := lp.scatter(&s, ops)
	if err != nil {
		return err
	}
	e := lp.p.enc
	e.Reset()
	if err := codec.EncodeTo(e, ops); err != nil {
		for k, op := range ops { // which one was it?
			e.Reset()
			if one := codec.EncodeTo(e, op); one != nil {
				return stays(lp.l, lo+k, one)
			}
		}
		return stays(lp.l, lo, err)
	}
	s.Bytes = append([]byte(nil), e.Bytes()...)
	lp.w.Segments = append(lp.w.Segments, s)
	return nil
}

// scatter replaces operations that hold large values by ones that take them from workers.
func (lp *listPacker) scatter(s *wire.Segment, ops []graph.Op) ([]graph.Op, error) {
	if lp.p.names.Large == nil {
		return ops, nil
	}
	var moved map[int][]graph.Ref
	for k, op := range ops {
		values, lifted, err := lp.lift(s, k, op)
		if err != nil {
			return nil, stays(lp.l, int(s.Lo)+k, err)
		}
		for n, v := range values {
			id, err := lp.large(v)
			if err != nil {
				return nil, stays(lp.l, int(s.Lo)+k, err)
			}
			if moved == nil {
				moved = map[int][]graph.Ref{}
				ops = append(lp.ops[:0], ops...)
			}
			moved[k] = append(moved[k], graph.Ref{Edge: lp.external(s.Keys[k], n, id)})
			ops[k] = lifted
		}
	}
	if moved != nil {
		rewire(s, moved)
	}
	return ops, nil
}

// lift returns the large values that an operation holds, and the operation that takes them as inputs.
func (lp *listPacker) lift(s *wire.Segment, k int, op graph.Op) ([]any, graph.Op, error) {
	n := int(s.Start[k+1] - s.Start[k])
	switch o := op.(type) {
	case graph.Lifter:
		values, lifted := o.Lift(LargeBytes, n)
		return values, lifted, nil
	case graph.Existing:
		if n > 0 || o.ExistingBytes() <= LargeBytes {
			return nil, nil, nil
		}
		v, err := valueOf(lp.l, int(s.Lo)+k)
		return []any{v}, forward{}, err
	}
	return nil, nil, nil
}

// external adds a layer for a value that is on workers, and returns the list's edge to it.
func (lp *listPacker) external(of graph.Token, n int, id wire.ID) int32 {
	if e, ok := lp.edges[id]; ok {
		return e
	}
	h := graph.NewHasher("travel.scattered")
	h.Token(of)
	h.Int(n)
	from := wire.Layer{
		ID: lp.p.names.Layer(), Kind: wire.LayerExternal, Name: "scattered", Token: h.Sum(), Space: []int{1}, External: []wire.ID{id}, OutBytes: -1,
	}
	from.Content = from.Token
	lp.p.out.Layers = append(lp.p.out.Layers, from)
	lp.w.Edges = append(lp.w.Edges, wire.Edge{From: from.ID})
	if lp.edges == nil {
		lp.edges = map[wire.ID]int32{}
	}
	lp.edges[id] = int32(len(lp.w.Edges) - 1)
	return lp.edges[id]
}

// rewire gives tasks of a segment further inputs.
func rewire(s *wire.Segment, moved map[int][]graph.Ref) {
	inputs := make([]graph.Ref, 0, len(s.Inputs)+len(moved))
	for k := range len(s.Keys) {
		lo := s.Start[k]
		s.Start[k] = int32(len(inputs))
		inputs = append(inputs, s.Inputs[lo:s.Start[k+1]]...)
		inputs = append(inputs, moved[k]...)
	}
	s.Start[len(s.Keys)] = int32(len(inputs))
	s.Inputs = inputs
}

// large puts a value on workers, once for a value that stands in many tasks.
func (lp *listPacker) large(v any) (wire.ID, error) {
	at, ok := memoryOf(v)
	if id, known := lp.moved[at]; ok && known {
		return id, nil
	}
	id, err := lp.p.names.Large(v)
	if ok && err == nil {
		if lp.moved == nil {
			lp.moved = map[memory]wire.ID{}
		}
		lp.moved[at] = id
	}
	return id, err
}

// memory is where a value lies.
type memory struct {
	typ  reflect.Type
	data unsafe.Pointer
	n    int
}

// memoryOf returns where the memory of a value is, if it is in one place.
func memoryOf(v any) (memory, bool) {
	rv := reflect.ValueOf(v)
	switch rv.Kind() {
	case reflect.Slice:
		return memory{rv.Type(), rv.UnsafePointer(), rv.Len()}, true
	case reflect.String:
		return memory{rv.Type(), unsafe.Pointer(unsafe.StringData(rv.String())), rv.Len()}, true
	case reflect.Pointer, reflect.Map:
		return memory{rv.Type(), rv.UnsafePointer(), 0}, true
	}
	return memory{}, false
}

// forward is the operation of a task whose value was put on workers.
type forward struct{}

func (forward) Run(_ context.Context, t *graph.Task) (any, error) { return t.Inputs()[0], nil }

// A table numbers what occurs in the tasks of a list.
type table[K comparable] struct {
	at   map[K]uint16
	last K
	used bool
	n    uint16 // of last
}

// index returns the number of k in all, where it is added if it is new, plus base. What does not fit any more is numbered as other.
func (t *table[K]) index(k K, base int, all *[]K, other K) uint16 {
	if t.used && k == t.last {
		return t.n
	}
	if t.at == nil {
		t.at = map[K]uint16{}
	}
	n, ok := t.at[k]
	if !ok {
		if len(*all)+base >= math.MaxUint16 && k != other { // a place is kept for other
			return t.index(other, base, all, other)
		}
		n = uint16(len(*all) + base)
		t.at[k] = n
		*all = append(*all, k)
	}
	t.last, t.n, t.used = k, n, true
	return n
}
