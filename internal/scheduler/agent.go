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
	launched []launched
}

// launched is an executable that an agent runs.
type launched struct {
	executable string
	used       time.Duration // when it was last seen to have a use
	stopped    bool          // the agent was asked to end it
}

// lingering is how long worker processes stay after the last use of their executable: the next client finds them warm.
const lingering = 10 * time.Minute

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
		if !c.hello.Brings {
			s.launchAt(a, c.hello.Executable)
		}
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
	if executable == "" {
		return
	}
	l := a.launch(executable)
	if l == nil {
		a.launched = append(a.launched, launched{executable: executable})
		l = &a.launched[len(a.launched)-1]
	} else if !l.stopped {
		l.used = s.now
		return
	}
	l.used, l.stopped = s.now, false
	a.out.say(&wire.Launch{Executable: executable, Reason: "a client has brought it"})
}

// launch returns what is known of an executable that the agent runs or has run lately, or nil.
func (a *agent) launch(executable string) *launched {
	for i := range a.launched {
		if a.launched[i].executable == executable {
			return &a.launched[i]
		}
	}
	return nil
}

// tickAgents ends the processes of executables that have had no use for a while: no client, not even one whose claims still last, and no
// graph, as of values that are published.
func (s *Scheduler) tickAgents() {
	if len(s.agents) == 0 {
		return
	}
	for _, w := range s.live { // an agent that is back does not say what it runs
		for _, a := range s.agents {
			if a.hello.Name == w.hello.Agent && a.launch(w.hello.Executable) == nil {
				a.launched = append(a.launched, launched{executable: w.hello.Executable, used: s.now})
			}
		}
	}
	used := make(map[string]bool)
	for _, c := range s.clients {
		if c.hello.Worker == 0 { // those of tasks live as long as their worker
			used[c.hello.Executable] = true
		}
	}
	for _, r := range s.runs {
		if r != nil && r.client != nil {
			used[r.client.hello.Executable] = true
		}
	}
	for _, a := range s.agents {
		kept := a.launched[:0]
		for _, l := range a.launched {
			idle := s.now - l.used
			switch {
			case used[l.executable] && !l.stopped:
				l.used = s.now
			case idle >= 2*lingering:
				continue // its workers have had the time to go
			case idle >= lingering && !l.stopped:
				l.stopped = true
				a.out.say(&wire.Launch{Executable: l.executable, Stop: true, Reason: "it has had no client and no values for " + seconds(idle)})
				s.event("agent %s ends the processes of executable %s, which has had no use for %s", a.hello.Name, shortHash(l.executable), seconds(idle))
			}
			kept = append(kept, l)
		}
		clear(a.launched[len(kept):])
		a.launched = kept
	}
}
