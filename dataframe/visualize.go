//go:build cgo

package dataframe

import "sheaf"

// Visualize draws the tasks that would compute f into a file: Graphviz text if the name ends in .dot, a picture if it ends in
// .svg, both if it has no ending. See [sheaf.Visualize]; [Frame.Explain] shows the plan behind the tasks.
func (f *Frame) Visualize(path string) error { return sheaf.Visualize(path, f) }

// Visualize draws the tasks that would compute the value, as [Frame.Visualize] does.
func (s *Scalar[T]) Visualize(path string) error { return sheaf.Visualize(path, s) }

// Visualize draws the tasks that would compute the column, as [Frame.Visualize] does.
func (s *Series) Visualize(path string) error { return s.frame.Visualize(path) }
