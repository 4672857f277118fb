//go:build cgo

package dataframe

import (
	"fmt"
	"slices"
	"sort"

	"sheaf/dataframe/internal/plan"
	"sheaf/dtype"
)

// Select keeps columns, in the given order. Each is a name or an [Expr], which is named by As or after its first column.
func (f *Frame) Select(columns ...any) *Frame {
	return f.keepsRows(f.then("select", func(in plan.Node) (plan.Node, error) {
		exprs, err := columnArgs(columns)
		if err != nil {
			return nil, err
		}
		return plan.NewProject(in, exprs)
	}))
}

// columnArgs reads columns given as names or expressions.
func columnArgs(columns []any) ([]plan.Named, error) {
	var exprs []plan.Named
	for _, c := range columns {
		switch c := c.(type) {
		case string:
			exprs = append(exprs, plan.Named{Name: c, Expr: plan.Column{Name: c}})
		case []string:
			exprs = append(exprs, plan.Keep(c)...)
		case Expr:
			n, err := c.named()
			if err != nil {
				return nil, err
			}
			exprs = append(exprs, n)
		default:
			return nil, plan.Argument("a column is a name or an expression, not a %T", c)
		}
	}
	return exprs, nil
}

// Filter keeps the rows for which the condition is true, neither false nor null.
func (f *Frame) Filter(cond Expr) *Frame {
	return f.keepsRows(f.then("filter", func(in plan.Node) (plan.Node, error) { return plan.NewFilter(in, operand(cond)) }))
}

// Assign adds a column, or replaces one in its place. The value is an [Expr] or a constant.
func (f *Frame) Assign(name string, value any) *Frame {
	g := f.keepsRows(f.then("assign", func(in plan.Node) (plan.Node, error) {
		exprs := plan.Keep(plan.Names(in.Schema()))
		e := plan.Named{Name: name, Expr: operand(value)}
		if i := slices.Index(plan.Names(in.Schema()), name); i >= 0 {
			exprs[i] = e
		} else {
			exprs = append(exprs, e)
		}
		return plan.NewProject(in, exprs)
	}))
	if g.err == nil && g.index == name {
		g.index, g.divisions = "", nil
	}
	return g
}

// Rename changes names of columns: the keys of the map are the old names.
func (f *Frame) Rename(names map[string]string) *Frame {
	g := f.then("rename", func(in plan.Node) (plan.Node, error) {
		exprs := plan.Keep(plan.Names(in.Schema()))
		for _, old := range sortedKeys(names) {
			i := slices.Index(plan.Names(in.Schema()), old)
			if i < 0 {
				return nil, plan.NotFound(old, in.Schema())
			}
			exprs[i].Name = names[old]
		}
		return plan.NewProject(in, exprs)
	})
	if g.err == nil && f.index != "" {
		g.index, g.divisions = f.index, f.divisions
		if n, ok := names[f.index]; ok {
			g.index = n
		}
	}
	return g
}

// Drop removes columns.
func (f *Frame) Drop(columns ...string) *Frame {
	return f.keepsRows(f.then("drop", func(in plan.Node) (plan.Node, error) {
		for _, c := range columns {
			if !plan.Has(in.Schema(), c) {
				return nil, plan.NotFound(c, in.Schema())
			}
		}
		keep := slices.DeleteFunc(plan.Names(in.Schema()), func(n string) bool { return slices.Contains(columns, n) })
		return plan.NewProject(in, plan.Keep(keep))
	}))
}

// Cast converts columns to other types, as pandas' astype with a mapping.
func (f *Frame) Cast(types map[string]dtype.Type) *Frame {
	for _, name := range sortedKeys(types) {
		if f.err == nil && !f.Has(name) {
			return failed("cast", plan.NotFound(name, f.Schema()))
		}
	}
	return f.keepsRows(f.then("cast", func(in plan.Node) (plan.Node, error) {
		exprs := plan.Keep(plan.Names(in.Schema()))
		for i, e := range exprs {
			if t, ok := types[e.Name]; ok {
				exprs[i].Expr = operand(Col(e.Name).Cast(t))
			}
		}
		return plan.NewProject(in, exprs)
	}))
}

// DropNull removes rows that have a null in one of the columns, in any column by default; pandas' dropna.
func (f *Frame) DropNull(columns ...string) *Frame {
	return f.keepsRows(f.then("dropnull", func(in plan.Node) (plan.Node, error) {
		if len(columns) == 0 {
			columns = plan.Names(in.Schema())
		}
		conds := make([]plan.Expr, len(columns))
		for i, c := range columns {
			conds[i] = operand(Col(c).NotNull())
		}
		if len(conds) == 0 {
			return in, nil
		}
		return plan.NewFilter(in, plan.All(conds))
	}))
}

// FillNull replaces nulls in the columns whose type the value has; pandas' fillna with a scalar. For one column, Assign it with
// [Expr.FillNull].
func (f *Frame) FillNull(value any) *Frame {
	return f.keepsRows(f.then("fillnull", func(in plan.Node) (plan.Node, error) {
		exprs := plan.Keep(plan.Names(in.Schema()))
		filled := 0
		for i, e := range exprs {
			fill := operand(Col(e.Name).FillNull(value))
			if _, t, err := plan.Compile(fill, in.Schema()); err == nil && plan.Name(t) == plan.Name(plan.TypeIn(in.Schema(), e.Name)) {
				exprs[i].Expr = fill
				filled++
			}
		}
		if filled == 0 {
			return nil, plan.Argument("no column can hold %v", value)
		}
		return plan.NewProject(in, exprs)
	}))
}

// Partitions keeps some of the partitions, by number.
func (f *Frame) Partitions(numbers ...int) *Frame {
	return f.then("partitions", func(in plan.Node) (plan.Node, error) {
		n := f.NPartitions()
		for _, i := range numbers {
			if i < 0 || i >= n {
				return nil, plan.Argument("partition %d does not exist; there are %d", i, n)
			}
		}
		return plan.NewPick(in, numbers), nil
	})
}

// Pipe calls a function with the frame, so that functions of one's own stand in a chain.
func (f *Frame) Pipe(fn func(*Frame) *Frame) *Frame { return fn(f) }

// sortedKeys returns the keys of a map in an order that does not depend on the map.
func sortedKeys[K comparable, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Slice(keys, func(i, j int) bool { return fmt.Sprint(keys[i]) < fmt.Sprint(keys[j]) })
	return keys
}
