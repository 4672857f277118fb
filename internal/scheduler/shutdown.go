package scheduler

import (
	"cmp"

	"sheaf/internal/wire"
)

// shutdown ends the cluster: workers and agents are told by whom, and then there is no scheduler any more. The other clients see it by the
// end of their sessions, with the same reason.
func (s *Scheduler) shutdown(c *client, request uint64) {
	reason := "the client of process " + cmp.Or(c.hello.Process, c.hello.Name) + " has shut the cluster down"
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
