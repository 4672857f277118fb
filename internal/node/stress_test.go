package node

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"sheaf/graph"
	"sheaf/internal/task"
	"sheaf/internal/wire"
)

// TestStress sends a node thousands of tasks of every kind, stops, steals and frees at random, loses the session now and then,
// and wants every attempt to come to an end that is told, or to have been stopped or stolen, and nothing to be left.
func TestStress(t *testing.T) {
	r := newRig(t, func(c *Config) { limited(4 * mib)(c); c.Hello.Threads = 3 })
	rng := rand.New(rand.NewPCG(1, 2))
	kinds := r.layer(10_000, kind)
	open, values, ended := map[wire.ID]uint32{}, map[wire.ID]bool{}, 0
	next := 0
	take := func(m wire.Message) {
		switch m := m.(type) {
		case *wire.Done:
			for _, d := range m.Tasks {
				if open[d.ID] == d.Attempt {
					delete(open, d.ID)
					values[d.ID] = true
					ended++
				}
			}
		case *wire.Failed:
			if open[m.ID] == m.Attempt {
				delete(open, m.ID)
				ended++
			}
		case *wire.Returned:
			for _, a := range m.Tasks {
				if open[a.ID] == a.Attempt {
					delete(open, a.ID)
				}
			}
		}
	}
	some := func() (id wire.ID, ok bool) {
		for id := range open {
			return id, true
		}
		return id, false
	}
	for next < 10_000 {
		for len(r.told) > 0 {
			take(<-r.told)
		}
		if len(open) > 200 {
			take(<-r.told)
			continue
		}
		c := compute()
		for range 1 + rng.IntN(20) {
			if next < 10_000 {
				task := wire.Task{ID: id(kinds, next), Attempt: 1, Priority: wire.Priority{Order: int32(next)}, Options: wire.TaskOptions{TimeoutMS: 200}}
				for v := range values {
					if task.Inputs = append(task.Inputs, v); len(task.Inputs) == 2 {
						break
					}
				}
				c.Tasks = append(c.Tasks, task)
				open[task.ID] = 1
				next++
			}
		}
		r.tell(c)
		switch rng.IntN(8) {
		case 0:
			if id, ok := some(); ok {
				r.tell(&wire.Stop{Tasks: []wire.Attempt{{ID: id, Attempt: 1}}, Reason: "at random"})
				delete(open, id)
			}
		case 1:
			if id, ok := some(); ok {
				r.tell(&wire.Steal{Tasks: []wire.Attempt{{ID: id, Attempt: 1}}})
			}
		case 2:
			f := &wire.Free{}
			for v := range values {
				f.IDs = append(f.IDs, v)
			}
			clear(values)
			r.tell(f)
		case 3:
			r.n.Session(false)
			r.n.Session(true)
			r.tell(&wire.Welcome{Number: 1, Epoch: 1, HeartbeatMS: 50})
		}
	}
	deadline := time.After(20 * time.Second)
	for len(open) > 0 {
		select {
		case m := <-r.told:
			take(m)
		case <-deadline:
			dump, _ := r.n.Dump(t.Context())
			t.Fatalf("%d attempts came to no end\n%s", len(open), dump)
		}
	}
	f := &wire.Free{}
	for i := range 10_000 {
		f.IDs = append(f.IDs, id(kinds, i))
	}
	r.tell(f)
	r.empty()
	if ended < 5000 {
		t.Errorf("only %d attempts ended", ended)
	}
}

// kind does something else for each index.
func kind(ctx context.Context, t *graph.Task) (any, error) {
	switch t.Index % 50 {
	case 1:
		return nil, errors.New("no")
	case 2:
		panic("no")
	case 3:
		runtime.Goexit()
	case 4:
		resume := task.Block(ctx)
		time.Sleep(time.Millisecond)
		resume()
	case 5:
		p, _ := task.Of(ctx)
		if err := p.Secede(); err != nil {
			return nil, err
		}
		time.Sleep(time.Millisecond)
		if t.Index%100 == 5 {
			return 1, p.Rejoin(ctx)
		}
	case 6:
		time.Sleep(500 * time.Microsecond)
	case 7, 8, 9:
		return make([]byte, 100<<10), nil
	case 10:
		if t.Index%1000 == 10 {
			<-ctx.Done()
			return nil, ctx.Err()
		}
	}
	return t.Index, nil
}
