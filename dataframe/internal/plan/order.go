package plan

import (
	"fmt"
	"strings"
)

// SortKey is one column of an order. Nulls are last in both directions, as in pandas.
type SortKey struct {
	Name string
	Desc bool
}

func (k SortKey) String() string {
	if k.Desc {
		return k.Name + " descending"
	}
	return k.Name
}

// Sort orders the rows; rows with equal keys keep their order. With Parts > 0 the result has that many partitions, each of a
// range of the first key.
type Sort struct {
	base
	Keys  []SortKey
	Parts int
	Rows  any    // where the ranges begin, if that is given: what the lowering makes of it
	Label string // of Rows
}

// NewSort checks that the columns exist and can be ordered.
func NewSort(in Node, keys []SortKey, parts int) (*Sort, error) {
	if len(keys) == 0 {
		return nil, Argument("there is no column to sort by")
	}
	for _, k := range keys {
		if !Has(in.Schema(), k.Name) {
			return nil, NotFound(k.Name, in.Schema())
		}
	}
	label := fmt.Sprintf("%s/%d", keysText(keys), parts)
	return &Sort{base: newBase("sort "+label, in.Schema(), in), Keys: keys, Parts: parts}, nil
}

func keysText(keys []SortKey) string {
	parts := make([]string, len(keys))
	for i, k := range keys {
		parts[i] = k.String()
	}
	return strings.Join(parts, ", ")
}

// NewRanges sorts into ranges that begin at given values of the first key. Bounds is known to the lowering, and label says what it is.
func NewRanges(in Node, keys []SortKey, parts int, bounds any, label string) (*Sort, error) {
	s, err := NewSort(in, keys, parts)
	if err != nil {
		return nil, err
	}
	s.Rows, s.Label = bounds, label
	s.base = newBase("ranges "+keysText(keys)+label, in.Schema(), in)
	return s, nil
}

// With returns the same order of another table.
func (s *Sort) With(kids []Node) Node {
	if s.Rows != nil {
		return must(NewRanges(kids[0], s.Keys, s.Parts, s.Rows, s.Label))
	}
	return must(NewSort(kids[0], s.Keys, s.Parts))
}

func (s *Sort) String() string {
	if s.Parts > 0 {
		return fmt.Sprintf("sort by %s into %d partitions", keysText(s.Keys), s.Parts)
	}
	return "sort by " + keysText(s.Keys)
}

// Limit keeps the first rows, or the last ones.
type Limit struct {
	base
	N    int
	Tail bool
}

// NewLimit keeps the first or last n rows.
func NewLimit(in Node, n int, tail bool) (*Limit, error) {
	if n < 0 {
		return nil, Argument("%d rows cannot be kept", n)
	}
	return &Limit{newBase(fmt.Sprintf("limit %d %t", n, tail), in.Schema(), in), n, tail}, nil
}

// With returns the same limit of another table.
func (l *Limit) With(kids []Node) Node { return must(NewLimit(kids[0], l.N, l.Tail)) }

func (l *Limit) String() string {
	if l.Tail {
		return fmt.Sprintf("tail %d", l.N)
	}
	return fmt.Sprintf("head %d", l.N)
}

// Distinct keeps one row of those that agree in some columns, nulls counting as equal: the first, or the last.
type Distinct struct {
	base
	Subset []string // all columns when nil
	Last   bool
}

// NewDistinct checks that the columns exist.
func NewDistinct(in Node, subset []string, last bool) (*Distinct, error) {
	for _, name := range subset {
		if !Has(in.Schema(), name) {
			return nil, NotFound(name, in.Schema())
		}
	}
	return &Distinct{newBase(fmt.Sprintf("distinct %q %t", subset, last), in.Schema(), in), subset, last}, nil
}

// With returns the same operation on another table.
func (d *Distinct) With(kids []Node) Node { return must(NewDistinct(kids[0], d.Subset, d.Last)) }

func (d *Distinct) String() string {
	s := "distinct"
	if d.Subset != nil {
		s += " by " + strings.Join(d.Subset, ", ")
	}
	if d.Last {
		s += ", last of each"
	}
	return s
}

// By returns the columns in which rows are compared.
func (d *Distinct) By() []string {
	if d.Subset == nil {
		return Names(d.schema)
	}
	return d.Subset
}
