package cluster

import (
	"context"
	"fmt"
	"sync"

	"sheaf/client"
	"sheaf/internal/node"
	"sheaf/internal/travel"
	"sheaf/internal/wire"
)

// answerer does what clients ask of a worker beside its tasks: to run a function, to install a plugin, to call an actor.
type answerer struct {
	worker string
	actors *client.Actors
	logs   *logForwarder

	mu      sync.Mutex // guards what follows
	plugins map[string]workerPlugin
}

// workerPlugin is client.WorkerPlugin.
type workerPlugin interface {
	Setup(ctx context.Context) error
	Teardown(ctx context.Context) error
}

func newAnswerer(worker string) *answerer {
	return &answerer{worker: worker, plugins: map[string]workerPlugin{}, actors: client.NewActors()}
}

// answer is node.Config.Answer.
func (a *answerer) answer(ctx context.Context, n *node.Node, body wire.Body) (wire.Body, error) {
	var v any
	var err error
	switch b := body.(type) {
	case *wire.Run:
		v, err = a.run(ctx, b.Func)
	case *wire.Plugin:
		err = a.plug(ctx, b)
	case *wire.Forward:
		a.logs.set(b)
	case *wire.Actor:
		v, err = a.call(ctx, n, b)
	default:
		return nil, fmt.Errorf("cluster: a worker has no answer to a %T", body)
	}
	r := wire.RunResult{Worker: a.worker}
	if err == nil {
		r.Value, err = travel.EncodeAny(v)
	}
	if err != nil {
		r.Err = travel.EncodeError(err, wire.ID{}, a.worker, 1)
	}
	return &wire.Ran{Results: []wire.RunResult{r}}, nil
}

func (a *answerer) run(ctx context.Context, b []byte) (any, error) {
	c, err := travel.DecodeCall(b)
	if err != nil {
		return nil, err
	}
	return c.Do(ctx)
}

// plug installs or removes a plugin. One of the same name is replaced.
func (a *answerer) plug(ctx context.Context, m *wire.Plugin) error {
	a.mu.Lock()
	old := a.plugins[m.Name]
	delete(a.plugins, m.Name)
	a.mu.Unlock()
	var err error
	if old != nil {
		err = old.Teardown(ctx)
	}
	if m.Remove {
		return err
	}
	v, err := travel.DecodeAny(m.Value)
	if err != nil {
		return err
	}
	p, ok := v.(workerPlugin)
	if !ok {
		return fmt.Errorf("cluster: a %T is no worker plugin", v)
	}
	if err := p.Setup(ctx); err != nil {
		return fmt.Errorf("cluster: plugin %q: %w", m.Name, err)
	}
	a.mu.Lock()
	a.plugins[m.Name] = p
	a.mu.Unlock()
	return nil
}

// call calls a method of an actor, given as a method expression, whose first argument the actor's state becomes.
func (a *answerer) call(ctx context.Context, n *node.Node, m *wire.Actor) (any, error) {
	state, ok := n.Actor(m.ID)
	if !ok {
		return nil, errNoActor
	}
	defer func() {
		if _, ok := n.Actor(m.ID); !ok { // it has ended, perhaps before the call was known here
			a.actors.Forget(m.ID)
		}
	}()
	return a.actors.Call(ctx, m.ID, state, m.Call)
}

// close ends the plugins.
func (a *answerer) close() {
	a.logs.close()
	a.mu.Lock()
	plugins := a.plugins
	a.plugins = nil
	a.mu.Unlock()
	for _, p := range plugins {
		_ = p.Teardown(context.Background())
	}
}
