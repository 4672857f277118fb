package client

import (
	"context"
	"fmt"
	"sync"
	"time"

	"sheaf"
	"sheaf/internal/coord"
	"sheaf/internal/local"
	"sheaf/internal/wire"
)

// localCoordinator is a coord.Machine in this process, for one client.
type localCoordinator struct {
	client *Client
	origin time.Time

	mu      sync.Mutex // guards what follows
	machine *coord.Machine
	timer   *time.Timer
	due     time.Duration // when timer fires; 0 if it does not
	seen    time.Duration // the machine's time when it was last looked at
	stopped time.Duration // that the process did not run; the machine's time leaves it out
	last    uint64        // request
	calls   map[uint64]*localCall
	subs    map[uint64]func([]coord.Message)
	closed  bool

	serial uint64
	kept   map[wire.ID]*exported
	freed  []any // what was given up, to be released without mu
}

// localSession is the only one of a machine in this process.
const localSession coord.Session = "local"

type localCall struct {
	done   chan struct{}
	result coord.Result
	err    error
}

// exported is what requests name by an id, with the number of those who keep it.
type exported struct {
	v    any
	refs int
}

func newLocalCoordinator(c *Client) *localCoordinator {
	// One process of many goroutines is one session. It never repeats a request, so no answers are remembered.
	const many = 1 << 20
	return &localCoordinator{
		client: c, origin: time.Now(), calls: map[uint64]*localCall{}, subs: map[uint64]func([]coord.Message){}, kept: map[wire.ID]*exported{},
		machine: coord.New(coord.Config{PerSession: many, Objects: many, Replies: 1, ReplyBytes: 1}),
	}
}

// stall is how late a timer may be before the process is taken to have been stopped. Leases do not run out meanwhile: there is
// nobody in another process who could want them.
const stall = 500 * time.Millisecond

// now returns the machine's time.
func (l *localCoordinator) now() time.Duration {
	t := time.Since(l.origin) - l.stopped
	if l.due > 0 && t-l.due > stall {
		l.stopped += t - l.seen
		t = l.seen
	}
	l.seen = t
	return t
}

func (l *localCoordinator) call(ctx context.Context, r coord.Request) (coord.Result, error) {
	id, call, err := l.begin(r, nil)
	if err != nil {
		return coord.Result{}, err
	}
	return l.finish(ctx, id, call)
}

// begin hands a request to the machine.
func (l *localCoordinator) begin(r coord.Request, deliver func([]coord.Message)) (id uint64, call *localCall, err error) {
	l.mu.Lock()
	defer l.unlock()
	if l.closed {
		return 0, nil, fmt.Errorf("client: the client is %w", sheaf.ErrClosed)
	}
	l.last++
	call = &localCall{done: make(chan struct{})}
	l.calls[l.last] = call
	if deliver != nil {
		l.subs[l.last] = deliver
	}
	if r, ok := r.(coord.TopicUnsubscribe); ok {
		delete(l.subs, r.Subscription)
	}
	l.perform(l.machine.Handle(l.now(), localSession, l.last, r))
	return l.last, call, nil
}

// finish waits for the answer.
func (l *localCoordinator) finish(ctx context.Context, id uint64, call *localCall) (coord.Result, error) {
	select {
	case <-call.done:
		return call.result, call.err
	default:
	}
	resume := local.Block(ctx)
	defer resume()
	select {
	case <-call.done:
		return call.result, call.err
	case <-ctx.Done():
	}
	l.mu.Lock()
	defer l.unlock()
	if l.calls[id] == nil { // it was answered meanwhile
		return call.result, call.err
	}
	l.last++
	l.perform(l.machine.Handle(l.now(), localSession, l.last, coord.Cancel{Request: id}))
	return coord.Result{}, context.Cause(ctx)
}

// perform does what the machine says. The caller holds mu.
func (l *localCoordinator) perform(effects []coord.Effect) {
	for _, e := range effects {
		switch e := e.(type) {
		case coord.Reply:
			if call := l.calls[e.Request]; call != nil {
				delete(l.calls, e.Request)
				if call.result = e.Result; e.Err != nil {
					call.err = e.Err
					delete(l.subs, e.Request)
				}
				close(call.done)
			}
		case coord.Deliver:
			if deliver := l.subs[e.Subscription]; deliver != nil {
				deliver(e.Messages)
			}
		case coord.Hold:
			l.count(e.IDs, 1)
		case coord.Drop:
			l.count(e.IDs, -1)
		}
	}
	l.arm()
}

// arm sets the timer to when the machine has something to do.
func (l *localCoordinator) arm() {
	at, ok := l.machine.Next()
	switch {
	case !ok || l.closed:
		if l.timer != nil {
			l.timer.Stop()
		}
		l.due = 0
	case at != l.due:
		l.due = at
		in := at - (time.Since(l.origin) - l.stopped)
		if l.timer == nil {
			l.timer = time.AfterFunc(in, l.tick)
		} else {
			l.timer.Reset(in)
		}
	}
}

func (l *localCoordinator) tick() {
	l.mu.Lock()
	defer l.unlock()
	if !l.closed {
		now := l.now()
		l.due = 0
		l.perform(l.machine.Tick(now))
	}
}

// count changes by how many each of the ids is kept. The caller holds mu.
func (l *localCoordinator) count(ids []wire.ID, by int) {
	for _, id := range ids {
		x := l.kept[id]
		if x == nil {
			continue
		}
		if x.refs += by; x.refs <= 0 {
			delete(l.kept, id)
			l.freed = append(l.freed, x.v)
		}
	}
}

// unlock releases mu, and then what was given up meanwhile.
func (l *localCoordinator) unlock() {
	freed := l.freed
	l.freed = nil
	l.mu.Unlock()
	for _, v := range freed {
		releaseAll(v)
	}
}

func (l *localCoordinator) export(v any) (coord.Value, func(), error) {
	l.mu.Lock()
	defer l.unlock()
	l.serial++
	id := wire.ID{Layer: wire.LayerID(l.serial)}
	l.kept[id] = &exported{v: shareAll(v), refs: 1}
	done := func() {
		l.mu.Lock()
		defer l.unlock()
		l.count([]wire.ID{id}, -1)
	}
	return coord.Value{IDs: []wire.ID{id}}, done, nil
}

func (l *localCoordinator) claim(v coord.Value) (any, error) {
	l.mu.Lock()
	defer l.unlock()
	if len(v.IDs) != 1 || l.kept[v.IDs[0]] == nil {
		return nil, fmt.Errorf("client: a value of %d futures that are not here: %w", len(v.IDs), sheaf.ErrInternal)
	}
	return shareAll(l.kept[v.IDs[0]].v), nil
}

func (l *localCoordinator) subscribe(ctx context.Context, r coord.TopicSubscribe, deliver func([]coord.Message)) (uint64, coord.Result, error) {
	id, call, err := l.begin(r, deliver)
	if err != nil {
		return 0, coord.Result{}, err
	}
	res, err := l.finish(ctx, id, call)
	return id, res, err
}

func (l *localCoordinator) close() {
	l.mu.Lock()
	defer l.unlock()
	if l.closed {
		return
	}
	l.perform(l.machine.Gone(l.now(), localSession, coord.Closed))
	l.closed = true
	for _, call := range l.calls {
		call.err = fmt.Errorf("client: the client is %w", sheaf.ErrClosed)
		close(call.done)
	}
	l.calls, l.subs = nil, nil
	for _, x := range l.kept {
		l.freed = append(l.freed, x.v)
	}
	l.kept = nil
	l.arm()
}
