package http

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"sheaf/internal/wire"
)

// requestIDs is how many values one request asks for; more are several requests.
const requestIDs = 100_000

// Get asks a peer for values and gives each to sink, in the order of ids: the value, or an error that says why there is none. The
// sink is called once for each id before Get returns, by its goroutine. What Get returns is nil unless the transfer itself failed; then
// each value that had not arrived was given that error: [ErrRefused], [ErrBroken] or the context's.
//
// While sink runs, the next value waits in the network; the bytes of the present one count as in flight.
func (f *Fetcher) Get(ctx context.Context, addr string, ids []wire.ID, sink func(id wire.ID, v any, err error)) error {
	fail := func(err error) error {
		for _, id := range ids {
			sink(id, nil, err)
		}
		return err
	}
	for len(ids) > 0 {
		asked := ids[:min(len(ids), requestIDs)]
		done, err := f.request(ctx, addr, asked, false, sink)
		if ids = ids[done:]; err != nil {
			return fail(err)
		}
		if done < len(asked) { // the next one spoilt its batch
			done, err = f.request(ctx, addr, ids[:min(len(ids), 64)], true, sink)
			if ids = ids[done:]; err != nil {
				return fail(err)
			}
		}
	}
	return nil
}

// request makes one request and returns how many ids it has dealt with: all, unless there is an error or a batch could not be decoded.
func (f *Fetcher) request(ctx context.Context, addr string, ids []wire.ID, each bool, sink func(wire.ID, any, error)) (done int, err error) {
	c := f.begin(ctx)
	defer f.end(c)
	list := make([]byte, 0, len(ids)*idLen)
	for _, id := range ids {
		list = appendID(list, id)
	}
	body, err := f.do(c, addr, pathGet, bytes.NewReader(list), each)
	if err != nil {
		return 0, err
	}
	defer func() { _ = body.Close() }()
	er := &entryReader{r: &watched{body, c}, addr: addr, budget: f.budget, limit: f.conf.ValueBytesMax}
	var order error
	er.sink = func(id wire.ID, v any, _ int64, err error) {
		switch {
		case order != nil || len(er.again) > 0: // comes again
		case done >= len(ids) || id != ids[done]:
			order = fmt.Errorf("%w: %v arrived, which is not its turn", ErrBroken, id)
		default:
			c.timer.Stop() // the sink may take its time
			sink(id, v, err)
			c.timer.Reset(c.stall)
			done++
		}
	}
	err = er.all(c.ctx)
	f.values.Add(er.values)
	f.bytes.Add(er.bytes)
	if err == nil && order == nil && len(er.again) == 0 && done != len(ids) {
		order = fmt.Errorf("%w: %d values arrived of %d", ErrBroken, done, len(ids))
	}
	if err = errors.Join(err, order); err != nil {
		return done, f.explain(c.ctx, err)
	}
	return done, nil
}
