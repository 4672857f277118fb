package scheduler

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"sheaf/internal/wire"
)

func (s *Scheduler) whoHas(m *wire.WhoHas) *wire.Places {
	places := &wire.Places{}
	for _, id := range m.IDs {
		p := wire.Place{ID: id}
		if r, i, ok := s.task(id); ok {
			r, i = s.resolve(r, i)
			if r.tasks[i].status == statusMemory {
				p.Bytes = r.tasks[i].size
				for _, h := range r.holders(i, s.scratch[:0]) {
					p.Workers = append(p.Workers, uint32(h))
				}
			}
		}
		places.Values = append(places.Values, p)
	}
	return places
}

func (s *Scheduler) asked(names []string) []*worker {
	if len(names) == 0 {
		return s.live
	}
	var ws []*worker
	for _, w := range s.live {
		if matches(w, names) {
			ws = append(ws, w)
		}
	}
	return ws
}

// holdingsMax bounds how many values of a worker an answer lists.
const holdingsMax = 100_000

func (s *Scheduler) hasWhat(m *wire.HasWhat) *wire.Holdings {
	h := &wire.Holdings{}
	for _, w := range s.asked(m.Workers) {
		wh := wire.WorkerHolds{Worker: w.hello.Name}
		for _, a := range w.holds[:min(len(w.holds), holdingsMax)] {
			r := s.runs[a.run]
			wh.Values = append(wh.Values, wire.Size{ID: r.id(a.task), Bytes: r.tasks[a.task].size})
			wh.Keys = append(wh.Keys, r.key(a.task))
		}
		h.Workers = append(h.Workers, wh)
	}
	return h
}

func (s *Scheduler) processing(m *wire.Processing) *wire.Holdings {
	h := &wire.Holdings{}
	for _, w := range s.asked(m.Workers) {
		wh := wire.WorkerHolds{Worker: w.hello.Name}
		for a := range w.sent.refs() {
			r := s.runs[a.run]
			head := r.head(a.task)
			wh.Values = append(wh.Values, wire.Size{ID: r.id(head), Bytes: -1})
			wh.Keys = append(wh.Keys, r.key(head))
		}
		h.Workers = append(h.Workers, wh)
	}
	return h
}

// Info returns the state of the cluster, as of the last Step.
func (s *Scheduler) Info() *wire.Cluster { return s.info() }

func (s *Scheduler) info() *wire.Cluster {
	c := &wire.Cluster{
		Name: s.conf.Cluster, Epoch: s.conf.Epoch, UptimeMS: (s.now - s.began).Milliseconds(), Done: s.finished, Failed: s.erredTasks,
		Lost: s.lostValues, Refused: s.refused, Graphs: len(s.runs) - 1 - len(s.slots),
	}
	threads, work := int64(0), int64(0)
	for _, w := range s.live {
		c.Workers = append(c.Workers, s.workerInfo(w))
		threads += int64(w.threads)
		work += w.busy + w.queuedNanos
	}
	for _, cl := range s.clients {
		c.Clients = append(c.Clients, s.clientInfo(cl))
	}
	vacant := 0
	for _, cl := range s.classes {
		n := cl.waiting()
		if len(cl.posts) == 0 && n > 0 {
			vacant += n
			c.Unrunable = append(c.Unrunable, s.whyVacant(cl))
		}
		for _, l := range cl.lanes {
			for _, r := range l.runs {
				if r.next < len(r.roots) {
					work += r.kind(r.roots[r.next]).expected() * int64(len(r.roots)-r.next)
				}
			}
		}
	}
	for st := statusReleased; st < statusEnd; st++ {
		n := s.counts[st]
		if st == statusQueued {
			n -= vacant
		}
		if n > 0 {
			c.Tasks = append(c.Tasks, wire.StateCount{State: st.String(), Tasks: n})
		}
	}
	if vacant > 0 {
		c.Tasks = append(c.Tasks, wire.StateCount{State: "no-worker", Tasks: vacant})
	}
	c.QueuedMS = work / 1e6 / max(threads, 1)
	return c
}

func (s *Scheduler) workerInfo(w *worker) wire.WorkerInfo {
	return wire.WorkerInfo{
		Peer: w.about(s.workers[w.number] != w), PID: w.hello.PID, Agent: w.hello.Agent, Resources: w.hello.Resources, Status: statusText(w),
		Processing: w.sent.live, SilentMS: (s.now - w.heard).Milliseconds(), OccupancyMS: w.busy / 1e6, Beat: w.beat,
	}
}

func (s *Scheduler) clientInfo(c *client) wire.ClientInfo {
	return wire.ClientInfo{
		Number: c.number, Name: c.hello.Name, Process: c.hello.Process, Claims: c.claims, SilentMS: (s.now - c.heard).Milliseconds(),
	}
}

// history returns the events of a topic, or of all, one JSON record per line.
func (s *Scheduler) history(topic string) string {
	var b strings.Builder
	s.events.each(func(e *event) {
		if topic == "" || e.topic == topic {
			line, _ := json.Marshal(map[string]any{"seq": e.seq, "ms": e.at.Milliseconds(), "topic": e.topic, "text": e.text})
			b.Write(append(line, '\n'))
		}
	})
	return b.String()
}

// taskStream returns the attempts that ended since a time, the last ones if there are too many.
func (s *Scheduler) taskStream(m *wire.TaskStream) *wire.Tasks {
	t := &wire.Tasks{}
	s.stream.each(func(e *ended) {
		if end := e.start + e.nanos; end > m.Since {
			t.Tasks = append(t.Tasks, wire.TaskTime{
				ID: e.id, Key: e.kind.name, Worker: uint32(e.worker), Thread: int(e.thread), Start: e.start, End: end, Bytes: e.bytes, Failed: e.failed,
			})
		}
	})
	if m.Max > 0 && len(t.Tasks) > m.Max {
		t.Tasks = slices.Clone(t.Tasks[len(t.Tasks)-m.Max:])
	}
	return t
}

// textTasksMax bounds how many tasks of a graph a dump lists.
const textTasksMax = 10_000

// text is the whole state for people.
func (s *Scheduler) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "cluster %s epoch %d at %s: %d values have copies, %d copies were let go\n", s.conf.Cluster, s.conf.Epoch, seconds(s.now), len(s.copies), s.reduced)
	for _, w := range s.live {
		fmt.Fprintf(&b, "worker %d %s %s: %d threads, %d processing, %d stopping, %d long, holds %d values of %d bytes, load %s\n",
			w.number, w.hello.Name, statusText(w), w.threads, w.sent.live, len(w.zombies), w.long, len(w.holds), w.held, nanos(w.load))
	}
	for _, c := range s.clients {
		fmt.Fprintf(&b, "client %d %s: %d claims, %d graphs, away %v\n", c.number, c, c.claims, c.graphs, c.away)
	}
	for _, r := range s.runs {
		if r == nil {
			continue
		}
		fmt.Fprintf(&b, "graph %d of client %d: %d tasks, %d left, %d claimed, %d anchored, moved at %s\n",
			r.serial, r.client.number, len(r.tasks), r.left, r.claimed, r.anchored, seconds(r.moved))
		for i := range r.tasks[:min(len(r.tasks), textTasksMax)] {
			s.taskText(&b, r, int32(i))
		}
	}
	return b.String()
}

func (s *Scheduler) taskText(b *strings.Builder, r *run, i int32) {
	t := &r.tasks[i]
	if t.status == statusLinked {
		return
	}
	fmt.Fprintf(b, "  %s %s %s", r.id(i), r.key(i), t.status)
	if t.has(flagProxy) {
		x := r.extra[i]
		fmt.Fprintf(b, " of %s", s.runs[x.target.run].id(x.target.task))
	}
	if t.missing > 0 && t.status == statusWaiting {
		fmt.Fprintf(b, " missing %d", t.missing)
	}
	if t.at > 0 {
		fmt.Fprintf(b, " at %d", t.at)
	}
	if t.needed() {
		fmt.Fprintf(b, " uses %d claims %d pins %d", t.uses, t.claims, t.pins)
	}
	b.WriteByte('\n')
}
