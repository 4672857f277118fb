package node

import (
	"context"
	"errors"
	"time"

	"sheaf/graph"
	"sheaf/internal/codec"
	"sheaf/internal/slots"
	"sheaf/internal/store"
	"sheaf/internal/transport/http"
	"sheaf/internal/travel"
	"sheaf/internal/wire"
	"sheaf/internal/worker"
)

// A Program has the operations of layers: travel.Loader. It is safe for concurrent use.
type Program interface {
	Add(l *wire.Layer) error
	Bind(id wire.ID) (l *graph.Layer, index int, err error)
	Forget(ids ...wire.LayerID)
}

// A Fetcher gets values from the data address of a peer: http.Fetcher. It calls sink once per id before it returns, with an
// error for those that do not come.
type Fetcher interface {
	Get(ctx context.Context, addr string, ids []wire.ID, sink func(id wire.ID, v any, err error)) error
}

// Slots records which attempts run, for whoever watches the process: slots.Table.
type Slots interface {
	Begin(id wire.ID, attempt uint32) slots.Slot
	End(s slots.Slot)
}

// Config describes a node. Send, Program and Fetcher are needed.
type Config struct {
	Hello wire.WorkerHello // what it says of itself: Name, Address, Threads, MemoryBytes, Resources …
	Dir   string           // for spilled values; empty means the system's temporary directory

	Send    func(m wire.Message)                                                  // to the scheduler; it must return soon, and may be called when there is no session
	Push    func(client uint32, vs []*wire.Value)                                 // straight to a client, from a goroutine of its own; may be nil
	Quit    func(reason string, restart bool)                                     // the scheduler wants the worker to end; it must return soon; may be nil
	Status  func(paused bool, reason string)                                      // the worker has stopped or begun to start tasks; may be nil
	Context func(context.Context) context.Context                                 // adds to the context of all tasks; may be nil
	Answer  func(ctx context.Context, n *Node, body wire.Body) (wire.Body, error) // answers questions to this worker; may be nil
	Turn    func(ctx context.Context, actor wire.ID) (leave func(), err error)    // waits until no method of an actor runs, and lets none begin until leave; may be nil
	Ended   func(actor wire.ID)                                                   // an actor is not here any more; it must return soon, and may be told twice; may be nil
	Program Program
	Fetcher Fetcher
	Slots   Slots        // may be nil
	Refused func() int64 // requests that the data server has refused; may be nil
	RSS     func() int64 // memory of the process, if it is this worker's alone; may be nil

	ConnectWait time.Duration                                                              // after which a peer that has not taken a connection is called silent, and others are asked too; 0 means http.ConnectWait
	AnswerWait  time.Duration                                                              // the same of one that has, and has not begun to answer; 0 means http.AnswerWait
	Grace       time.Duration                                                              // how long a function may go on after it was told to end, before that is reported; 0 means 5 s
	StoreShare  float64                                                                    // of the memory, above which values are spilled; 0 means 0.6
	Limits      worker.Config                                                              // of the machine; its Hello is not used
	Failure     func(err error, task wire.ID, worker string, attempt uint32) *wire.Failure // nil means travel.EncodeError
	SizeOf      func(v any) int64                                                          // nil means codec.SizeOf
	Codec       store.Codec                                                                // of values on disk; nil means checksummed frames
}

var errConfig = errors.New("node: Send, Program and Fetcher must be given")

func (c Config) withDefaults() (Config, error) {
	if c.Send == nil || c.Program == nil || c.Fetcher == nil {
		return c, errConfig
	}
	c.Hello.Threads = max(1, c.Hello.Threads)
	if c.Grace <= 0 {
		c.Grace = 5 * time.Second
	}
	if c.ConnectWait <= 0 {
		c.ConnectWait = http.ConnectWait
	}
	if c.AnswerWait <= 0 {
		c.AnswerWait = http.AnswerWait
	}
	if c.StoreShare <= 0 {
		c.StoreShare = 0.6
	}
	if c.Failure == nil {
		c.Failure = travel.EncodeError
	}
	if c.SizeOf == nil {
		c.SizeOf = codec.SizeOf
	}
	if c.Codec == nil {
		c.Codec = frames{}
	}
	if c.Push == nil {
		c.Push = func(uint32, []*wire.Value) {}
	}
	if c.Quit == nil {
		c.Quit = func(string, bool) {}
	}
	if c.Ended == nil {
		c.Ended = func(wire.ID) {}
	}
	if c.Status == nil {
		c.Status = func(bool, string) {}
	}
	c.Limits.Hello = c.Hello
	return c, nil
}

var (
	_ http.Source = (*Node)(nil)
	_ http.Sink   = (*Node)(nil)
)

// ErrClosed is matched by the error about a node that has been closed.
var ErrClosed = errors.New("the worker is closed")
