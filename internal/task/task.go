// Package task is what the code of a running task can learn about where it runs, and ask of it. Executors put a [Place] into the
// context of the tasks that they run; everything that waits for other tasks calls [Block] first.
package task

import (
	"context"
	"errors"
)

// Info says which task it is.
type Info struct {
	Key     string // name and identity
	ID      string // the attempt's own name in its cluster, such as "3.17[4]#2": external systems can be given it, to notice repetitions
	Attempt int    // 1 for the first
	Worker  string // name of the worker
	Thread  int
}

// A Place is where a task runs. The methods may be called from any goroutine of the task.
type Place interface {
	Info() Info

	// Block gives the task's slot to others while the task waits; resume takes a slot again, perhaps one too many for a moment,
	// and does not wait.
	Block() (resume func())

	// Secede gives the task's slot back although the task goes on; a second call is an error. Rejoin waits for a slot again.
	Secede() error
	Rejoin(ctx context.Context) error
}

// ErrOutside is matched by the error of asking for a task outside of tasks.
var ErrOutside = errors.New("not inside a task")

type key struct{}

// With returns the context of a task.
func With(ctx context.Context, p Place) context.Context { return context.WithValue(ctx, key{}, p) }

// Of returns the place of the task whose context it is, and whether it is one.
func Of(ctx context.Context) (Place, bool) {
	p, ok := ctx.Value(key{}).(Place)
	return p, ok
}

// Block says that the task of this context will wait for other tasks, until resume is called. Outside of tasks both do nothing.
func Block(ctx context.Context) (resume func()) {
	if p, ok := Of(ctx); ok {
		return p.Block()
	}
	return func() {}
}
