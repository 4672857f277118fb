package graph

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// DOT writes g in Graphviz's language, inputs below their users. Up to 200 tasks are drawn one by one, as circles, and values
// that exist already as boxes; a larger graph is drawn by layer, with the number of tasks.
func DOT(w io.Writer, g Graph) error {
	d, err := draw(g)
	if err != nil {
		return err
	}
	b := bufio.NewWriter(w)
	b.WriteString("digraph sheaf {\n" +
		"  rankdir=BT;\n" +
		"  node [fontname=\"Helvetica,Arial,sans-serif\", fontsize=12, style=filled, color=\"#555555\", penwidth=0.8];\n" +
		"  edge [fontname=\"Helvetica,Arial,sans-serif\", fontsize=9, color=\"#777777\", fontcolor=\"#555555\", arrowsize=0.6];\n")
	fills := d.colours()
	for k, n := range d.nodes {
		shape := "ellipse"
		if n.data {
			shape = "box"
		}
		fmt.Fprintf(b, "  n%d [label=%s, shape=%s, fillcolor=%q, tooltip=%s", k, dotText(n.label, n.detail), shape, fills[k], dotText(n.tip))
		if n.output {
			b.WriteString(", penwidth=2, peripheries=2")
		}
		b.WriteString("];\n")
	}
	for _, e := range d.edges {
		fmt.Fprintf(b, "  n%d -> n%d", e.from, e.to)
		if e.label != "" {
			fmt.Fprintf(b, " [label=%s]", dotText(" "+e.label))
		}
		b.WriteString(";\n")
	}
	b.WriteString("}\n")
	return b.Flush()
}

// dotText quotes lines of text.
func dotText(lines ...string) string {
	r := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)
	var parts []string
	for _, l := range lines {
		if l != "" {
			parts = append(parts, r.Replace(l))
		}
	}
	return `"` + strings.Join(parts, `\n`) + `"`
}
