// Package mem is a network inside one process, with switches that make it fail as real ones do.
package mem

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"sheaf/internal/transport"
)

// A Config says how a hub behaves. The zero value works.
type Config struct {
	MaxFrame      int // bytes of the largest frame, 1 MiB by default
	InboxBytesMax int // of frames that wait for one handler; what exceeds it is dropped; 64 MiB by default
}

// A Hub is the network. Endpoints join it by name.
type Hub struct {
	conf Config

	mu     sync.Mutex // guards the rest
	ends   map[string]*endpoint
	faults map[route]Faults
	rng    *rand.Rand
}

// route is a pair of names; "" is any.
type route struct{ from, to string }

// Faults is how frames are mistreated on their way. The zero value is a perfect wire.
type Faults struct {
	Cut    bool          // nothing passes
	Drop   float64       // probability that a frame is lost
	Repeat float64       // probability that it arrives twice
	Delay  time.Duration // each frame is late by this much
	Spread time.Duration // and by up to this much more, at random, so that frames overtake each other
}

// NewHub returns a network without peers.
func NewHub(conf Config) *Hub {
	if conf.MaxFrame <= 0 {
		conf.MaxFrame = 1 << 20
	}
	if conf.InboxBytesMax <= 0 {
		conf.InboxBytesMax = 64 << 20
	}
	return &Hub{conf: conf, ends: make(map[string]*endpoint), faults: make(map[route]Faults), rng: rand.New(rand.NewPCG(1, 2))}
}

// Seed makes the faults repeatable as far as the order of frames is.
func (h *Hub) Seed(seed uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.rng = rand.New(rand.NewPCG(seed, 2))
}

// Set says how frames from one peer to another fare from now on. An empty name stands for all peers; the more particular setting counts,
// the sender's before the receiver's.
func (h *Hub) Set(from, to string, f Faults) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.faults[route{from, to}] = f
}

// Mend takes all faults back.
func (h *Hub) Mend() {
	h.mu.Lock()
	defer h.mu.Unlock()
	clear(h.faults)
}

// Partition cuts both ways between two peers, or between one and all others when b is empty.
func (h *Hub) Partition(a, b string) {
	h.Set(a, b, Faults{Cut: true})
	h.Set(b, a, Faults{Cut: true})
}

// Disconnect makes a peer's endpoint lose its connection: nothing passes, and its status says so, until Reconnect.
func (h *Hub) Disconnect(name string, why error) { h.connect(name, why) }

// Reconnect undoes Disconnect.
func (h *Hub) Reconnect(name string) { h.connect(name, nil) }

func (h *Hub) connect(name string, why error) {
	h.mu.Lock()
	e := h.ends[name]
	h.mu.Unlock()
	if e == nil {
		return
	}
	status := transport.Status{State: transport.Connected}
	e.mu.Lock()
	if e.away = why != nil; e.away {
		status = transport.Status{State: transport.Disconnected, Err: why}
	} else {
		e.stats.Reconnects++
	}
	e.mu.Unlock()
	e.status.Report(status)
}

// Join adds a peer. Its handler is called by one goroutine, which ends with Close.
func (h *Hub) Join(name string, handle transport.Handler) (transport.Endpoint, error) {
	if err := transport.CheckName(name); err != nil {
		return nil, err
	}
	e := &endpoint{
		hub: h, name: name, handle: handle, done: make(chan struct{}),
		status: transport.NewStatuses(transport.Status{State: transport.Connected}),
	}
	e.wake.L = &e.mu
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ends[name] != nil {
		return nil, fmt.Errorf("%w: %s", transport.ErrTaken, name)
	}
	h.ends[name] = e
	go e.deliver()
	return e, nil
}

// Has reports whether there is an endpoint of that name.
func (h *Hub) Has(name string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.ends[name] != nil
}

// fate returns the receiver and the delays of each copy of a frame that arrives.
func (h *Hub) fate(from, to string, copies []time.Duration) (*endpoint, []time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	e := h.ends[to]
	if e == nil {
		return nil, nil
	}
	if len(h.faults) == 0 {
		return e, append(copies, 0)
	}
	var f Faults
	for _, r := range [...]route{{from, to}, {from, ""}, {"", to}, {"", ""}} {
		var ok bool
		if f, ok = h.faults[r]; ok {
			break
		}
	}
	n := 1
	if f.Repeat > 0 && h.rng.Float64() < f.Repeat {
		n = 2
	}
	for range n {
		if f.Cut || f.Drop > 0 && h.rng.Float64() < f.Drop {
			continue
		}
		delay := f.Delay
		if f.Spread > 0 {
			delay += time.Duration(h.rng.Int64N(int64(f.Spread)))
		}
		copies = append(copies, delay)
	}
	return e, copies
}
