package array

import (
	"fmt"
	"strings"

	"sheaf/graph"
	"sheaf/internal/expr"
	"sheaf/internal/kernel/num"
)

// Explain returns the plan of x as text, without computing anything: the expression as it was written, as it is rewritten
// if that differs, and the layers of tasks that compute it. sheaf.Explain prints it.
func (x *Array) Explain() string {
	if x.err != nil {
		return "error: " + x.err.Error() + "\n"
	}
	p, roots := newPlan([]node{x.node})
	var b strings.Builder
	before, after := expr.Text(x.node), expr.Text(roots[0])
	b.WriteString("expression\n" + indent(before))
	if after != before {
		b.WriteString("rewritten\n" + indent(after))
	}
	gs, err := p.lowerAll(roots)
	if err != nil {
		return b.String() + "error: " + err.Error() + "\n"
	}
	b.WriteString("tasks\n" + indent(graph.Text(gs[0])))
	return b.String()
}

func indent(s string) string {
	lines := strings.SplitAfter(s, "\n")
	for i, l := range lines {
		if l != "" {
			lines[i] = "  " + l
		}
	}
	return strings.Join(lines, "")
}

// String says what the tasks of a region do: the operations of its program in the order in which a tile passes them, and what
// is made of the result.
func (o *fusedOp) String() string {
	var parts []string
	for _, in := range o.prog.Code {
		parts = append(parts, in.Op.String())
	}
	for _, out := range o.prog.Outs {
		if out.Reduce != num.NoReduction {
			parts = append(parts, fmt.Sprintf("%v%v", out.Reduce, out.Axes))
		}
	}
	if len(parts) == 0 {
		parts = []string{"copy"}
	}
	drawn := 0
	for _, in := range o.inputs {
		if in.draw != nil {
			drawn++
		}
	}
	s := "fused(" + strings.Join(parts, " ") + ")"
	if drawn > 0 {
		s += fmt.Sprintf(" of %d drawn", drawn)
	}
	return s
}

// String names what a task does.
func (o viewOp) String() string { return "view" }

// String names what a task does.
func (o joinOp) String() string { return "join" }

// String names what a task does.
func (o finishOp) String() string { return "finish " + o.Kind.String() }
