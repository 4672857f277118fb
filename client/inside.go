package client

import (
	"context"
	"fmt"

	"sheaf"
	inside "sheaf/internal/task"
)

// ErrReschedule is for tasks: a function that returns it, or an error that wraps it, is run again, on another worker if possible, without
// having failed.
//
// Same as distributed.Reschedule.
var ErrReschedule = sheaf.ErrReschedule

// TaskInfo says which task it is whose context is given: its key, its attempt, and the worker that runs it. The attempt's id is unique in
// the cluster: a side effect that is done under this id can be recognised when it is repeated.
type TaskInfo = inside.Info

// Task returns the information about the task whose context is given, and whether it is a task's.
//
// Same as distributed.get_worker, as far as tasks need it.
func Task(ctx context.Context) (TaskInfo, bool) {
	p, ok := inside.Of(ctx)
	if !ok {
		return TaskInfo{}, false
	}
	return p.Info(), true
}

// Current returns the client of a context: of a task, or one made by [Client.Context]. The error says what to do when there is none.
//
// Same as Client.current and distributed.get_client.
func Current(ctx context.Context) (*Client, error) {
	switch e := sheaf.ExecutorOf(ctx).(type) {
	case *Client:
		return e, nil
	case *deferred:
		return e.client(ctx)
	}
	return nil, fmt.Errorf("client: this context has no client; pass the context of the task, or one made by Client.Context")
}

// Secede gives the task's place on the worker to others although it goes on: for tasks that wait for something outside for long. Waiting for futures
// does so by itself. [Rejoin] takes a place again.
//
// Same as distributed.secede.
func Secede(ctx context.Context) error {
	p, ok := inside.Of(ctx)
	if !ok {
		return fmt.Errorf("client: Secede: %w", inside.ErrOutside)
	}
	return p.Secede()
}

// Rejoin waits for a place on the worker after [Secede].
//
// Same as distributed.rejoin.
func Rejoin(ctx context.Context) error {
	p, ok := inside.Of(ctx)
	if !ok {
		return fmt.Errorf("client: Rejoin: %w", inside.ErrOutside)
	}
	return p.Rejoin(ctx)
}
