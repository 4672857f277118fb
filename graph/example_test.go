package graph_test

import (
	"context"
	"fmt"

	"sheaf/fn"
	"sheaf/graph"
	"sheaf/internal/graphtest"
)

// fill is an operation: data with a Run method.
type fill struct{ Value int }

func (f fill) Run(context.Context, *graph.Task) (any, error) { return f.Value, nil }

// add sums the values that all edges deliver.
type add struct{}

func (add) Run(_ context.Context, t *graph.Task) (any, error) {
	sum := 0
	for _, v := range t.Inputs() {
		sum += v.(int)
	}
	return sum, nil
}

func ExampleSpec() {
	x := graph.Must(graph.Spec{Name: "x", Op: fill{1}, Space: []int{2, 3}})
	total := graph.Must(graph.Spec{Name: "total", Op: add{}, Edges: []graph.Edge{{From: x, Map: graph.All{N: x.Len()}}}})
	fmt.Print(graph.Text(graph.Of(total)))
	// Output:
	// x (2, 3) graph_test.fill
	// total () graph_test.add <- x[all] => output
}

func ExampleLayer() {
	x := graph.Must(graph.Spec{Name: "x", Op: fill{1}, Space: []int{100, 100}})
	same := graph.Must(graph.Spec{Name: "x", Op: fill{1}, Space: []int{100, 100}})
	fmt.Println(x.Name(), x.Space(), x.Len(), x.Token() == same.Token())
	// Output: x [100 100] 10000 true
}

func ExampleGraph() {
	x := graph.Must(graph.Spec{Name: "x", Op: fill{1}, Space: []int{4}})
	g := graph.Graph{Outputs: []graph.Output{{Layer: x, Index: []int32{1, 2}}}} // two of the four tasks
	fmt.Print(g.Len(), " wanted\n", graph.Text(g))
	// Output:
	// 2 wanted
	// x (4) graph_test.fill => output of 2: 1 2
}

func ExampleOutput() {
	x := graph.Must(graph.Spec{Name: "x", Op: fill{1}, Space: []int{4}})
	some, all := graph.Output{Layer: x, Index: []int32{3}}, graph.Output{Layer: x}
	fmt.Println(some.Len(), some.At(0), all.Len(), all.At(0))
	// Output: 1 3 4 0
}

func ExampleKey() {
	x := graph.Must(graph.Spec{Name: "x", Op: fill{1}, Space: []int{2, 3}, Token: graph.Unique()})
	k := x.Key(4)
	fmt.Println(k.Name, k.Index, k.String() == "x-"+k.Token.Short()+"(1, 1)")
	// Output: x 4 true
}

func ExampleTask() {
	var t graph.Task
	t.Bind(graph.Must(graph.Spec{Name: "x", Op: fill{1}, Space: []int{2, 3}}), 5, nil, nil)
	fmt.Println(t.Index, t.Coords(nil))
	// Output: 5 [1 2]
}

func ExampleOp() {
	var op graph.Op = add{}
	var t graph.Task
	t.Bind(graph.Must(graph.Spec{Name: "add", Op: op}), 0, []any{1, 2, 3}, []int32{3})
	fmt.Println(op.Run(context.Background(), &t))
	// Output: 6 <nil>
}

func ExampleEdge() {
	x := graph.Must(graph.Spec{Name: "x", Op: fill{1}, Space: []int{3}})
	y := graph.Must(graph.Spec{Name: "y", Op: add{}, Space: []int{3}, Edges: []graph.Edge{{From: x, Map: graph.Each{}}, {From: x, Map: graph.All{N: 3}}}})
	refs, ends := y.Deps(1, nil, nil)
	fmt.Println(refs, ends)
	// Output: [{0 1} {1 0} {1 1} {1 2}] [1 4]
}

func ExampleMapping() {
	for _, m := range []graph.Mapping{graph.Each{}, graph.All{N: 4}, graph.Table{}} {
		fmt.Print(m, " ")
	}
	// Output: each all table
}

func ExampleEach() {
	x := graph.Must(graph.Spec{Name: "x", Op: fill{1}, Space: []int{3}})
	_, err := graph.New(graph.Spec{Name: "y", Op: add{}, Space: []int{2}, Edges: []graph.Edge{{From: x, Map: graph.Each{}}}})
	fmt.Println(err)
	// Output: graph: edge 0 of layer "y" from "x": each task needs its twin, but there are 2 tasks and 3 inputs: malformed graph
}

func ExampleAll() {
	x := graph.Must(graph.Spec{Name: "x", Op: fill{1}, Space: []int{3}})
	y := graph.Must(graph.Spec{Name: "y", Op: add{}, Edges: []graph.Edge{{From: x, Map: graph.All{N: 3}}}})
	refs, _ := y.Deps(0, nil, nil)
	fmt.Println(len(refs))
	// Output: 3
}

// The transposed input: its axis 0 follows axis 1 of the output, and the other way round.
func ExampleAxes() {
	x := graph.Must(graph.Spec{Name: "x", Op: fill{1}, Space: []int{2, 3}})
	m, err := graph.Blockwise([]int{3, 2}, []int{2, 3}, []int{1, 0})
	t := graph.Must(graph.Spec{Name: "t", Op: add{}, Space: []int{3, 2}, Edges: []graph.Edge{{From: x, Map: m}}})
	refs, _ := t.Deps(graph.Ravel([]int{2, 1}, t.Space()), nil, nil)
	fmt.Println(m, graph.Unravel(nil, int(refs[0].Index), x.Space()), err)
	// Output: ji [1 2] <nil>
}

// Each task needs its neighbours.
func ExampleWindow() {
	spans := []graph.Span{{Lo: 0, Hi: 2}, {Lo: 0, Hi: 3}, {Lo: 1, Hi: 3}}
	m, err := graph.NewWindow([]int{3}, []int{3}, []int{0}, [][]graph.Span{spans})
	x := graph.Must(graph.Spec{Name: "x", Op: fill{1}, Space: []int{3}})
	y := graph.Must(graph.Spec{Name: "y", Op: add{}, Space: []int{3}, Edges: []graph.Edge{{From: x, Map: m}}})
	refs, _ := y.Deps(2, nil, nil)
	fmt.Println(m, refs, err)
	// Output: i:3 [{0 1} {0 2}] <nil>
}

func ExampleSpan() {
	fmt.Println(graph.Groups(10, 4))
	// Output: [{0 4} {4 8} {8 10}]
}

func ExampleTable() {
	m := graph.Table{Start: []int32{0, 2, 3}, Index: []int32{0, 2, 1}} // task 0 needs 0 and 2, task 1 needs 1
	x := graph.Must(graph.Spec{Name: "x", Op: fill{1}, Space: []int{3}})
	y := graph.Must(graph.Spec{Name: "y", Op: add{}, Space: []int{2}, Edges: []graph.Edge{{From: x, Map: m}}})
	refs, _ := y.Deps(0, nil, nil)
	fmt.Println(refs)
	// Output: [{0 0} {0 2}]
}

func ExampleTreeSpec() {
	x := graph.Must(graph.Spec{Name: "x", Op: fill{1}, Space: []int{100}})
	sum, err := graph.Tree(x, graph.TreeSpec{Name: "sum", Axes: []int{0}, Every: 8, Combine: add{}, Aggregate: add{}})
	fmt.Print(graph.Text(graph.Of(sum)), err)
	// Output:
	// x (100) graph_test.fill
	// sum-partial#1 (13) graph_test.add <- x[i:8]
	// sum-partial#2 (2) graph_test.add <- sum-partial#1[i:8]
	// sum () graph_test.add <- sum-partial#2[.:2] => output
	// <nil>
}

func ExampleList() {
	var b graph.List
	one := b.Add(graph.Unique(), fill{1})
	two := b.Add(graph.Unique(), fill{2})
	b.Add(graph.Unique(), add{}, graph.Ref{Edge: graph.Self, Index: int32(one)}, graph.Ref{Edge: graph.Self, Index: int32(two)})
	l, err := b.Layer("tasks")
	values, _ := graphtest.Evaluate(graph.Graph{Outputs: []graph.Output{{Layer: l, Index: []int32{2}}}})
	fmt.Println(values, err)
	// Output: [3] <nil>
}

func ExampleRef() {
	x := graph.Must(graph.Spec{Name: "x", Op: fill{5}, Space: []int{3}})
	var b graph.List
	edge := b.Input(x)
	b.Add(graph.Unique(), add{}, graph.Ref{Edge: edge, Index: 2}, graph.Ref{Edge: edge, Index: 0})
	l, err := b.Layer("tasks")
	values, _ := graphtest.Evaluate(graph.Of(l))
	fmt.Println(values, err)
	// Output: [10] <nil>
}

func ExampleToken() {
	a, b := graph.NewHasher("example"), graph.NewHasher("example")
	a.Any(map[string]int{"x": 1, "y": 2})
	b.Any(map[string]int{"y": 2, "x": 1})
	one, other := graph.Unique(), graph.Unique()
	fmt.Println(a.Sum() == b.Sum(), one == other)
	// Output: true false
}

// table is large; what identifies it is its version.
type table struct {
	version string
	rows    [][]float64
}

func (t table) HashToken(h *graph.Hasher) { h.String(t.version) }

func ExampleTokener() {
	a, b := graph.NewHasher("example"), graph.NewHasher("example")
	a.Any(table{version: "v1"})
	b.Any(table{version: "v1", rows: make([][]float64, 1000)})
	fmt.Println(a.Sum() == b.Sum())
	// Output: true
}

func ExampleHasher() {
	h := graph.NewHasher("example")
	h.String("a")
	h.Int(1)
	other := graph.NewHasher("example")
	other.String("a")
	other.Int(2)
	fmt.Println(h.Sum() == other.Sum())
	// Output: false
}

// call runs a function of a user's, which errors shall name.
type call struct{ F func(int) int }

func (c call) Run(_ context.Context, t *graph.Task) (any, error) { return c.F(t.Index), nil }
func (c call) Source(int) fn.Source                              { return fn.SourceOf(c.F) }

func ExampleSourcer() {
	var op graph.Op = call{inc}
	fmt.Println(op.(graph.Sourcer).Source(0).Short())
	// Output: graph_test.inc
}

// buffer makes values of a known size, whose memory it can use again.
type buffer struct {
	Bytes int
	Spare *[][]byte
}

func (b buffer) Run(context.Context, *graph.Task) (any, error) { return make([]byte, b.Bytes), nil }
func (b buffer) OutBytes(int) int64                            { return int64(b.Bytes) }
func (b buffer) Recycle(v any)                                 { *b.Spare = append(*b.Spare, v.([]byte)) }

func ExampleSized() {
	var op graph.Op = buffer{Bytes: 1 << 20}
	fmt.Println(op.(graph.Sized).OutBytes(0))
	// Output: 1048576
}

func ExampleRecycler() {
	var spare [][]byte
	var op graph.Op = buffer{Bytes: 10, Spare: &spare}
	v, err := op.Run(context.Background(), nil)
	op.(graph.Recycler).Recycle(v)
	fmt.Println(len(spare), err)
	// Output: 1 <nil>
}

// length keeps nothing of what it reads.
type length struct{}

func (length) Run(_ context.Context, t *graph.Task) (any, error) {
	return len(t.In(0)[0].([]byte)), nil
}
func (length) ReadsOnly() {}

func ExampleReader() {
	var op graph.Op = length{}
	_, reads := op.(graph.Reader)
	fmt.Println(reads)
	// Output: true
}

func ExamplePending() {
	x := graph.Must(graph.Spec{Name: "x", Op: fill{1}, Space: []int{1}})
	held := graph.Held("x", x.Token(), []graph.Pending{ready{x.Key(0), 42}}) // instead of x, whose value is there already
	values, err := graphtest.Evaluate(graph.Of(held))
	fmt.Println(values, err)
	// Output: [42] <nil>
}

func ExampleFuse() {
	x := graph.Must(graph.Spec{Name: "x", Op: fill{1}, Space: []int{3}})
	y := graph.Must(graph.Spec{Name: "y", Op: add{}, Space: []int{3}, Edges: []graph.Edge{{From: x, Map: graph.Each{}}}})
	fmt.Print(graph.Text(graph.Fuse(graph.Of(y))))
	// Output: y (3) fused(x graph_test.fill; y graph_test.add) => output
}

func ExampleConst() {
	c := graph.Const("numbers", graph.Token{}, 1, 2, 3)
	values, err := graphtest.Evaluate(graph.Of(c))
	fmt.Println(values, err)
	// Output: [1 2 3] <nil>
}

func ExampleAlias() {
	x := graph.Must(graph.Spec{Name: "x", Op: fill{1}, Space: []int{2, 3}})
	flat, err := graph.Alias("flat", []int{6}, graph.Edge{From: x, Map: graph.Each{}})
	fmt.Print(graph.Text(graph.Of(flat)), err)
	// Output:
	// x (2, 3) graph_test.fill
	// flat (6) alias <- x[each] => output
	// <nil>
}
