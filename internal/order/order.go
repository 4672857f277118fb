// Package order decides which inputs of a task are computed first.
//
// Executors run tasks depth first. Where a task has inputs of different cost, the costly one goes first (Sethi and Ullman,
// "The generation of optimal code for arithmetic expressions", 1970): its many intermediate values are gone before the cheap
// inputs begin to occupy memory.
package order

import (
	"slices"

	"sheaf/graph"
)

// weightMax keeps weights of deep graphs finite.
const weightMax = 1 << 40

// Edges returns for each layer, inputs before their users, the order in which the edges of its tasks are to be visited; nil
// where the order of the arguments is right.
func Edges(layers []*graph.Layer) [][]int {
	weight := make(map[graph.Token]float64, len(layers))
	orders := make([][]int, len(layers))
	for k, l := range layers {
		edges := l.Edges()
		costs := make([]float64, len(edges))
		total := 1.0
		fan := fanIn(l)
		for e := range fan {
			if edges[e].From == nil {
				continue // tasks of a list need each other: the order of the arguments is as good as any
			}
			costs[e] = fan[e] * weight[edges[e].From.Token()]
			total += costs[e]
		}
		weight[l.Token()] = min(total, weightMax)
		if len(edges) < 2 || l.Keyed() || slices.IsSortedFunc(costs, func(a, b float64) int { return sign(b - a) }) {
			continue
		}
		o := make([]int, len(edges))
		for e := range o {
			o[e] = e
		}
		slices.SortStableFunc(o, func(a, b int) int { return sign(costs[b] - costs[a]) })
		orders[k] = o
	}
	return orders
}

// fanIn returns how many tasks of each edge the layer's first task needs, as a measure for all of them.
func fanIn(l *graph.Layer) []float64 {
	if l.Len() == 0 {
		return nil
	}
	_, ends := l.Deps(0, nil, nil)
	fan := make([]float64, len(ends))
	lo := int32(0)
	for e, end := range ends {
		fan[e] = float64(end - lo)
		lo = end
	}
	return fan
}

func sign(x float64) int {
	switch {
	case x < 0:
		return -1
	case x > 0:
		return 1
	}
	return 0
}
