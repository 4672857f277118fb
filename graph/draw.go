package graph

import (
	"slices"
	"strconv"
	"strings"
)

// drawnMax is the number of tasks up to which they are drawn one by one; larger graphs are drawn by layer.
const drawnMax = 200

// A drawing is a graph as boxes and arrows, inputs before their users.
type drawing struct {
	nodes []node
	edges []arrow
	tasks int // of the graph; 0 if there are more than were counted
}

type node struct {
	label  string // what it computes
	detail string // where in the index space, or how many
	tip    string // the whole identity, and the operation
	group  string // nodes of one group have one colour
	data   bool   // holds a value that exists already
	output bool
}

type arrow struct {
	from, to int
	label    string
}

// draw makes the drawing of g: its tasks if they are few, else its layers.
func draw(g Graph) (*drawing, error) {
	layers, err := g.Layers()
	if err != nil {
		return nil, err
	}
	if d := drawTasks(g, layers); d != nil {
		return d, nil
	}
	return drawLayers(g, layers), nil
}

type taskAt struct{ layer, index int }

type tasksDrawer struct {
	drawing
	layers []*Layer
	number map[Token]int
	ids    map[taskAt]int
}

// drawTasks draws every task that the outputs need, or nothing if they are too many or the graph is malformed.
func drawTasks(g Graph, layers []*Layer) *drawing {
	if g.Len() > drawnMax {
		return nil
	}
	d := &tasksDrawer{layers: layers, number: map[Token]int{}, ids: map[taskAt]int{}}
	for k, l := range layers {
		d.number[l.token] = k
	}
	for _, o := range g.Outputs {
		for k := range o.Len() {
			at := taskAt{d.number[o.Layer.token], o.At(k)}
			if at.index < 0 || at.index >= layers[at.layer].n || !d.visit(at) {
				return nil
			}
			d.nodes[d.ids[at]].output = true
		}
	}
	d.tasks = len(d.nodes)
	return &d.drawing
}

// visit draws a task after its inputs, and reports whether that was possible. Few tasks are drawn, so the recursion is shallow.
func (d *tasksDrawer) visit(at taskAt) bool {
	if id, ok := d.ids[at]; ok {
		return id >= 0
	}
	if len(d.ids) >= drawnMax {
		return false
	}
	d.ids[at] = -1
	l := d.layers[at.layer]
	refs, _ := l.Deps(at.index, nil, nil)
	from := make([]int, len(refs))
	for k, r := range refs {
		in := taskAt{d.number[l.From(int(r.Edge)).token], int(r.Index)}
		if !d.visit(in) {
			return false
		}
		from[k] = d.ids[in]
	}
	id := len(d.nodes)
	d.ids[at] = id
	d.nodes = append(d.nodes, taskNode(l, at.index))
	seen := map[int]bool{}
	for _, f := range from {
		if !seen[f] {
			d.edges = append(d.edges, arrow{from: f, to: id})
		}
		seen[f] = true
	}
	return true
}

func taskNode(l *Layer, i int) node {
	n := node{label: l.TaskName(i), tip: l.Key(i).String() + "\n" + opText(l), group: l.TaskName(i), data: holdsData(l)}
	if l.keys == nil && len(l.space) > 0 {
		n.detail = spaceText(Unravel(nil, i, l.space))
	}
	if s, ok := l.OpOf(i).(Sourcer); ok {
		n.tip += "\n" + s.Source(i).String()
	}
	return n
}

func holdsData(l *Layer) bool {
	_, values := l.op.(constOp)
	return values || l.isHeld()
}

func drawLayers(g Graph, layers []*Layer) *drawing {
	d := &drawing{}
	ids := map[Token]int{}
	for _, l := range layers {
		id := len(d.nodes)
		ids[l.token] = id
		n := node{label: l.name, detail: countText(l), tip: l.name + "-" + l.token.Short() + "\n" + opText(l), group: l.name, data: holdsData(l)}
		d.nodes = append(d.nodes, n)
		first := len(d.edges)
		for _, e := range l.edges {
			if e.From != nil {
				d.connect(first, arrow{ids[e.From.token], id, e.Map.String()})
			}
		}
	}
	for _, o := range g.Outputs {
		d.nodes[ids[o.Layer.token]].output = true
	}
	return d
}

// connect adds an arrow, or its label to the one that joins the same nodes already, among those from first on.
func (d *drawing) connect(first int, a arrow) {
	for k := first; k < len(d.edges); k++ {
		if e := &d.edges[k]; e.from == a.from {
			if !slices.Contains(strings.Split(e.label, ", "), a.label) {
				e.label += ", " + a.label
			}
			return
		}
	}
	d.edges = append(d.edges, a)
}

// countText returns "16 tasks (4 × 4)".
func countText(l *Layer) string {
	text := grouped(l.n) + " tasks"
	if l.n == 1 {
		text = "1 task"
	}
	if len(l.space) > 1 {
		parts := make([]string, len(l.space))
		for a, d := range l.space {
			parts[a] = strconv.Itoa(d)
		}
		text += " (" + strings.Join(parts, " × ") + ")"
	}
	return text
}

// grouped writes n with a comma per thousand.
func grouped(n int) string {
	s := strconv.Itoa(n)
	for k := len(s) - 3; k > 0; k -= 3 {
		s = s[:k] + "," + s[k:]
	}
	return s
}

// palette are fills that are told apart on white and carry dark text.
var palette = []string{
	"#a6cee3", "#b2df8a", "#fdbf6f", "#cab2d6", "#fb9a99", "#ffe48a", "#9fdcc9", "#d9c8a9", "#c6d4f5", "#f5c6e0", "#c9e5a8", "#bfe3e8",
}

// colours returns the fill of each node: one per group, in the order in which they come.
func (d *drawing) colours() []string {
	fills, seen := make([]string, len(d.nodes)), map[string]int{}
	for k, n := range d.nodes {
		c, ok := seen[n.group]
		if !ok {
			c = len(seen)
			seen[n.group] = c
		}
		fills[k] = palette[c%len(palette)]
	}
	return fills
}
