package travel_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"sheaf/fn"
	"sheaf/graph"
	"sheaf/internal/codec"
	"sheaf/internal/exec"
	"sheaf/internal/travel"
	"sheaf/internal/wire"
)

var errOutOfPaper = errors.New("out of paper")

// fault is a user's error type.
type fault struct {
	Code  int
	inner error
}

func (f *fault) Error() string { return fmt.Sprintf("fault %d: %v", f.Code, f.inner) }
func (f *fault) Unwrap() error { return f.inner }

// stuckFault cannot be encoded.
type stuckFault struct {
	c     chan int
	inner error
}

func (f *stuckFault) Error() string { return "stuck: " + f.inner.Error() }
func (f *stuckFault) Unwrap() error { return f.inner }

func sampleError() error {
	l := graph.Must(graph.Spec{Name: "print", Op: &apply{F: inc}, Space: []int{3, 2}})
	return &exec.TaskError{
		Key: l.Key(3), Func: fn.SourceOf(inc), Attempt: 2, Stack: "goroutine 1", Err: &fault{7, fmt.Errorf("wrapped: %w", errOutOfPaper)},
	}
}

// through sends an error to another process and back.
func through(t *testing.T, err error) (*wire.Failure, error) {
	t.Helper()
	b, werr := wire.Append(nil, &wire.Failed{Cause: *travel.EncodeError(err, wire.ID{Layer: 5, Index: 3}, "w1", 2)})
	if werr != nil {
		t.Fatal(werr)
	}
	m, werr := wire.Parse(b)
	if werr != nil {
		t.Fatal(werr)
	}
	f := &m.(*wire.Failed).Cause
	return f, travel.DecodeError(f)
}

func TestTaskErrors(t *testing.T) {
	want := sampleError()
	f, got := through(t, want)
	te, ok := errors.AsType[*exec.TaskError](got)
	orig := want.(*exec.TaskError)
	if !ok || !te.Key.Same(orig.Key) || te.Key.String() != orig.Key.String() || te.Func != orig.Func || te.Attempt != 2 || te.Worker != "w1" || te.Stack != orig.Stack {
		t.Errorf("got %+v", te)
	}
	if fe, ok := errors.AsType[*fault](got); !ok || fe.Code != 7 || !errors.Is(got, errOutOfPaper) {
		t.Errorf("got %v", got)
	}
	orig.Worker = "w1"
	if got.Error() != orig.Error() {
		t.Errorf("got %q want %q", got, orig)
	}
	if f.Task != (wire.ID{Layer: 5, Index: 3}) || f.Sort != wire.SortUser || f.Message != orig.Err.Error() || f.Func != orig.Func.Name || f.Panic || f.Key != orig.Key.String() {
		t.Errorf("got %+v", f)
	}
	// Without the encoded error, as the scheduler makes them.
	f.Error, f.Sort, f.History = nil, wire.SortKilled, []string{"attempt 1 on w0: killed by signal 9"}
	got = travel.DecodeError(f)
	if !errors.Is(got, exec.ErrKilled) || !strings.Contains(got.Error(), f.Key) || !strings.Contains(got.Error(), "signal 9") || !strings.Contains(got.Error(), "fault 7") {
		t.Errorf("got %v", got)
	}
}

func panicking(f func()) (err error) {
	defer func() {
		err = &exec.TaskError{Key: graph.KeyText("p"), Attempt: 1, Err: &exec.PanicError{Value: recover()}, Stack: "here"}
	}()
	f()
	return nil
}

func TestErrorsOfAllKinds(t *testing.T) {
	var none []int
	nothing := map[string]int{}
	if len(os.Args) > 0 { // always; staticcheck does not know
		nothing = nil
	}
	var any any = "text"
	c := make(chan int)
	_, pathErr := os.Open("/does/not/exist")
	for name, tc := range map[string]struct {
		err  error
		is   []error
		text string
		as   func(error) bool
	}{
		"sentinel":       {io.EOF, []error{io.EOF}, "EOF", nil},
		"path":           {pathErr, []error{fs.ErrNotExist}, pathErr.Error(), func(e error) bool { _, ok := errors.AsType[*fs.PathError](e); return ok }},
		"joined":         {errors.Join(io.EOF, errOutOfPaper), []error{io.EOF, errOutOfPaper}, "EOF\nout of paper", nil},
		"context":        {context.DeadlineExceeded, []error{context.DeadlineExceeded}, "context deadline exceeded", nil},
		"cancelled":      {fmt.Errorf("x: %w", context.Canceled), []error{context.Canceled}, "x: context canceled", nil},
		"stuck":          {&stuckFault{c, &fault{3, errOutOfPaper}}, []error{errOutOfPaper}, "stuck: fault 3: out of paper", func(e error) bool { _, ok := errors.AsType[*fault](e); return ok }},
		"around stuck":   {fmt.Errorf("a: %w", &stuckFault{c, io.EOF}), []error{io.EOF}, "a: stuck: EOF", nil},
		"captured":       {fmt.Errorf("b: %w", fn.Check(func() { close(c) })), nil, "b: ", func(e error) bool { _, ok := errors.AsType[*fn.CaptureError](e); return ok }},
		"panic":          {panicking(func() { panic("oh no") }), nil, "panic: oh no", func(e error) bool { p, ok := errors.AsType[*exec.PanicError](e); return ok && p.Value == "oh no" }},
		"panic error":    {panicking(func() { panic(errOutOfPaper) }), []error{errOutOfPaper}, "panic: out of paper", nil},
		"panic of chan":  {panicking(func() { panic(c) }), nil, "panic: 0x", func(e error) bool { _, ok := errors.AsType[*exec.PanicError](e); return ok }},
		"index":          {panicking(func() { none[len(os.Args)]++ }), nil, "index out of range", isRuntime},
		"assertion":      {panicking(func() { _ = any.(int) }), nil, "interface conversion", isRuntime},
		"nil map":        {panicking(func() { nothing["x"] = 1 }), nil, "nil map", isRuntime},
		"bad Error":      {&fault{}, nil, "fault 0: <nil>", nil},
		"panicking text": {&stuckFault{c: c}, nil, "whose Error method panics", nil},
		"nested task":    {&exec.TaskError{Key: graph.KeyText("outer"), Err: fmt.Errorf("in: %w", sampleError())}, []error{errOutOfPaper}, ": in: task print-", nil},
		"large":          {errors.New(strings.Repeat("x", 1<<20)), nil, "xxx", nil},
		"serialize":      {fmt.Errorf("y: %w", exec.ErrSerialize), []error{exec.ErrSerialize}, "y: ", nil},
		"unknown type":   {fmt.Errorf("z: %w", codec.ErrUnknownType), []error{codec.ErrUnknownType}, "z: ", nil},
	} {
		f, got := through(t, tc.err)
		for _, want := range tc.is {
			if !errors.Is(got, want) {
				t.Errorf("%s: %v is not %v", name, got, want)
			}
		}
		if !strings.Contains(got.Error(), tc.text) {
			t.Errorf("%s: got %q, want %q in it", name, got, tc.text)
		}
		if tc.as != nil && !tc.as(got) {
			t.Errorf("%s: %#v has lost its type", name, got)
		}
		if n := len(f.Error) + len(f.Message); n > 400<<10 {
			t.Errorf("%s: %d bytes", name, n)
		}
	}
	if travel.DecodeError(nil) != nil {
		t.Error("no failure gave an error")
	}
}

func isRuntime(err error) bool {
	_, ok := errors.AsType[runtime.Error](err)
	return ok
}

func TestSorts(t *testing.T) {
	for _, want := range []error{
		exec.ErrCancelled, exec.ErrNoWorkers, exec.ErrResources, exec.ErrLost, exec.ErrKilled, exec.ErrTimeout, exec.ErrLimit, exec.ErrMemory,
		exec.ErrSerialize, graph.ErrGraph, graph.ErrClash, graph.ErrCycle,
	} {
		f := travel.EncodeError(fmt.Errorf("because: %w", want), wire.ID{}, "", 0)
		f.Error = nil // the sort alone is enough
		if got := travel.DecodeError(f); !errors.Is(got, want) {
			t.Errorf("got %v want %v", got, want)
		}
	}
}

func FuzzDecodeError(f *testing.F) {
	f.Add(travel.EncodeError(sampleError(), wire.ID{}, "w", 1).Error)
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		err := travel.DecodeError(&wire.Failure{Error: b, Message: "m"})
		if err == nil {
			t.Error("no error")
		}
		_ = err.Error()
	})
}

func addAll(ctx context.Context, start int, more ...int) (int, error) {
	for _, m := range more {
		start += m
	}
	return start, ctx.Err()
}

func TestCalls(t *testing.T) {
	for name, tc := range map[string]struct {
		f    any
		args []any
		want any
	}{
		"plain":    {inc, []any{1}, 2},
		"variadic": {addAll, []any{1, 2, 3}, 6},
		"bound":    {fn.Bind(func(k string, x int) string { return strings.Repeat(k, x) }, "ab"), []any{2}, "abab"},
		"method":   {(*fault).Error, []any{&fault{1, io.EOF}}, "fault 1: EOF"},
		"nil":      {func(e error) bool { return e == nil }, []any{nil}, true},
		"nothing":  {func() {}, nil, nil},
		"two":      {func() (int, string) { return 1, "x" }, nil, []any{1, "x"}},
	} {
		b, err := travel.EncodeCall(tc.f, tc.args...)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		c, err := travel.DecodeCall(b)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got, err := c.Do(t.Context()); err != nil || !reflect.DeepEqual(got, tc.want) {
			t.Errorf("%s: got %v, %v, want %v", name, got, err, tc.want)
		}
	}
	fails := travel.Call{Func: func() error { return io.EOF }}
	if _, err := fails.Do(t.Context()); !errors.Is(err, io.EOF) {
		t.Errorf("got %v", err)
	}
	panics := travel.Call{Func: func() { panic(errOutOfPaper) }}
	_, err := panics.Do(t.Context())
	if te, ok := errors.AsType[*exec.TaskError](err); !ok || !errors.Is(err, errOutOfPaper) || !strings.Contains(te.Stack, "TestCalls") {
		t.Errorf("got %v", err)
	}
}

func TestWrongCalls(t *testing.T) {
	k := len(os.Args)
	c := make(chan int)
	for name, call := range map[string][]any{
		"no function": {3}, "captures": {func() int { return k }}, "few": {inc}, "many": {inc, 1, 2}, "type": {inc, "1"}, "nil": {inc, nil},
		"variadic": {addAll, 1, "x"}, "few variadic": {addAll}, "chan": {func(chan int) {}, c},
	} {
		if _, err := travel.EncodeCall(call[0], call[1:]...); !errors.Is(err, travel.ErrTravel) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if b, err := travel.EncodeAny(inc); err != nil {
		t.Error(err)
	} else if _, err := travel.DecodeCall(b); !errors.Is(err, codec.ErrCorrupt) {
		t.Errorf("got %v", err)
	}
}

func TestValues(t *testing.T) {
	b, err := travel.AppendValue([]byte("x"), map[string]any{"a": []int{1}})
	if err != nil {
		t.Fatal(err)
	}
	v, err := travel.ParseValue(b[1:])
	if err != nil || !reflect.DeepEqual(v, map[string]any{"a": []int{1}}) {
		t.Errorf("got %v, %v", v, err)
	}
	if _, err := travel.ParseValue(append(slices.Clone(b[1:]), 0)); err == nil {
		t.Error("more than a value gave no error")
	}
	b[len(b)-3] ^= 1
	if _, err := travel.ParseValue(b[1:]); !errors.Is(err, codec.ErrChecksum) {
		t.Errorf("damaged: got %v", err)
	}
	if _, err := travel.AppendValue(nil, make(chan int)); !errors.Is(err, travel.ErrTravel) {
		t.Errorf("got %v", err)
	}
	if _, err := travel.EncodeAny(make(chan int)); !errors.Is(err, travel.ErrTravel) {
		t.Errorf("got %v", err)
	}
}

// TestEncodeFailure gives failures less and less room.
func TestEncodeFailure(t *testing.T) {
	f := travel.EncodeError(&exec.TaskError{
		Key: graph.KeyText("load-12ab"), Func: fn.Source{Name: "main.load", File: "etl.go", Line: 7}, Stack: strings.Repeat("s", 3000),
		Err: fmt.Errorf("%w: %s", errOutOfPaper, strings.Repeat("m", 2000)),
	}, wire.ID{Layer: 1}, "w1", 2)
	full := len(travel.EncodeFailure(f, 1<<20))
	for _, room := range []int{full, full - 1, 5500, 2500, 1200, 60} {
		b := travel.EncodeFailure(f, room)
		if len(b) > room || (b == nil) != (room == 60) {
			t.Fatalf("%d bytes in a room of %d", len(b), room)
		}
		if room == 60 {
			continue
		}
		got := travel.DecodeFailure(b)
		if got == nil {
			t.Fatalf("room of %d: no failure", room)
		}
		te, ok := errors.AsType[*exec.TaskError](travel.DecodeError(got))
		if !ok || te.Key.String() != "load-12ab" || te.Func.Name != "main.load" || te.Worker != "w1" || !strings.Contains(te.Error(), "mmmm") {
			t.Errorf("room of %d: got %v", room, te)
		}
		if errors.Is(te, errOutOfPaper) != (room == full) {
			t.Errorf("room of %d: the error itself came: %v", room, room != full)
		}
	}
	for _, b := range [][]byte{nil, {0}, []byte("no failure at all")} {
		if f := travel.DecodeFailure(b); f != nil {
			t.Errorf("%q is %+v", b, f)
		}
	}
}
