package client

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"sync/atomic"
	"unsafe"

	"sheaf/fn"
	"sheaf/internal/remote"
	"sheaf/internal/travel"
	"sheaf/internal/wire"
)

// An Actor is a value that stays on one worker and changes there: its methods are called one at a time, in the order in which one caller
// calls them. Nothing of it is computed again: when its worker is lost, so is its state, and calls fail with an error that
// matches sheaf.ErrLost. An actor can be an argument of functions, which call it through their context's client.
//
//	counter := c.Actor[*Counter](NewCounter, 10)
//	n, err := counter.Call[int](ctx, (*Counter).Add, 5)
//
// Same as distributed.Actor.
type Actor[T any] struct {
	future *Future[T] // nil in a process that the actor has travelled to
	id     wire.ID
	local  *actorState
	calls  atomic.Uint64
	name   atomic.Uint64 // as a caller, at random
}

// caller returns what the calls of this actor value are ordered by.
func (a *Actor[T]) caller() uint64 {
	a.name.CompareAndSwap(0, rand.Uint64()|1)
	return a.name.Load()
}

// actorState is an actor of this process.
type actorState struct {
	turns *turns // guards what follows while a method runs
	value any
	known bool
	calls atomic.Uint64
}

// Actor calls f with args on a worker, and returns its result as an actor that stays there. T is a pointer to what has methods, usually.
// Options are as for [Client.Submit].
func (c *Client) Actor[T any](f any, args ...any) *Actor[T] {
	return ActorOf(c.Submit[T](f, append([]any{actorOption, Pure(false)}, args...)...))
}

var actorOption = Option{func(s *settings) { s.run.Actor, s.run.Impure = true, true }}

// ActorOf returns the actor whose future is given; the task must have been submitted by [Client.Actor], or run in this process.
func ActorOf[T any](f *Future[T]) *Actor[T] {
	x := f.own().cell
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.actor == nil {
		x.actor = &actorState{turns: newTurns()}
	}
	return &Actor[T]{future: f, local: x.actor}
}

// Future returns the future that made the actor. On a cluster its result is a copy of the actor's state as it is between two calls. In this process, and
// as an argument of a task on the actor's own worker, it is the state itself, which a method may be changing: call a method that returns
// what is needed, and give functions the actor and not its future.
func (a *Actor[T]) Future() *Future[T] { return a.future }

// Release gives up the actor. It ends when nobody has it any more.
func (a *Actor[T]) Release() {
	if a.future != nil {
		a.future.Release()
	}
}

// Call calls a method, given as a method expression such as (*Counter).Add, with args, and waits for its result. A method takes a context
// behind its receiver if it wants one.
func (a *Actor[T]) Call[R any](ctx context.Context, method any, args ...any) (R, error) {
	return a.Go[R](ctx, method, args...).Result(ctx)
}

// An ActorFuture is the result of a call of an actor that is under way. Unlike a [Future] it cannot be an argument of functions.
//
// Same as distributed.ActorFuture.
type ActorFuture[R any] struct {
	done  chan struct{}
	value R
	err   error
}

// Done is closed when the result is there.
func (f *ActorFuture[R]) Done() <-chan struct{} { return f.done }

// Result waits for the result.
func (f *ActorFuture[R]) Result(ctx context.Context) (R, error) {
	select {
	case <-f.done:
		return f.value, f.err
	default:
	}
	resume := block(ctx)
	defer resume()
	select {
	case <-f.done:
		return f.value, f.err
	case <-ctx.Done():
		var zero R
		return zero, context.Cause(ctx)
	}
}

// Go begins to call a method; see [Actor.Call]. The context is that of the call.
func (a *Actor[T]) Go[R any](ctx context.Context, method any, args ...any) *ActorFuture[R] {
	f := &ActorFuture[R]{done: make(chan struct{})}
	end := func(v any, err error) {
		if err == nil {
			f.value, err = as[R](method, v)
		}
		f.err = err
		close(f.done)
	}
	if err := fits(method, reflect.TypeFor[T]()); err != nil {
		end(nil, err)
		return f
	}
	x, id, made, err := a.remote(ctx)
	switch {
	case err != nil:
		end(nil, err)
	case x == nil:
		number := a.local.calls.Add(1)
		go func() { end(a.callHere(ctx, number, method, args)) }()
	default:
		a.callThere(x, id, made, method, args, end)
	}
	return f
}

// fits checks that a function is a method of actors of a type.
func fits(method any, t reflect.Type) error {
	m := reflect.TypeOf(method)
	if m == nil || m.Kind() != reflect.Func || m.NumIn() == 0 || !t.AssignableTo(m.In(0)) {
		return fmt.Errorf("client: %T is no method of the actor's type %v: give a method expression such as (*Counter).Add", method, t)
	}
	return nil
}

// remote returns the cluster's executor, the actor's name there, and its handle if it was made here; or nothing if it is in this process.
func (a *Actor[T]) remote(ctx context.Context) (*remote.Executor, wire.ID, *remote.Handle, error) {
	if a.future == nil {
		c, err := Current(ctx)
		if err != nil {
			return nil, wire.ID{}, nil, err
		}
		if c.link == nil {
			return nil, wire.ID{}, nil, fmt.Errorf("client: an actor of a cluster was given to a client in this process")
		}
		return c.link.x, a.id, nil, nil
	}
	t, err := a.future.own().get()
	if err != nil {
		return nil, wire.ID{}, nil, err
	}
	h, ok := handleOf(t)
	if !ok {
		return nil, wire.ID{}, nil, nil
	}
	return a.future.own().cell.c.link.x, h.ID(), h, h.Submitted(ctx)
}

// callHere calls a method in this process.
func (a *Actor[T]) callHere(ctx context.Context, number uint64, method any, args []any) (any, error) {
	v, err := a.future.Result(ctx)
	if err != nil {
		return nil, err
	}
	if err := a.local.turns.enter(ctx, 0, number); err != nil {
		return nil, err
	}
	defer a.local.turns.leave(0, number)
	if !a.local.known { // it stays the same although the store may write the value to disk
		a.local.value, a.local.known = v, true
	}
	in := append([]any{a.local.value}, args...)
	return (&travel.Call{Func: withReceiverFirst(method), Args: in}).Do(ctx)
}

// withReceiverFirst returns a method expression as a function that takes its context first, if it takes one.
func withReceiverFirst(method any) any {
	m := reflect.ValueOf(method)
	t := m.Type()
	if t.NumIn() < 2 || t.In(1) != contextType {
		return method
	}
	in := []reflect.Type{t.In(1), t.In(0)}
	for i := 2; i < t.NumIn(); i++ {
		in = append(in, t.In(i))
	}
	var out []reflect.Type
	for i := range t.NumOut() {
		out = append(out, t.Out(i))
	}
	return reflect.MakeFunc(reflect.FuncOf(in, out, t.IsVariadic()), func(args []reflect.Value) []reflect.Value {
		args[0], args[1] = args[1], args[0]
		if t.IsVariadic() {
			return m.CallSlice(args)
		}
		return m.Call(args)
	}).Interface()
}

var contextType = reflect.TypeFor[context.Context]()

// callThere has a method called on the worker that has the actor.
func (a *Actor[T]) callThere(x *remote.Executor, id wire.ID, made *remote.Handle, method any, args []any, end func(any, error)) {
	b, err := travel.EncodeAny(actorCall{Method: method, Args: args, Caller: a.caller(), Number: a.calls.Add(1)})
	if err != nil {
		end(nil, fmt.Errorf("client: a call of %s: %w", fn.SourceOf(method), err))
		return
	}
	answer := func(reply *wire.Reply, err error) {
		ran, err := remote.Answer[*wire.Ran](reply, err)
		if err == nil && len(ran.Results) != 1 {
			err = fmt.Errorf("client: a call of an actor has %d results", len(ran.Results))
		}
		if err != nil {
			end(nil, err)
			return
		}
		end(valueOf[any](method, &ran.Results[0]))
	}
	ask := func() {
		if made != nil && made.Err() != nil {
			end(nil, made.Err())
		} else if _, err := x.Begin(&wire.Actor{ID: id, Call: b}, answer); err != nil {
			end(nil, err)
		}
	}
	if made == nil {
		ask()
	} else { // when the actor is there
		made.Notify(ask)
	}
}

// SizeBytes is what an actor takes that is part of a value: its state is elsewhere.
func (a *Actor[T]) SizeBytes() int64 { return int64(unsafe.Sizeof(*a)) }

// MarshalBinary lets the actor be an argument of functions on a cluster.
func (a *Actor[T]) MarshalBinary() ([]byte, error) {
	_, id, _, err := a.remote(context.Background())
	if err != nil {
		return nil, err
	}
	return travel.EncodeAny(id)
}

// UnmarshalBinary reads what MarshalBinary wrote.
func (a *Actor[T]) UnmarshalBinary(b []byte) error {
	v, err := travel.DecodeAny(b)
	id, ok := v.(wire.ID)
	if err == nil && !ok {
		err = fmt.Errorf("client: %T where an actor is expected", v)
	}
	a.id, a.future = id, nil
	return err
}
