package node

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"sheaf/internal/local"
	"sheaf/internal/stepper"
	"sheaf/internal/store"
	"sheaf/internal/wire"
	"sheaf/internal/worker"
)

// A Node is the body of one worker. Its methods may be called from any goroutine.
type Node struct {
	conf  Config
	begin time.Time
	base  context.Context // of tasks; carries values, and is never cancelled
	store *store.Store
	pool  pool
	table table
	gauge gauge

	life       context.Context // of everything beside tasks
	end        context.CancelFunc
	others     sync.WaitGroup // fetches, pushes, answers, spilling
	closed     atomic.Bool
	dropped    atomic.Int64 // bytes of large values since they were collected
	collecting atomic.Bool
	asking     chan struct{} // one place per question that is being answered

	mu       sync.Mutex // guards what follows
	inbox    []worker.In
	fetched  []arrival
	puts     []*putting
	checks   []check
	refusals map[wire.ID]int // values that peers could not encode, how often

	stepper *stepper.Stepper // its steps guard what follows
	machine *worker.Worker
	running map[wire.Attempt]*job
	actors  map[*holding]wire.ID // those that were made here
	address map[uint32]string
	failure map[wire.LayerID]error // of layers whose operations could not be read
	spare   []*job
	turn    turn
	paused  string
}

// New starts a node. It does nothing until there is a session.
func New(conf Config) (*Node, error) {
	conf, err := conf.withDefaults()
	if err != nil {
		return nil, err
	}
	n := &Node{
		conf: conf, begin: time.Now(), base: context.Background(),
		asking: make(chan struct{}, asking), machine: worker.New(conf.Limits), running: map[wire.Attempt]*job{}, actors: map[*holding]wire.ID{},
		address: map[uint32]string{}, failure: map[wire.LayerID]error{}, refusals: map[wire.ID]int{},
	}
	n.life, n.end = context.WithCancel(context.Background())
	if conf.Context != nil {
		n.base = conf.Context(n.base)
	}
	sc := store.Config{Dir: conf.Dir, Codec: conf.Codec}
	if m := conf.Hello.MemoryBytes; m > 0 {
		sc.LimitBytes = int64(conf.StoreShare * float64(m))
		sc.Pressure = local.NewSoftener(sc.LimitBytes).Press
	}
	n.store = store.New(sc)
	n.table.values = map[wire.ID]*holding{}
	n.stepper = stepper.New(n.now, n.step)
	n.pool.init(n, conf.Hello.Threads)
	n.turn.got = map[wire.ID]*holding{}
	go n.stepper.Loop(n.life.Done())
	return n, nil
}

// Deliver hands messages of the scheduler to the worker, which owns them from then on. It does not wait.
func (n *Node) Deliver(ms []wire.Message) {
	in := make([]worker.In, len(ms))
	all := make([]worker.FromScheduler, len(ms))
	for i, m := range ms {
		all[i].Msg = m
		in[i] = &all[i]
	}
	n.put(in)
	n.stepper.Hasten()
}

// Session says that a session with the scheduler has been opened, upon which the worker introduces itself, or that it is lost.
func (n *Node) Session(up bool) {
	if up {
		n.post(&worker.Opened{})
		return
	}
	n.post(&worker.Lost{})
}

// post gives the machine something to take in.
func (n *Node) post(in ...worker.In) {
	n.put(in)
	n.stepper.Wake()
}

func (n *Node) put(in []worker.In) {
	if n.closed.Load() {
		return
	}
	n.mu.Lock()
	n.inbox = append(n.inbox, in...)
	n.mu.Unlock()
}

func (n *Node) now() time.Duration { return time.Since(n.begin) }

// Close ends the node: running tasks have their context cancelled and are waited for until ctx ends. Then the error names those
// that go on; their goroutines remain. Values are gone.
func (n *Node) Close(ctx context.Context) error {
	if n.closed.Swap(true) {
		<-n.stepper.Done()
		return nil
	}
	hang := n.pool.close(ctx)
	n.end()
	<-n.stepper.Done()
	n.others.Wait()
	n.pool.drain()
	n.releasePuts()
	err := n.store.Close()
	if len(hang) > 0 {
		return fmt.Errorf("node: %s do not look at their context and go on", strings.Join(hang, ", "))
	}
	return err
}

// within runs f in the loop, where the machine may be asked.
func (n *Node) within(ctx context.Context, f func()) error {
	ran := make(chan struct{})
	n.mu.Lock()
	n.checks = append(n.checks, check{do: func() {
		f()
		close(ran)
	}})
	n.mu.Unlock()
	n.stepper.Wake()
	select {
	case <-ran:
		return nil
	case <-n.stepper.Done():
		return ErrClosed
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Dump describes the state of the worker, for people.
func (n *Node) Dump(ctx context.Context) (string, error) {
	got := make(chan string, 1)
	if err := n.within(ctx, func() { got <- n.machine.Dump() }); err != nil {
		return "", err
	}
	return <-got, nil
}

// Hello returns how the worker introduces itself now. Whoever sends it says nothing of the new session by [Node.Session].
func (n *Node) Hello() *wire.WorkerHello {
	got := make(chan *wire.WorkerHello, 1)
	if n.within(context.Background(), func() { got <- n.machine.Hello() }) != nil {
		h := n.conf.Hello
		return &h
	}
	return <-got
}

// Announce says where the worker's values can be read from, for introductions from now on.
func (n *Node) Announce(address string) {
	_ = n.within(context.Background(), func() { n.machine.Announce(address) })
}
