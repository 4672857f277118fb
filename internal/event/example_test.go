package event_test

import (
	"fmt"
	"time"

	"sheaf/graph"
	"sheaf/internal/event"
)

// bar counts tasks per layer, as a progress bar does.
type bar struct {
	layers []event.Layer
	done   []int
}

func (b *bar) Handle(e event.Event) {
	switch e.Kind {
	case event.RunStarted:
		b.layers, b.done = e.Layers, make([]int, len(e.Layers))
	case event.TasksDone:
		for _, c := range e.Counts {
			b.done[c.Layer] += c.Tasks
		}
	case event.RunDone:
		for k, l := range b.layers {
			fmt.Printf("%s %d/%d\n", l.Name, b.done[k], l.Tasks)
		}
	}
}

func ExampleListener() {
	var l event.Listener = &bar{}
	l.Handle(event.Event{Kind: event.RunStarted, Layers: []event.Layer{{Name: "read", Tasks: 3}}, Total: 3})
	l.Handle(event.Event{Kind: event.TasksDone, Counts: []event.Count{{Layer: 0, Tasks: 2}}})
	l.Handle(event.Event{Kind: event.RunDone})
	// Output: read 2/3
}

func ExampleEvent() {
	e := event.Event{Version: event.Version, Kind: event.Memory, Used: 10, Limit: 100}
	fmt.Println(e.Version, e.Kind == event.Memory, e.Used, e.Limit)
	// Output: 1 true 10 100
}

func ExampleKind() {
	var zero event.Kind
	fmt.Println(zero == event.Invalid)
	// Output: true
}

func ExampleLayer() {
	fmt.Println(event.Layer{Name: "read", Tasks: 3}.Name)
	// Output: read
}

func ExampleCount() {
	c := event.Count{Layer: 0, Tasks: 4, Bytes: 4000, Busy: 2 * time.Second}
	fmt.Println(c.Bytes/int64(c.Tasks), c.Busy/time.Duration(c.Tasks))
	// Output: 1000 500ms
}

func ExampleTask() {
	t := event.Task{Start: time.Second, End: 3 * time.Second, Key: func() graph.Key { return graph.Key{Name: "read"} }}
	fmt.Println(t.Key().Name, t.End-t.Start)
	// Output: read 2s
}

// timed wants every task.
type timed struct{ bar }

func (*timed) Detailed() {}

func ExampleDetailed() {
	var l event.Listener = &timed{}
	_, detailed := l.(event.Detailed)
	fmt.Println(detailed)
	// Output: true
}
