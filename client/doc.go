// Package client is the immediate interface: functions submitted to it begin to run at once, and their results are
// [Future]s, which can be arguments of other functions before they are done.
//
//	c, err := client.Local(ctx)
//	a := c.Submit[int](inc, 1)
//	b := c.Submit[int](inc, 2)
//	v, err := c.Submit[int](add, a, b).Result(ctx)
//
// A client is an executor too: in the context that [Client.Context] returns, everything lazy runs on it. The same program
// runs in one process with [Local] and on a cluster by changing that one line.
//
// Same as distributed.Client.
package client
