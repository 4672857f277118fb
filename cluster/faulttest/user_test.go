//go:build linux

package faulttest

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sheaf"
	"sheaf/bag"
)

// Faults in users' functions are errors of their tasks alone, and say where they are.
func TestCase44UserFunctions(t *testing.T) {
	t.Parallel()
	conf := quick(2)
	conf.Scheduler.AllowedFailures = 1
	r := newRig(t, conf)
	ctx := within(t, 60*time.Second)
	_, err := r.c.Submit[int](panics, "the pool is empty").Result(ctx)
	wantError(t, err, nil, "the pool is empty at last", "faulttest.panics", "tasks_test.go:")
	var p *sheaf.PanicError
	var te *sheaf.TaskError
	if !errors.As(err, &p) || !errors.As(err, &te) || !strings.Contains(te.Stack, "faulttest.panics") || te.Worker == "" {
		t.Errorf("want a PanicError in a TaskError with stack and worker: %#v", err)
	}
	_, err = r.c.Submit[int](goexits).Result(ctx)
	wantError(t, err, nil, "runtime.Goexit", "goexits", "tasks_test.go:")
	dependent := r.c.Submit[int](square, r.c.Submit[int](panics, "below"))
	_, err = dependent.Result(ctx)
	wantError(t, err, nil, "below at last", "faulttest.panics")
	_, err = r.c.Submit[int](exits, 9).Result(ctx)
	wantError(t, err, sheaf.ErrKilled, "code 9", "last words of a task", "exits")
	r.healthy()
}

// Infinite recursion ends the process, as Go cannot recover from it.
func TestCase44Recursion(t *testing.T) {
	t.Parallel()
	conf := quick(1)
	conf.Scheduler.AllowedFailures = 1
	conf.MemoryBytes = 4 << 30 // Go's limit for a stack is 1 GB
	r := newRig(t, conf)
	_, err := r.c.Submit[int](recurses, 1).Result(within(t, 60*time.Second))
	wantError(t, err, sheaf.ErrKilled, "recurses", "stack")
	r.healthy()
}

type talkative struct {
	Name   string
	Inside struct{ Line chan int }
}

func makesChannel() talkative {
	v := talkative{Name: "x"}
	v.Inside.Line = make(chan int)
	return v
}

// makesChannels has the channel in its last element only.
func makesChannels(n int) []talkative {
	v := make([]talkative, n)
	v[n-1] = makesChannel()
	return v
}

func takesChannel(v talkative) int { return len(v.Name) }

type strange struct{ line chan int }

func (s *strange) Error() string { return "a strange error" }

func failsStrangely() (int, error) { return 0, &strange{make(chan int)} }

// wantTask checks that an error is that of a task, with its key, or what that begins with, and its function of this file.
func wantTask(t *testing.T, err error, key, function string) {
	t.Helper()
	te, ok := errors.AsType[*sheaf.TaskError](err)
	if !ok {
		t.Errorf("got %v, want a TaskError", err)
		return
	}
	if !strings.HasPrefix(te.Key.String(), key) || te.Func.Name != "sheaf/cluster/"+function || filepath.Base(te.Func.File) != "user_test.go" || te.Func.Line == 0 {
		t.Errorf("got the task %q of %+v, want %q of %s in user_test.go", te.Key, te.Func, key, function)
	}
	if s := err.Error(); !strings.Contains(s, key) || !strings.Contains(s, function) || !strings.Contains(s, "user_test.go:") {
		t.Errorf("the text names no task %s, function %s and place: %s", key, function, s)
	}
}

// What cannot travel is an error with its type, the path to it, and the task.
func TestCase28Unserialisable(t *testing.T) {
	t.Parallel()
	r := newRig(t, quick(1))
	ctx := within(t, 30*time.Second)
	pid := r.pid("local-0")
	small := r.c.Submit[talkative](makesChannel)
	_, err := small.Result(ctx)
	wantError(t, err, sheaf.ErrSerialize, "chan int", "talkative.Inside.Line", "on local-0")
	wantTask(t, err, small.Key(), "faulttest.makesChannel")
	large := r.c.Submit[[]talkative](makesChannels, 10_000)
	_, err = large.Result(ctx)
	wantError(t, err, sheaf.ErrSerialize, "chan int", "talkative[9999].Inside.Line", "on local-0")
	wantTask(t, err, large.Key(), "faulttest.makesChannels")
	argument := r.c.Submit[int](takesChannel, makesChannel())
	_, err = argument.Result(ctx)
	wantError(t, err, sheaf.ErrSerialize, "chan int", "Inside.Line")
	wantTask(t, err, "takesChannel-", "faulttest.takesChannel") // it has no future of its own
	n := 3
	_, err = r.c.Submit[int](func(x int) int { return x + n }, 4).Result(ctx)
	wantError(t, err, sheaf.ErrSerialize, "captures", "user_test.go")
	exception := r.c.Submit[int](failsStrangely)
	_, err = exception.Result(ctx)
	wantError(t, err, nil, "a strange error")
	wantTask(t, err, exception.Key(), "faulttest.failsStrangely")
	r.healthy()
	if r.pid("local-0") != pid {
		t.Error("the worker was restarted")
	}
}

// A hundred thousand tiny results come in order.
func TestCase27TinyResults(t *testing.T) {
	t.Parallel()
	r := newRig(t, quick(2))
	xs := make([]int, 100_000)
	for i := range xs {
		xs[i] = i
	}
	fs := r.c.Map[int](square, xs)
	vs, err := r.c.Gather(within(t, 60*time.Second), fs)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range vs {
		if v != i*i {
			t.Fatalf("result %d is %d", i, v)
		}
	}
	r.c.Release(fs)
	fs = nil //nolint:ineffassign // for the collector
	r.settled()
}

func residue(x int) int { return x % 97 }

// grouped is the groups of numbers as text, sorted: a multiset.
func grouped(ctx context.Context, b *bag.Bag[int]) ([]string, error) {
	groups, err := bag.GroupBy(b, residue).Compute(ctx)
	if err != nil {
		return nil, err
	}
	lines := make([]string, len(groups))
	for i, g := range groups {
		slices.Sort(g.Values)
		lines[i] = fmt.Sprint(g.Key, len(g.Values), g.Values)
	}
	slices.Sort(lines)
	return lines, nil
}

func dawdle(x int) int {
	if x%500 == 0 {
		time.Sleep(2 * time.Millisecond)
	}
	return x * 7
}

// Workers die in a shuffle, early and late: the groups are those of one process.
func TestCase24KillInAShuffle(t *testing.T) {
	t.Parallel()
	r := newRig(t, quick(2))
	numbers := func() *bag.Bag[int] { return bag.Range(100_000, bag.Partitions(16)).Map(dawdle) }
	want, err := grouped(context.Background(), numbers())
	if err != nil {
		t.Fatal(err)
	}
	for _, wait := range []time.Duration{30 * time.Millisecond, 120 * time.Millisecond, 250 * time.Millisecond} {
		pid := r.pid("local-1")
		killed := time.AfterFunc(wait, func() { _ = r.Agent().Kill("local-1", "a test") })
		got, err := grouped(r.c.Context(within(t, 40*time.Second)), numbers())
		if err != nil {
			t.Fatalf("killed after %v: %v", wait, err)
		}
		if !slices.Equal(got, want) {
			t.Errorf("killed after %v: %d groups differ from the %d of one process", wait, len(got), len(want))
		}
		if !killed.Stop() {
			r.back("local-1", pid)
		}
	}
	r.healthy()
}
