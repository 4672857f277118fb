package http

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"sheaf/internal/wire"
)

// An Item is a value with its name.
type Item struct {
	ID    wire.ID
	Value Value
}

// Put stores one value at a peer. When it returns nil, the peer keeps it.
func (f *Fetcher) Put(ctx context.Context, addr string, id wire.ID, v Value) error {
	var failed error
	err := f.PutAll(ctx, addr, []Item{{id, v}}, func(_ wire.ID, err error) { failed = err })
	if err != nil {
		return err
	}
	return failed
}

// PutAll stores values at a peer in one request and closes them. It tells sink of each in order how it went, once it knows all; when the
// transfer itself failed, that error is given for all and returned. Putting a value again is up to the caller; the peer must not mind.
func (f *Fetcher) PutAll(ctx context.Context, addr string, items []Item, sink func(id wire.ID, err error)) error {
	results, err := f.putAll(ctx, addr, items)
	for i, it := range items {
		if err != nil {
			sink(it.ID, err)
		} else {
			sink(it.ID, results[i])
		}
	}
	return err
}

func (f *Fetcher) putAll(ctx context.Context, addr string, items []Item) ([]error, error) {
	c := f.begin(ctx)
	out := &outgoing{items: items, c: c, done: make(chan struct{})}
	defer out.finish()
	defer f.end(c) // first, so that nobody writes any more
	body, err := f.do(c, addr, pathPut, out, false)
	if err != nil {
		return nil, err
	}
	defer func() { _ = body.Close() }()
	results := make([]error, 0, len(items))
	var order error
	er := &entryReader{r: &watched{body, c}, addr: addr, budget: f.budget, limit: f.conf.ValueBytesMax}
	er.sink = func(id wire.ID, _ any, _ int64, err error) {
		if len(results) >= len(items) || items[len(results)].ID != id {
			order = fmt.Errorf("%w: an answer for %v, which was not put or not in this order", ErrBroken, id)
			return
		}
		results = append(results, err)
	}
	if err = er.all(c.ctx); err == nil {
		err = order
	}
	if err == nil && len(results) != len(items) {
		err = fmt.Errorf("%w: %d answers for %d values", ErrBroken, len(results), len(items))
	}
	if err != nil {
		return nil, f.explain(c.ctx, err)
	}
	return results, nil
}

// outgoing is the body of a put. It writes its entries itself where net/http lets it, which saves a copy of everything.
type outgoing struct {
	items []Item
	c     *call
	pipe  *io.PipeReader // of Read
	done  chan struct{}  // closed when WriteTo, once begun, has returned

	mu            sync.Mutex // guards the rest
	begun, closed bool
}

var errBodyClosed = errors.New("http: body is closed")

// WriteTo writes the entries to w. It closes the values, whether they were written or not.
func (o *outgoing) WriteTo(w io.Writer) (int64, error) {
	o.mu.Lock()
	refused := o.begun || o.closed
	o.begun = true
	o.mu.Unlock()
	if refused {
		return 0, errBodyClosed
	}
	defer close(o.done)
	out := &counted{w: w, c: o.c}
	ew := newEntryWriter(out)
	defer ew.drop()
	for i, it := range o.items {
		err := ew.value(it.ID, it.Value)
		if err == nil && o.stopped() {
			err = errBodyClosed
		}
		if err != nil {
			o.drop(i + 1)
			return out.n, err
		}
	}
	return out.n, ew.end()
}

func (o *outgoing) stopped() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.closed
}

func (o *outgoing) drop(from int) {
	for i := from; i < len(o.items); i++ {
		o.items[i].Value.close()
	}
}

// Read is for a net/http that does not know WriteTo.
func (o *outgoing) Read(p []byte) (int, error) {
	if o.pipe == nil {
		r, w := io.Pipe()
		o.pipe = r
		go func() {
			_, err := o.WriteTo(w)
			_ = w.CloseWithError(err)
		}()
	}
	return o.pipe.Read(p)
}

// Close makes a running WriteTo end soon.
func (o *outgoing) Close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	return nil
}

// finish waits until no value is used any more. The connection has been given up, or everything was written.
func (o *outgoing) finish() {
	o.mu.Lock()
	begun := o.begun
	o.begun, o.closed = true, true
	o.mu.Unlock()
	if !begun {
		o.drop(0)
		return
	}
	if o.pipe != nil {
		_ = o.pipe.Close()
	}
	<-o.done
}

// counted is the writer below a put, whose progress keeps the call alive.
type counted struct {
	w io.Writer
	c *call
	n int64
}

func (c *counted) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	c.c.timer.Reset(c.c.stall)
	return n, err
}
