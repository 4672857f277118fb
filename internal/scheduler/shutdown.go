package scheduler

import "sheaf/internal/wire"

// shutdown ends the cluster: workers and agents are told, and then there is no scheduler any more.
func (s *Scheduler) shutdown(c *client, request uint64, m *wire.Shutdown) {
	reason := "client " + c.hello.Name + " has shut the cluster down"
	if m.Reason != "" {
		reason += ": " + m.Reason
	}
	s.note(LevelInfo, reason)
	s.answer(c, request, &wire.Text{Text: reason})
	for _, w := range s.live {
		w.out.say(&wire.Quit{Reason: reason})
	}
	for _, a := range s.agents {
		a.out.say(&wire.Quit{Reason: reason})
	}
	s.halt = reason
}
