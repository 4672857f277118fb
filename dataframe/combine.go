//go:build cgo

package dataframe

import (
	"sheaf/dataframe/internal/plan"
)

// Merge joins the rows of two frames whose keys are equal, as pandas' merge: null keys match each other. Without [On] or [LeftOn] and [RightOn]
// the keys are the columns that both have. Key columns of the same name stand once in the result; other columns of
// the same name get [Suffixes]. The rows come in no particular order.
//
// A table below the configuration's dataframe.merge.broadcast-size is sent whole to every partition of the other, where the kind
// of merge allows it; else both are shuffled. [Broadcast] and [Shuffle] overrule that. Options also: [How].
func (f *Frame) Merge(right *Frame, opts ...Option) *Frame {
	if f.err == nil && right.err != nil {
		return right
	}
	return f.then("merge", func(left plan.Node) (plan.Node, error) {
		o, err := use("merge", opts, "On", "LeftOn", "RightOn", "How", "Suffixes", "Broadcast", "Shuffle")
		if err != nil {
			return nil, err
		}
		l, r := o.leftOn, o.rightOn
		switch {
		case o.on != nil && (l != nil || r != nil):
			return nil, plan.Argument("give either On or both LeftOn and RightOn")
		case o.on != nil:
			l, r = o.on, o.on
		case l == nil && r == nil && o.how != plan.Cross:
			for _, name := range plan.Names(left.Schema()) {
				if plan.Has(right.node.Schema(), name) {
					l = append(l, name)
				}
			}
			if r = l; len(l) == 0 {
				return nil, plan.Argument("the tables have no column in common; use LeftOn and RightOn")
			}
		}
		return plan.NewJoin(left, right.node, o.how, l, r, o.suffixes, o.strategy)
	})
}

// Concat puts frames below each other, partitions after partitions. Columns are matched by name: missing ones are null, numbers of
// different types are promoted.
func Concat(frames ...*Frame) *Frame {
	nodes := make([]plan.Node, len(frames))
	for i, f := range frames {
		if f.err != nil {
			return f
		}
		nodes[i] = f.node
	}
	n, err := plan.NewConcat(nodes)
	if err != nil {
		return failed("concat", err)
	}
	return newFrame(n)
}

// A SortKey is a column to sort by, in descending order; see [Desc]. In ascending order its name alone is enough.
type SortKey = plan.SortKey

// Desc sorts by a column in descending order. Nulls are last in both directions.
func Desc(column string) SortKey { return SortKey{Name: column, Desc: true} }

// Asc sorts by a column in ascending order.
func Asc(column string) SortKey { return SortKey{Name: column} }

// SortValues sorts by columns, given by name or by [Desc]. Rows with equal keys keep their order, nulls are last.
func (f *Frame) SortValues(by ...any) *Frame {
	return f.then("sort", func(in plan.Node) (plan.Node, error) {
		keys, err := sortKeys(by)
		if err != nil {
			return nil, err
		}
		return plan.NewSort(in, keys, 0)
	})
}

func sortKeys(by []any) ([]plan.SortKey, error) {
	var keys []plan.SortKey
	for _, k := range by {
		switch k := k.(type) {
		case string:
			keys = append(keys, plan.SortKey{Name: k})
		case []string:
			for _, name := range k {
				keys = append(keys, plan.SortKey{Name: name})
			}
		case SortKey:
			keys = append(keys, k)
		default:
			return nil, plan.Argument("a column to sort by is a name or Desc(name), not a %T", k)
		}
	}
	return keys, nil
}

// NLargest are the n rows with the largest values of a column, largest first; of equal ones the earlier.
func (f *Frame) NLargest(n int, column string) *Frame { return f.SortValues(Desc(column)).Head(n) }

// NSmallest are the n rows with the smallest values of a column, smallest first; of equal ones the earlier.
func (f *Frame) NSmallest(n int, column string) *Frame { return f.SortValues(column).Head(n) }

// Head keeps the first n rows. Partitions are read one after the other, and only until there are enough rows.
func (f *Frame) Head(n int) *Frame {
	return f.then("head", func(in plan.Node) (plan.Node, error) { return plan.NewLimit(in, n, false) })
}

// Tail keeps the last n rows.
func (f *Frame) Tail(n int) *Frame {
	return f.then("tail", func(in plan.Node) (plan.Node, error) { return plan.NewLimit(in, n, true) })
}

// DropDuplicates keeps the first of the rows that agree in the columns, or in all columns if none are given; with [KeepLast] the last.
// Nulls are equal here.
func (f *Frame) DropDuplicates(columns []string, opts ...Option) *Frame {
	return f.then("dropduplicates", func(in plan.Node) (plan.Node, error) {
		o, err := use("dropduplicates", opts, "KeepLast")
		if err != nil {
			return nil, err
		}
		if len(columns) == 0 {
			columns = nil
		}
		return plan.NewDistinct(in, columns, o.last)
	})
}

// ValueCounts counts the rows of each value of columns, in a column called count: most frequent first, equal counts in the order of
// the values. Nulls are not counted.
func (f *Frame) ValueCounts(columns ...string) *Frame {
	keys := make([]any, len(columns))
	order := []any{Desc("count")}
	for i, c := range columns {
		keys[i] = c
		order = append(order, c)
	}
	if len(keys) == 0 {
		return f.then("valuecounts", func(plan.Node) (plan.Node, error) { return nil, plan.Argument("there is no column to count") })
	}
	return f.GroupBy(keys...).Unsorted().Agg(Size().As("count")).SortValues(order...)
}

// Repartition cuts the rows into n partitions without changing their order: neighbours are joined, or each partition is cut into equal
// shares.
func (f *Frame) Repartition(n int) *Frame {
	return f.then("repartition", func(in plan.Node) (plan.Node, error) { return plan.NewRepartition(in, n) })
}
