package array

import "sheaf"

// Visualize draws the tasks that would compute x into a file: Graphviz text if the name ends in .dot, a picture if it ends in
// .svg, both if it has no ending. See [sheaf.Visualize].
func (x *Array) Visualize(path string) error { return sheaf.Visualize(path, x) }
