package cluster

import (
	"context"
	"sync"
	"time"

	"sheaf/cluster/internal/page"
	"sheaf/internal/scheduler"
)

// glance is the last overview of a scheduler. However many look at the page, and however large the graphs are, the scheduler spends a
// twentieth of its time on it at most.
type glance struct {
	core *core

	mu   sync.Mutex // guards what follows
	last *scheduler.Overview
	next time.Time // when another one may be made
}

const (
	glanceEvery = 500 * time.Millisecond
	glanceShare = 20
)

// get returns an overview, which must not be changed.
func (g *glance) get(ctx context.Context) (*scheduler.Overview, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.last != nil && time.Now().Before(g.next) {
		return g.last, nil
	}
	var o *scheduler.Overview
	var took time.Duration
	err := g.core.ask(ctx, func(time.Duration) {
		began := time.Now()
		o = g.core.machine.Overview(page.Most)
		took = time.Since(began)
	})
	if err != nil {
		return nil, err
	}
	g.last, g.next = o, time.Now().Add(max(glanceEvery, glanceShare*took))
	return o, nil
}
