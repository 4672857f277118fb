package scheduler

import (
	"strconv"
	"strings"
	"time"

	"sheaf/internal/coord"
	"sheaf/internal/wire"
)

// coordination is the machine of locks, queues, variables and the like, and what it keeps alive.
type coordination struct {
	machine *coord.Machine
	held    map[wire.ID]int32
}

func (s *Scheduler) startCoord() {
	s.coord = coordination{machine: coord.New(coord.Config{}), held: map[wire.ID]int32{}}
}

func coordSession(c *client) coord.Session {
	return coord.Session("c" + strconv.FormatUint(uint64(c.number), 10))
}

// coordCall hands a client's request to the coordination objects.
func (s *Scheduler) coordCall(c *client, request uint64, m *wire.Coord) {
	r, err := coord.ParseRequest(m.Bytes)
	if err != nil {
		s.deny(c, request, wire.SortGraph, err.Error())
		return
	}
	effects := s.coord.machine.Handle(s.now, coordSession(c), request, r)
	if p, ok := r.(coord.TopicPublish); ok && s.observed {
		s.published(c, p, effects)
	}
	s.coordEffects(effects)
}

// coordEffects performs what the coordination objects want.
func (s *Scheduler) coordEffects(effects []coord.Effect) {
	for _, e := range effects {
		switch e := e.(type) {
		case coord.Reply:
			if c := s.coordClient(e.Session); c != nil {
				s.answer(c, e.Request, &wire.Coord{Bytes: coord.AppendReply(nil, e)})
			}
		case coord.Deliver:
			if c := s.coordClient(e.Session); c != nil && !c.away {
				c.out.say(&wire.Delivery{Bytes: coord.AppendDeliver(nil, e)})
			}
		case coord.Hold:
			for _, id := range e.IDs {
				if r, i, ok := s.task(id); ok && r.tasks[i].status != statusLinked {
					s.coord.held[id]++
					s.pin(r, i, 1)
					if r.tasks[i].status == statusReleased {
						s.want(r, i)
					}
				}
			}
		case coord.Drop:
			for _, id := range e.IDs {
				if s.coord.held[id] == 0 {
					continue // it was unknown when it was to be held
				}
				if s.coord.held[id]--; s.coord.held[id] == 0 {
					delete(s.coord.held, id)
				}
				if r, i, ok := s.task(id); ok {
					s.pin(r, i, -1)
				}
			}
		}
	}
}

func (s *Scheduler) coordClient(name coord.Session) *client {
	n, err := strconv.ParseUint(strings.TrimPrefix(string(name), "c"), 10, 32)
	if err != nil {
		return nil
	}
	return s.client(uint32(n))
}

// endCoord ends a client's session with the coordination objects.
func (s *Scheduler) endCoord(c *client, bye bool) {
	how := coord.Silent
	if bye {
		how = coord.Closed
	}
	s.coordEffects(s.coord.machine.Gone(s.now, coordSession(c), how))
}

func (s *Scheduler) coordTick() { s.coordEffects(s.coord.machine.Tick(s.now)) }

func (s *Scheduler) coordNext() (time.Duration, bool) { return s.coord.machine.Next() }
