package expr

import (
	"fmt"
	"strings"

	"sheaf/graph"
)

// Text prints trees, one node a line, operands indented below the operation. A subexpression that is used more than once
// is printed once, with a number by which the other places refer to it.
func Text[N Node[N]](roots ...N) string {
	uses := map[graph.Token]int{}
	for _, n := range Sorted(roots...) {
		for _, k := range n.Kids() {
			uses[k.Token()]++
		}
	}
	for _, r := range roots {
		uses[r.Token()]++
	}
	p := printer[N]{uses: uses, number: map[graph.Token]int{}}
	for _, r := range roots {
		p.print(r, "", "")
	}
	return p.b.String()
}

type printer[N Node[N]] struct {
	b      strings.Builder
	uses   map[graph.Token]int
	number map[graph.Token]int
}

func (p *printer[N]) print(n N, first, rest string) {
	p.b.WriteString(first)
	if k, ok := p.number[n.Token()]; ok {
		fmt.Fprintf(&p.b, "#%d\n", k)
		return
	}
	p.b.WriteString(n.String())
	kids := n.Kids()
	if p.uses[n.Token()] > 1 {
		p.number[n.Token()] = len(p.number) + 1
		fmt.Fprintf(&p.b, "  (#%d)", p.number[n.Token()])
	}
	p.b.WriteByte('\n')
	for i, k := range kids {
		if i == len(kids)-1 {
			p.print(k, rest+"└ ", rest+"  ")
		} else {
			p.print(k, rest+"├ ", rest+"│ ")
		}
	}
}
