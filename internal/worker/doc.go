// Package worker decides what a worker of a cluster does: which of its tasks start, which inputs it fetches from whom, which
// values it lets go, and what it tells the scheduler.
//
// It is a machine without a body: [Worker.Step] takes the time and what has happened, and returns what is to be done. It never
// sees a value, only ids and sizes. Package node is its body.
//
// A task waits for its inputs (waiting), is ready, executes, and is long-running while it waits for other tasks and has given
// its slot back. A value is wanted (fetch), asked for (flight), or here (memory). Every dispatch of a task has an attempt
// number; what comes of an attempt that was superseded or stopped is dropped, so that there are no states for changes of mind.
package worker
