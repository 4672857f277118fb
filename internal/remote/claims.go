package remote

import (
	"time"

	"sheaf/internal/wire"
)

// flushSoon has released claims told to the scheduler, many at a time; the caller holds mu.
func (x *Executor) flushSoon() {
	switch {
	case len(x.release) >= releaseIDsMax:
		x.flush()
	case len(x.release) > 0 && !x.timing:
		x.timing = true
		time.AfterFunc(releaseEvery, func() {
			x.mu.Lock()
			x.timing = false
			x.flush()
			x.unlock()
		})
	}
}

// flush tells the scheduler which claims were released; the caller holds mu.
func (x *Executor) flush() {
	if len(x.release) == 0 || x.closed != nil {
		return
	}
	if x.number != 0 {
		_ = x.conf.Send(&wire.Release{IDs: x.release}) // without a session there are no claims
	}
	x.release = nil
}
