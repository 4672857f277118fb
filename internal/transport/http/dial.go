package http

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"time"
)

const (
	unreachedAge = 30 * time.Second // how long an address is remembered that did not answer
	unreachedMax = 1024             // addresses that are remembered
	impatience   = 5                // the part of the time that such an address is given to answer
)

// unreached remembers addresses to which a connection timed out. A host that drops packets is then found to do so sooner: it need not cost
// every request the whole time that a slow one may take.
type unreached struct {
	mu    sync.Mutex // guards since
	since map[string]time.Time
}

// wait returns how long a connection to an address is waited for.
func (u *unreached) wait(addr string, timeout time.Duration) time.Duration {
	u.mu.Lock()
	defer u.mu.Unlock()
	if at, ok := u.since[addr]; ok && time.Since(at) < unreachedAge {
		return timeout / impatience
	}
	return timeout
}

// note takes note of how a connection to an address went.
func (u *unreached) note(addr string, err error) {
	timeout := errors.Is(err, os.ErrDeadlineExceeded)
	if e, ok := errors.AsType[net.Error](err); ok {
		timeout = timeout || e.Timeout()
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case !timeout: // it answers, be it that it refuses
		delete(u.since, addr)
	case len(u.since) >= unreachedMax:
		clear(u.since)
		fallthrough
	default:
		u.since[addr] = time.Now()
	}
}

// dial connects to an address.
func (f *Fetcher) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	d := net.Dialer{Timeout: f.unreached.wait(addr, f.conf.ConnectTimeout)}
	conn, err := d.DialContext(ctx, network, addr)
	if ctx.Err() == nil { // otherwise it is the caller who has no more time
		f.unreached.note(addr, err)
	}
	return conn, err
}
