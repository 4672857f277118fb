package node

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"slices"
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
	s := &stress{rig: r, rng: rand.New(rand.NewPCG(1, 2)), layer: r.layer(stressTasks, kind), open: map[wire.ID]bool{}, values: map[wire.ID]bool{}}
	for s.next < stressTasks {
		for len(r.told) > 0 {
			s.take(<-r.told)
		}
		if len(s.open) > 200 {
			s.take(<-r.told)
			continue
		}
		s.send()
		s.change()
	}
	deadline := time.After(20 * time.Second)
	for len(s.open) > 0 {
		select {
		case m := <-r.told:
			s.take(m)
		case <-deadline:
			dump, _ := r.n.Dump(t.Context())
			t.Fatalf("%d attempts came to no end\n%s", len(s.open), dump)
		}
	}
	f := &wire.Free{}
	for i := range stressTasks {
		f.IDs = append(f.IDs, id(s.layer, i))
	}
	r.tell(f)
	r.empty()
	if s.ended < stressTasks/2 {
		t.Errorf("only %d attempts ended", s.ended)
	}
}

const stressTasks = 10_000

// stress is what a scheduler knows of the tasks that it has sent.
type stress struct {
	*rig
	rng    *rand.Rand
	layer  wire.LayerID
	next   int
	open   map[wire.ID]bool // sent and not ended
	values map[wire.ID]bool
	ended  int

	stopped []wire.Attempt
}

func (s *stress) take(m wire.Message) {
	end := func(id wire.ID, well bool) {
		if s.open[id] {
			delete(s.open, id)
			s.ended++
			if well && !slices.Contains(s.stopped, wire.Attempt{ID: id, Attempt: 1}) { // its value goes with what was stopped
				s.values[id] = true
			}
		}
	}
	switch m := m.(type) {
	case *wire.Done:
		for _, d := range m.Tasks {
			end(d.ID, true)
		}
	case *wire.Failed:
		end(m.ID, false)
	case *wire.Returned:
		for _, a := range m.Tasks {
			delete(s.open, a.ID)
		}
	}
}

// send sends some tasks, with inputs that are there.
func (s *stress) send() {
	c := compute()
	for range min(1+s.rng.IntN(20), stressTasks-s.next) {
		task := wire.Task{
			ID: id(s.layer, s.next), Attempt: 1, Priority: wire.Priority{Order: int32(s.next)}, Options: wire.TaskOptions{TimeoutMS: 200},
		}
		for v := range s.values {
			if task.Inputs = append(task.Inputs, v); len(task.Inputs) == 2 {
				break
			}
		}
		c.Tasks = append(c.Tasks, task)
		s.open[task.ID] = true
		s.next++
	}
	s.tell(c)
}

// change stops or steals a task, frees all values, or loses the session, now and then.
func (s *stress) change() {
	var some []wire.Attempt
	for id := range s.open {
		some = append(some, wire.Attempt{ID: id, Attempt: 1})
		break
	}
	switch s.rng.IntN(8) {
	case 0:
		s.stopped = append(s.stopped, some...)
		s.tell(&wire.Stop{Tasks: some, Reason: "at random"})
	case 1:
		s.tell(&wire.Steal{Tasks: some})
	case 2:
		f := &wire.Free{}
		for v := range s.values {
			f.IDs = append(f.IDs, v)
		}
		clear(s.values)
		s.tell(f)
	case 3:
		s.n.Session(false)
		s.n.Session(true)
		// Answers may have been lost with the session: they are asked for again.
		s.tell(&wire.Welcome{Number: 1, Epoch: 1, HeartbeatMS: 50}, &wire.Stop{Tasks: s.stopped, Reason: "at random"})
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
