package wire

import (
	"sheaf/fn"
	"sheaf/graph"
)

// A Graph is layers, inputs before those that use them, and which of their tasks are wanted.
type Graph struct {
	Layers  []Layer
	Outputs []Output
}

// An Output is the wanted tasks of one layer: those in Index, or all of them if All is set.
type Output struct {
	Layer LayerID
	All   bool
	Index []int32
}

// A LayerKind says what the tasks of a layer are.
type LayerKind uint8

// The kinds of layers.
const (
	LayerInvalid  LayerKind = iota
	LayerOps                // tasks of one operation, with edges by arithmetic
	LayerList               // tasks with an identity, an operation and inputs of their own
	LayerAlias              // other names of other tasks
	LayerExternal           // values that exist, or are being computed, under other ids
)

// A Layer is what the scheduler must know of a layer of tasks, and what workers must know besides, which the scheduler only
// passes on: the segments.
type Layer struct {
	ID      LayerID
	Kind    LayerKind
	Name    string
	Token   graph.Token
	Content graph.Token
	Space   []int
	Edges   []Edge

	Names   []string    // of a list: the names that occur, for people
	Sources []fn.Source // the user's functions that occur; of a layer that is no list at most one

	External []ID

	OutBytes int64 // expected size of a task's result, negative if unknown
	Segments []Segment
}

// An Edge says which tasks of a layer a task needs; From 0 is the layer itself.
type Edge struct {
	From  LayerID
	Map   graph.Mapping // nil in a list
	Parts bool          // of each value only the part with the task's own index
}

// A Segment is the operations of tasks [Lo, Hi) of a layer, in a form that only processes of the client's executable can read.
// A list is cut into segments of at most [SegmentTasks] tasks, which carry all that differs from task to task; any other layer has
// one segment.
type Segment struct {
	Lo, Hi int32
	Bytes  []byte

	// Of a list only; element k is of task Lo+k.
	Keys   []graph.Token // the identity
	Start  []int32       // where the inputs begin in Inputs, and one more: the end
	Inputs []graph.Ref   // edge 0 is the list itself, edge e is Edges[e]
	NameOf []uint16      // an index into Names
	Source []uint16      // an index into Sources plus 1; 0 for none
}

// SegmentTasks is how many tasks of a list travel together.
const SegmentTasks = 512

// Options say how the tasks of a graph are run.
type Options struct {
	Priority    int32
	Retries     int32
	KeepGoing   bool       // a failed task fails only what needs it; otherwise everything that was submitted with it
	Workers     []string   // names, addresses or hosts of the workers that may run it; empty means all
	AllowOther  bool       // Workers is a wish
	Resources   []Resource // that each task occupies while it runs
	Actor       bool       // the result stays where it is made, and is called there
	TimeoutMS   int64      // of an attempt; 0 means none
	Impure      bool       // never recomputed when it is lost
	Progress    bool       // send Progress
	Details     bool       // send Progress with every task
	Replicas    int32      // how many copies of the outputs are wanted; 0 means 1
	ExcludeHost bool       // a retry goes to another host if there is one
	Span        []string   // names, from the root, under which what becomes of it is counted; none is the default span
}

// A Resource is an amount of something countable that a worker has, such as GPU: 2.
type Resource struct {
	Name   string
	Amount float64
}
