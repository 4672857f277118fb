package bag

import "sheaf"

// Visualize draws the tasks that would compute b into a file: Graphviz text if the name ends in .dot, a picture if it ends in
// .svg, both if it has no ending. See [sheaf.Visualize].
func (b *Bag[T]) Visualize(path string) error { return sheaf.Visualize(path, b) }

// Visualize draws the tasks that would compute the item, as [Bag.Visualize] does.
func (i *Item[T]) Visualize(path string) error { return sheaf.Visualize(path, i) }
