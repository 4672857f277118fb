package sheaf

import (
	"fmt"
	"strings"

	"sheaf/graph"
)

// Explainer is implemented by collections that can say more about their plan than their layers do.
type Explainer interface{ Explain() string }

// Explain describes what computing c would do, without doing it: a collection's own plan if it has one (data frames show
// theirs with the SQL), otherwise the layers of tasks with how many they are, what they run and what they need. Mistakes made
// while the collection was built are described instead.
func Explain(c Collection) string {
	if e, ok := c.(Explainer); ok {
		return e.Explain()
	}
	return ExplainGraph(c)
}

// ExplainGraph describes the layers of c in any case: one line each, inputs before their users, as [graph.Text] writes them.
func ExplainGraph(c Collection) string {
	gs, err := plan(Place{}, c)
	if err != nil {
		return "error: " + err.Error() + "\n"
	}
	layers, err := gs[0].Layers()
	if err != nil {
		return "error: " + err.Error() + "\n"
	}
	tasks := 0
	for _, l := range layers {
		tasks += l.Len()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d tasks in %d layers\n", tasks, len(layers))
	b.WriteString(graph.Text(gs[0]))
	return b.String()
}
