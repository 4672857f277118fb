package remote

import (
	"context"
	"errors"

	"sheaf/internal/wire"
)

// What a graph brings along, large constants and values of this process, is put on workers and kept here as well, as long as something of
// the graph is held: when its last copy on the cluster is lost the scheduler asks for it again. What the user scatters is not kept.

// kept is where a scattered value can be had again.
type kept struct {
	get  func(context.Context) (any, error)
	refs int // output layers that stand on it
}

// keep notes that the values of a layer stand on scattered ones; the caller holds mu.
func (x *Executor) keep(l *layer, on []wire.LayerID) {
	if l.keeps != nil {
		return // noted for another value of it
	}
	l.keeps = on
	for _, id := range on {
		if k := x.kept[id]; k != nil {
			k.refs++
		}
	}
}

// unkeep is the end of keep; the caller holds mu.
func (x *Executor) unkeep(l *layer) {
	for _, id := range l.keeps {
		if k := x.kept[id]; k != nil {
			if k.refs--; k.refs <= 0 {
				delete(x.kept, id)
			}
		}
	}
	l.keeps = nil
}

// unkept forgets what a run has brought that was not submitted; the caller holds mu.
func (x *Executor) unkept(ids []wire.LayerID) {
	for _, id := range ids {
		if k := x.kept[id]; k != nil && k.refs == 0 {
			delete(x.kept, id)
		}
	}
}

// restore puts values on workers again. Those that are not to be had any more are told without a place.
func (x *Executor) restore(ids []wire.ID) {
	told := &wire.Scattered{Kept: true, Again: true}
	for _, id := range ids {
		v := []wire.Scatter{{ID: id}}
		if err := x.putAgain(id, v); err != nil {
			v[0].Fault = err.Error()
		}
		told.Values = append(told.Values, v[0])
	}
	x.mu.Lock()
	defer x.unlock()
	if x.closed == nil {
		_ = x.conf.Send(told) // in the next session nobody asks any more
	}
}

var errNotKept = errors.New("its client does not have it any more")

// putAgain puts a value that is kept on a worker.
func (x *Executor) putAgain(id wire.ID, told []wire.Scatter) error {
	x.mu.Lock()
	k := x.kept[id.Layer]
	x.mu.Unlock()
	if k == nil {
		return errNotKept
	}
	v, err := k.get(x.ctx)
	if err != nil {
		return err
	}
	told[0].Bytes = x.conf.SizeOf(v)
	return x.place(x.ctx, []Item{{ID: id, Value: v, Bytes: told[0].Bytes}}, told, ScatterOptions{})
}
