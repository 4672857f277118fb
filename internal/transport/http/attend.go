package http

import (
	"context"
	"net/http/httptrace"
	"sync"
	"time"
)

// How long a peer is waited for until others are asked beside it: a connection takes a round trip, whatever the peer is busy with; the first
// byte of an answer may have to come from disk.
const (
	ConnectWait = 250 * time.Millisecond
	AnswerWait  = 2 * time.Second
)

// Attend waits for the first sign of life of a peer to which a request is made under the context that it returns. Whether a network drops
// everything shows only after seconds in the request itself; silent is called, once, when there has been no connection for connectWait or,
// with a connection, no first byte of an answer for answerWait. The request goes on. After end has returned silent is not called any more.
func Attend(ctx context.Context, connectWait, answerWait time.Duration, silent func()) (_ context.Context, end func()) {
	a := &attention{silent: silent, more: answerWait - connectWait}
	a.mu.Lock()
	a.timer = time.AfterFunc(connectWait, a.look)
	a.mu.Unlock()
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) {
			a.mu.Lock()
			a.connected = true
			a.mu.Unlock()
		},
		GotFirstResponseByte: a.end,
	}), a.end
}

// attention is one wait of Attend.
type attention struct {
	silent func()
	more   time.Duration // after a connection

	mu        sync.Mutex // guards what follows; held while silent runs
	timer     *time.Timer
	connected bool
	over      bool
}

func (a *attention) look() {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.over:
		return
	case a.connected && a.more > 0:
		a.timer.Reset(a.more)
		a.more = 0
		return
	}
	a.over = true
	a.silent()
}

func (a *attention) end() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.over {
		a.over = true
		a.timer.Stop()
	}
}
