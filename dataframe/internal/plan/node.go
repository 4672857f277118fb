package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"sheaf/graph"
)

// A Node is one operation of a relational plan. Nodes are immutable; equal tokens mean equal tables. It is an
// expr.Node[Node], so the tools of package expr print and rewrite plans.
type Node interface {
	Token() graph.Token
	Kids() []Node
	With(kids []Node) Node
	String() string
	// Schema returns the columns of the table; order and names are exact.
	Schema() *arrow.Schema
}

type base struct {
	kids   []Node
	schema *arrow.Schema
	token  graph.Token
}

func (b *base) Token() graph.Token    { return b.token }
func (b *base) Kids() []Node          { return b.kids }
func (b *base) Schema() *arrow.Schema { return b.schema }

func newBase(label string, schema *arrow.Schema, kids ...Node) base {
	h := graph.NewHasher("frame")
	h.String(label)
	h.String(schema.String())
	for _, k := range kids {
		h.Token(k.Token())
	}
	return base{kids: kids, schema: schema, token: h.Sum()}
}

func must[N Node](n N, err error) Node {
	if err != nil {
		panic(fmt.Sprintf("plan: rewriting broke a checked plan: %v", err))
	}
	return n
}

// A Source is where a plan begins: files, or values that exist or are being computed.
type Source interface {
	Schema() *arrow.Schema
	Token() graph.Token
	String() string
	// SizeBytes estimates how large the named columns are in memory; -1 means unknown.
	SizeBytes(columns []string) int64
}

// Scan reads the columns of a source. Conds are conditions that hold for all rows that are wanted: a source may leave out
// parts in which no row can meet them, but need not.
type Scan struct {
	base
	Source Source
	Conds  []Expr
}

// NewScan reads the named columns of a source, or all of them if columns is nil.
func NewScan(src Source, columns []string, conds []Expr) *Scan {
	schema := src.Schema()
	if columns != nil {
		schema = pick(schema, columns)
	}
	label := src.Token().String()
	for _, c := range conds {
		label += c.String()
	}
	return &Scan{newBase("scan"+label, schema), src, conds}
}

// With returns the scan itself: it has no operands.
func (s *Scan) With([]Node) Node { return s }

func (s *Scan) String() string {
	text := s.Source.String() + " [" + strings.Join(Names(s.schema), ", ") + "]"
	if len(s.Conds) > 0 {
		text += " where " + All(s.Conds).String()
	}
	return text
}

// Input is a leaf of a fragment: a table that the kernel is given under a name.
type Input struct {
	base
	Name string
}

// NewInput makes a leaf of a fragment.
func NewInput(name string, schema *arrow.Schema) *Input {
	return &Input{newBase("input"+name, schema), name}
}

// With returns the input itself.
func (n *Input) With([]Node) Node { return n }

func (n *Input) String() string { return n.Name }

// Project computes columns of each row.
type Project struct {
	base
	Exprs []Named
}

// NewProject checks the expressions against the columns of in.
func NewProject(in Node, exprs []Named) (*Project, error) {
	fields := make([]arrow.Field, len(exprs))
	seen := map[string]bool{}
	for i, e := range exprs {
		_, t, err := Compile(e.Expr, in.Schema())
		if err != nil {
			return nil, err
		}
		if seen[e.Name] {
			return nil, Argument("column %q would exist twice", e.Name)
		}
		seen[e.Name] = true
		fields[i] = arrow.Field{Name: e.Name, Type: plain(t), Nullable: true}
		if c, ok := e.Expr.(Column); ok {
			f := in.Schema().Field(in.Schema().FieldIndices(c.Name)[0])
			f.Name, f.Type = e.Name, t
			fields[i] = f
		}
	}
	if err := distinctNames(fields); err != nil {
		return nil, err
	}
	return &Project{newBase(exprsText(exprs), arrow.NewSchema(fields, nil), in), exprs}, nil
}

func exprsText(exprs []Named) string {
	parts := make([]string, len(exprs))
	for i, e := range exprs {
		parts[i] = e.String()
	}
	return strings.Join(parts, ", ")
}

// With returns the same projection of another table.
func (p *Project) With(kids []Node) Node { return must(NewProject(kids[0], p.Exprs)) }

func (p *Project) String() string { return "select " + exprsText(p.Exprs) }

// Trivial reports whether the projection only chooses and orders columns.
func (p *Project) Trivial() bool {
	return !slices.ContainsFunc(p.Exprs, func(e Named) bool { return e.Expr != Expr(Column{e.Name}) })
}

// Filter keeps the rows for which a condition is true.
type Filter struct {
	base
	Cond Expr
}

// NewFilter checks that the condition is one.
func NewFilter(in Node, cond Expr) (*Filter, error) {
	_, t, err := Compile(cond, in.Schema())
	if err != nil {
		return nil, err
	}
	if !isBool(t) {
		return nil, typeError("a filter needs a condition: %s is %s", cond, Name(t))
	}
	return &Filter{newBase("filter "+cond.String(), in.Schema(), in), cond}, nil
}

// With returns the same filter of another table.
func (f *Filter) With(kids []Node) Node { return must(NewFilter(kids[0], f.Cond)) }

func (f *Filter) String() string { return "filter " + f.Cond.String() }

// Names returns the column names of a schema.
func Names(s *arrow.Schema) []string {
	names := make([]string, s.NumFields())
	for i, f := range s.Fields() {
		names[i] = f.Name
	}
	return names
}

// Has reports whether a schema has the column.
func Has(s *arrow.Schema, name string) bool { return len(s.FieldIndices(name)) > 0 }

// TypeIn returns the type of a column that exists.
func TypeIn(s *arrow.Schema, name string) arrow.DataType {
	return s.Field(s.FieldIndices(name)[0]).Type
}

// pick returns the named columns of a schema in the given order.
func pick(s *arrow.Schema, names []string) *arrow.Schema {
	fields := make([]arrow.Field, len(names))
	for i, n := range names {
		fields[i] = s.Field(s.FieldIndices(n)[0])
	}
	return arrow.NewSchema(fields, nil)
}

// Keep makes named expressions of columns that stay as they are.
func Keep(names []string) []Named {
	exprs := make([]Named, len(names))
	for i, n := range names {
		exprs[i] = Named{n, Column{n}}
	}
	return exprs
}

// CheckNames returns the error of a table whose columns cannot all be named: twice the same name, or names that differ only in
// the case of their letters, which SQL takes for one.
func CheckNames(s *arrow.Schema) error { return distinctNames(s.Fields()) }

func distinctNames(fields []arrow.Field) error {
	seen := make(map[string]string, len(fields))
	for _, f := range fields {
		low := strings.ToLower(f.Name)
		switch other, ok := seen[low]; {
		case ok && other == f.Name:
			return Argument("column %q would exist twice", f.Name)
		case ok:
			return Argument("columns %q and %q differ only in the case of their letters; rename one of them", other, f.Name)
		}
		seen[low] = f.Name
	}
	return nil
}
