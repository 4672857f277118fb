package graph_test

import (
	"context"
	"fmt"

	"sheaf"
	"sheaf/graph"
)

// Squares is a collection of a program's own: the squares of the first N numbers, in chunks.
type Squares struct{ N, Chunk int }

// squareChunk is the operation behind it: data, with a method that computes one task.
type squareChunk struct{ N, Chunk int }

// Run makes the chunk of task t.
func (op squareChunk) Run(_ context.Context, t *graph.Task) (any, error) {
	var chunk []int
	for i := t.Index * op.Chunk; i < min(op.N, (t.Index+1)*op.Chunk); i++ {
		chunk = append(chunk, i*i)
	}
	return chunk, nil
}

// Graph returns one layer with a task for each chunk.
func (s Squares) Graph() (graph.Graph, error) {
	l, err := graph.New(graph.Spec{Name: "squares", Op: squareChunk(s), Space: []int{(s.N + s.Chunk - 1) / s.Chunk}})
	if err != nil {
		return graph.Graph{}, err
	}
	return graph.Of(l), nil
}

// Finish joins the chunks.
func (s Squares) Finish(_ context.Context, parts []any) ([]int, error) {
	var all []int
	for _, p := range parts {
		all = append(all, p.([]int)...)
	}
	return all, nil
}

// Sum is a collection on top of the first one: a tree reduction.
type Sum struct{ Of Squares }

// addChunks adds what its inputs hold.
type addChunks struct{}

// Run adds chunks and partial sums.
func (addChunks) Run(_ context.Context, t *graph.Task) (any, error) {
	sum := 0
	for _, v := range t.In(0) {
		switch v := v.(type) {
		case int:
			sum += v
		case []int:
			for _, x := range v {
				sum += x
			}
		}
	}
	return sum, nil
}

// Graph adds the tree to the layers of what is summed.
func (s Sum) Graph() (graph.Graph, error) {
	g, err := s.Of.Graph()
	if err != nil {
		return graph.Graph{}, err
	}
	l, err := graph.Tree(g.Outputs[0].Layer, graph.TreeSpec{
		Name: "sum", Axes: []int{0}, Every: 4, Combine: addChunks{}, Aggregate: addChunks{},
	})
	if err != nil {
		return graph.Graph{}, err
	}
	return graph.Of(l), nil
}

// Finish returns the value of the only part.
func (s Sum) Finish(_ context.Context, parts []any) (int, error) { return parts[0].(int), nil }

// A type is a collection when it has a Graph method, and can be computed when it also has Finish.
func Example_collection() {
	ctx := context.Background()
	squares := Squares{N: 10, Chunk: 4}
	list, err := sheaf.Compute(ctx, squares)
	fmt.Println(list, err)

	sum, err := sheaf.Compute(ctx, Sum{Squares{N: 1000, Chunk: 100}})
	fmt.Println(sum, err)

	few, many, err := sheaf.Compute2(ctx, squares, Sum{squares}) // the chunks are made once
	fmt.Println(len(few), many, err)
	fmt.Print(sheaf.Explain(Sum{Squares{N: 1000, Chunk: 100}}))
	// Output:
	// [0 1 4 9 16 25 36 49 64 81] <nil>
	// 332833500 <nil>
	// 10 285 <nil>
	// 14 tasks in 3 layers
	// squares (10) graph_test.squareChunk
	// sum-partial (3) graph_test.addChunks <- squares[i:4]
	// sum () graph_test.addChunks <- sum-partial[.:3] => output
}
