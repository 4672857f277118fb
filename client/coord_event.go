package client

import (
	"context"

	"sheaf/internal/coord"
)

// An Event is a flag by name. It has no owner: anybody sets or clears it, and all who wait wake when it is set.
//
// Same as distributed.Event.
type Event struct{ handle }

// Event returns the event of a name, which is not set at first.
func (c *Client) Event(name string) *Event { return &Event{handle{c, "event", name}} }

// Set sets the flag and wakes all who wait. It stays set until it is cleared.
func (e *Event) Set(ctx context.Context) error {
	_, err := e.ask(ctx, coord.EventSet{Name: e.name})
	return err
}

// Clear clears the flag.
func (e *Event) Clear(ctx context.Context) error {
	_, err := e.ask(ctx, coord.EventClear{Name: e.name})
	return err
}

// Wait waits until the flag is set or ctx ends.
func (e *Event) Wait(ctx context.Context) error {
	_, err := e.ask(ctx, coord.EventWait{Name: e.name, Wait: coord.Forever})
	return err
}

// IsSet reports whether the flag is set.
func (e *Event) IsSet(ctx context.Context) (bool, error) {
	res, err := e.peek(ctx, coord.Events)
	return res.OK, err
}
