package client

import (
	"context"
	"fmt"

	"sheaf/internal/remote"
	"sheaf/internal/wire"
)

// WhoHas returns the names of the workers that hold each future's result, in the order of the futures; none if it is not there.
//
// Same as Client.who_has.
func (c *Client) WhoHas[R any](ctx context.Context, futures []*Future[R]) ([][]string, error) {
	out := make([][]string, len(futures))
	if c.link == nil {
		for i, f := range futures {
			if f.Done() && f.Err() == nil {
				out[i] = []string{LocalWorker}
			}
		}
		return out, nil
	}
	ids, err := idsOf(ctx, futures)
	if err != nil {
		return nil, err
	}
	places, err := remote.Ask[*wire.Places](ctx, c.link.x, &wire.WhoHas{IDs: ids})
	if err != nil {
		return nil, err
	}
	at := make(map[wire.ID][]string, len(places.Values))
	for _, p := range places.Values {
		at[p.ID] = c.link.x.Names(p.Workers)
	}
	for i, id := range ids {
		out[i] = at[id]
	}
	return out, nil
}

// idsOf returns the names of futures in the cluster.
func idsOf[R any](ctx context.Context, futures []*Future[R]) ([]wire.ID, error) {
	ids := make([]wire.ID, len(futures))
	for i, f := range futures {
		t, err := f.own().get()
		if err != nil {
			return nil, err
		}
		h, ok := handleOf(t)
		if !ok {
			return nil, fmt.Errorf("client: the future %s is of another client", t.Key())
		}
		if err := h.Submitted(ctx); err != nil {
			return nil, err
		}
		ids[i] = h.ID()
	}
	return ids, nil
}

// HasWhat returns what workers hold, by their names: all workers if none is named. The values are keys, cut off where there are very many.
//
// Same as Client.has_what.
func (c *Client) HasWhat(ctx context.Context, workers ...string) (map[string][]string, error) {
	return c.holdings(ctx, &wire.HasWhat{Workers: workers})
}

// Processing returns the keys of the tasks that were given to workers and are not done, by the workers' names.
//
// Same as Client.processing.
func (c *Client) Processing(ctx context.Context, workers ...string) (map[string][]string, error) {
	return c.holdings(ctx, &wire.Processing{Workers: workers})
}

func (c *Client) holdings(ctx context.Context, ask wire.Body) (map[string][]string, error) {
	if err := c.needCluster("which worker has what"); err != nil {
		return nil, err
	}
	h, err := remote.Ask[*wire.Holdings](ctx, c.link.x, ask)
	if err != nil {
		return nil, err
	}
	out := make(map[string][]string, len(h.Workers))
	for _, w := range h.Workers {
		keys := w.Keys
		if len(keys) == 0 {
			for _, v := range w.Values {
				keys = append(keys, v.ID.String())
			}
		}
		out[w.Worker] = keys
	}
	return out, nil
}

// needCluster is the error of what has no meaning in one process.
func (c *Client) needCluster(what string) error {
	switch {
	case c.closed.Load():
		return fmt.Errorf("client: the client is %w", errClosed)
	case c.link == nil:
		return fmt.Errorf("client: %s: this client runs everything in this process; it is for clients of a cluster (client.Dial)", what)
	}
	return nil
}

// Rebalance moves results between workers so that they hold about the same number of bytes: those of the futures, or all if none is given. In one
// process there is nothing to move.
//
// Same as Client.rebalance.
func (c *Client) Rebalance[R any](ctx context.Context, futures []*Future[R], opts ...Option) error {
	if c.link == nil {
		return nil
	}
	ids, err := idsOf(ctx, futures)
	if err != nil {
		return err
	}
	s := optionsOf(opts)
	_, err = c.link.x.Call(ctx, &wire.Rebalance{IDs: ids, Workers: s.run.Workers})
	return err
}

// Replicate copies the results of futures to n workers, all of them if n is 0, and keeps that many copies from then on. It waits until they are
// there. In one process one copy is all there is.
//
// Same as Client.replicate.
func (c *Client) Replicate[R any](ctx context.Context, futures []*Future[R], n int, opts ...Option) error {
	if _, _, err := c.Wait(ctx, futures); err != nil || c.link == nil {
		return err
	}
	ids, err := idsOf(ctx, futures)
	if err != nil {
		return err
	}
	if n <= 0 {
		n = len(c.link.x.Peers())
	}
	s := optionsOf(opts)
	_, err = c.link.x.Call(ctx, &wire.Replicate{IDs: ids, N: n, Workers: s.run.Workers})
	return err
}

// RetireWorkers moves what only the named workers hold to others and then ends them, and returns which were ended. Tasks that run there
// finish first. With a deadline in ctx it gives up in time.
//
// Same as Client.retire_workers.
func (c *Client) RetireWorkers(ctx context.Context, workers ...string) ([]string, error) {
	if len(workers) == 0 {
		return nil, fmt.Errorf("client: RetireWorkers: name the workers, or say how many with RetireSome")
	}
	return c.retire(ctx, &wire.Retire{Workers: workers})
}

// RetireSome is [Client.RetireWorkers] for n workers that the scheduler chooses: those with least to lose.
func (c *Client) RetireSome(ctx context.Context, n int) ([]string, error) {
	return c.retire(ctx, &wire.Retire{N: n})
}

func (c *Client) retire(ctx context.Context, ask *wire.Retire) ([]string, error) {
	if err := c.needCluster("retiring workers"); err != nil {
		return nil, err
	}
	ask.WithinMS = within(ctx)
	names, err := remote.Ask[*wire.Names](ctx, c.link.x, ask)
	if err != nil {
		return nil, err
	}
	return names.Names, nil
}

// Restart ends all worker processes, forgets all results, and waits until the processes are back. Futures are lost.
//
// Same as Client.restart.
func (c *Client) Restart(ctx context.Context) error {
	if err := c.needCluster("restarting workers"); err != nil {
		return err
	}
	_, err := c.link.x.Call(ctx, &wire.Restart{WithinMS: within(ctx)})
	return err
}
