package array

import (
	"fmt"
	"strings"

	"sheaf/ndarray"
)

// describe returns " float64 (10000, 10000) in 10×10 blocks" for the lines of a plan.
func describe(n node) string {
	m := n.about()
	if len(m.chunks) == 0 {
		return " " + m.dt.String() + " ()"
	}
	return fmt.Sprintf(" %v %s in %s", m.dt, shapeText(shapeOf(m.chunks)), blocksText(m.chunks))
}

func blocksText(chunks [][]int) string {
	parts := make([]string, len(chunks))
	for a, c := range chunks {
		parts[a] = fmt.Sprint(len(c))
	}
	if product(spaceOf(chunks)) == 1 {
		return "1 block"
	}
	return strings.Join(parts, "×") + " blocks"
}

// shapeText prints a shape as NumPy does, with ? for unknown lengths.
func shapeText(shape []int) string {
	s := ndarray.ShapeString(shape)
	return strings.ReplaceAll(s, "-1", "?")
}

// shapes prints the shapes of operands that do not fit.
func shapes(chunks [][][]int) string {
	parts := make([]string, len(chunks))
	for i, c := range chunks {
		parts[i] = shapeText(shapeOf(c))
	}
	return strings.Join(parts, " and ")
}
