package travel

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"sheaf/fn"
	"sheaf/graph"
	"sheaf/internal/codec"
	"sheaf/internal/exec"
	"sheaf/internal/wire"
)

// textBytesMax bounds the texts of a failure, errorBytesMax the error itself: failures travel in messages, and many at once.
const (
	textBytesMax  = 64 << 10
	errorBytesMax = 256 << 10
)

// trouble is what travels of a task's error for processes of the same executable.
type trouble struct {
	Key  graph.Key
	Err  error
	Task bool // it was a task's error
}

// EncodeError describes why an attempt of a task failed, for the scheduler, for people, and for processes of the same executable, which
// get the error itself with everything that it wraps. What cannot be encoded of it travels as its text, and what it wraps as
// far as that can. It never fails.
func EncodeError(err error, task wire.ID, worker string, attempt uint32) *wire.Failure {
	f := &wire.Failure{Sort: sortOf(err), Task: task, Worker: worker, Attempt: attempt}
	t := trouble{Err: err}
	if te, ok := err.(*exec.TaskError); ok { //nolint:errorlint // what it wraps may be another task's
		t = trouble{te.Key, te.Err, true}
		f.Key = clip(te.Key.String())
		f.Func, f.File, f.Line = te.Func.Name, te.Func.File, te.Func.Line
		f.Stack = clip(te.Stack)
		f.Worker = cmp.Or(worker, te.Worker)
		f.Attempt = cmp.Or(attempt, uint32(max(0, te.Attempt)))
	}
	f.Message = clip(textOf(t.Err))
	_, f.Panic = errors.AsType[*exec.PanicError](t.Err)
	t.Err = portable(t.Err)
	if b, err := codec.Marshal(t); err == nil && len(b) <= errorBytesMax {
		f.Error = b
	}
	return f
}

// EncodeFailure returns a failure as at most bytesMax bytes. What does not fit is left out: the error itself, then the stack and the
// history, then the end of the message. Without room for the rest there are none.
func EncodeFailure(f *wire.Failure, bytesMax int) []byte {
	short := *f
	for _, cut := range []func(){
		func() {},
		func() { short.Error = nil },
		func() { short.Stack, short.History = "", nil },
		func() { short.Message = short.Message[:min(len(short.Message), bytesMax/2)] },
	} {
		cut()
		if b, err := wire.Append(nil, &wire.Erred{IDs: []wire.ID{f.Task}, Cause: short}); err == nil && len(b) <= bytesMax {
			return b
		}
	}
	return nil
}

// DecodeFailure returns what EncodeFailure wrote, or nil for everything else.
func DecodeFailure(b []byte) *wire.Failure {
	if len(b) == 0 {
		return nil
	}
	m, err := wire.Parse(b)
	if e, ok := m.(*wire.Erred); ok && err == nil {
		return &e.Cause
	}
	return nil
}

// DecodeError returns the error that a failure describes: of a task an *[exec.TaskError] with its key, function, worker, attempt and
// stack, around the function's own error if that could travel. It matches the sentinel of its sort, such as [exec.ErrKilled].
func DecodeError(f *wire.Failure) error {
	if f == nil {
		return nil
	}
	t := trouble{}
	if v, err := codec.Unmarshal(f.Error); err == nil {
		t, _ = v.(trouble)
	}
	err := t.Err
	if err == nil {
		err = &foreign{Text: cmp.Or(f.Message, f.Reason, "failed")}
	}
	if s := sentinelOf(f.Sort); s != nil && !errors.Is(err, s) {
		err = &sorted{err, s, f.By}
	}
	if !t.Task && f.Key == "" && f.Func == "" {
		return err
	}
	te := &exec.TaskError{
		Key: t.Key, Func: fn.Source{Name: f.Func, File: f.File, Line: f.Line}, Attempt: max(1, int(f.Attempt)), Worker: f.Worker, Stack: f.Stack, Err: err,
	}
	if !t.Task || t.Key.String() != f.Key {
		te.Key = graph.KeyText(f.Key)
	}
	if len(f.History) > 0 {
		te.Err = &history{err, f.History}
	}
	return te
}

func clip(s string) string {
	if len(s) > textBytesMax {
		return s[:textBytesMax] + "…"
	}
	return s
}

// textOf is the error's text. Error methods are the user's.
func textOf(err error) (s string) {
	defer func() {
		if p := recover(); p != nil {
			s = fmt.Sprintf("an error of type %T, whose Error method panics: %v", err, p)
		}
	}()
	if err == nil {
		return "failed"
	}
	return err.Error()
}

// sorts are the sentinels that a failure is known by wherever it goes, in the order in which they are looked for.
var sorts = []struct {
	sort uint8
	err  error
}{
	{wire.SortCancelled, exec.ErrCancelled},
	{wire.SortNoWorkers, exec.ErrNoWorkers},
	{wire.SortResources, exec.ErrResources},
	{wire.SortLost, exec.ErrLost},
	{wire.SortKilled, exec.ErrKilled},
	{wire.SortTimeout, exec.ErrTimeout},
	{wire.SortLimit, exec.ErrLimit},
	{wire.SortMemory, exec.ErrMemory},
	{wire.SortSerialize, exec.ErrSerialize},
	{wire.SortClash, graph.ErrClash},
	{wire.SortCycle, graph.ErrCycle},
	{wire.SortGraph, graph.ErrGraph},
	{wire.SortCancelled, context.Canceled},
}

// sortOf returns the sort of a failure; what is none of ours is the user's.
func sortOf(err error) uint8 {
	for _, s := range sorts {
		if errors.Is(err, s.err) {
			return s.sort
		}
	}
	return wire.SortUser
}

func sentinelOf(sort uint8) error {
	for _, s := range sorts {
		if s.sort == sort {
			return s.err
		}
	}
	return nil
}

// sorted is an error that also matches the sentinel of its sort.
type sorted struct {
	err, sort error
	by        string
}

func (s *sorted) Error() string {
	if s.by != "" {
		return s.err.Error() + " (by " + s.by + ")"
	}
	return s.err.Error()
}
func (s *sorted) Unwrap() []error { return []error{s.err, s.sort} }

// history is an error with what became of earlier attempts.
type history struct {
	err     error
	Earlier []string
}

func (h *history) Error() string {
	s := h.err.Error()
	for _, line := range h.Earlier {
		s += "\n\tearlier: " + line
	}
	return s
}
func (h *history) Unwrap() error { return h.err }

// foreign stands for an error that cannot be encoded: its text, its type's name, and what it wraps.
type foreign struct {
	Text, Type string
	Wrapped    []error
}

func (f *foreign) Error() string   { return f.Text }
func (f *foreign) Unwrap() []error { return f.Wrapped }

// foreignRuntime is a [foreign] that was a runtime.Error, such as an index out of range.
type foreignRuntime struct{ foreign }

func (*foreignRuntime) RuntimeError() {}
