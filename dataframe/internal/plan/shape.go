package plan

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"

	"sheaf/graph"
)

// Concat puts tables below each other.
type Concat struct{ base }

// NewConcat aligns the columns of the tables by name, in the order in which they first appear: a table without a column has
// nulls there, and types are promoted to a common one.
func NewConcat(ins []Node) (*Concat, error) {
	if len(ins) == 0 {
		return nil, Argument("there is nothing to concatenate")
	}
	var fields []arrow.Field
	at := map[string]int{}
	for _, in := range ins {
		for _, f := range in.Schema().Fields() {
			i, ok := at[f.Name]
			if !ok {
				at[f.Name] = len(fields)
				fields = append(fields, arrow.Field{Name: f.Name, Type: f.Type, Nullable: true})
				continue
			}
			if arrow.TypeEqual(fields[i].Type, f.Type) {
				continue
			}
			t, err := common(fields[i].Type, f.Type)
			if err != nil {
				return nil, typeError("column %q: %v; cast one of them", f.Name, err)
			}
			fields[i].Type = t
		}
	}
	schema := arrow.NewSchema(fields, nil)
	if err := CheckNames(schema); err != nil {
		return nil, err
	}
	kids := make([]Node, len(ins))
	for i, in := range ins {
		kid, err := align(in, schema)
		if err != nil {
			return nil, err
		}
		kids[i] = kid
	}
	return &Concat{newBase("concat", schema, kids...)}, nil
}

// align gives a table the columns of a schema: missing ones are null, others are cast.
func align(in Node, want *arrow.Schema) (Node, error) {
	exprs := make([]Named, want.NumFields())
	same := want.NumFields() == in.Schema().NumFields()
	for i, f := range want.Fields() {
		switch {
		case !Has(in.Schema(), f.Name):
			exprs[i] = Named{f.Name, Cast{Literal{nil, arrow.Null, true}, f.Type, false}}
		case !arrow.TypeEqual(TypeIn(in.Schema(), f.Name), f.Type):
			exprs[i] = Named{f.Name, Cast{Column{f.Name}, f.Type, false}}
		default:
			exprs[i] = Named{f.Name, Column{f.Name}}
			same = same && in.Schema().Field(i).Name == f.Name
			continue
		}
		same = false
	}
	if same {
		return in, nil
	}
	return NewProject(in, exprs)
}

// With returns the concatenation of other tables.
func (c *Concat) With(kids []Node) Node { return must(NewConcat(kids)) }

func (c *Concat) String() string { return fmt.Sprintf("concat %d tables", len(c.kids)) }

// Repartition cuts the rows into another number of partitions without changing their order.
type Repartition struct {
	base
	N int
}

// NewRepartition makes n partitions.
func NewRepartition(in Node, n int) (*Repartition, error) {
	if n < 1 {
		return nil, Argument("%d partitions are not possible", n)
	}
	return &Repartition{newBase(fmt.Sprintf("repartition %d", n), in.Schema(), in), n}, nil
}

// With returns the same operation on another table.
func (r *Repartition) With(kids []Node) Node { return must(NewRepartition(kids[0], r.N)) }

func (r *Repartition) String() string { return fmt.Sprintf("repartition into %d", r.N) }

// Pick keeps some of the partitions, in the given order.
type Pick struct {
	base
	Parts []int
}

// NewPick keeps the partitions with the given numbers.
func NewPick(in Node, parts []int) *Pick {
	return &Pick{newBase(fmt.Sprintf("pick %v", parts), in.Schema(), in), parts}
}

// With returns the same partitions of another table.
func (p *Pick) With(kids []Node) Node { return NewPick(kids[0], p.Parts) }

func (p *Pick) String() string { return fmt.Sprintf("partitions %v", p.Parts) }

// Custom is an operation that the plan does not look into: a user's function of a partition.
type Custom struct {
	base
	Label string
	Op    any // what the lowering knows to run
}

// NewCustom makes an opaque operation with its result's columns. The token names the operation.
func NewCustom(label string, in Node, schema *arrow.Schema, op any, token graph.Token) (*Custom, error) {
	if err := CheckNames(schema); err != nil {
		return nil, err
	}
	return &Custom{newBase(label+token.String(), schema, in), label, op}, nil
}

// With returns the same operation on another table.
func (c *Custom) With(kids []Node) Node {
	h := graph.NewHasher("custom")
	h.Token(c.token)
	h.Token(kids[0].Token())
	n := *c
	n.kids, n.token = kids, h.Sum()
	return &n
}

func (c *Custom) String() string { return c.Label }
