package client

import (
	"context"
	"fmt"
	"reflect"
	"sync"
	"time"

	"sheaf/internal/codec"
	"sheaf/internal/travel"
	"sheaf/internal/wire"
)

// actorCall is a call of a method on its way to its actor.
type actorCall struct {
	Method any
	Args   []any
	Caller uint64 // whose calls are done in the order of their numbers
	Number uint64 // from 1
}

// Actors calls the actors of a worker for clients elsewhere: one call of an actor at a time, those of one caller in their order. Package
// cluster uses it.
type Actors struct {
	mu   sync.Mutex // guards byID
	byID map[wire.ID]*turns
}

// turns is the order of the calls of one actor.
type turns struct {
	mu     sync.Mutex        // guards what follows
	next   map[uint64]uint64 // number of each caller's next call
	before map[uint64]uint64 // the same of callers who have not called for long
	busy   bool
	change chan struct{} // closed when something of this changes
}

func newTurns() *turns { return &turns{next: map[uint64]uint64{}, change: make(chan struct{})} }

// callersMax is how many callers of an actor are remembered, and as many before them: each task that calls an actor is one. A call of one who
// was forgotten is taken for one that has overtaken another.
const callersMax = 4096

// overtakeMax is how long a call waits for one before it that has not come: it was lost on its way.
const overtakeMax = time.Second

// NewActors returns the calls of one worker.
func NewActors() *Actors { return &Actors{byID: map[wire.ID]*turns{}} }

// Call performs a call that a client has sent on the state of an actor.
func (a *Actors) Call(ctx context.Context, id wire.ID, state any, b []byte) (any, error) {
	codec.RegisterTypeOf[actorCall]()
	v, err := travel.DecodeAny(b)
	if err != nil {
		return nil, err
	}
	c, ok := v.(actorCall)
	if !ok {
		return nil, fmt.Errorf("client: %T where a call of an actor is expected", v)
	}
	if err := fits(c.Method, reflect.TypeOf(state)); err != nil {
		return nil, err
	}
	t := a.turns(id)
	if err := t.enter(ctx, c.Caller, c.Number); err != nil {
		return nil, err
	}
	defer t.leave(c.Caller, c.Number)
	return (&travel.Call{Func: withReceiverFirst(c.Method), Args: append([]any{state}, c.Args...)}).Do(ctx)
}

// Turn waits until no method of an actor runs, and lets none begin until leave is called: for whoever reads its state.
func (a *Actors) Turn(ctx context.Context, id wire.ID) (leave func(), err error) {
	t := a.turns(id)
	if err := t.enter(ctx, 0, 0); err != nil {
		return nil, err
	}
	return func() { t.leave(0, 0) }, nil // 0 is nobody's number
}

func (a *Actors) turns(id wire.ID) *turns {
	a.mu.Lock()
	defer a.mu.Unlock()
	t := a.byID[id]
	if t == nil {
		t = newTurns()
		a.byID[id] = t
	}
	return t
}

// enter waits until it is a call's turn.
func (t *turns) enter(ctx context.Context, caller, number uint64) error {
	late := false
	for {
		t.mu.Lock()
		if !t.busy && (late || number <= max(1, t.nextOf(caller))) {
			t.busy = true
			t.mu.Unlock()
			return nil
		}
		change, busy := t.change, t.busy
		t.mu.Unlock()
		var patience <-chan time.Time
		if !busy {
			patience = time.After(overtakeMax)
		}
		select {
		case <-change:
		case <-patience:
			late = true
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// leave lets the next call in.
func (t *turns) leave(caller, number uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.busy = false
	if number > 0 {
		t.note(caller, max(t.nextOf(caller), number+1))
	}
	close(t.change)
	t.change = make(chan struct{})
}

// nextOf returns the number of a caller's next call, 0 if it is not known; the caller holds mu.
func (t *turns) nextOf(caller uint64) uint64 {
	if n, ok := t.next[caller]; ok {
		return n
	}
	return t.before[caller]
}

// note sets the number of a caller's next call; the caller holds mu.
func (t *turns) note(caller, next uint64) {
	if _, ok := t.next[caller]; !ok && len(t.next) >= callersMax {
		t.next, t.before = map[uint64]uint64{}, t.next
	}
	t.next[caller] = next
}

// Len returns how many actors are known.
func (a *Actors) Len() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.byID)
}

// Forget drops what is known of an actor that has ended.
func (a *Actors) Forget(id wire.ID) {
	a.mu.Lock()
	delete(a.byID, id)
	a.mu.Unlock()
}
