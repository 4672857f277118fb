package plan

import (
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
)

// An Expr is an expression over the columns of one row: a [Column], a [Literal], a [Call], a [Cast] or a [Bad]. It is
// plain data. Its String is canonical: equal texts mean equal expressions.
type Expr interface {
	String() string
	kids() []Expr
	with(kids []Expr) Expr
}

// Column is the value of a column.
type Column struct{ Name string }

// Call applies a function of the table of functions.
type Call struct {
	Fn   string
	Args []Expr
}

// Cast converts to another type. With Try, what cannot be converted becomes null.
type Cast struct {
	X   Expr
	To  arrow.DataType
	Try bool
}

// Bad is an expression that could not be built; compiling it gives the error.
type Bad struct{ Err error }

func (Column) kids() []Expr { return nil }
func (c Call) kids() []Expr { return c.Args }
func (c Cast) kids() []Expr { return []Expr{c.X} }
func (Bad) kids() []Expr    { return nil }

func (c Column) with([]Expr) Expr  { return c }
func (c Call) with(k []Expr) Expr  { return Call{c.Fn, k} }
func (c Cast) with(k []Expr) Expr  { return Cast{k[0], c.To, c.Try} }
func (b Bad) with([]Expr) Expr     { return b }
func (b Bad) String() string       { return "error(" + b.Err.Error() + ")" }
func (c Column) String() string    { return c.Name }
func (l Literal) kids() []Expr     { return nil }
func (l Literal) with([]Expr) Expr { return l }

func (c Cast) String() string {
	fn := "cast"
	if c.Try {
		fn = "try_cast"
	}
	return fn + "(" + c.X.String() + ", " + Name(c.To) + ")"
}

// infix are the functions that are printed between their operands.
var infix = map[string]string{
	"add": "+", "sub": "-", "mul": "*", "div": "/", "floordiv": "//", "mod": "%", "pow": "**",
	"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "and": "&", "or": "|", "xor": "^",
}

func (c Call) String() string {
	args := make([]string, len(c.Args))
	for i, a := range c.Args {
		args[i] = a.String()
	}
	if op, ok := infix[c.Fn]; ok && len(args) == 2 {
		return "(" + args[0] + " " + op + " " + args[1] + ")"
	}
	return c.Fn + "(" + strings.Join(args, ", ") + ")"
}

// Named is an expression with the name of the column that it becomes.
type Named struct {
	Name string
	Expr Expr
}

func (n Named) String() string {
	if c, ok := n.Expr.(Column); ok && c.Name == n.Name {
		return n.Name
	}
	return n.Expr.String() + " as " + n.Name
}

// Columns returns the names of the columns that expressions read, each once, in order of appearance.
func Columns(exprs ...Expr) []string {
	var names []string
	var walk func(e Expr)
	walk = func(e Expr) {
		if c, ok := e.(Column); ok && !slices.Contains(names, c.Name) {
			names = append(names, c.Name)
		}
		for _, k := range e.kids() {
			walk(k)
		}
	}
	for _, e := range exprs {
		if e != nil {
			walk(e)
		}
	}
	return names
}

// Substitute replaces columns by the expressions that define them; columns without a definition stay.
func Substitute(e Expr, defs map[string]Expr) Expr {
	if c, ok := e.(Column); ok {
		if d, ok := defs[c.Name]; ok {
			return d
		}
		return e
	}
	kids := e.kids()
	if len(kids) == 0 {
		return e
	}
	next := make([]Expr, len(kids))
	for i, k := range kids {
		next[i] = Substitute(k, defs)
	}
	return e.with(next)
}

// Size counts the nodes of an expression.
func Size(e Expr) int {
	n := 1
	for _, k := range e.kids() {
		n += Size(k)
	}
	return n
}

// Conjuncts takes a condition apart at its ands.
func Conjuncts(e Expr) []Expr {
	if c, ok := e.(Call); ok && c.Fn == "and" {
		return append(Conjuncts(c.Args[0]), Conjuncts(c.Args[1])...)
	}
	return []Expr{e}
}

// All joins conditions by and; nil for none.
func All(conds []Expr) Expr {
	var all Expr
	for _, c := range conds {
		if all == nil {
			all = c
		} else {
			all = Call{"and", []Expr{all, c}}
		}
	}
	return all
}
