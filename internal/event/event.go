// Package event is the one stream that progress bars, profiles, reports and replays read. Executors write it; nothing
// that reads it touches an executor's live state.
package event

import (
	"time"

	"sheaf/graph"
)

// Version is the version of the stream's format. It grows when a field changes its meaning.
const Version = 1

// A Kind says which of an event's fields count.
type Kind uint8

// The kinds of events.
const (
	Invalid    Kind = iota
	RunStarted      // Run, Layers, Total
	TasksDone       // Run, Tasks (with a detailed listener), Counts
	TaskFailed      // Run, Tasks with one element, Err
	Memory          // Used, Limit, Spilled
	RunDone         // Run, Err
	Log             // Message
)

// An Event is one report. Slices in it are shared and must not be changed.
type Event struct {
	Version int
	Kind    Kind
	Time    time.Time
	Run     uint64

	Layers  []Layer // RunStarted
	Total   int     // RunStarted: tasks
	Counts  []Count // TasksDone
	Tasks   []Task  // TasksDone, TaskFailed
	Used    int64   // Memory: bytes of values in memory
	Limit   int64   // Memory: bytes allowed
	Spilled int64   // Memory: bytes on disk
	Err     error   // TaskFailed, RunDone
	Message string  // Log
}

// A Layer is one group of tasks of a run.
type Layer struct {
	Name  string
	Tasks int
}

// A Count says how many tasks of a layer finished.
type Count struct {
	Layer int // an index into the Layers of the run's start
	Tasks int
	Bytes int64         // of their results
	Busy  time.Duration // that they took, one after the other
}

// A Task says when and where one task ran.
type Task struct {
	Layer      int
	Key        func() graph.Key // made on demand: most readers want few of the keys
	Worker     int
	Start, End time.Duration // since the run's start
	Bytes      int64         // of the result
}

// A Listener reads the stream. Handle is called from the goroutines that run tasks, one at a time for each run, and must
// return quickly.
type Listener interface{ Handle(e Event) }

// A Detailed listener gets every task with its times, and not only counts.
type Detailed interface {
	Listener
	Detailed()
}
