package array

import "sheaf/internal/kernel/num"

// estimate returns what one element of an inlinable node costs with everything that is evaluated inside of it, in units of a
// simple operation on an element in the cache.
func (p *plan) estimate(n node) float64 {
	switch n := n.(type) {
	case *fullNode:
		return 0
	case *rampNode:
		return 0.5
	case *drawNode:
		return drawCost(n.dist.Kind)
	case *ufuncNode:
		cost := opCost(n.op)
		for _, k := range n.kids {
			cost += p.cost[k.Token()]
		}
		return min(cost, 1e6)
	case *viewNode:
		return p.cost[n.kids[0].Token()]
	}
	return 0.5 // reading blocks that exist
}

func drawCost(k num.DrawKind) float64 {
	switch k {
	case num.DrawUniform:
		return 3
	case num.DrawIntegers:
		return 6
	}
	return 8
}

func opCost(op num.Op) float64 {
	switch {
	case op == num.Sin || op == num.Cos:
		return 10
	case op == num.Pow || op == num.Arctan2 || op == num.Logaddexp || op == num.Logaddexp2:
		return 20
	case op == num.Cbrt, op >= num.Exp && op <= num.Arctanh && op != num.Sin && op != num.Cos:
		return 9
	case op == num.Sqrt || op == num.Div || op == num.FloorDiv || op == num.Mod || op == num.Fmod || op == num.Reciprocal || op == num.Hypot:
		return 3
	}
	return 1
}
