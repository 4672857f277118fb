package expr_test

import (
	"fmt"
	"strings"
	"testing"

	"sheaf/graph"
	"sheaf/internal/expr"
)

// term is a node of a little algebra for the tests.
type term struct {
	op   string
	kids []*term
}

func leaf(op string) *term              { return &term{op: op} }
func of(op string, kids ...*term) *term { return &term{op, kids} }
func (t *term) Kids() []*term           { return t.kids }
func (t *term) With(kids []*term) *term { return &term{t.op, kids} }
func (t *term) String() string          { return t.op }
func (t *term) Token() graph.Token {
	h := graph.NewHasher(t.op)
	for _, k := range t.kids {
		h.Token(k.Token())
	}
	return h.Sum()
}

func TestTextShowsSharing(t *testing.T) {
	x := leaf("x")
	y := of("add", x, of("neg", x))
	got := expr.Text(of("mul", y, y))
	want := strings.TrimLeft(`
mul
├ add  (#1)
│ ├ x  (#2)
│ └ neg
│   └ #2
└ #1
`, "\n")
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestRewriteToFixpoint(t *testing.T) {
	double := expr.Rule[*term]{Name: "neg neg x = x", Apply: func(n *term) (*term, bool) {
		if n.op == "neg" && n.kids[0].op == "neg" {
			return n.kids[0].kids[0], true
		}
		return n, false
	}}
	push := expr.Rule[*term]{Name: "neg (a+b) = neg a + neg b", Apply: func(n *term) (*term, bool) {
		if n.op == "neg" && n.kids[0].op == "add" {
			return of("add", of("neg", n.kids[0].kids[0]), of("neg", n.kids[0].kids[1])), true
		}
		return n, false
	}}
	x, y := leaf("x"), leaf("y")
	in := of("neg", of("add", of("neg", x), of("neg", of("neg", of("neg", y)))))
	got := expr.Text(expr.Rewrite([]expr.Rule[*term]{double, push}, in)[0])
	if want := "add\n├ x\n└ y\n"; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestRulesThatUndoEachOtherEnd(t *testing.T) {
	swap := expr.Rule[*term]{Name: "swap", Apply: func(n *term) (*term, bool) {
		if n.op == "add" {
			return of("add", n.kids[1], n.kids[0]), true
		}
		return n, false
	}}
	got := expr.Rewrite([]expr.Rule[*term]{swap}, of("add", leaf("x"), leaf("y")))[0]
	if got.op != "add" || len(got.kids) != 2 {
		t.Errorf("got %s", expr.Text(got))
	}
}

func TestLongChain(t *testing.T) {
	// Tokens of this algebra are not kept, so the chain stays short enough for its quadratic hashing.
	x := leaf("x")
	for range 300 {
		x = of("neg", x)
	}
	if n := len(expr.Sorted(x)); n != 301 {
		t.Errorf("got %d nodes, want 301", n)
	}
}

func ExampleText() {
	x := leaf("x")
	fmt.Print(expr.Text(of("sum", of("add", x, of("transpose", x)))))
	// Output:
	// sum
	// └ add
	//   ├ x  (#1)
	//   └ transpose
	//     └ #1
}
