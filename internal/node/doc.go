// Package node is the body of a worker: it performs what the machine of package worker decides.
//
// One goroutine, the loop, owns the machine. It hands tasks to a pool of goroutines that run them by package exec; values are
// kept by package store, which spills them below the memory limit; inputs come from peers through a [Fetcher], and peers and
// clients read values through [Node.Open]. Tasks that are done pile up while the loop is busy, so that it costs less the shorter
// the tasks are.
//
// What user functions may do: return errors, panic, end their goroutine, wait for other tasks (their slot is another's
// meanwhile), and ignore their context (their slot stays busy, and the error names them). What ends the process is for the agent
// that watches it.
package node
