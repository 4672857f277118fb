package delayed

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"sync"

	"sheaf/fn"
	"sheaf/graph"
	"sheaf/internal/caller"
	"sheaf/internal/codec"
	"sheaf/internal/config"
)

// Call makes a call of f lazy. Its result is of type R.
//
// f is any function: func(args…) R, with or without a leading context.Context and with or without a trailing error, also
// variadic, also without a result (then R is struct{} or any). Arguments are plain values or lazy ones (*[Value]) of the
// parameters' types, or slices, arrays, maps and structs of the parameters' shape that have lazy values anywhere inside. A
// plain number is converted where the parameter can hold it exactly. A mistake in f or its arguments makes the result carry
// an error that names the line of this call.
//
// Same as dask.delayed(f)(args…).
func Call[R any](f any, args ...any) *Value[R] { return Func(f).Call[R](args...) }

// A Function is a function whose calls are lazy, with the options that they share.
type Function struct {
	*function
	sig  *signature
	pure bool
	err  error
}

// function is what calls know of their function; all calls of a Function share it.
type function struct {
	f         any
	name, key string
}

// An Option changes how calls of a [Function] are made.
type Option struct{ apply func(*Function) }

// pureByDefault is the setting delayed.pure, read once.
var pureByDefault = sync.OnceValues(func() (bool, error) { return config.DelayedPure.Get(context.Background()) })

// Impure says that every call is a task of its own, which is the default unless the setting delayed.pure says otherwise.
func Impure() Option { return Option{func(f *Function) { f.pure = false }} }

// Pure says that equal arguments give equal results: equal calls have one key, run once, and are shared. Arguments are
// compared by content. A function that captures variables has no content to compare, and its calls stay impure.
func Pure() Option { return Option{func(f *Function) { f.pure = true }} }

// Name gives the tasks a name for people: in errors, progress, profiles and pictures. The default is the function's.
func Name(name string) Option { return Option{func(f *Function) { f.name = name }} }

// Key names the task itself, for one call: everything with this key is taken to have the same value. Using it for two
// different computations in one run is an error that names both.
//
// Same as the dask_key_name argument.
func Key(key string) Option { return Option{func(f *Function) { f.key = key }} }

// Func returns f as a function whose calls are lazy.
//
// Same as dask.delayed(f, pure=…, name=…).
func Func(f any, opts ...Option) *Function {
	x := &Function{function: &function{f: f}}
	v := reflect.ValueOf(f)
	if v.Kind() != reflect.Func {
		x.err = fmt.Errorf("delayed: Call at %s: %T is not a function", caller.Site(), f)
		return x
	}
	if v.IsNil() {
		x.err = errNilFunc()
		return x
	}
	x.sig = signatureOf(v.Type())
	if pure, err := pureByDefault(); err != nil {
		x.err = err
	} else {
		x.pure = pure
	}
	for _, o := range opts {
		o.apply(x)
	}
	return x
}

func errNilFunc() error { return fmt.Errorf("delayed: Call at %s: the function is nil", caller.Site()) }

func isNilFunc(f any) bool { return reflect.ValueOf(f).IsNil() }

// Call makes one lazy call; see the package's [Call].
func (f *Function) Call[R any](args ...any) *Value[R] {
	n := f.node(args)
	if n.err == nil {
		if err := f.sig.returns(reflect.TypeFor[R]()); err != nil {
			n.err = f.mistake(err)
		}
	}
	return &Value[R]{n}
}

// Outputs makes one lazy call of a function with several results; take them apart with [Results.At].
//
// Same as dask.delayed(f, nout=n).
func (f *Function) Outputs(args ...any) *Results {
	n := f.node(args)
	if n.err == nil {
		n.op.(*call).tuple = true
	}
	return &Results{n, f}
}

// Results are the several results of one lazy call.
type Results struct {
	n *node
	f *Function
}

// Len returns the number of results, a trailing error not counted.
func (r *Results) Len() int {
	if r.f.sig == nil {
		return 0
	}
	return len(r.f.sig.out)
}

// At returns result i. Taking all of them runs the call once.
func (r *Results) At[R any](i int) *Value[R] {
	n := &node{key: deriveKey(r.n.key, "result", i), op: pick{i}, deps: []*node{r.n}, err: r.n.err}
	if n.err == nil {
		switch out := r.f.sig.out; {
		case i < 0 || i >= len(out):
			n.err = r.f.mistake(fmt.Errorf("result %d is asked for, it has %d", i, len(out)))
		case !out[i].AssignableTo(reflect.TypeFor[R]()):
			n.err = r.f.mistake(fmt.Errorf("result %d is %v, not %v", i, out[i], reflect.TypeFor[R]()))
		}
	}
	return &Value[R]{n}
}

type pick struct{ I int }

func (p pick) Run(_ context.Context, t *graph.Task) (any, error) {
	return t.Inputs()[0].([]any)[p.I], nil
}

func (p pick) TaskName() string { return "result" }

// deriveKey makes the key of something that is taken out of a value, which is the same each time.
func deriveKey(of graph.Token, what string, content any) graph.Token {
	h := graph.NewHasher("delayed." + what)
	h.Token(of)
	h.Any(content)
	return h.Sum()
}

// mistake names the function and the line of the user's call.
func (f *Function) mistake(err error) error {
	return fmt.Errorf("delayed: call of %s at %s: %w; it is %v", fn.SourceOf(f.f).Short(), caller.Site(), err, f.sig.typ)
}

// node checks the arguments and makes the task.
func (f *Function) node(args []any) *node {
	n := &node{err: f.err}
	if n.err != nil {
		return n
	}
	c := &call{of: f.function}
	n.op = c
	c.args, n.deps, n.err = f.sig.bind(args)
	if n.err != nil {
		n.err = f.mistake(n.err)
		return n
	}
	for _, d := range n.deps {
		if d.err != nil {
			n.err = d.err
			return n
		}
	}
	f.identify(n, c)
	return n
}

// identify gives a call its key: one of its own, the one that the user has named, or the hash of its content.
func (f *Function) identify(n *node, c *call) {
	if !f.pure && f.key == "" {
		n.key = graph.Unique()
		return
	}
	h := graph.NewHasher("delayed.pure")
	h.Func(f.f)
	for _, a := range c.args {
		a.hash(h)
	}
	for _, d := range n.deps {
		h.Token(d.key)
		if d.layer != nil {
			h.Token(d.layer.Key(int(d.index)).Token)
			h.Int(int(d.index))
		}
	}
	if f.key != "" && h.IsUnique() { // such a call is known by its function at least
		h = graph.NewHasher("delayed.source")
		h.String(fn.SourceOf(f.f).String())
	}
	n.content = h.Sum()
	n.key = n.content
	if f.key != "" {
		h := graph.NewHasher("delayed.key")
		h.String(f.key)
		n.key = h.Sum()
	}
}

// call is the operation of one reflective call.
type call struct {
	of    *function
	args  []argument
	tuple bool // the result is a []any of all results
}

func (c *call) Run(ctx context.Context, t *graph.Task) (any, error) {
	f := reflect.ValueOf(c.of.f)
	sig := signatureOf(f.Type())
	in := make([]reflect.Value, 0, 8)
	if sig.ctx {
		in = append(in, reflect.ValueOf(ctx))
	}
	inputs := t.Inputs()
	for i := range c.args {
		p, _ := sig.param(i)
		in = append(in, c.args[i].value(inputs, p))
	}
	out := f.Call(in)
	if sig.err {
		if err, _ := out[len(out)-1].Interface().(error); err != nil {
			return nil, err
		}
		out = out[:len(out)-1]
	}
	switch {
	case c.tuple:
		all := make([]any, len(out))
		for i, v := range out {
			all[i] = v.Interface()
		}
		return all, nil
	case len(out) == 0:
		return struct{}{}, nil
	}
	return out[0].Interface(), nil
}

// Lift implements graph.Lifter: large plain arguments become inputs.
func (c *call) Lift(limit int64, n int) (values []any, op graph.Op) {
	var lifted *call
	for i, a := range c.args {
		if a.build != nil || a.input > 0 || codec.SizeOf(a.plain) <= limit {
			continue
		}
		if lifted == nil {
			lifted = &call{of: c.of, args: slices.Clone(c.args), tuple: c.tuple}
		}
		values = append(values, a.plain)
		lifted.args[i] = argument{input: n + len(values)}
	}
	return values, lifted
}

// Source says where the function was written.
func (c *call) Source(int) fn.Source { return fn.SourceOf(c.of.f) }

// TaskName is the function's name, or the one given by [Name].
func (c *call) TaskName() string {
	if c.of.name != "" {
		return c.of.name
	}
	if c.of.key != "" {
		return c.of.key
	}
	return funcName(c.of.f)
}
