package client

import (
	"context"
	"fmt"
	"log/slog"
	"sync"

	"sheaf"
	"sheaf/internal/coord"
	"sheaf/internal/logs"
	inside "sheaf/internal/task"
	"sheaf/internal/wire"
)

// ForwardLogging hands what tasks log to a handler here, from now on until stop is called, ctx ends or the client is closed: the records of
// a level and above that worker processes write with the default loggers of log/slog and log (whose lines count as records of level Info),
// with their own time, level, message, attributes and groups, and with the attributes worker and key, that of the task. A nil handler is the
// default one of this process.
//
// The workers write them too, as if nobody listened. The key is known of records that are written with the task's context, or on its own
// goroutine. Workers forward about a megabyte per second at most, in order, and keep at most a thousand records back; what is more than that is dropped, and a
// record says how many were. Attributes travel as numbers, texts, times and durations; of a record with very many or very long ones the
// beginning. Nothing is forwarded while no client wants it; without a connection to the scheduler it is dropped. stop does not wait for
// records that are on the way.
//
// In one process the records of all tasks that run on its goroutines are handed to the handler; if that is nil they get the attributes, and
// are written once.
//
// Same as Client.forward_logging and Client.unforward_logging.
func (c *Client) ForwardLogging(ctx context.Context, level slog.Level, h slog.Handler) (stop func(), err error) {
	if c.closed.Load() {
		return nil, fmt.Errorf("client: the client is %w", sheaf.ErrClosed)
	}
	own := h == nil
	if own {
		h = logs.Underlying()
	}
	reader := &logs.Reader{Handler: h, Level: level}
	ctx, cancel := context.WithCancel(ctx)
	f := &forward{level: level, cancel: cancel}
	if c.link == nil {
		f.listen(ctx, reader, own)
		c.forwards.add(f)
		return func() { c.forwards.remove(f) }, nil
	}
	s, err := c.subscribe(ctx, wire.LogTopic, 0)
	if err != nil {
		cancel()
		return nil, err
	}
	c.forwards.add(f)
	if err := c.askForward(ctx); err != nil {
		c.forwards.remove(f)
		s.end()
		return nil, fmt.Errorf("client: ForwardLogging: %w", err)
	}
	go func() {
		err := s.each(func(m coord.Message, _ uint64) bool {
			if b, err := logs.ParseBatch(m.Data); err == nil { // what is none is of somebody who uses this topic for something else
				reader.Read(ctx, b)
			}
			return true
		})
		if ctx.Err() == nil && !c.closed.Load() {
			reader.End(err)
		}
		c.forwards.remove(f)
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), parting)
		defer cancel()
		_ = c.askForward(last) // of a closed client the scheduler knows
	}()
	return func() { c.forwards.remove(f) }, nil
}

// askForward tells the scheduler what is wanted by now, and waits until the workers know.
func (c *Client) askForward(ctx context.Context) error {
	c.forwards.asking.Lock() // so that the last word is the right one
	defer c.forwards.asking.Unlock()
	on, level := c.forwards.wanted()
	_, err := c.link.x.Call(ctx, &wire.Forward{On: on, Level: int32(level)})
	return err
}

// forward is one handler that records are forwarded to.
type forward struct {
	level  slog.Level
	cancel func()
}

// forwards are those of a client.
type forwards struct {
	asking sync.Mutex
	mu     sync.Mutex // guards all
	all    map[*forward]struct{}
}

func (x *forwards) add(f *forward) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.all == nil {
		x.all = map[*forward]struct{}{}
	}
	x.all[f] = struct{}{}
}

func (x *forwards) remove(f *forward) {
	x.mu.Lock()
	delete(x.all, f)
	x.mu.Unlock()
	f.cancel()
}

// wanted returns the lowest level that a handler wants.
func (x *forwards) wanted() (on bool, level slog.Level) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for f := range x.all {
		if !on || f.level < level {
			level = f.level
		}
		on = true
	}
	return on, level
}

func (x *forwards) close() {
	x.mu.Lock()
	all := x.all
	x.all = nil
	x.mu.Unlock()
	for f := range all {
		f.cancel()
	}
}

// listen hands what tasks of this process log to a handler, in a goroutine of its own: the handler may log in its turn.
func (f *forward) listen(ctx context.Context, reader *logs.Reader, instead bool) {
	q := logs.NewQueue()
	deaf := logs.Listen(&logs.Listener{
		Level: f.level,
		Wants: func(p inside.Place) bool { return p != nil && p.Info().Worker == LocalWorker },
		Take:  func(_ context.Context, r logs.Record) bool { return q.Put(r) && instead },
	})
	cancel := f.cancel
	f.cancel = func() {
		deaf()
		cancel()
	}
	read := func() {
		for b := q.Take(LocalWorker); b != nil; b = q.Take(LocalWorker) {
			reader.Read(context.WithoutCancel(ctx), b)
		}
	}
	go func() {
		for {
			select {
			case <-ctx.Done():
				deaf()
				read() // what it was written instead of
				return
			case <-q.Ready():
				read()
			}
		}
	}()
}
