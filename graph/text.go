package graph

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// Text writes g with one line per layer, inputs before their users:
//
//	sum-partial (2, 2) main.add <- x[i:2 j:2]
//	sum () main.add <- sum-partial[.:2 .:2] => output
//
// that is the layer's name, its index space, its operation, and per edge the layer that it comes from with the mapping. There
// are no tokens in it, so that it is the same for every program that builds the same graph; names that stand for several
// layers are numbered. A graph without a text has the error as its text.
func Text(g Graph) string {
	layers, err := g.Layers()
	if err != nil {
		return "error: " + err.Error() + "\n"
	}
	names := aliases(layers)
	wanted := map[Token][]string{}
	for _, o := range g.Outputs {
		wanted[o.Layer.token] = append(wanted[o.Layer.token], outputText(o))
	}
	var b strings.Builder
	for _, l := range layers {
		fmt.Fprintf(&b, "%s %s %s", names[l.token], spaceText(l.space), opText(l))
		for e, edge := range l.edges {
			sep := ", "
			if e == 0 {
				sep = " <- "
			}
			if from := edge.From; from == nil {
				fmt.Fprintf(&b, "%sitself[%s]", sep, edge.Map)
			} else {
				fmt.Fprintf(&b, "%s%s[%s]", sep, names[from.token], edge.Map)
			}
		}
		for _, w := range wanted[l.token] {
			b.WriteString(" => " + w)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// outputText says which tasks of an output are wanted.
func outputText(o Output) string {
	if o.Index == nil {
		return "output"
	}
	const most = 8
	var b strings.Builder
	fmt.Fprintf(&b, "output of %d:", len(o.Index))
	for k, i := range o.Index {
		if k == most {
			b.WriteString(" …")
			break
		}
		fmt.Fprintf(&b, " %d", i)
	}
	return b.String()
}

// aliases names layers for people: by their names, numbered where several have one name.
func aliases(layers []*Layer) map[Token]string {
	total, seen := map[string]int{}, map[string]int{}
	for _, l := range layers {
		total[l.name]++
	}
	names := make(map[Token]string, len(layers))
	for _, l := range layers {
		name := l.name
		if total[name] > 1 {
			seen[name]++
			name += "#" + strconv.Itoa(seen[name])
		}
		names[l.token] = name
	}
	return names
}

func spaceText(space []int) string {
	parts := make([]string, len(space))
	for a, d := range space {
		parts[a] = strconv.Itoa(d)
	}
	return "(" + strings.Join(parts, ", ") + ")"
}

// opText names a layer's operation by its type, and says what it does if it knows.
func opText(l *Layer) string {
	switch op := l.op.(type) {
	case constOp:
		return "const"
	case heldOp:
		return "held"
	case aliasOp:
		return "alias"
	case listOp:
		return "list"
	case sequencer:
		parts := make([]string, len(op.sequence().layers))
		for k, step := range op.sequence().layers {
			parts[k] = step.name + " " + opText(step)
		}
		return "fused(" + strings.Join(parts, "; ") + ")"
	case fmt.Stringer:
		return op.String()
	}
	t := reflect.TypeOf(l.op)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.String()
}
