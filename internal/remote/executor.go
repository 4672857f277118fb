package remote

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"sheaf/graph"
	"sheaf/internal/exec"
	"sheaf/internal/wire"
)

// Names is how a graph's parts are named while it is packed; see travel.Names.
type Names struct {
	Layer    func() wire.LayerID
	External func(p graph.Pending) (wire.ID, error)
	Large    func(v any) (wire.ID, error)
}

// A Fetcher moves values between this process and workers.
type Fetcher interface {
	// Fetch gets values from the worker with a data address. It calls got for each of them, in any order and not concurrently, with
	// the value or with why that one cannot be had there: exec.ErrSerialize and exec.ErrLimit mean that it cannot be had at all. The
	// error is that of the connection: what got was not called for did not come.
	Fetch(ctx context.Context, address string, ids []wire.ID, got func(i int, v any, err error)) error

	// Put gives values to a worker to keep. It calls done for each of them as Fetch calls got.
	Put(ctx context.Context, address string, items []Item, done func(i int, err error)) error
}

// An Item is a value to be put on a worker.
type Item struct {
	ID    wire.ID
	Value any
	Bytes int64 // as the worker will count it
}

// A Config says how an executor reaches the world.
type Config struct {
	Send    func(wire.Message) error // to the scheduler; encodes at once and does not wait
	Fetcher Fetcher

	Pack   func(g graph.Graph, n Names) (*wire.Graph, error) // travel.Pack
	Parse  func(frame []byte) (any, error)                   // travel.ParseValue
	Error  func(f *wire.Failure) error                       // travel.DecodeError
	SizeOf func(v any) int64                                 // codec.SizeOf

	Attend func(ctx context.Context, silent func()) (_ context.Context, end func()) // http.Attend: calls silent if a worker gives no sign of life; may be nil

	Delivery func(*wire.Delivery) // reports of the coordination objects; may be nil

	FetchBytesMax int64         // of values on their way at a time; 256 MiB by default
	PushWait      time.Duration // how long a small value is waited for before it is fetched; 3 ms by default, negative for not at all
}

const (
	pushBytesMax   = 1 << 10  // what workers send by themselves
	keepBytesMax   = 64 << 10 // values up to this size stay here when they have been read once
	fetchIDsMax    = 4096     // values of a request
	fetchBytesMax  = 64 << 20 // bytes of a request that has more than one value
	fetchesMax     = 2        // requests to one worker at a time
	releaseEvery   = time.Millisecond
	releaseIDsMax  = 1 << 15
	connectionsMax = 4  // requests to a worker that may fail in a row before the scheduler is told
	readsMax       = 20 // times that a value may turn out to be unreadable
)

// An Executor runs graphs on a cluster. It is safe for concurrent use.
type Executor struct {
	conf   Config
	ctx    context.Context // ends with the executor
	cancel context.CancelCauseFunc
	serial atomic.Uint64 // of layers
	work   sync.WaitGroup

	explaining atomic.Bool // somebody asks why tasks wait

	mu       sync.Mutex // guards what follows, entries included
	closed   error
	number   uint32 // of the client; 0 before Welcome and after the session was lost
	welcome  wire.Welcome
	layers   map[wire.LayerID]*layer
	kept     map[wire.LayerID]*kept // what graphs have brought along
	adopted  map[wire.ID]*entry     // what others gave to this client
	runs     map[uint64]*Run
	request  uint64
	calls    map[uint64]*call
	sources  map[uint32]*source // workers, by number
	turn     int                // of Put
	came     chan struct{}      // closed and made anew when a worker comes
	flying   int64              // bytes being fetched
	homeless []*entry           // to be fetched from workers that are not known yet
	late     []*entry           // small values that were not pushed yet
	release  []wire.ID
	timing   bool // a timer will flush release
	after    after
}

// after is what is to be done when the lock has been given back.
type after struct {
	call   []func()
	decode []*entry
}

// New returns an executor. Its owner tells it of the session: [Executor.Welcome], [Executor.Lost], and delivers what arrives.
func New(c Config) *Executor {
	if c.FetchBytesMax <= 0 {
		c.FetchBytesMax = 256 << 20
	}
	if c.PushWait == 0 {
		c.PushWait = 3 * time.Millisecond
	}
	x := &Executor{
		conf: c, layers: map[wire.LayerID]*layer{}, kept: map[wire.LayerID]*kept{}, adopted: map[wire.ID]*entry{}, runs: map[uint64]*Run{}, calls: map[uint64]*call{},
		sources: map[uint32]*source{}, came: make(chan struct{}),
	}
	x.ctx, x.cancel = context.WithCancelCause(context.Background())
	return x
}

// Number returns the client's number in the session, 0 if there is none.
func (x *Executor) Number() uint32 {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.number
}

// Close fails everything that is not done with the given cause and waits for the executor's goroutines.
func (x *Executor) Close(cause error) {
	x.mu.Lock()
	if x.closed != nil {
		x.mu.Unlock()
		x.work.Wait()
		return
	}
	x.flush()
	x.closed = cause
	x.forsake(cause)
	x.unlock()
	x.cancel(cause)
	x.work.Wait()
}

// Lost says that the session is over: what was not fetched is lost.
func (x *Executor) Lost(reason string) {
	x.mu.Lock()
	x.number = 0
	x.release = nil
	x.forsake(fmt.Errorf("client: the scheduler does not know this client any more (%s): %w", reason, exec.ErrLost))
	clear(x.sources)
	x.unlock()
}

// forsake fails everything that is not done; the caller holds mu.
func (x *Executor) forsake(cause error) {
	forsake := func(e *entry) {
		e.claims = 0
		if e.state != gone && !e.has {
			e.state = pending
			x.fail(e, cause)
		}
	}
	for _, l := range x.layers {
		for k := range l.len() {
			forsake(l.at(k))
		}
	}
	for _, e := range x.adopted {
		forsake(e)
	}
	clear(x.layers)
	clear(x.kept)
	clear(x.adopted)
	for id, r := range x.runs {
		r.finish(cause)
		delete(x.runs, id)
	}
	for id, c := range x.calls {
		x.answer(id, c, &wire.Reply{Request: id, Err: cause.Error(), Sort: wire.SortClosed}, cause)
	}
	x.homeless, x.late = nil, nil
}

// unlock gives mu back and does what was to be done without it.
func (x *Executor) unlock() {
	for {
		todo := x.after
		x.after = after{}
		x.mu.Unlock()
		for _, f := range todo.call {
			f()
		}
		if len(todo.decode) == 0 {
			return
		}
		x.decode(todo.decode)
		x.mu.Lock()
	}
}

// spawn runs f in a goroutine that Close waits for, unless the executor is closed; the caller holds mu.
func (x *Executor) spawn(f func()) {
	if x.closed == nil {
		x.work.Go(f)
	}
}

// layerID returns a fresh id.
func (x *Executor) layerID() wire.LayerID { return wire.NewLayerID(x.Number(), x.serial.Add(1)) }
