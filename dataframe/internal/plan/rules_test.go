package plan

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/cockroachdb/datadriven"

	"sheaf/graph"
)

// fake is a source of which only the columns are known.
type fake struct {
	name   string
	schema *arrow.Schema
}

func (f fake) Schema() *arrow.Schema      { return f.schema }
func (f fake) String() string             { return f.name }
func (f fake) SizeBytes(_ []string) int64 { return 1 << 30 }
func (f fake) Token() graph.Token {
	h := graph.NewHasher("fake")
	h.String(f.name)
	return h.Sum()
}

func scanOf(name string, columns ...string) Node {
	types := map[string]arrow.DataType{
		"int": int64s, "float": float64s, "text": text, "bool": boolean, "time": timestamp, "date": date, "dec": decimalType(15, 2),
		"int32": int32s, "zoned": &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "Europe/Berlin"}, "ns": &arrow.TimestampType{Unit: arrow.Nanosecond},
	}
	var fields []arrow.Field
	for _, c := range columns {
		n, t, _ := strings.Cut(c, ":")
		full := strings.HasSuffix(t, "!")
		fields = append(fields, arrow.Field{Name: n, Type: types[strings.TrimSuffix(t, "!")], Nullable: !full})
	}
	return NewScan(fake{name, arrow.NewSchema(fields, nil)}, nil, nil)
}

// TestRules runs testdata/rules: each test is a plan, one operation a line from the source upwards, and its answer the plan after
// the rules and, for fragments, the SQL.
func TestRules(t *testing.T) {
	datadriven.RunTest(t, "testdata/rules", func(t *testing.T, d *datadriven.TestData) string {
		n, err := parsePlan(d.Input)
		if err != nil {
			return "error: " + err.Error() + "\n"
		}
		switch d.Cmd {
		case "optimize":
			return Text(Optimize(n))
		case "sql":
			return SQL(asFragment(Optimize(n))) + "\n"
		}
		return "unknown command"
	})
}

// asFragment puts inputs in the place of sources and takes aggregates apart.
func asFragment(n Node) Node {
	if s, ok := n.(*Scan); ok {
		return NewInput(s.Source.String(), s.schema)
	}
	kids := make([]Node, len(n.Kids()))
	for i, k := range n.Kids() {
		kids[i] = asFragment(k)
	}
	if a, ok := n.(*Aggregate); ok {
		st := a.Steps()
		return st.Final(st.Merge(st.Partial(kids[0])))
	}
	if len(kids) == 0 {
		return n
	}
	return n.With(kids)
}

// parsePlan reads lines such as "scan t a:int b:float", "filter a > 3", "select a, b", "group a: sum b", "join u a", "sort a desc", "head 3".
func parsePlan(input string) (Node, error) {
	var stack []Node
	top := func() Node { return stack[len(stack)-1] }
	set := func(n Node, err error) error {
		if err == nil {
			stack[len(stack)-1] = n
		}
		return err
	}
	for line := range strings.Lines(input) {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		f := strings.Fields(rest)
		var err error
		switch word {
		case "scan":
			stack = append(stack, scanOf(f[0], f[1:]...))
		case "filter":
			var n *Filter
			if n, err = NewFilter(top(), parseExpr(f)); err == nil {
				set(n, nil)
			}
		case "select":
			var exprs []Named
			for _, part := range strings.Split(rest, ", ") {
				name, def, ok := strings.Cut(part, "=")
				if !ok {
					exprs = append(exprs, Named{part, Column{part}})
				} else {
					exprs = append(exprs, Named{name, parseExpr(strings.Fields(def))})
				}
			}
			var n *Project
			if n, err = NewProject(top(), exprs); err == nil {
				set(n, nil)
			}
		case "group":
			keys, fns, _ := strings.Cut(rest, ":")
			var aggs []Agg
			for _, part := range strings.Split(strings.TrimSpace(fns), ", ") {
				fn, col, _ := strings.Cut(part, " ")
				a := Agg{Name: fn + col, Fn: fn, DDof: 1}
				if col != "" {
					a.Arg = Column{col}
				}
				aggs = append(aggs, a)
			}
			var n *Aggregate
			if n, err = NewAggregate(top(), Keep(strings.Fields(keys)), aggs, true, false, 0); err == nil {
				set(n, nil)
			}
		case "join":
			how, _ := ParseHow(f[0])
			l, r := stack[len(stack)-2], top()
			stack = stack[:len(stack)-1]
			var n *Join
			if n, err = NewJoin(l, r, how, f[1:], f[1:], [2]string{"_x", "_y"}, Auto); err == nil {
				set(n, nil)
			}
		case "concat":
			var n *Concat
			if n, err = NewConcat(stack); err == nil {
				stack = []Node{n}
			}
		case "sort":
			var n *Sort
			if n, err = NewSort(top(), []SortKey{{Name: f[0], Desc: len(f) > 1}}, 0); err == nil {
				set(n, nil)
			}
		case "distinct":
			var n *Distinct
			if n, err = NewDistinct(top(), f, false); err == nil {
				set(n, nil)
			}
		case "head":
			k, _ := strconv.Atoi(f[0])
			var n *Limit
			if n, err = NewLimit(top(), k, false); err == nil {
				set(n, nil)
			}
		default:
			err = fmt.Errorf("unknown operation %q", word)
		}
		if err != nil {
			return nil, err
		}
	}
	return top(), nil
}

// parseExpr reads "a op b", "not a", "fn a b", with literals in Go's syntax, and " and " between conditions.
func parseExpr(f []string) Expr {
	for i, w := range f {
		if w == "and" || w == "or" {
			return Call{w, []Expr{parseExpr(f[:i]), parseExpr(f[i+1:])}}
		}
	}
	if len(f) == 1 {
		return operandOf(f[0])
	}
	for name, op := range infix {
		if len(f) == 3 && f[1] == op {
			return Call{name, []Expr{operandOf(f[0]), operandOf(f[2])}}
		}
	}
	c := Call{Fn: f[0]}
	for _, a := range f[1:] {
		c.Args = append(c.Args, operandOf(a))
	}
	return c
}

func operandOf(s string) Expr {
	if n, err := strconv.Atoi(s); err == nil {
		return MustLit(n)
	}
	if x, err := strconv.ParseFloat(s, 64); err == nil {
		return MustLit(x)
	}
	switch {
	case s == "true" || s == "false":
		return MustLit(s == "true")
	case s == "null":
		return MustLit(nil)
	case s[0] == '"':
		return MustLit(strings.Trim(s, `"`))
	}
	return Column{s}
}
