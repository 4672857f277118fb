package scheduler

import (
	"fmt"
	"slices"
	"time"

	"sheaf/internal/wire"
)

// An agent starts and watches the worker processes of a host.
type agent struct {
	peer     Peer
	hello    wire.AgentHello
	out      *outbox
	heard    time.Duration
	launched []string // executables that it was asked to run
}

func (s *Scheduler) joinAgent(from Peer, m *wire.AgentHello) {
	if m.Version != wire.Version {
		s.refuse(from, fmt.Sprintf("the agent speaks protocol %d, the scheduler %d; run the same release of sheaf on both", m.Version, wire.Version))
		return
	}
	a := &agent{peer: from, hello: *m, heard: s.now, out: s.box(from)}
	s.agents = append(s.agents, a)
	s.peers[from] = a
	s.welcome(from, 0)
	s.event("agent %s joined: %d processes of %d threads on %s", m.Name, m.Processes, m.Threads, m.Host)
	for _, c := range s.clients {
		s.launchAt(a, c.hello.Executable)
	}
}

func (s *Scheduler) fromAgent(a *agent, m wire.Message) {
	switch m := m.(type) {
	case *wire.Exited:
		s.exited(m)
	case *wire.Bye:
		s.removeAgent(a, reasonOr(m.Reason, "it said goodbye"))
	case *wire.Gone:
		s.removeAgent(a, reasonOr(m.Reason, "its session has ended"))
	case *wire.Log:
		s.log(reasonOr(m.Topic, "agents"), a.hello.Name+": "+m.Text)
	case *wire.Heartbeat:
	default:
		s.note(LevelWarn, fmt.Sprintf("agent %s sent a %T, which agents do not send", a.hello.Name, m))
	}
}

func (s *Scheduler) removeAgent(a *agent, reason string) {
	delete(s.peers, a.peer)
	s.unbox(a.peer)
	s.agents = slices.DeleteFunc(s.agents, func(o *agent) bool { return o == a })
	s.event("agent %s is gone: %s", a.hello.Name, reason)
}

// launch asks all agents to run an executable that a client has brought.
func (s *Scheduler) launch(executable string) {
	for _, a := range s.agents {
		s.launchAt(a, executable)
	}
}

func (s *Scheduler) launchAt(a *agent, executable string) {
	if executable == "" || slices.Contains(a.launched, executable) {
		return
	}
	a.launched = append(a.launched, executable)
	a.out.say(&wire.Launch{Executable: executable, Reason: "a client has brought it"})
}
