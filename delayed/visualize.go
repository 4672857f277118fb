package delayed

import "sheaf"

// Visualize draws the tasks that would compute v into a file: Graphviz text if the name ends in .dot, a picture if it ends in
// .svg, both if it has no ending. See [sheaf.Visualize].
func (v *Value[T]) Visualize(path string) error { return sheaf.Visualize(path, v) }
