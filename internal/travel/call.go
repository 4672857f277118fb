package travel

import (
	"context"
	"fmt"
	"reflect"
	"runtime/debug"

	"sheaf/fn"
	"sheaf/graph"
	"sheaf/internal/codec"
	"sheaf/internal/exec"
)

// A Call is a function with arguments, to be called in another process.
type Call struct {
	Func any
	Args []any
}

var (
	contextType = reflect.TypeFor[context.Context]()
	errorType   = reflect.TypeFor[error]()
)

// EncodeCall returns the form of a call of f: any function that captures nothing or was made by fn.Bind, with or without a leading
// context, which is not among the arguments. The arguments must fit its parameters.
func EncodeCall(f any, args ...any) ([]byte, error) {
	if err := fn.Check(f); err != nil {
		return nil, cannot("a function", err)
	}
	c := Call{f, args}
	if _, err := c.arguments(context.Background()); err != nil {
		return nil, err
	}
	b, err := codec.Marshal(c)
	if err != nil {
		return nil, cannot("a call of "+fn.SourceOf(f).String(), err)
	}
	return b, nil
}

// DecodeCall is the inverse of [EncodeCall].
func DecodeCall(b []byte) (*Call, error) {
	c, err := codec.UnmarshalAs[any](b)
	if err != nil {
		return nil, err
	}
	call, ok := c.(Call)
	if !ok {
		return nil, fmt.Errorf("travel: a %T where a call is expected: %w", c, codec.ErrCorrupt)
	}
	return &call, nil
}

// Do calls the function, with ctx first if it takes one, and returns its result: the value of a function with one, nil of one without, a
// []any of one with several. A trailing error is the error. A panic comes back as an [exec.TaskError] with its stack.
func (c *Call) Do(ctx context.Context) (v any, err error) {
	in, err := c.arguments(ctx)
	if err != nil {
		return nil, err
	}
	finished := false
	defer func() {
		if finished {
			return
		}
		src := fn.SourceOf(c.Func)
		te := &exec.TaskError{Key: graph.KeyText("call of " + src.Short()), Func: src, Attempt: 1, Err: exec.ErrGoexit}
		if p := recover(); p != nil {
			te.Err, te.Stack = &exec.PanicError{Value: p}, string(debug.Stack())
		}
		v, err = nil, te
	}()
	v, err = c.call(in)
	finished = true
	return v, err
}

func (c *Call) call(in []reflect.Value) (any, error) {
	out := reflect.ValueOf(c.Func).Call(in)
	if n := len(out); n > 0 && out[n-1].Type() == errorType {
		if err, _ := out[n-1].Interface().(error); err != nil {
			return nil, err
		}
		out = out[:n-1]
	}
	switch len(out) {
	case 0:
		return nil, nil //nolint:nilnil // a function without result has none
	case 1:
		return out[0].Interface(), nil
	}
	all := make([]any, len(out))
	for i := range out {
		all[i] = out[i].Interface()
	}
	return all, nil
}

// arguments checks that the arguments fit and returns them, behind ctx if the function takes a context.
func (c *Call) arguments(ctx context.Context) ([]reflect.Value, error) {
	f := reflect.ValueOf(c.Func)
	if f.Kind() != reflect.Func || f.IsNil() {
		return nil, fmt.Errorf("travel: a call of a %T, which is no function: %w", c.Func, ErrTravel)
	}
	t := f.Type()
	in := make([]reflect.Value, 0, len(c.Args)+1)
	first := 0
	if t.NumIn() > 0 && t.In(0) == contextType {
		in, first = append(in, reflect.ValueOf(ctx)), 1
	}
	want := t.NumIn() - first
	if t.IsVariadic() && len(c.Args) < want-1 || !t.IsVariadic() && len(c.Args) != want {
		return nil, fmt.Errorf("travel: %d arguments given to %s, which is %v: %w", len(c.Args), fn.SourceOf(c.Func), t, ErrTravel)
	}
	for i, a := range c.Args {
		p := t.In(min(first+i, t.NumIn()-1))
		if t.IsVariadic() && first+i >= t.NumIn()-1 {
			p = p.Elem()
		}
		v := reflect.ValueOf(a)
		switch {
		case a == nil && canBeNil(p):
			v = reflect.Zero(p)
		case a == nil || !v.Type().AssignableTo(p):
			return nil, fmt.Errorf("travel: argument %d of %s is a %T, want %v: %w", i+1, fn.SourceOf(c.Func), a, p, ErrTravel)
		}
		in = append(in, v)
	}
	return in, nil
}

func canBeNil(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Interface, reflect.Pointer, reflect.Map, reflect.Slice, reflect.Func, reflect.Chan, reflect.UnsafePointer:
		return true
	}
	return false
}
