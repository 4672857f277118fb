package client

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"time"

	"sheaf"
	"sheaf/internal/codec"
	"sheaf/internal/coord"
	"sheaf/internal/local"
)

// Errors of locks, queues, names and the like, to compare with by errors.Is.
var (
	// ErrNotHeld is matched when something is given back that is not held, or no longer: its lease has run out.
	ErrNotHeld error = coord.ErrNotHeld
	// ErrExists is matched when a name is taken.
	ErrExists error = coord.ErrExists
	// ErrNotFound is matched when there is nothing of a name.
	ErrNotFound error = coord.ErrNotFound
	// ErrLimit is matched when something is too large or there is too much of it; the message says what to do.
	ErrLimit error = coord.ErrLimit
	// ErrDeleted is matched by those who wait for something that is closed meanwhile.
	ErrDeleted error = coord.ErrClosed
)

// A coordinator is where the locks, queues, variables, events, topics and names of a client are: in this process, or in the
// scheduler of a cluster.
type coordinator interface {
	// call sends a request and waits for its answer, whose error is a *coord.Error. When ctx ends first the request is undone
	// (coord.Cancel) and the error is ctx's cause. Inside of a task it gives the task's place to others while it waits.
	call(ctx context.Context, r coord.Request) (coord.Result, error)
	// subscribe begins a subscription. Deliveries are passed on in their order, also before subscribe returns; deliver must
	// not block or call the coordinator.
	subscribe(ctx context.Context, r coord.TopicSubscribe, deliver func([]coord.Message)) (id uint64, res coord.Result, err error)
	// export names a future, several of them or a dataset, so that it can be part of a request. It is kept alive until done is
	// called, after the request was answered.
	export(v any) (value coord.Value, done func(), err error)
	// claim is the other end of export, for a value with futures that an answer carried. What it returns, which is of the type
	// that was exported or a *cell for a future, keeps the futures alive by itself; the answer is confirmed afterwards by
	// coord.Claimed or coord.QueueAck.
	claim(v coord.Value) (any, error)
	// close ends all calls and subscriptions, and gives up everything that is held.
	close()
}

// coordination is a client's side of its coordinator.
type coordination struct {
	mu     sync.Mutex // guards what follows
	to     coordinator
	leases *leases
	closed bool
	end    chan struct{} // is closed with the client, once somebody asks for it
}

// ended returns a channel that is closed with the client.
func (x *coordination) ended() <-chan struct{} {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.end == nil {
		x.end = make(chan struct{})
		if x.closed {
			close(x.end)
		}
	}
	return x.end
}

// setCoordinator makes the client use a coordinator other than its own; it is called before the client is used.
func (c *Client) setCoordinator(to coordinator) { c.coordination.to = to }

// coordinator returns where the client's locks and the like are.
func (c *Client) coordinator() (coordinator, *leases, error) {
	x := &c.coordination
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed || c.closed.Load() {
		return nil, nil, fmt.Errorf("client: the client is %w", sheaf.ErrClosed)
	}
	if x.to == nil {
		x.to = newLocalCoordinator(c)
	}
	if x.leases == nil {
		x.leases = &leases{to: x.to, held: map[uint64]*hold{}}
	}
	return x.to, x.leases, nil
}

// close ends waits for locks and the like, and gives up what is held.
func (x *coordination) close() {
	x.mu.Lock()
	to, held := x.to, x.leases
	if !x.closed && x.end != nil {
		close(x.end)
	}
	x.closed = true
	x.mu.Unlock()
	if held != nil {
		held.close(fmt.Errorf("client: the client is %w", sheaf.ErrClosed))
	}
	if to != nil {
		to.close()
	}
}

// ask sends a request to the client's coordinator.
func (c *Client) ask(ctx context.Context, r coord.Request) (coord.Result, error) {
	to, _, err := c.coordinator()
	if err != nil {
		return coord.Result{}, err
	}
	return to.call(ctx, r)
}

// parting bounds how long giving something back waits for the confirmation of a context that has ended already.
const parting = 5 * time.Second

// askLast is ask for requests that give something back, which are sent also if ctx has ended.
func (c *Client) askLast(ctx context.Context, r coord.Request) (coord.Result, error) {
	if ctx.Err() == nil {
		return c.ask(ctx, r)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), parting)
	defer cancel()
	return c.ask(ctx, r)
}

// put sends a request that carries what v stands for.
func (c *Client) put(ctx context.Context, v any, request func(coord.Value) coord.Request) error {
	to, _, err := c.coordinator()
	if err != nil {
		return err
	}
	value, done, err := to.export(v)
	if err != nil {
		return err
	}
	defer done()
	_, err = to.call(ctx, request(value))
	return err
}

// handle is what locks, queues and the like have in common: their name and client. They travel to tasks of other processes as
// arguments; there they use the client of the task.
type handle struct {
	c    *Client
	what string // for messages
	name string
}

// client returns the handle's client, or the one of ctx if the handle came from elsewhere.
func (h *handle) client(ctx context.Context) (*Client, error) {
	if h.c != nil {
		return h.c, nil
	}
	if c, ok := Of(ctx); ok {
		return c, nil
	}
	return nil, fmt.Errorf("client: the %s %q came from another process and this context has no client; "+
		"pass the context of the task, or one made by Client.Context", h.what, h.name)
}

func (h *handle) ask(ctx context.Context, r coord.Request) (coord.Result, error) {
	c, err := h.client(ctx)
	if err != nil {
		return coord.Result{}, err
	}
	return c.ask(ctx, r)
}

// peek asks for the state of the named object.
func (h *handle) peek(ctx context.Context, s coord.Space) (coord.Result, error) {
	return h.ask(ctx, coord.Peek{Space: s, Name: h.name})
}

func (h *handle) String() string { return fmt.Sprintf("%s %q", h.what, h.name) }

// isTimeout reports whether a request that does not wait could not be granted.
func isTimeout(err error) bool { return errors.Is(err, coord.ErrTimeout) }

// block gives the place of the task with this context to others until resume is called, in this process or in a worker's.
func block(ctx context.Context) (resume func()) {
	return local.Block(ctx)
}

// encoded makes plain data of v. The type goes along, so that reading it as another one is an error.
func encoded(what string, v any) (coord.Value, error) {
	b, err := codec.Marshal(v)
	if err != nil {
		return coord.Value{}, fmt.Errorf("client: %s: %w", what, err)
	}
	return coord.Value{Bytes: b}, nil
}

// decoded is the other end of encoded.
func decoded[T any](what string, b []byte) (T, error) {
	var zero T
	codec.RegisterTypeOf[T]()
	v, err := codec.Unmarshal(b)
	if err != nil {
		return zero, fmt.Errorf("client: %s: %w", what, err)
	}
	t, ok := v.(T)
	if !ok && v != nil {
		return zero, fmt.Errorf("client: %s holds %T, want %s", what, v, reflect.TypeFor[T]())
	}
	return t, nil
}

// asFuture makes a future of type T of what claim returned.
func asFuture[T any](what string, v any) (*Future[T], error) {
	switch v := v.(type) {
	case *cell:
		return newFuture[T](v), nil
	case *Future[T]:
		return v, nil
	}
	return nil, fmt.Errorf("client: %s holds %T, which is no future", what, v)
}
