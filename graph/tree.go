package graph

import (
	"fmt"
	"slices"
)

// A TreeSpec describes a reduction of blocks over some axes as a tree.
type TreeSpec struct {
	Name      string
	Axes      []int // the axes of the input's index space to reduce; they are dropped from the result's
	Every     int   // how many blocks along each reduced axis one task takes; at least 2
	Combine   Op    // joins partial results; its single edge delivers a box of them in C order
	Aggregate Op    // joins the last of them and makes the result
}

// Tree adds a tree reduction on top of in and returns its last layer. Partial results are joined by Combine, Every at a
// time along each of the axes, until one task can take what is left; that one is run by Aggregate.
func Tree(in *Layer, s TreeSpec) (*Layer, error) {
	if s.Every < 2 {
		return nil, fmt.Errorf("graph: tree %q takes %d blocks at a time, want at least 2: %w", s.Name, s.Every, ErrGraph)
	}
	for _, a := range s.Axes {
		if a < 0 || a >= len(in.space) {
			return nil, fmt.Errorf("graph: tree %q reduces axis %d of %d: %w", s.Name, a, len(in.space), ErrGraph)
		}
	}
	for level := 0; ; level++ {
		if last := !slices.ContainsFunc(s.Axes, func(a int) bool { return in.space[a] > s.Every }); last {
			return treeLevel(in, s, s.Name, s.Aggregate, true)
		}
		next, err := treeLevel(in, s, fmt.Sprintf("%s-partial", s.Name), s.Combine, false)
		if err != nil {
			return nil, err
		}
		in = next
	}
}

func treeLevel(in *Layer, s TreeSpec, name string, op Op, last bool) (*Layer, error) {
	var space []int
	axes := make([]int, len(in.space))
	spans := make([][]Span, len(in.space))
	for a, n := range in.space {
		axes[a] = len(space)
		switch reduced := slices.Contains(s.Axes, a); {
		case !reduced:
			spans[a] = Groups(n, 1)
		case last:
			axes[a] = -1
			spans[a] = []Span{{0, int32(n)}}
			continue
		default:
			spans[a] = Groups(n, s.Every)
		}
		space = append(space, len(spans[a]))
	}
	m, err := NewWindow(space, in.space, axes, spans)
	if err != nil {
		return nil, err
	}
	return New(Spec{Name: name, Op: op, Space: space, Edges: []Edge{{From: in, Map: m}}})
}

// Groups cuts n blocks into spans of every blocks; the last one may be shorter.
func Groups(n, every int) []Span {
	spans := make([]Span, 0, (n+every-1)/every)
	for lo := 0; lo < n; lo += every {
		spans = append(spans, Span{int32(lo), int32(min(lo+every, n))})
	}
	return spans
}
