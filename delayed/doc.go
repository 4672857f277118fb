// Package delayed makes any Go function lazy: a call becomes a task, its result a [Value] that other calls can take as an
// argument, and nothing runs before Compute.
//
//	a := delayed.Call[int](inc, 1)
//	b := delayed.Call[int](inc, 2)
//	c := delayed.Call[int](add, a, b)
//	v, err := c.Compute(ctx)
//
// [Call] takes any function, with or without a leading context and a trailing error, and plain or lazy arguments, also nested
// in slices, maps and structs. The arguments are checked against the function's signature when the call is built; the first
// mistake travels inside of the value and is returned by Compute with the line of the call. [Call0] to [Call4] and [Try0] to
// [Try4] leave the checking to the compiler and skip reflection when they run.
//
// A call is taken to be impure: two equal calls run twice. [Pure] says that equal calls have equal results and may be shared.
// Same as dask.delayed.
package delayed
