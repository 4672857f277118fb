package cluster

import (
	"context"
	"time"

	"sheaf/client"
)

// A SchedulerPlugin is told what happens in a cluster, in the process of its scheduler: set it in [SchedulerConfig.Plugins], or give it to
// [Scheduler.Register]. Hooks that are nil are not called, and what only they would be told costs nothing.
//
// The hooks of one plugin are called one after the other, in the order of what happened, in a goroutine of its own: the scheduler never waits
// for them. It remembers 16,384 things that a plugin was not told yet, three quarters of which may be transitions; what comes when that is full
// is lost, counted, written to the log, and told to Missed. A hook that panics is logged with its place, and the others go on. The context is
// one for [client.SchedulerInfo].
//
// Same as distributed.diagnostics.plugin.SchedulerPlugin, whose hooks run in the scheduler's loop and can stall the cluster.
type SchedulerPlugin struct {
	Start        func(ctx context.Context) error // before all others; who adds the plugin waits for it, and it is not added if it fails
	BeforeClose  func(ctx context.Context)       // the scheduler is about to end, its workers are still there
	Close        func(ctx context.Context)       // after all others: the scheduler has ended, or the plugin was removed
	AddWorker    func(ctx context.Context, e WorkerAdded)
	RemoveWorker func(ctx context.Context, e WorkerRemoved)
	AddClient    func(ctx context.Context, e ClientAdded)
	RemoveClient func(ctx context.Context, e ClientRemoved)
	UpdateGraph  func(ctx context.Context, e GraphAdded)
	RemoveGraph  func(ctx context.Context, e GraphRemoved)
	Transition   func(ctx context.Context, e Transition) // for every change of a task's state: often
	Restart      func(ctx context.Context, e Restarted)
	LogEvent     func(ctx context.Context, e EventLogged)
	Missed       func(ctx context.Context, e EventsMissed)
}

// WorkerAdded says that a worker has joined.
type WorkerAdded struct {
	Time   time.Time
	Worker client.WorkerInfo
}

// WorkerRemoved says that a worker was given up; what it ran runs elsewhere. Worker is as it was.
type WorkerRemoved struct {
	Time   time.Time
	Worker client.WorkerInfo
	Reason string
}

// ClientAdded says that a client has joined.
type ClientAdded struct {
	Time   time.Time
	Client client.ClientInfo
}

// ClientRemoved says that a client is gone, or that its lease has ended. What only it wanted is let go.
type ClientRemoved struct {
	Time   time.Time
	Client client.ClientInfo
	Reason string
}

// GraphAdded says that a client has submitted a graph, and how its tasks are to be run.
type GraphAdded struct {
	Time   time.Time
	Graph  uint64 // counts the graphs of the scheduler
	Client client.ClientInfo
	Tasks  int
	Layers []GraphLayer

	Priority     int
	Retries      int
	Workers      []string // that may run the tasks; all if there are none
	AllowOther   bool     // Workers is a wish
	Resources    map[string]float64
	Actor        bool
	TaskTimeout  time.Duration // of each attempt; 0 for none
	CopiesWanted int           // of each result; 0 and 1 mean one
}

// GraphLayer is one operation of a graph.
type GraphLayer struct {
	Name  string
	Tasks int
}

// GraphRemoved says that nothing of a graph is needed any more, and the scheduler has forgotten it.
type GraphRemoved struct {
	Time  time.Time
	Graph uint64
}

// Transition says that a task has changed its state: released, waiting, queued, processing, memory or erred. A chain of tasks that runs as
// one is its last one.
type Transition struct {
	Time     time.Time
	Graph    uint64
	Key      string
	From, To string
	Worker   string // where it is processed or in memory; empty otherwise
	Attempt  int    // 0 before the first
}

// Restarted says that a client restarts the cluster: all values are gone, and the workers are about to end.
type Restarted struct {
	Time   time.Time
	Client client.ClientInfo
}

// EventLogged is an event that a client has logged by [client.Client.LogEvent], or a line that the scheduler logs by itself, under the
// topics cluster, workers and stall.
type EventLogged struct {
	Time   time.Time
	Client *client.ClientInfo // nil for the scheduler's own
	Topic  string
	Value  any   // a string if it is the scheduler's own
	Err    error // why Value cannot be read: its type is none of this executable
}

// EventsMissed says that a plugin was too slow.
type EventsMissed struct {
	Transitions int64 // that were lost since the plugin was last told of any
	Others      int64
}

// Register adds a plugin to a scheduler that runs, and waits until its Start has returned, or ctx ends.
func (s *Scheduler) Register(ctx context.Context, name string, p SchedulerPlugin) error {
	return s.core.plugins.register(ctx, name, p)
}

// Unregister removes a plugin, after it was told what has happened so far, and waits for its Close. It is not for the plugin's own hooks.
func (s *Scheduler) Unregister(ctx context.Context, name string) error {
	return s.core.plugins.unregister(ctx, name)
}

// Plugins returns how the plugins keep up, by their names in order.
func (s *Scheduler) Plugins() []PluginInfo { return s.core.plugins.infos() }

// Register is [Scheduler.Register].
func (c *InProcess) Register(ctx context.Context, name string, p SchedulerPlugin) error {
	return c.core.plugins.register(ctx, name, p)
}

// Unregister is [Scheduler.Unregister].
func (c *InProcess) Unregister(ctx context.Context, name string) error {
	return c.core.plugins.unregister(ctx, name)
}

// Plugins is [Scheduler.Plugins].
func (c *InProcess) Plugins() []PluginInfo { return c.core.plugins.infos() }
