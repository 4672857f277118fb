package diagnostics

import (
	"sheaf/internal/event"
)

// Version is the version of the stream's format. It grows when a field changes its meaning.
const Version = event.Version

type (
	// An Event is one report of a run. Slices in it are shared and must not be changed.
	Event = event.Event
	// A Kind says which of an event's fields count.
	Kind = event.Kind
	// A Layer is one group of tasks of a run.
	Layer = event.Layer
	// A Count says how many tasks of a layer finished.
	Count = event.Count
	// A Task says when and where one task ran.
	Task = event.Task
	// A Listener reads the stream. Handle is called from the goroutines that run tasks, one at a time for each run, and must
	// return quickly.
	Listener = event.Listener
	// A Detailed listener gets every task with its times, and not only counts.
	Detailed = event.Detailed
)

// The kinds of events.
const (
	RunStarted = event.RunStarted // Run, Layers, Total
	TasksDone  = event.TasksDone  // Run, Counts, and Tasks with a detailed listener
	TaskFailed = event.TaskFailed // Run, Tasks with one element, Err
	Memory     = event.Memory     // Used, Limit, Spilled
	RunDone    = event.RunDone    // Run, Err
	Log        = event.Log        // Message
)

// A Callback is a listener made of functions, any of which may be nil.
//
// Same as dask.diagnostics.Callback, without the hooks that see the scheduler's state: nothing that listens touches it.
type Callback struct {
	Start  func(run uint64, layers []Layer, total int)
	Task   func(run uint64, layer Layer, task Task) // after each task that succeeded
	Failed func(run uint64, layer Layer, task Task, err error)
	Finish func(run uint64, err error)

	layers byRun[[]Layer]
}

// Handle calls the functions.
func (c *Callback) Handle(e Event) {
	switch e.Kind {
	case RunStarted:
		c.layers.put(e.Run, e.Layers)
		if c.Start != nil {
			c.Start(e.Run, e.Layers, e.Total)
		}
	case TasksDone:
		layers := c.layers.get(e.Run)
		for _, t := range e.Tasks {
			if c.Task != nil {
				c.Task(e.Run, layers[t.Layer], t)
			}
		}
	case TaskFailed:
		layers := c.layers.get(e.Run)
		for _, t := range e.Tasks {
			if c.Failed != nil {
				c.Failed(e.Run, layers[t.Layer], t, e.Err)
			}
		}
	case RunDone:
		c.layers.drop(e.Run)
		if c.Finish != nil {
			c.Finish(e.Run, e.Err)
		}
	}
}

// Detailed asks for single tasks.
func (c *Callback) Detailed() {}
