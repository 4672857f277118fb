package scheduler

import (
	"sheaf/internal/coord"
	"sheaf/internal/wire"
)

// forwarding is what workers were told about the records of their logs.
type forwarding struct {
	told      wire.Forward
	published uint64 // messages
}

// logSession is the scheduler's own among those of the coordination objects, for what it publishes.
const logSession coord.Session = "log"

// forward notes that a client wants the records of workers' logs, or no more of them, and answers when the workers know.
func (s *Scheduler) forward(c *client, request uint64, m *wire.Forward) {
	c.forward, c.forwardLevel = m.On, m.Level
	wt := s.newWait(c, request)
	wt.until = s.now + s.conf.Lost
	s.at(wt.until)
	wt.finish = func() (wire.Body, string, uint8) { return &wire.Text{}, "", 0 }
	s.reforward(wt)
}

// reforward tells workers what clients want by now, on behalf of a wait if there is one.
func (s *Scheduler) reforward(wt *wait) {
	on, level := false, int32(0)
	for _, c := range s.clients {
		if c.forward && !c.away {
			if !on || c.forwardLevel < level {
				level = c.forwardLevel
			}
			on = true
		}
	}
	told := &s.forwarding.told
	if on == told.On && level == told.Level {
		return
	}
	told.On, told.Level, told.Epoch = on, level, s.conf.Epoch
	told.Serial++
	for _, w := range s.live {
		if wt != nil {
			body := *told
			s.relay(w, wt, &body, false)
		} else {
			s.tellForward(w)
		}
	}
}

// tellForward tells one worker, which may not know it.
func (s *Scheduler) tellForward(w *worker) {
	body := s.forwarding.told
	body.Epoch = s.conf.Epoch
	s.serial++
	w.out.say(&wire.Call{Request: s.serial, Body: &body})
}

// publishLog passes records of a worker on to those who listen.
func (s *Scheduler) publishLog(m *wire.Log) {
	f := &s.forwarding
	if !f.told.On {
		return // a late one
	}
	f.published++
	s.coordEffects(s.coord.machine.Handle(s.now, logSession, f.published, coord.TopicPublish{Topic: wire.LogTopic, Message: m.Value, At: m.Time}))
}
