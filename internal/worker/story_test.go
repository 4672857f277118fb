package worker

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"sheaf/internal/wire"
)

// TestStories runs the scenarios of testdata/stories. A step gives lines of what happens, and wants the effects; state wants the state.
//
//	step +10ms
//	task a#1 in=x,y prio=3 push=7 then=b,c      consecutive task and where lines are one Compute
//	where x@2,3:100
//	----
//	fetch 2: x
func TestStories(t *testing.T) {
	datadriven.Walk(t, "testdata/stories", func(t *testing.T, path string) {
		var s *story
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			switch d.Cmd {
			case "new":
				s = newStory(t, d)
				return ""
			case "step":
				return s.step(t, d)
			case "state":
				return s.w.describe(nameOf)
			}
			t.Fatalf("%s: unknown command %q", d.Pos, d.Cmd)
			return ""
		})
	})
}

type story struct {
	w   *Worker
	now time.Duration
}

func newStory(t *testing.T, d *datadriven.TestData) *story {
	c := Config{Hello: wire.WorkerHello{Name: "w1", Threads: 1}, Ahead: -1}
	for _, a := range d.CmdArgs {
		v := a.Vals[0]
		switch a.Key {
		case "threads":
			c.Hello.Threads = atoi(v)
		case "memory":
			c.Hello.MemoryBytes = int64(atoi(v))
		case "requests":
			c.Requests = atoi(v)
		case "per-peer":
			c.PeerRequests = atoi(v)
		case "ids":
			c.RequestIDs = atoi(v)
		case "request-bytes":
			c.RequestBytes = int64(atoi(v))
		case "flight-bytes":
			c.FlightBytes = int64(atoi(v))
		case "ahead":
			c.Ahead = duration(v)
		default:
			t.Fatalf("%s: unknown setting %q", d.Pos, a.Key)
		}
	}
	return &story{w: New(c)}
}

func (s *story) step(t *testing.T, d *datadriven.TestData) string {
	for _, a := range d.CmdArgs {
		s.now += duration(strings.TrimPrefix(a.Key, "+"))
	}
	var in []In
	var compute *wire.Compute
	for line := range strings.Lines(d.Input) {
		f := strings.Fields(line)
		if f[0] == "task" || f[0] == "where" || f[0] == "layer" {
			if compute == nil {
				compute = &wire.Compute{}
				in = append(in, &FromScheduler{Msg: compute})
			}
			addTo(compute, f)
			continue
		}
		compute = nil
		i := parseIn(f)
		if i == nil {
			t.Fatalf("%s: unknown line %q", d.Pos, line)
		}
		in = append(in, i)
	}
	var b strings.Builder
	for _, e := range s.w.Step(s.now, in) {
		b.WriteString(sayEffect(e))
		b.WriteByte('\n')
	}
	if err := s.w.Check(); err != nil {
		t.Fatalf("%s: %v", d.Pos, err)
	}
	if b.Len() == 0 {
		return "nothing\n"
	}
	return b.String()
}

func addTo(c *wire.Compute, f []string) {
	switch f[0] {
	case "where":
		for _, p := range f[1:] {
			c.Where = append(c.Where, placeOf(p))
		}
		return
	case "layer":
		c.Layers = append(c.Layers, wire.Layer{ID: wire.NewLayerID(1, uint64(atoi(f[1])))})
		return
	}
	a := attemptOf(f[1])
	task := wire.Task{ID: a.ID, Attempt: a.Attempt, Priority: wire.Priority{Order: a.ID.Index}}
	for _, o := range f[2:] {
		key, v, _ := strings.Cut(o, "=")
		switch key {
		case "in":
			task.Inputs = idsOf(strings.Split(v, ","))
		case "prio":
			task.Priority.Order = int32(atoi(v))
		case "push":
			task.Push = uint32(atoi(v))
		case "then":
			for _, id := range idsOf(strings.Split(v, ",")) {
				task.Links = append(task.Links, wire.Link{ID: id})
			}
		}
	}
	c.Tasks = append(c.Tasks, task)
}

func parseIn(f []string) In {
	from := func(m wire.Message) In { return &FromScheduler{Msg: m} }
	switch f[0] {
	case "opened":
		return &Opened{}
	case "lost":
		return &Lost{}
	case "welcome": // number, epoch, heartbeat
		m := &wire.Welcome{Number: uint32(atoi(f[1])), Epoch: 1}
		if len(f) > 2 {
			m.Epoch = uint64(atoi(f[2]))
		}
		if len(f) > 3 {
			m.HeartbeatMS = duration(f[3]).Milliseconds()
		}
		return from(m)
	case "refused":
		return from(&wire.Refused{Reason: strings.Join(f[1:], " ")})
	case "steal":
		return from(&wire.Steal{Tasks: attemptsOf(f[1:])})
	case "stop":
		return from(&wire.Stop{Tasks: attemptsOf(f[1:]), Reason: "ann"})
	case "free":
		return from(&wire.Free{IDs: idsOf(f[1:])})
	case "replicate":
		m := &wire.Fetch{}
		for _, p := range f[1:] {
			m.Values = append(m.Values, placeOf(p))
		}
		return from(m)
	case "drain":
		return from(&wire.Drain{})
	case "quit":
		return from(&wire.Quit{Reason: "bye"})
	case "gone":
		return from(&wire.Peers{Workers: []wire.Peer{{Number: uint32(atoi(f[1])), Name: "w" + f[1], Gone: true}}})
	case "dump":
		return from(&wire.Call{Request: 5, Body: &wire.Dump{}})
	case "call":
		return from(&wire.Call{Request: 6, Body: &wire.Run{}})
	}
	return parseEvent(f)
}

func parseEvent(f []string) In {
	switch f[0] {
	case "ended": // attempt, bytes, and how long it ran
		a := attemptOf(f[1])
		e := &Executed{ID: a.ID, Attempt: a.Attempt, Bytes: int64(atoi(f[2]))}
		if len(f) > 3 {
			e.Nanos = int64(duration(f[3]))
		}
		return e
	case "failed", "again":
		a := attemptOf(f[1])
		return &Executed{ID: a.ID, Attempt: a.Attempt, Again: f[0] == "again", Err: &wire.Failure{Message: strings.Join(f[2:], " ")}}
	case "unstarted": // attempts, then damaged values
		u := &Unstarted{}
		for _, s := range f[1:] {
			if strings.Contains(s, "#") {
				u.Tasks = append(u.Tasks, attemptOf(s))
			} else {
				u.Damaged = append(u.Damaged, idOf(s))
			}
		}
		return u
	case "blocked":
		return &Blocked{Task: attemptOf(f[1])}
	case "resumed":
		return &Resumed{Task: attemptOf(f[1])}
	case "stuck":
		return &Stuck{Task: attemptOf(f[1]), Err: &wire.Failure{Message: strings.Join(f[2:], " ")}}
	case "got":
		return &Fetched{Worker: uint32(atoi(f[1])), Values: sizesOf(f[2:])}
	case "silent":
		return &Unanswered{Worker: uint32(atoi(f[1])), IDs: idsOf(f[2:])}
	case "not", "unreachable":
		return &FetchFailed{Worker: uint32(atoi(f[1])), IDs: idsOf(f[2:]), Reason: f[0], Gone: f[0] == "unreachable"}
	case "stored":
		return &Stored{Values: sizesOf(f[1:])}
	case "memory":
		m := &Memory{}
		for _, o := range f[1:] {
			key, v, _ := strings.Cut(o, "=")
			switch key {
			case "used":
				m.Used = int64(atoi(v))
			case "limit":
				m.Limit = int64(atoi(v))
			case "full":
				m.Full = v
			case "event":
				m.Event = v
			}
		}
		return m
	}
	return nil
}

func sayEffect(e Effect) string {
	switch e := e.(type) {
	case *Send:
		return "send " + sayMessage(e.Msg)
	case *Execute:
		s := "execute " + nameOf(e.Task.ID) + "#" + strconv.Itoa(int(e.Task.Attempt))
		for _, l := range e.Task.Links {
			s += " then " + nameOf(l.ID)
		}
		return s
	case *Keep:
		if e.Task == (wire.Attempt{}) {
			return "keep " + nameOf(e.ID)
		}
		return "keep " + nameOf(e.ID) + " of " + sayAttempt(e.Task)
	case *Interrupt:
		return "interrupt " + sayAttempt(e.Task) + ": " + e.Reason
	case *Fetch:
		return fmt.Sprintf("fetch from %d: %s (%d bytes)", e.Worker, sayIDs(e.IDs), e.Bytes)
	case *Free:
		return "free " + sayIDs(e.IDs)
	case *Push:
		return fmt.Sprintf("push %s#%d of worker %d to client %d", nameOf(e.ID), e.Attempt, e.Worker, e.Client)
	case *Install:
		return fmt.Sprintf("install %d layers", len(e.Layers))
	case *Forget:
		return fmt.Sprintf("forget %v", e.Layers)
	case *Ask:
		return fmt.Sprintf("ask %d %T", e.Call.Request, e.Call.Body)
	case *Quit:
		return fmt.Sprintf("quit: %s", e.Reason)
	}
	return fmt.Sprintf("%T", e)
}

func sayMessage(m wire.Message) string {
	switch m := m.(type) {
	case *wire.WorkerHello:
		return fmt.Sprintf("hello, was %d of epoch %d, holds %s", m.Was, m.Epoch, saySizes(m.Holds))
	case *wire.Done:
		var parts []string
		for _, d := range m.Tasks {
			parts = append(parts, fmt.Sprintf("%s:%d", sayAttempt(wire.Attempt{ID: d.ID, Attempt: d.Attempt}), d.Bytes))
		}
		for _, v := range m.Moved {
			parts = append(parts, fmt.Sprintf("(%d bytes fetched in %v)", v.Bytes, time.Duration(v.Nanos)))
		}
		return "done " + strings.Join(parts, " ")
	case *wire.Failed:
		s := "failed " + sayAttempt(wire.Attempt{ID: m.ID, Attempt: m.Attempt}) + ": " + m.Cause.Message
		if m.Again {
			s += " (again)"
		}
		return s
	case *wire.Started:
		return "started " + sayAttempts(m.Tasks)
	case *wire.Returned:
		return "returned " + sayAttempts(m.Tasks)
	case *wire.LongRunning:
		if m.Back {
			return "long-running " + sayAttempt(m.Task) + " is back"
		}
		return "long-running " + sayAttempt(m.Task)
	case *wire.Holding:
		s := "holding " + saySizes(m.Values)
		if len(m.Dropped) > 0 {
			s += " dropped " + sayIDs(m.Dropped)
		}
		return s
	case *wire.Missing:
		s := "missing"
		for _, p := range m.Values {
			s += fmt.Sprintf(" %s%v", nameOf(p.ID), p.Workers)
		}
		return s + ": " + m.Reason
	case *wire.Heartbeat:
		s := [...]string{"", "running", "paused", "draining"}[m.Status]
		if m.Reason != "" {
			s += " (" + m.Reason + ")"
		}
		s = fmt.Sprintf("heartbeat %s executing=%d ready=%d waiting=%d stored=%d", s, m.Executing, m.Ready, m.Waiting, m.Stored)
		if m.Event != "" {
			s += " event=" + m.Event
		}
		return s
	case *wire.Reply:
		return fmt.Sprintf("reply %d %T", m.Request, m.Body)
	}
	return strings.TrimPrefix(fmt.Sprintf("%T", m), "*wire.")
}

// idOf turns a letter into an id: a … z are values of one layer, A … Z of one of another client, and x/1 is a part of x.
func idOf(s string) wire.ID {
	id := wire.ID{Layer: wire.NewLayerID(1, 1), Index: int32(s[0] - 'a')}
	if s[0] <= 'Z' {
		id = wire.ID{Layer: wire.NewLayerID(2, 1), Index: int32(s[0] - 'A')}
	}
	if _, part, ok := strings.Cut(s, "/"); ok {
		id.Part = int32(atoi(part)) + 1
	}
	return id
}

func nameOf(id wire.ID) string {
	name := string(rune('a' + id.Index))
	if id.Layer.Client() == 2 {
		name = string(rune('A' + id.Index))
	}
	if id.Part > 0 {
		name += "/" + strconv.Itoa(int(id.Part-1))
	}
	return name
}

func idsOf(names []string) (ids []wire.ID) {
	for _, n := range names {
		ids = append(ids, idOf(n))
	}
	return ids
}

func sayIDs(ids []wire.ID) string {
	var names []string
	for _, id := range ids {
		names = append(names, nameOf(id))
	}
	return strings.Join(names, " ")
}

func attemptOf(s string) wire.Attempt {
	name, n, _ := strings.Cut(s, "#")
	return wire.Attempt{ID: idOf(name), Attempt: uint32(atoi(n))}
}

func attemptsOf(fields []string) (as []wire.Attempt) {
	for _, f := range fields {
		as = append(as, attemptOf(f))
	}
	return as
}

func sayAttempt(a wire.Attempt) string { return fmt.Sprintf("%s#%d", nameOf(a.ID), a.Attempt) }

func sayAttempts(as []wire.Attempt) string {
	var parts []string
	for _, a := range as {
		parts = append(parts, sayAttempt(a))
	}
	return strings.Join(parts, " ")
}

// placeOf parses x@2,3:100.
func placeOf(s string) wire.Place {
	name, rest, _ := strings.Cut(s, "@")
	workers, bytes, _ := strings.Cut(rest, ":")
	p := wire.Place{ID: idOf(name), Bytes: int64(atoi(bytes))}
	for n := range strings.SplitSeq(workers, ",") {
		if n != "" {
			p.Workers = append(p.Workers, uint32(atoi(n)))
		}
	}
	return p
}

func sizesOf(fields []string) (sizes []wire.Size) {
	for _, f := range fields {
		name, bytes, _ := strings.Cut(f, ":")
		sizes = append(sizes, wire.Size{ID: idOf(name), Bytes: int64(atoi(bytes))})
	}
	return sizes
}

func saySizes(sizes []wire.Size) string {
	parts := []string{}
	for _, s := range sizes {
		parts = append(parts, fmt.Sprintf("%s:%d", nameOf(s.ID), s.Bytes))
	}
	return "[" + strings.Join(parts, " ") + "]"
}

func atoi(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		panic(err)
	}
	return n
}

func duration(s string) time.Duration {
	d, err := time.ParseDuration(s)
	if err != nil {
		panic(err)
	}
	return d
}
