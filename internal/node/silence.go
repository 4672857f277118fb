package node

import (
	"context"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"sheaf/internal/wire"
)

// silence waits for the first sign of life of a peer that was asked for values. Whether its network drops everything is found out by the
// fetcher only after seconds; the machine, told of the silence, asks other holders meanwhile.
type silence struct {
	n         *Node
	worker    uint32
	ids       []wire.ID
	connected atomic.Bool
	timer     *time.Timer // n.mu guards it, and what follows
	waited    bool        // for a connection
	over      bool        // there was a sign, or the machine was told
}

// attend begins to wait. The request is made under the context that it returns.
func (n *Node) attend(worker uint32, ids []wire.ID) (context.Context, *silence) {
	s := &silence{n: n, worker: worker, ids: ids}
	n.mu.Lock()
	s.timer = time.AfterFunc(n.conf.ConnectWait, s.look)
	n.mu.Unlock()
	return httptrace.WithClientTrace(n.life, &httptrace.ClientTrace{
		GotConn:              func(httptrace.GotConnInfo) { s.connected.Store(true) },
		GotFirstResponseByte: s.end,
	}), s
}

// look tells the machine that the peer is silent, or waits on if it has taken a connection just now.
func (s *silence) look() {
	n := s.n
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case s.over:
		return
	case !s.waited && s.connected.Load() && n.conf.AnswerWait > n.conf.ConnectWait:
		s.waited = true
		s.timer.Reset(n.conf.AnswerWait - n.conf.ConnectWait)
		return
	}
	s.over = true
	n.fetched = append(n.fetched, arrival{worker: s.worker, silent: s.ids}) // before anything that still comes
	n.stepper.Wake()
}

// end ends the waiting: there is a sign of life, or an error.
func (s *silence) end() {
	s.n.mu.Lock()
	defer s.n.mu.Unlock()
	if !s.over {
		s.over = true
		s.timer.Stop()
	}
}
