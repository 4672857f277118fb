//go:build linux

package faulttest

import (
	"testing"
	"time"

	"sheaf"
	"sheaf/client"
)

// A task whose input another worker has and cannot send fails if it may run nowhere else, as the client does that asks for the input. One
// that may runs where the input is.
func TestCase28UnserialisableInput(t *testing.T) {
	t.Parallel()
	r := newRig(t, quick(2))
	ctx := within(t, 30*time.Second)
	made := r.c.Submit[talkative](makesChannel, client.OnWorkers("local-0"))
	there := r.c.Submit[int](takesChannel, made, client.OnWorkers("local-1"), client.Pure(false))
	_, err := there.Result(ctx)
	wantError(t, err, sheaf.ErrSerialize, "chan int", "talkative.Inside.Line", "on local-0")
	wantTask(t, err, made.Key(), "faulttest.makesChannel")
	for _, opts := range [][]any{{made, client.OnWorkers("local-0")}, {made}} {
		f := r.c.Submit[int](takesChannel, append(opts, client.Pure(false))...)
		if n, err := f.Result(ctx); n != 1 || err != nil {
			t.Errorf("a task that may run where its input is: %d, %v", n, err)
		}
	}
	r.healthy()
}
