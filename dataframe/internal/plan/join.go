package plan

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
)

// How says which rows a join keeps.
type How uint8

// The joins.
const (
	Inner How = iota + 1
	Left
	Right
	Outer
	Semi
	Anti
	Cross
)

var hows = [...]string{"", "inner", "left", "right", "outer", "semi", "anti", "cross"}

func (h How) String() string {
	if int(h) < len(hows) && h > 0 {
		return hows[h]
	}
	return fmt.Sprintf("How(%d)", uint8(h))
}

// ParseHow reads a join's name as pandas and Polars write it.
func ParseHow(s string) (How, bool) {
	i := slices.Index(hows[:], strings.TrimPrefix(strings.TrimPrefix(s, "left"), "full"))
	if s == "left" || s == "full" {
		i = map[string]int{"left": int(Left), "full": int(Outer)}[s]
	}
	return How(max(i, 0)), i > 0
}

// Join matches the rows of two tables by keys. Null keys match each other, as in pandas.
type Join struct {
	base
	How         How
	LeftOn      []string
	RightOn     []string
	Suffixes    [2]string
	Strategy    Strategy
	out         []joinColumn
	keyTypes    []arrow.DataType
	leftNoNull  []bool // per key: known to have no nulls
	rightNoNull []bool
}

// Strategy says how a join brings the rows together.
type Strategy uint8

// The strategies: by the sizes of the tables, the small table to every partition of the other, or both cut by the hash of the keys.
const (
	Auto Strategy = iota
	Broadcast
	Shuffle
)

// joinColumn is a column of a join's result: from the left, the right, or the key of whichever side has the row.
type joinColumn struct {
	name        string
	left, right string
}

// NewJoin checks the keys and names the columns of the result: key columns of the same name stand once; other columns that
// both tables have get the suffixes.
func NewJoin(l, r Node, how How, leftOn, rightOn []string, suffixes [2]string, strategy Strategy) (*Join, error) {
	j := &Join{How: how, LeftOn: leftOn, RightOn: rightOn, Suffixes: suffixes, Strategy: strategy}
	ls, rs := l.Schema(), r.Schema()
	switch {
	case how < Inner || how > Cross:
		return nil, Argument("%v is no join; use inner, left, right, outer, semi or anti", how)
	case how == Cross && len(leftOn)+len(rightOn) > 0:
		return nil, Argument("a cross join has no keys")
	case how != Cross && len(leftOn) == 0:
		return nil, Argument("there is no column to join on")
	case len(leftOn) != len(rightOn):
		return nil, Argument("%d keys on the left and %d on the right", len(leftOn), len(rightOn))
	}
	for i := range leftOn {
		if !Has(ls, leftOn[i]) {
			return nil, sided(NotFound(leftOn[i], ls), "left")
		}
		if !Has(rs, rightOn[i]) {
			return nil, sided(NotFound(rightOn[i], rs), "right")
		}
		t, err := common(TypeIn(ls, leftOn[i]), TypeIn(rs, rightOn[i]))
		if err != nil {
			return nil, typeError("cannot join on %s and %s: %v; cast one of them", leftOn[i], rightOn[i], err)
		}
		j.keyTypes = append(j.keyTypes, t)
		j.leftNoNull = append(j.leftNoNull, !ls.Field(ls.FieldIndices(leftOn[i])[0]).Nullable)
		j.rightNoNull = append(j.rightNoNull, !rs.Field(rs.FieldIndices(rightOn[i])[0]).Nullable)
	}
	fields := j.columns(ls, rs)
	if err := distinctNames(fields); err != nil {
		if m, ok := errors.AsType[*Mistake](err); ok {
			m.Hint = "choose other Suffixes"
		}
		return nil, err
	}
	j.base = newBase(j.String()+fmt.Sprint(suffixes, strategy), arrow.NewSchema(fields, nil), l, r)
	return j, nil
}

func sided(err error, side string) error {
	if m, ok := errors.AsType[*Mistake](err); ok {
		m.Message += " in the " + side + " table"
	}
	return err
}

// columns lists the columns of the result.
func (j *Join) columns(ls, rs *arrow.Schema) []arrow.Field {
	var fields []arrow.Field
	semi := j.How == Semi || j.How == Anti
	for _, f := range ls.Fields() {
		name, right := f.Name, ""
		k := slices.Index(j.LeftOn, f.Name)
		shared := k >= 0 && j.RightOn[k] == f.Name
		if shared {
			right = f.Name
			if j.How != Left && !semi {
				f.Type = j.keyTypes[k]
			}
		} else if Has(rs, f.Name) && !semi {
			name += j.Suffixes[0]
		}
		f.Nullable = f.Nullable || (j.How == Right && !shared) || j.How == Outer
		j.out = append(j.out, joinColumn{name, f.Name, right})
		f.Name = name
		fields = append(fields, f)
	}
	if semi {
		return fields
	}
	for _, f := range rs.Fields() {
		if k := slices.Index(j.RightOn, f.Name); k >= 0 && j.LeftOn[k] == f.Name {
			continue
		}
		name := f.Name
		if Has(ls, f.Name) {
			name += j.Suffixes[1]
		}
		f.Nullable = f.Nullable || j.How == Left || j.How == Outer
		j.out = append(j.out, joinColumn{name, "", f.Name})
		f.Name = name
		fields = append(fields, f)
	}
	return fields
}

// With returns the same join of other tables.
func (j *Join) With(kids []Node) Node {
	return must(NewJoin(kids[0], kids[1], j.How, j.LeftOn, j.RightOn, j.Suffixes, j.Strategy))
}

func (j *Join) String() string {
	if j.How == Cross {
		return "cross join"
	}
	on := make([]string, len(j.LeftOn))
	for i := range on {
		on[i] = j.LeftOn[i]
		if j.RightOn[i] != j.LeftOn[i] {
			on[i] += " = " + j.RightOn[i]
		}
	}
	return j.How.String() + " join on " + strings.Join(on, ", ")
}

// sides returns which columns of the inputs make a column of the result.
func (j *Join) sides(name string) (left, right string) {
	for _, c := range j.out {
		if c.name == name {
			return c.left, c.right
		}
	}
	return "", ""
}

// query writes the join.
func (j *Join) query(l, r string) *query {
	q := &query{}
	for _, c := range j.out {
		sql := "l." + Quote(c.left)
		switch {
		case c.left == "":
			sql = "r." + Quote(c.right)
		case c.right != "" && j.How == Right:
			sql = "r." + Quote(c.right)
		case c.right != "" && j.How == Outer:
			sql = fmt.Sprintf("coalesce(l.%s, r.%s)", Quote(c.left), Quote(c.right))
		}
		q.cols = append(q.cols, sql+" AS "+Quote(c.name))
	}
	words := map[How]string{
		Inner: "JOIN", Left: "LEFT JOIN", Right: "RIGHT JOIN", Outer: "FULL JOIN", Semi: "SEMI JOIN", Anti: "ANTI JOIN", Cross: "CROSS JOIN",
	}
	q.from = l + " AS l\n" + words[j.How] + " " + r + " AS r"
	for i := range j.LeftOn {
		word := "\n  AND "
		if i == 0 {
			word = "\n  ON "
		}
		op := "IS NOT DISTINCT FROM"
		if j.leftNoNull[i] || j.rightNoNull[i] {
			op = "="
		}
		t := j.keyTypes[i]
		a := value{sql: "l." + Quote(j.LeftOn[i]), typ: TypeIn(j.kids[0].Schema(), j.LeftOn[i])}
		b := value{sql: "r." + Quote(j.RightOn[i]), typ: TypeIn(j.kids[1].Schema(), j.RightOn[i])}
		q.from += fmt.Sprintf("%s%s %s %s", word, a.in(t), op, b.in(t))
	}
	return q
}

// KeyTypes returns the types in which the keys are compared.
func (j *Join) KeyTypes() []arrow.DataType { return j.keyTypes }
