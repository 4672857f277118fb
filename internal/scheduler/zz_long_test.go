package scheduler

import (
	"fmt"
	"testing"
	"time"

	"sheaf/graph"
)

func TestZZLong(t *testing.T) {
	const n = 1_000_000
	c := newCrew(2, 1)
	var serial uint64
	l, err := graph.Tree(layerOf("x", n), graph.TreeSpec{Name: "s", Axes: []int{0}, Every: n, Combine: nop{"c"}, Aggregate: nop{"a"}})
	if err != nil {
		t.Fatal(err)
	}
	g := opsGraph(1, &serial, graph.Of(l))
	steps := 0
	c.watch = func(d time.Duration) {
		steps++
		if d > 20*time.Millisecond {
			fmt.Println("step", steps, d, "in", len(c.in))
		}
	}
	c.run(g)
	c.release(g)
	fmt.Println(steps, c.done)
}
