package graph

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A Mapping says by arithmetic which tasks of an input layer each task needs. The kinds are [Each], [All], [Axes],
// [Window] and [Table].
type Mapping interface {
	deps(dst []Ref, edge int32, i int) []Ref
	check(out []int, nOut int, in []int, nIn int) error
	hash(h *Hasher)
	String() string
}

// Each maps task i to task i: both layers have the same number of tasks.
type Each struct{}

func (Each) deps(dst []Ref, edge int32, i int) []Ref { return append(dst, Ref{edge, int32(i)}) }

func (Each) check(_ []int, nOut int, _ []int, nIn int) error {
	if nOut != nIn {
		return fmt.Errorf("each task needs its twin, but there are %d tasks and %d inputs", nOut, nIn)
	}
	return nil
}
func (Each) hash(h *Hasher) { h.String("each") }

func (Each) String() string { return "each" }

// All maps every task to all of the N tasks of the input.
type All struct{ N int }

func (m All) deps(dst []Ref, edge int32, _ int) []Ref {
	dst = slices.Grow(dst, m.N)
	for k := range m.N {
		dst = append(dst, Ref{edge, int32(k)})
	}
	return dst
}

func (m All) check(_ []int, _ int, _ []int, nIn int) error {
	if m.N != nIn {
		return fmt.Errorf("all of %d tasks are wanted, but the input has %d", m.N, nIn)
	}
	return nil
}

func (m All) hash(h *Hasher) { h.String("all"); h.Int(m.N) }

func (m All) String() string { return "all" }

// Axes is the blockwise mapping: input axis a follows output axis Out[a], where -1 means that its only block is wanted. An
// input axis of length 1 under a longer output axis broadcasts.
//
// Make it with [Blockwise], which fills in the strides.
type Axes struct {
	Out   []int // per input axis: the output axis that drives it, or -1
	space []int // of the output
	step  []int // per output axis: how far the input's index moves
}

// Blockwise returns the mapping from an index space in to an index space out in which axis a of the input follows axis
// axes[a] of the output.
func Blockwise(out, in, axes []int) (Axes, error) {
	if len(axes) != len(in) {
		return Axes{}, fmt.Errorf("graph: blockwise: %d axes given for an input of %d dimensions: %w", len(axes), len(in), ErrGraph)
	}
	m := Axes{Out: axes, space: out, step: make([]int, len(out))}
	stride := 1
	for a := len(in) - 1; a >= 0; a-- {
		switch o := axes[a]; {
		case o >= len(out) || o < -1:
			return Axes{}, fmt.Errorf("graph: blockwise: input axis %d follows output axis %d of %d: %w", a, o, len(out), ErrGraph)
		case in[a] == 1: // the only block, or broadcast
		case o == -1:
			return Axes{}, fmt.Errorf("graph: blockwise: input axis %d has %d blocks but follows no output axis: %w", a, in[a], ErrGraph)
		case in[a] != out[o]:
			return Axes{}, fmt.Errorf("graph: blockwise: input axis %d has %d blocks, output axis %d has %d: %w", a, in[a], o, out[o], ErrGraph)
		default:
			m.step[o] += stride
		}
		stride *= in[a]
	}
	return m, nil
}

func (m Axes) deps(dst []Ref, edge int32, i int) []Ref {
	k := 0
	for a := len(m.space) - 1; a >= 0; a-- {
		k += i % m.space[a] * m.step[a]
		i /= m.space[a]
	}
	return append(dst, Ref{edge, int32(k)})
}

func (m Axes) check(out []int, _ int, in []int, _ int) error {
	if !slices.Equal(out, m.space) {
		return fmt.Errorf("the mapping is for an index space %v, the layer has %v", m.space, out)
	}
	made, err := Blockwise(out, in, m.Out)
	if err == nil && !slices.Equal(made.step, m.step) {
		return errAxes
	}
	return err
}

var errAxes = errors.New("the strides are not those of the input; make the mapping with Blockwise")

func (m Axes) hash(h *Hasher) { h.String("axes"); h.Ints(m.Out); h.Ints(m.space); h.Ints(m.step) }

// String returns the axes as letters, such as "ji" for a transposed input of an output "ij".
func (m Axes) String() string {
	var b strings.Builder
	for _, o := range m.Out {
		if o < 0 {
			b.WriteByte('.')
			continue
		}
		b.WriteString(axisName(o))
	}
	if b.Len() == 0 {
		return "()"
	}
	return b.String()
}

func axisName(a int) string {
	const letters = "ijklmnopqrstuvwxyz"
	if a < len(letters) {
		return letters[a : a+1]
	}
	return "a" + strconv.Itoa(a)
}

// A Span is a half-open range of blocks.
type Span struct{ Lo, Hi int32 }

// Window maps each task to a box of input tasks: along input axis a the span Spans[a][c], where c is the task's coordinate
// along output axis Out[a], or Spans[a][0] where Out[a] is -1. The tasks of the box are delivered in C order. It describes
// reductions over groups of blocks, rechunking, slicing, overlaps and concatenation in memory proportional to the sum of the
// lengths of the axes.
type Window struct {
	Out   []int
	Spans [][]Span
	space []int
	in    []int
}

// NewWindow makes a [Window] from an input with index space in to an output with index space out.
func NewWindow(out, in, axes []int, spans [][]Span) (Window, error) {
	m := Window{Out: axes, Spans: spans, space: out, in: in}
	return m, m.check(out, 0, in, 0)
}

func (m Window) deps(dst []Ref, edge int32, i int) []Ref {
	var coords, lo, hi [8]int
	c, l, h := coords[:0], lo[:0], hi[:0]
	c = Unravel(c[:0:8], i, m.space)
	for a, o := range m.Out {
		at := 0
		if o >= 0 {
			at = c[o]
		}
		s := m.Spans[a][at]
		if s.Lo >= s.Hi {
			return dst
		}
		l, h = append(l, int(s.Lo)), append(h, int(s.Hi))
	}
	return box(dst, edge, 0, m.in, l, h)
}

// box appends the tasks of the box [lo, hi) of space in C order; k is the index of the axes before.
func box(dst []Ref, edge int32, k int, space, lo, hi []int) []Ref {
	if len(space) == 0 {
		return append(dst, Ref{edge, int32(k)})
	}
	for c := lo[0]; c < hi[0]; c++ {
		dst = box(dst, edge, k*space[0]+c, space[1:], lo[1:], hi[1:])
	}
	return dst
}

func (m Window) check(out []int, _ int, in []int, _ int) error {
	switch {
	case !slices.Equal(out, m.space):
		return fmt.Errorf("the mapping is for an index space %v, the layer has %v", m.space, out)
	case !slices.Equal(in, m.in):
		return fmt.Errorf("the mapping is for an input of %v, the input has %v", m.in, in)
	case len(m.Out) != len(in) || len(m.Spans) != len(in):
		return fmt.Errorf("%d axes and %d lists of spans for an input of %d dimensions", len(m.Out), len(m.Spans), len(in))
	}
	for a, spans := range m.Spans {
		want := 1
		if o := m.Out[a]; o >= len(out) {
			return fmt.Errorf("input axis %d follows output axis %d of %d", a, o, len(out))
		} else if o >= 0 {
			want = out[o]
		}
		if len(spans) < want {
			return fmt.Errorf("input axis %d has %d spans, %d are needed", a, len(spans), want)
		}
		for _, s := range spans {
			if s.Lo < 0 || s.Lo < s.Hi && int(s.Hi) > in[a] {
				return fmt.Errorf("span [%d, %d) of input axis %d is outside of its %d blocks", s.Lo, s.Hi, a, in[a])
			}
		}
	}
	return nil
}

func (m Window) hash(h *Hasher) {
	h.String("window")
	h.Ints(m.Out)
	h.Ints(m.space)
	h.Ints(m.in)
	for _, spans := range m.Spans {
		h.Int(len(spans))
		for _, s := range spans {
			h.Int(int(s.Lo)<<32 | int(s.Hi))
		}
	}
}

// String returns the axes with the longest span of each, such as "i:4 j:1".
func (m Window) String() string {
	parts := make([]string, len(m.Out))
	for a, o := range m.Out {
		longest := int32(0)
		for _, s := range m.Spans[a] {
			longest = max(longest, s.Hi-s.Lo)
		}
		name := "."
		if o >= 0 {
			name = axisName(o)
		}
		parts[a] = name + ":" + strconv.Itoa(int(longest))
	}
	return strings.Join(parts, " ")
}

// Table is the explicit mapping, as flat arrays: task i needs the input's tasks Index[Start[i]:Start[i+1]].
type Table struct {
	Start []int32
	Index []int32
}

func (m Table) deps(dst []Ref, edge int32, i int) []Ref {
	for _, k := range m.Index[m.Start[i]:m.Start[i+1]] {
		dst = append(dst, Ref{edge, k})
	}
	return dst
}

var errTable = errors.New("the table is not one of increasing starts and valid indices")

func (m Table) check(_ []int, nOut int, _ []int, nIn int) error {
	if len(m.Start) != nOut+1 || m.Start[0] != 0 || int(m.Start[nOut]) != len(m.Index) || !slices.IsSorted(m.Start) {
		return errTable
	}
	for _, k := range m.Index {
		if k < 0 || int(k) >= nIn {
			return errTable
		}
	}
	return nil
}

func (m Table) hash(h *Hasher) {
	h.String("table")
	for _, v := range m.Start {
		h.Int(int(v))
	}
	for _, v := range m.Index {
		h.Int(int(v))
	}
}

func (m Table) String() string { return "table" }
