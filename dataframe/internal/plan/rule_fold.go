package plan

// fold computes what is constant in a condition: comparisons of literals, and ands and ors with one.
func fold(e Expr) Expr {
	c, ok := e.(Call)
	if !ok {
		return e
	}
	args := make([]Expr, len(c.Args))
	for i, a := range c.Args {
		args[i] = fold(a)
	}
	c.Args = args
	truth := func(e Expr) (value, known bool) {
		if l, ok := e.(Literal); ok {
			value, known = l.Value.(bool)
		}
		return value, known
	}
	switch c.Fn {
	case "not":
		if v, ok := truth(args[0]); ok {
			return MustLit(!v)
		}
		if inner, ok := args[0].(Call); ok && inner.Fn == "not" {
			return inner.Args[0]
		}
	case "and", "or":
		for i := range 2 {
			v, ok := truth(args[i])
			switch {
			case ok && v == (c.Fn == "and"):
				return args[1-i]
			case ok:
				return MustLit(v)
			}
		}
	case "eq", "ne", "lt", "le", "gt", "ge":
		a, oka := args[0].(Literal)
		b, okb := args[1].(Literal)
		if !oka || !okb {
			break
		}
		if x, y, ok := comparable2(a.Value, b.Value); ok {
			return MustLit(map[string]bool{"eq": x == y, "ne": x != y, "lt": x < y, "le": x <= y, "gt": x > y, "ge": x >= y}[c.Fn])
		}
	}
	return c
}

// comparable2 returns two constants as numbers, if that is exact.
func comparable2(a, b any) (x, y float64, ok bool) {
	one := func(v any) (float64, bool) {
		switch v := v.(type) {
		case int64:
			return float64(v), v > -1<<53 && v < 1<<53
		case float64:
			return v, true
		}
		return 0, false
	}
	x, okx := one(a)
	y, oky := one(b)
	return x, y, okx && oky
}
