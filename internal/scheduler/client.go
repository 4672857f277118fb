package scheduler

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"sheaf/internal/wire"
)

// A client is a program that submits graphs, from its hello until its claims have ended.
type client struct {
	number uint32
	peer   Peer // empty while it is away
	hello  wire.ClientHello
	label  string // number and process, for people
	out    *outbox
	heard  time.Duration
	joined time.Duration
	leaves time.Duration // when its claims end, while it is away
	away   bool
	gone   bool

	served   int64 // nanoseconds of work that it has been given, for fairness
	claims   int   // that it has
	graphs   int
	named    map[wire.ID]int32        // its claims that extra.claims counts
	requests map[uint64]wire.Admitted // the answers to the latest submissions
	recent   []uint64

	forward      bool // it wants the records of workers' logs
	forwardLevel int32
}

// requestsMax is how many submissions are remembered, to take none twice and to answer all.
const requestsMax = 1024

func (c *client) String() string { return c.hello.Name }

// joinClient answers a client's hello.
func (s *Scheduler) joinClient(from Peer, m *wire.ClientHello) {
	if m.Version != wire.Version {
		s.refuse(from, fmt.Sprintf("the client speaks protocol %d, the scheduler %d; run the same release of sheaf on both", m.Version, wire.Version))
		return
	}
	if !s.mayRun(m.Executable) {
		s.refuse(from, s.mismatch(m))
		return
	}
	if c := s.client(m.Was); c != nil && m.Epoch == s.conf.Epoch && c.hello.Executable == m.Executable && c.hello.Process == m.Process {
		s.clientBack(from, c)
		return
	}
	s.clientSerial++
	c := &client{number: s.clientSerial, peer: from, hello: *m, heard: s.now, joined: s.now, named: map[wire.ID]int32{}, requests: map[uint64]wire.Admitted{}}
	c.label = fmt.Sprintf("%d %s", c.number, m.Process)
	c.out = s.box(from)
	s.clients = append(s.clients, c)
	s.peers[from] = c
	s.welcome(from, c.number)
	s.event("client %d %s joined from %s", c.number, c, m.Process)
	s.clientHappened(ClientJoined, c, "")
	s.introduceClient(c)
	if !m.Brings {
		s.launch(m.Executable)
	}
}

// brought has the processes of a client's executable started, which agents find in the object store now.
func (s *Scheduler) brought(c *client) {
	c.hello.Brings = false
	s.launch(c.hello.Executable)
}

// client returns the client of a number, or nil.
func (s *Scheduler) client(number uint32) *client {
	at, ok := slices.BinarySearchFunc(s.clients, number, func(c *client, n uint32) int { return int(int64(c.number) - int64(n)) })
	if !ok {
		return nil
	}
	return s.clients[at]
}

// clientBack goes on with a client whose claims have not ended.
func (s *Scheduler) clientBack(from Peer, c *client) {
	if !c.away {
		delete(s.peers, c.peer)
		s.drop(c.peer, "the client opened another session")
	}
	c.peer, c.heard, c.away = from, s.now, false
	c.out = s.box(from)
	s.peers[from] = c
	s.welcome(from, c.number)
	s.event("client %d %s is back", c.number, c)
	s.introduceClient(c)
	s.retell(c)
	s.reforward(nil)
}

// clientAway keeps a client's claims for a while after its session has ended.
func (s *Scheduler) clientAway(c *client, reason string) {
	delete(s.peers, c.peer)
	s.unbox(c.peer)
	c.peer, c.away, c.leaves = "", true, s.now+s.conf.Lease
	c.out = &outbox{}
	s.reforward(nil)
	s.event("client %d %s is away: %s", c.number, c, reason)
	if s.conf.Lease == 0 {
		s.removeClient(c, reason, false)
		return
	}
	s.at(c.leaves)
}

// removeClient ends a client's claims.
func (s *Scheduler) removeClient(c *client, reason string, bye bool) {
	if !c.away {
		delete(s.peers, c.peer)
		s.unbox(c.peer)
	}
	c.out = &outbox{}
	c.gone, c.away = true, true
	if at, ok := slices.BinarySearchFunc(s.clients, c.number, func(c *client, n uint32) int { return int(int64(c.number) - int64(n)) }); ok {
		s.clients = slices.Delete(s.clients, at, at+1)
	}
	s.event("client %d %s is gone: %s", c.number, c, reason)
	s.clientHappened(ClientLeft, c, reason)
	for _, r := range slices.Clone(s.runs) {
		if r == nil || r.client != c {
			continue
		}
		for i := range r.tasks {
			if n := r.tasks[i].claims; n > 0 {
				c.claims -= int(n)
				s.claim(r, int32(i), -n)
			}
		}
	}
	ids := make([]wire.ID, 0, len(c.named))
	for id := range c.named {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, wire.ID.Compare)
	for _, id := range ids {
		s.releaseNamed(c, id, c.named[id])
	}
	s.endCoord(c, bye)
	s.clientCalls(c)
	s.reforward(nil)
}

// mayRun reports whether clients may bring an executable.
func (s *Scheduler) mayRun(hash string) bool {
	if s.conf.Executables != nil {
		return s.conf.Executables(hash)
	}
	for _, w := range s.live {
		if w.hello.Executable == hash {
			return true
		}
	}
	return len(s.live) == 0
}

// mismatch is the table of which executables are here, for a client that brought another one.
func (s *Scheduler) mismatch(m *wire.ClientHello) string {
	var b strings.Builder
	b.WriteString("the client's executable is not one that this cluster runs; start the workers from the same build, or submit with theirs\n")
	fmt.Fprintf(&b, "  %-24s %-12s %s\n", "who", "executable", "go")
	fmt.Fprintf(&b, "  %-24s %-12s %s\n", "this client", shortHash(m.Executable), m.Go)
	type line struct {
		hash, golang string
		n            int
	}
	var lines []line
	for _, w := range s.live {
		at := slices.IndexFunc(lines, func(l line) bool { return l.hash == w.hello.Executable && l.golang == w.hello.Go })
		if at < 0 {
			lines = append(lines, line{w.hello.Executable, w.hello.Go, 0})
			at = len(lines) - 1
		}
		lines[at].n++
	}
	for _, l := range lines {
		fmt.Fprintf(&b, "  %-24s %-12s %s\n", fmt.Sprintf("%d workers", l.n), shortHash(l.hash), l.golang)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func (s *Scheduler) refuse(from Peer, reason string) {
	s.refused++
	s.event("%s is refused: %s", from, firstLine(reason))
	s.effects = append(s.effects, &Send{To: from, Msg: &wire.Refused{Reason: reason}})
	s.drop(from, "refused: "+firstLine(reason))
}

func firstLine(t string) string {
	line, _, _ := strings.Cut(t, "\n")
	return line
}

func (s *Scheduler) welcome(to Peer, number uint32) {
	o := s.box(to)
	o.touch()
	o.first = append(o.first, &wire.Welcome{
		Number: number, Epoch: s.conf.Epoch, Cluster: s.conf.Cluster,
		HeartbeatMS: s.conf.Heartbeat.Milliseconds(), LostMS: s.conf.Lost.Milliseconds(), LeaseMS: s.conf.Lease.Milliseconds(), Dashboard: s.conf.Dashboard,
	})
}
