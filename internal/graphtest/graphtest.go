// Package graphtest reads small graphs from text, for tests that show graphs before and after something is done to them.
//
// The text has one line per layer, in the form that graph.Text writes, without the operations:
//
//	x (4, 3)                          a layer without inputs
//	y (3, 4) <- x[ji]                 blockwise: x's axes follow y's axes j and i
//	z (12) <- y[each], x[all]         twins; everything
//	w (2) <- z[0 1 / 2 3]             a table: the inputs of each task, separated by slashes
//	v tree axes=0 every=2 <- x        a tree reduction
//	a alias (12) <- x[each]           a renaming
//	c const 1 2 3                     values
//	out z, w:1                        what is wanted: all of z, and task 1 of w
//
// The values of tasks are texts that say how they were computed.
package graphtest

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"sheaf/graph"
)

// An Op computes the text "name(index; input, input, …)".
type Op struct{ Name string }

// Run writes what it would do.
func (o Op) Run(_ context.Context, t *graph.Task) (any, error) {
	parts := make([]string, len(t.Inputs()))
	for k, v := range t.Inputs() {
		parts[k] = fmt.Sprint(v)
	}
	return fmt.Sprintf("%s%d(%s)", o.Name, t.Index, strings.Join(parts, ",")), nil
}

func (o Op) String() string { return "op" }

// Parse reads a graph.
func Parse(text string) (graph.Graph, error) {
	p := parser{layers: map[string]*graph.Layer{}}
	for n, line := range strings.Split(text, "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if err := p.line(line); err != nil {
			return graph.Graph{}, fmt.Errorf("line %d, %q: %w", n+1, line, err)
		}
	}
	return p.g, nil
}

type parser struct {
	layers map[string]*graph.Layer
	g      graph.Graph
}

func (p *parser) line(line string) error {
	name, rest, _ := strings.Cut(line, " ")
	if name == "out" {
		return p.outputs(rest)
	}
	what, inputs, _ := strings.Cut(rest, "<-")
	what = strings.TrimSpace(what)
	kind, arguments, _ := strings.Cut(what, " ")
	var l *graph.Layer
	var err error
	switch kind {
	case "tree":
		l, err = p.tree(name, arguments, strings.TrimSpace(inputs))
	case "const":
		var values []any
		for f := range strings.FieldsSeq(arguments) {
			values = append(values, f)
		}
		l = graph.Const(name, graph.Token{}, values...)
	case "alias":
		l, err = p.layer(name, arguments, inputs, true)
	default:
		l, err = p.layer(name, what, inputs, false)
	}
	if err != nil {
		return err
	}
	p.layers[name] = l
	return nil
}

func (p *parser) layer(name, space, inputs string, alias bool) (*graph.Layer, error) {
	s := graph.Spec{Name: name, Op: Op{name}}
	for _, f := range strings.FieldsFunc(space, func(r rune) bool { return strings.ContainsRune("(), ", r) }) {
		n, err := strconv.Atoi(f)
		if err != nil {
			return nil, err
		}
		s.Space = append(s.Space, n)
	}
	for inputs = strings.TrimSpace(inputs); inputs != ""; {
		var from, mapping string
		from, inputs, _ = strings.Cut(inputs, "[")
		mapping, inputs, _ = strings.Cut(inputs, "]")
		inputs = strings.TrimLeft(inputs, ", ")
		in, err := p.find(from)
		if err != nil {
			return nil, err
		}
		m, err := mappingOf(mapping, s.Space, in)
		if err != nil {
			return nil, err
		}
		s.Edges = append(s.Edges, graph.Edge{From: in, Map: m})
	}
	if alias {
		return graph.Alias(name, s.Space, s.Edges...)
	}
	return graph.New(s)
}

func (p *parser) find(name string) (*graph.Layer, error) {
	l := p.layers[strings.TrimSpace(name)]
	if l == nil {
		return nil, fmt.Errorf("there is no layer %q", name)
	}
	return l, nil
}

func mappingOf(text string, space []int, in *graph.Layer) (graph.Mapping, error) {
	switch {
	case text == "each":
		return graph.Each{}, nil
	case text == "all":
		return graph.All{N: in.Len()}, nil
	case strings.ContainsAny(text, "0123456789/"):
		m := graph.Table{Start: []int32{0}}
		for part := range strings.SplitSeq(text, "/") {
			for f := range strings.FieldsSeq(part) {
				n, err := strconv.Atoi(f)
				if err != nil {
					return nil, err
				}
				m.Index = append(m.Index, int32(n))
			}
			m.Start = append(m.Start, int32(len(m.Index)))
		}
		return m, nil
	}
	var axes []int
	for _, c := range text {
		if c == '.' {
			axes = append(axes, -1)
		} else {
			axes = append(axes, int(c-'i'))
		}
	}
	return graph.Blockwise(space, in.Space(), axes)
}

func (p *parser) tree(name, arguments, from string) (*graph.Layer, error) {
	in, err := p.find(from)
	if err != nil {
		return nil, err
	}
	s := graph.TreeSpec{Name: name, Combine: Op{name + "-partial"}, Aggregate: Op{name}}
	for f := range strings.FieldsSeq(arguments) {
		key, value, _ := strings.Cut(f, "=")
		for v := range strings.SplitSeq(value, ",") {
			n, err := strconv.Atoi(v)
			if err != nil {
				return nil, err
			}
			if key == "axes" {
				s.Axes = append(s.Axes, n)
			} else {
				s.Every = n
			}
		}
	}
	return graph.Tree(in, s)
}

func (p *parser) outputs(text string) error {
	for part := range strings.SplitSeq(text, ",") {
		name, index, some := strings.Cut(strings.TrimSpace(part), ":")
		l, err := p.find(name)
		if err != nil {
			return err
		}
		o := graph.Output{Layer: l}
		for f := range strings.FieldsSeq(index) {
			n, err := strconv.Atoi(f)
			if err != nil {
				return err
			}
			o.Index = append(o.Index, int32(n))
		}
		if some && o.Index == nil {
			o.Index = []int32{}
		}
		p.g.Outputs = append(p.g.Outputs, o)
	}
	return nil
}

// Evaluate computes the wanted values of g in the obvious way.
func Evaluate(g graph.Graph) ([]any, error) {
	memo := map[graph.Key]any{}
	var values []any
	for _, o := range g.Outputs {
		for k := range o.Len() {
			v, err := value(o.Layer, o.At(k), memo)
			if err != nil {
				return nil, err
			}
			values = append(values, v)
		}
	}
	return values, nil
}

func value(l *graph.Layer, i int, memo map[graph.Key]any) (any, error) {
	key := l.Key(i)
	if v, ok := memo[key]; ok {
		return v, nil
	}
	refs, ends := l.Deps(i, nil, nil)
	in := make([]any, len(refs))
	for k, r := range refs {
		var err error
		if in[k], err = value(l.From(int(r.Edge)), int(r.Index), memo); err != nil {
			return nil, err
		}
	}
	var t graph.Task
	t.Bind(l, i, in, ends)
	v, err := l.Op().Run(context.Background(), &t)
	memo[key] = v
	return v, err
}
