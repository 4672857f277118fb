//go:build linux

package faulttest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"sheaf"
	"sheaf/client"
)

// wantError checks that an error matches a sentinel and says all of some texts.
func wantError(t *testing.T, err, sentinel error, texts ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	if sentinel != nil && !errors.Is(err, sentinel) {
		t.Errorf("the error does not match %q: %v", sentinel, err)
	}
	said := err.Error()
	if te, ok := errors.AsType[*sheaf.TaskError](err); ok {
		said += te.Stack
	}
	for _, text := range texts {
		if !strings.Contains(said, text) {
			t.Errorf("the error does not say %q: %s", text, said)
		}
	}
}

// A task ends its process, in three ways: the error tells how, and only what that process held is lost.
func TestCase06TaskKillsItsProcess(t *testing.T) {
	t.Parallel()
	conf := quick(2)
	conf.Scheduler.AllowedFailures = 1
	r := newRig(t, conf)
	ctx := within(t, 60*time.Second)
	kept := r.c.Submit[[]byte](marked, r.marks, uint64(1), 1<<20, client.OnWorkers("local-1"))
	lost := r.c.Submit[[]byte](marked, r.marks, uint64(2), 1<<20, client.OnWorkers("local-0"))
	if _, _, err := r.c.Wait(ctx, []*client.Future[[]byte]{kept, lost}); err != nil {
		t.Fatal(err)
	}
	neighbour := r.pid("local-1")
	for _, c := range []struct {
		name string
		f    *client.Future[int]
		says []string
	}{
		{"exit", r.c.Submit[int](exits, 7, client.OnWorkers("local-0")), []string{"code 7", "last words of a task", "local-0"}},
		{"segfault", r.c.Submit[int](segfaults, client.OnWorkers("local-0")), []string{"SIGSEGV", "local-0"}},
		{"panic elsewhere", r.c.Submit[int](crashes, client.OnWorkers("local-0")), []string{"nobody recovers this", "local-0"}},
	} {
		_, err := c.f.Result(ctx)
		t.Run(c.name, func(t *testing.T) { wantError(t, err, sheaf.ErrKilled, c.says...) })
	}
	for i, f := range []*client.Future[[]byte]{kept, lost} {
		b, err := f.Result(ctx)
		if want := digest(block(uint64(i+1), 1<<20)); err != nil || digest(b) != want {
			t.Errorf("block %d is %x, %v, want %x", i+1, digest(b), err, want)
		}
	}
	if runs := marksIn(t, r.marks)["block1"]; len(runs) != 1 {
		t.Errorf("what another process held was made %d times", len(runs))
	}
	if pid := r.pid("local-1"); pid != neighbour {
		t.Errorf("the neighbour's process is %d, was %d", pid, neighbour)
	}
	r.healthy()
}

// A poison task fails after as many deaths as are allowed, and one more; those that waited behind it are not to blame.
func TestCase07PoisonTask(t *testing.T) {
	t.Parallel()
	r := newRig(t, quick(1))
	ctx := within(t, 60*time.Second)
	poison := r.c.Submit[int](exits, 3)
	fs := make([]*client.Future[int], 40)
	for i := range fs {
		fs[i] = r.c.Submit[int](slow, r.marks, i, time.Millisecond)
	}
	vs, err := r.c.Gather(ctx, fs)
	if err != nil {
		t.Fatalf("a neighbour of the poison task: %v", err)
	}
	for i, v := range vs {
		if v != i*i {
			t.Errorf("task %d gave %d", i, v)
		}
	}
	_, err = poison.Result(ctx)
	says := []string{"faulttest.exits (", "tasks_test.go", "4 worker processes died", "last words of a task", "code 3"}
	for i := range 4 {
		says = append(says, fmt.Sprintf("attempt %d on local-0", i+1))
	}
	wantError(t, err, sheaf.ErrKilled, says...)
	r.healthy()
}

// A task that takes more memory than there is fails with numbers; what other processes hold stays.
func TestCase08OutOfMemory(t *testing.T) {
	t.Parallel()
	conf := quick(2)
	conf.MemoryBytes = 256 << 20
	conf.Scheduler.AllowedFailures = 1
	r := newRig(t, conf)
	ctx := within(t, 60*time.Second)
	kept := r.c.Submit[[]byte](marked, r.marks, uint64(1), 1<<20, client.OnWorkers("local-1"))
	if _, err := kept.Result(ctx); err != nil {
		t.Fatal(err)
	}
	_, err := r.c.Submit[int](devours, 4000, client.OnWorkers("local-0")).Result(ctx)
	wantError(t, err, sheaf.ErrMemory, "memory", "256 MiB", "devours", "local-0")
	if b, err := kept.Result(ctx); err != nil || digest(b) != digest(block(1, 1<<20)) {
		t.Errorf("what the other process held: %v", err)
	}
	if runs := marksIn(t, r.marks)["block1"]; len(runs) != 1 {
		t.Errorf("what the other process held was made %d times", len(runs))
	}
}

// All workers die: tasks wait for others, and values that were put there are lost, by name.
func TestCase09AllWorkersDie(t *testing.T) {
	t.Parallel()
	r := newRig(t, quick(2))
	ctx := within(t, 60*time.Second)
	scattered := r.c.Scatter(block(3, 100_000))
	if err := r.waitFor(scattered); err != nil {
		t.Fatal(err)
	}
	made := r.c.Submit[[]byte](marked, r.marks, uint64(4), 100_000)
	if _, err := made.Result(ctx); err != nil {
		t.Fatal(err)
	}
	r.kill("local-0")
	r.kill("local-1")
	f := r.c.Submit[uint64](digest, made)
	got, err := f.Result(ctx)
	if want := digest(block(4, 100_000)); err != nil || got != want {
		t.Errorf("got %x, %v, want %x", got, err, want)
	}
	_, err = r.c.Submit[uint64](digest, scattered).Result(ctx)
	wantError(t, err, sheaf.ErrLost, "local-")
	if _, err := scattered.Result(ctx); !errors.Is(err, sheaf.ErrLost) {
		t.Errorf("the scattered value itself: %v", err)
	}
	r.healthy()
}

func (r *rig) waitFor(f *client.Future[[]byte]) error {
	_, _, err := r.c.Wait(within(r.t, 20*time.Second), []*client.Future[[]byte]{f})
	return err
}
