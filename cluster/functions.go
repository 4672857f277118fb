package cluster

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"sheaf/client"
	"sheaf/fn"
	"sheaf/internal/agent"
	"sheaf/internal/travel"
	"sheaf/internal/wire"
)

const (
	functionsMax   = 64       // functions of clients in the scheduler's process at a time
	answerBytesMax = 16 << 20 // of the result of one
)

// functions runs what clients want to have run in the scheduler's process, beside the loop.
type functions struct {
	core    *core
	allowed bool
	ctx     context.Context // of all functions
	end     context.CancelCauseFunc
	running sync.WaitGroup

	mu      sync.Mutex // guards what follows
	hashes  map[string]string
	cancels map[string]map[*context.CancelCauseFunc]struct{} // by client
	n       int
	closed  bool
}

func newFunctions(c *core, allowed bool) *functions {
	f := &functions{core: c, allowed: allowed, hashes: map[string]string{}, cancels: map[string]map[*context.CancelCauseFunc]struct{}{}}
	f.ctx, f.end = context.WithCancelCause(client.InScheduler(context.Background(), c.info))
	return f
}

// joins takes note of which executable a client runs.
func (f *functions) joins(peer, executable string) {
	f.mu.Lock()
	f.hashes[peer] = executable
	f.mu.Unlock()
}

// leaves ends the functions of a client.
func (f *functions) leaves(peer string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.hashes, peer)
	for cancel := range f.cancels[peer] {
		(*cancel)(errors.New("the client is gone"))
	}
	delete(f.cancels, peer)
}

// close ends all functions. Those that do not return are not waited for.
func (f *functions) close() {
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()
	f.end(errors.New("the scheduler was closed"))
	f.running.Wait()
}

// take runs the functions among the messages of a peer, and returns the other messages.
func (f *functions) take(peer string, ms []wire.Message) []wire.Message {
	for i, m := range ms {
		if m, ok := m.(*wire.Call); ok {
			if b, ok := m.Body.(*wire.RunOnScheduler); ok {
				f.start(peer, m.Request, b)
				return append(ms[:i:i], f.take(peer, ms[i+1:])...)
			}
		}
	}
	return ms
}

// start answers a request to run a function, in a goroutine.
func (f *functions) start(peer string, request uint64, m *wire.RunOnScheduler) {
	f.mu.Lock()
	defer f.mu.Unlock()
	hash, known := f.hashes[peer]
	switch {
	case !known || f.closed:
		return // it is no client, or nobody waits any more
	case f.n >= functionsMax:
		go f.core.send(peer, &wire.Reply{Request: request, Err: fmt.Sprintf("%d functions run in its process already", functionsMax), Sort: wire.SortLimit})
		return
	}
	ctx, cancel := context.WithCancelCause(f.ctx)
	if f.cancels[peer] == nil {
		f.cancels[peer] = map[*context.CancelCauseFunc]struct{}{}
	}
	f.cancels[peer][&cancel] = struct{}{}
	f.n++
	f.running.Go(func() {
		defer f.ended(peer, &cancel)
		r := wire.RunResult{Worker: client.SchedulerName}
		var err error
		if r.Value, err = f.run(ctx, peer, hash, m); err != nil {
			r.Err = travel.EncodeError(err, wire.ID{}, client.SchedulerName, 1)
		}
		f.core.send(peer, &wire.Reply{Request: request, Body: &wire.Ran{Results: []wire.RunResult{r}}})
	})
}

func (f *functions) ended(peer string, cancel *context.CancelCauseFunc) {
	(*cancel)(nil)
	f.mu.Lock()
	f.n--
	delete(f.cancels[peer], cancel)
	if len(f.cancels[peer]) == 0 {
		delete(f.cancels, peer)
	}
	f.mu.Unlock()
}

// run runs one function, if that is allowed, and returns its result in the form in which it travels.
func (f *functions) run(ctx context.Context, peer, hash string, m *wire.RunOnScheduler) ([]byte, error) {
	if !f.allowed {
		return nil, errors.New("this scheduler runs no functions of clients: it is the command sheaf scheduler, or a program that has not set " +
			"SchedulerConfig.AllowFunctions; cluster.StartLocal and StartInProcess allow it as long as only this machine reaches them")
	}
	self, err := agent.Self()
	if err != nil {
		return nil, err
	}
	if self.Hash != hash {
		return nil, fmt.Errorf("the scheduler's process runs another executable (%.12s) than the client (%.12s), and does not have its functions: "+
			"start the scheduler in the same program", self.Hash, hash)
	}
	call, err := travel.DecodeCall(m.Func)
	if err != nil {
		return nil, err
	}
	if m.WithinMS > 0 {
		within := time.Duration(m.WithinMS) * time.Millisecond
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, within, fmt.Errorf("it had %v: %w", within, context.DeadlineExceeded))
		defer cancel()
	}
	name := fn.SourceOf(call.Func).String()
	f.core.log.Info("runs a function of a client", "peer", peer, "function", name)
	v, err := client.DoOnScheduler(ctx, call)
	if err != nil {
		f.core.log.Warn("a function of a client has failed", "peer", peer, "function", name, "error", err)
		return nil, err
	}
	b, err := travel.EncodeAny(v)
	if err == nil && len(b) > answerBytesMax {
		return nil, fmt.Errorf("the result has %d bytes, at most %d come back from a scheduler", len(b), answerBytesMax)
	}
	return b, err
}
