package scheduler

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"sheaf/graph"
	"sheaf/internal/coord"
	"sheaf/internal/wire"
)

// A theatre is a scheduler on a stage: clients, workers and agents are names, tasks are names, and what happens is text.
type theatre struct {
	s     *Scheduler
	now   time.Duration
	in    []In
	names map[wire.ID]string
	ids   map[string]wire.ID
	peers map[string]Peer
	who   map[Peer]string
	kind  map[string]string
	num   map[string]uint32 // numbers of clients and workers
	nums  map[uint32]string // of workers
	given map[string]map[wire.ID]uint32
	layer uint64
	req   uint64
	told  int64 // transitions printed
	quiet bool
}

func newTheatre(c Config) *theatre {
	return &theatre{
		s: New(c), names: map[wire.ID]string{}, ids: map[string]wire.ID{}, peers: map[string]Peer{}, who: map[Peer]string{}, kind: map[string]string{},
		num: map[string]uint32{}, nums: map[uint32]string{}, given: map[string]map[wire.ID]uint32{},
	}
}

// play performs one line, and returns what follows from it.
func (h *theatre) play(t *testing.T, line string) string {
	f := strings.Fields(line)
	args := map[string]string{}
	var words []string
	for _, w := range f[1:] {
		if k, v, ok := strings.Cut(w, "="); ok {
			args[k] = v
		} else {
			words = append(words, w)
		}
	}
	if err := h.act(f[0], words, args); err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	out := h.step()
	if err := h.s.Check(); err != nil {
		t.Fatalf("after %q: %v\n%s", line, err, h.s.text())
	}
	return out
}

func (h *theatre) act(verb string, words []string, args map[string]string) error {
	switch verb {
	case "client", "join", "agent":
		return h.enter(verb, words[0], args)
	case "submit":
		m, err := h.graph(words[0], words[1:], args)
		h.say(words[0], m)
		return err
	case "wait":
		d, err := time.ParseDuration(words[0])
		h.now += d
		for _, w := range h.s.live { // nobody is silent
			if args["silent"] == "" {
				h.in = append(h.in, In{From: w.peer, Msg: &wire.Heartbeat{Status: w.status}})
			}
		}
		return err
	case "lose":
		h.say(words[0], &wire.Gone{Reason: cmp.Or(args["reason"], "connection reset")})
	case "bye":
		h.say(words[0], &wire.Bye{})
	case "brought":
		h.say(words[0], &wire.Brought{})
	case "beat":
		h.say(words[0], &wire.Heartbeat{Status: map[string]wire.Status{"": wire.StatusRunning, "paused": wire.StatusPaused, "draining": wire.StatusDraining}[args["status"]], Reason: args["reason"]})
	case "scatter":
		h.scatter(words[0], words[1:], args)
	case "publish":
		h.req++
		m := coord.TopicPublish{Topic: words[1], Message: []byte(words[2])}
		h.say(words[0], &wire.Call{Request: h.req, Body: &wire.Coord{Bytes: coord.AppendRequest(nil, m)}})
	case "answer":
		h.answer(words[0], words[1])
	case "call":
		return h.call(words[0], words[1], words[2:], args)
	default:
		return h.report(verb, words, args)
	}
	return nil
}

func (h *theatre) say(who string, m wire.Message) {
	h.in = append(h.in, In{From: h.peers[who], Msg: m})
}

func (h *theatre) enter(verb, name string, args map[string]string) error {
	p := Peer(fmt.Sprintf("%s#%d", name, len(h.who)+1))
	h.peers[name], h.who[p], h.kind[name] = p, name, verb
	exe := cmp.Or(args["exe"], "exe")
	was := h.num[cmp.Or(args["was"], "-")]
	version := wire.Version
	if v := args["version"]; v != "" {
		version, _ = strconv.Atoi(v)
	}
	switch verb {
	case "client":
		h.say(name, &wire.ClientHello{Version: version, Name: name, Executable: exe, Process: name + ":1", Was: was, Go: "go1.27", Brings: args["brings"] != ""})
	case "agent":
		h.say(name, &wire.AgentHello{Version: version, Name: name})
	case "join":
		threads, _ := strconv.Atoi(cmp.Or(args["threads"], "1"))
		memory, _ := strconv.ParseInt(args["memory"], 10, 64)
		pid, _ := strconv.Atoi(cmp.Or(args["pid"], "1"))
		m := &wire.WorkerHello{
			Version: version, Name: name, Address: name + ":80", Host: cmp.Or(args["host"], "host-"+name), Threads: threads, Executable: exe, PID: pid,
			Agent: args["agent"], Was: was, Go: "go1.27", MemoryBytes: memory,
		}
		for r := range strings.SplitSeq(args["res"], ",") {
			if k, v, ok := strings.Cut(r, ":"); ok {
				a, _ := strconv.ParseFloat(v, 64)
				m.Resources = append(m.Resources, wire.Resource{Name: k, Amount: a})
			}
		}
		for v := range strings.SplitSeq(args["holds"], ",") {
			if v != "" {
				m.Holds = append(m.Holds, wire.Size{ID: h.ids[v], Bytes: 100})
			}
		}
		h.given[name] = map[wire.ID]uint32{}
		h.say(name, m)
	}
	return nil
}

// graph makes a list of tasks such as "a b<-a c<-a,b", of which want names the outputs; @x stands for another graph's x, a' is
// another task with a's key, and so is x:a, under another name.
func (h *theatre) graph(client string, words []string, args map[string]string) (*wire.Submit, error) {
	h.layer++
	h.req++
	list := wire.Layer{ID: wire.NewLayerID(h.num[client], h.layer), Kind: wire.LayerList, Name: "list", Token: tokenOf(client, h.layer), Content: tokenOf(client, h.layer), OutBytes: -1}
	list.Edges = []wire.Edge{{}}
	seg := wire.Segment{Start: []int32{0}}
	var external *wire.Layer
	at := map[string]int32{}
	for _, w := range words {
		name, inputs, _ := strings.Cut(w, "<-")
		name, key, other := strings.Cut(name, ":")
		if !other {
			key = strings.TrimSuffix(name, "'")
		}
		k := int32(len(seg.Keys))
		at[name] = k
		for in := range strings.SplitSeq(inputs, ",") {
			switch {
			case in == "":
			case in[0] == '@':
				if external == nil {
					h.layer++
					external = &wire.Layer{ID: wire.NewLayerID(h.num[client], h.layer), Kind: wire.LayerExternal, Name: "ext", Token: tokenOf(client, h.layer), Content: tokenOf(client, h.layer)}
					list.Edges = append(list.Edges, wire.Edge{From: external.ID})
				}
				external.External = append(external.External, h.ids[in[1:]])
				seg.Inputs = append(seg.Inputs, graph.Ref{Edge: 1, Index: int32(len(external.External) - 1)})
			default:
				seg.Inputs = append(seg.Inputs, graph.Ref{Edge: graph.Self, Index: at[in]})
			}
		}
		seg.Keys = append(seg.Keys, tokenOf(key))
		seg.Start = append(seg.Start, int32(len(seg.Inputs)))
		seg.NameOf = append(seg.NameOf, uint16(len(list.Names)))
		seg.Source = append(seg.Source, 0)
		list.Names = append(list.Names, strings.TrimRight(name, "'")) // a, a' and a'' are of one kind
		id := wire.ID{Layer: list.ID, Index: k}
		h.names[id], h.ids[name] = name, id
	}
	seg.Hi = int32(len(seg.Keys))
	list.Segments, list.Space = []wire.Segment{seg}, []int{len(seg.Keys)}
	m := &wire.Submit{Request: h.req, Options: h.options(args)}
	if external != nil {
		external.Space = []int{len(external.External)}
		m.Graph.Layers = append(m.Graph.Layers, *external)
	}
	m.Graph.Layers = append(m.Graph.Layers, list)
	out := wire.Output{Layer: list.ID}
	for w := range strings.SplitSeq(args["want"], ",") {
		k, ok := at[w]
		if !ok {
			return nil, fmt.Errorf("%q is wanted and not there", w)
		}
		out.Index = append(out.Index, k)
	}
	m.Graph.Outputs = []wire.Output{out}
	return m, nil
}

func (h *theatre) options(args map[string]string) wire.Options {
	n := func(k string) int64 { v, _ := strconv.ParseInt(args[k], 10, 64); return v }
	o := wire.Options{
		Priority: int32(n("priority")), Retries: int32(n("retries")), KeepGoing: args["keep"] != "", AllowOther: args["loose"] != "", Actor: args["actor"] != "",
		TimeoutMS: n("timeout"), Impure: args["impure"] != "", Progress: args["progress"] != "", Replicas: int32(n("replicas")), ExcludeHost: args["exclude"] != "",
	}
	if w := args["workers"]; w != "" {
		o.Workers = strings.Split(w, ",")
	}
	for r := range strings.SplitSeq(args["need"], ",") {
		if k, v, ok := strings.Cut(r, ":"); ok {
			a, _ := strconv.ParseFloat(v, 64)
			o.Resources = append(o.Resources, wire.Resource{Name: k, Amount: a})
		}
	}
	return o
}

func tokenOf(parts ...any) graph.Token {
	k := graph.NewHasher("test")
	for _, p := range parts {
		k.String(fmt.Sprint(p))
	}
	return k.Sum()
}

// report says what a worker, client or agent says of tasks.
func (h *theatre) report(verb string, words []string, args map[string]string) error {
	who := words[0]
	var ids []wire.ID
	var sizes []wire.Size
	var as []wire.Attempt
	bytes, _ := strconv.ParseInt(cmp.Or(args["bytes"], "100"), 10, 64)
	for _, n := range words[1:] {
		id, ok := h.ids[n]
		if !ok {
			return fmt.Errorf("there is no task %q", n)
		}
		ids = append(ids, id)
		sizes = append(sizes, wire.Size{ID: id, Bytes: bytes})
		attempt := h.given[cmp.Or(args["of"], who)][id]
		if a := args["attempt"]; a != "" {
			v, _ := strconv.Atoi(a)
			attempt = uint32(v)
		}
		as = append(as, wire.Attempt{ID: id, Attempt: attempt})
	}
	workers := []uint32{h.num[args["from"]]}
	switch verb {
	case "finish":
		nanos, _ := time.ParseDuration(cmp.Or(args["took"], "1s"))
		m := &wire.Done{}
		for _, a := range as {
			m.Tasks = append(m.Tasks, wire.DoneTask{ID: a.ID, Attempt: a.Attempt, Bytes: bytes, Nanos: int64(nanos)})
		}
		h.say(who, m)
	case "fail":
		sort := wire.SortUser
		if args["sort"] == "cancelled" {
			sort = wire.SortCancelled
		}
		for _, a := range as {
			h.say(who, &wire.Failed{ID: a.ID, Attempt: a.Attempt, Again: args["again"] != "", Cause: wire.Failure{Sort: sort, Message: "boom"}})
		}
	case "started":
		h.say(who, &wire.Started{Tasks: as})
	case "long":
		h.say(who, &wire.LongRunning{Task: as[0], Back: args["back"] != ""})
	case "returned":
		h.say(who, &wire.Returned{Tasks: as})
	case "holding":
		h.say(who, &wire.Holding{Values: sizes})
	case "dropped":
		h.say(who, &wire.Holding{Dropped: ids})
	case "missing":
		m := &wire.Missing{Reason: "no route"}
		for _, id := range ids {
			m.Values = append(m.Values, wire.Place{ID: id, Workers: workers})
		}
		h.say(who, m)
	case "exited":
		h.say(who, &wire.Exited{Worker: args["of"], PID: 1, Cause: cmp.Or(args["cause"], "signal: killed"), Running: as, Exact: true, OutOfMem: args["oom"] != ""})
	case "claim":
		h.say(who, &wire.Claim{IDs: ids})
	case "release":
		h.say(who, &wire.Release{IDs: ids})
	case "cancel":
		h.say(who, &wire.Cancel{IDs: ids, Force: args["force"] != "", Reason: args["reason"]})
	case "retry":
		h.say(who, &wire.Retry{IDs: ids})
	case "unreadable":
		h.say(who, &wire.Unreadable{ID: ids[0], Worker: workers[0], Reason: "no route"})
	default:
		return fmt.Errorf("unknown verb")
	}
	return nil
}

func (h *theatre) call(who, what string, words []string, args map[string]string) error {
	h.req++
	var ids []wire.ID
	for _, w := range words {
		ids = append(ids, h.ids[w])
	}
	n, _ := strconv.Atoi(args["n"])
	var workers []string
	if w := args["workers"]; w != "" {
		workers = strings.Split(w, ",")
	}
	within, _ := strconv.ParseInt(args["within"], 10, 64)
	bodies := map[string]wire.Body{
		"who-has": &wire.WhoHas{IDs: ids}, "has-what": &wire.HasWhat{Workers: workers}, "processing": &wire.Processing{Workers: workers},
		"info": &wire.Info{}, "replicate": &wire.Replicate{IDs: ids, N: n, Workers: workers}, "rebalance": &wire.Rebalance{IDs: ids},
		"retire": &wire.Retire{Workers: workers, N: n, WithinMS: within, Keep: args["keep"] != ""}, "restart": &wire.Restart{WithinMS: within},
		"run": &wire.Run{Workers: workers, Func: []byte("f")}, "plugin": &wire.Plugin{Name: "p", Value: []byte("v"), Remove: args["remove"] != ""},
		"events": &wire.Events{Topic: args["topic"]}, "story": &wire.Story{IDs: ids}, "stream": &wire.TaskStream{},
	}
	if len(ids) > 0 {
		bodies["actor"] = &wire.Actor{ID: ids[0], Call: []byte("m")}
	}
	b := bodies[what]
	if b == nil {
		return fmt.Errorf("unknown call %q", what)
	}
	h.say(who, &wire.Call{Request: h.req, Body: b})
	return nil
}

// scatter says that a client has put values on workers.
func (h *theatre) scatter(client string, words []string, args map[string]string) {
	h.layer++
	m := &wire.Scattered{Kept: args["kept"] != "", Again: args["again"] != ""}
	for k, n := range words {
		id := wire.ID{Layer: wire.NewLayerID(h.num[client], h.layer), Index: int32(k)}
		if m.Again {
			id = h.ids[n]
		}
		h.names[id], h.ids[n] = n, id
		v := wire.Scatter{ID: id, Bytes: 100, Fault: args["fault"]}
		for w := range strings.SplitSeq(args["on"], ",") {
			if w == "" {
				continue
			}
			v.Workers = append(v.Workers, h.num[w])
		}
		m.Values = append(m.Values, v)
	}
	h.say(client, m)
}

// step lets the scheduler take what was said, and writes what it answers and which states changed.
func (h *theatre) step() string {
	h.now += time.Millisecond
	effects := h.s.Step(h.now, h.in)
	h.in = nil
	var b strings.Builder
	h.transitions(&b)
	for _, e := range effects {
		switch e := e.(type) {
		case *Send:
			h.heard(&b, h.who[e.To], e.Msg)
		case *Drop:
			fmt.Fprintf(&b, "%s is dropped: %s\n", h.who[e.Peer], e.Reason)
		case *Happened:
			for _, x := range e.List {
				fmt.Fprintf(&b, "! %s\n", h.happened(x))
			}
		case *Note:
			if e.Level >= LevelWarn {
				fmt.Fprintf(&b, "note: %s\n", e.Text)
			}
		}
	}
	return b.String()
}

// happened describes one thing that those who observe are told.
func (h *theatre) happened(x Happening) string {
	client := "nobody"
	if x.Client != nil {
		client = x.Client.Name
	}
	switch x.What {
	case WorkerJoined, WorkerLeft:
		return fmt.Sprintf("worker %s %s %d %s", x.Worker.Name, x.Worker.Status, x.Worker.Threads, x.Text)
	case ClientJoined, ClientLeft:
		return fmt.Sprintf("client %s %d %s", client, x.Client.Number, x.Text)
	case GraphAdmitted:
		return fmt.Sprintf("graph %d of %s: %d tasks %v, priority %d", x.Graph, client, x.Tasks, x.Layers, x.Options.Priority)
	case GraphForgotten:
		return fmt.Sprintf("graph %d is forgotten", x.Graph)
	case TaskMoved:
		return strings.TrimSpace(fmt.Sprintf("%s of graph %d: %s -> %s attempt %d %s", h.name(x.Task), x.Graph, x.From, x.To, x.Attempt, x.Place))
	case Restarted:
		return client + " restarts the cluster"
	case Logged:
		return fmt.Sprintf("%s on %s: %s%s", client, x.Topic, x.Text, x.Value)
	}
	return "?"
}

func (h *theatre) transitions(b *strings.Builder) {
	path := map[wire.ID]string{}
	var order []wire.ID
	seen := h.s.story.total - int64(len(h.s.story.items))
	h.s.story.each(func(t *transition) {
		seen++
		if seen <= h.told {
			return
		}
		if path[t.id] == "" {
			order = append(order, t.id)
			path[t.id] = t.from.String()
		}
		path[t.id] += " -> " + t.to.String()
	})
	h.told = h.s.story.total
	if h.quiet {
		return
	}
	for _, id := range order {
		fmt.Fprintf(b, "%s %s\n", h.name(id), path[id])
	}
}

func (h *theatre) name(id wire.ID) string { return cmp.Or(h.names[id], id.String()) }

func (h *theatre) list(ids []wire.ID) string {
	parts := make([]string, len(ids))
	for k, id := range ids {
		parts[k] = h.name(id)
	}
	return strings.Join(parts, " ")
}

func (h *theatre) at(ws []uint32) string {
	parts := make([]string, len(ws))
	for k, w := range ws {
		parts[k] = h.nums[w]
	}
	return strings.Join(parts, ",")
}

// heard writes a message and takes notes for whom it is meant.
func (h *theatre) heard(b *strings.Builder, to string, m wire.Message) {
	switch m := m.(type) {
	case *wire.Welcome:
		if h.kind[to] == "join" {
			h.nums[m.Number] = to
		}
		h.num[to] = m.Number
		return
	case *wire.Peers:
		return
	case *wire.Compute:
		parts := make([]string, len(m.Tasks))
		for k, t := range m.Tasks {
			h.given[to][t.ID] = t.Attempt
			parts[k] = h.name(t.ID)
			for _, l := range t.Links {
				parts[k] += "+" + h.name(l.ID)
			}
			if t.Attempt > 1 {
				parts[k] += fmt.Sprintf("(attempt %d)", t.Attempt)
			}
		}
		text := strings.Join(parts, " ")
		if len(m.Tasks) > 12 {
			text = fmt.Sprintf("%s … %s (%d tasks)", parts[0], parts[len(parts)-1], len(parts))
		}
		for _, p := range m.Where {
			text += fmt.Sprintf(" [%s is at %s]", h.name(p.ID), h.at(p.Workers))
		}
		fmt.Fprintf(b, "%s <- compute %s\n", to, text)
	case *wire.Finished:
		var parts []string
		for _, v := range m.Values {
			p := h.name(v.ID)
			if v.Value != v.ID {
				p += "=" + h.name(v.Value)
			}
			parts = append(parts, p+"@"+h.at(v.Workers))
		}
		fmt.Fprintf(b, "%s <- finished %s\n", to, strings.Join(parts, " "))
	default:
		fmt.Fprintf(b, "%s <- %s\n", to, h.describe(m))
	}
}

func (h *theatre) attempts(as []wire.Attempt) string {
	parts := make([]string, len(as))
	for k, a := range as {
		parts[k] = fmt.Sprintf("%s/%d", h.name(a.ID), a.Attempt)
	}
	return strings.Join(parts, " ")
}

func (h *theatre) describe(m wire.Message) string {
	switch m := m.(type) {
	case *wire.Refused:
		return "refused: " + m.Reason
	case *wire.Admitted:
		if m.Err != "" {
			return fmt.Sprintf("not admitted (sort %d): %s", m.Sort, m.Err)
		}
		return fmt.Sprintf("admitted, %d tasks", m.Tasks)
	case *wire.Erred:
		text := fmt.Sprintf("erred %s (sort %d): %s", h.list(m.IDs), m.Cause.Sort, m.Cause.Message)
		for _, l := range m.Cause.History {
			text += "\n     " + l
		}
		return text
	case *wire.Free:
		return "free " + h.list(m.IDs)
	case *wire.Stop:
		return "stop " + h.attempts(m.Tasks) + ": " + m.Reason
	case *wire.Steal:
		return "steal " + h.attempts(m.Tasks)
	case *wire.Forget:
		return fmt.Sprintf("forget %d layers", len(m.Layers))
	case *wire.Fetch:
		parts := make([]string, len(m.Values))
		for k, v := range m.Values {
			parts[k] = h.name(v.ID) + "@" + h.at(v.Workers)
		}
		return "fetch " + strings.Join(parts, " ")
	case *wire.Quit:
		return fmt.Sprintf("quit: %s, restart %v", m.Reason, m.Restart)
	case *wire.Launch:
		if m.Stop {
			return "stop " + m.Executable + ": " + m.Reason
		}
		return "launch " + m.Executable
	case *wire.Progress:
		text := fmt.Sprintf("progress, done %v:", m.Done)
		for _, l := range m.Layers {
			text += fmt.Sprintf(" %s %d of %d", l.Name, l.Done, l.Total)
		}
		return text
	case *wire.Call:
		return fmt.Sprintf("call %d %T", m.Request, m.Body)
	case *wire.Reply:
		if m.Err != "" {
			return fmt.Sprintf("reply error (sort %d): %s", m.Sort, m.Err)
		}
		return "reply " + h.body(m.Body)
	}
	return fmt.Sprintf("%T %+v", m, m)
}

func (h *theatre) body(b wire.Body) string {
	switch b := b.(type) {
	case *wire.Text:
		return strings.TrimSpace(b.Text)
	case *wire.Names:
		return fmt.Sprint(b.Names)
	case *wire.Places:
		text := "places"
		for _, v := range b.Values {
			text += fmt.Sprintf(" %s@%s", h.name(v.ID), h.at(v.Workers))
		}
		return text
	case *wire.Holdings:
		text := "holdings"
		for _, w := range b.Workers {
			var ids []wire.ID
			for _, v := range w.Values {
				ids = append(ids, v.ID)
			}
			text += fmt.Sprintf(" %s:[%s]", w.Worker, h.list(ids))
		}
		return text
	case *wire.Cluster:
		text := fmt.Sprintf("cluster of %d workers, %d clients, %d graphs, done %d, failed %d, lost %d;", len(b.Workers), len(b.Clients), b.Graphs, b.Done, b.Failed, b.Lost)
		for _, c := range b.Tasks {
			text += fmt.Sprintf(" %d %s", c.Tasks, c.State)
		}
		for _, u := range b.Unrunable {
			text += "; " + u
		}
		return text
	case *wire.Ran:
		text := "ran"
		for _, r := range b.Results {
			text += " " + r.Worker + ":" + string(r.Value)
			if r.Err != nil {
				text += "error " + r.Err.Message
			}
		}
		return text
	case *wire.Tasks:
		return fmt.Sprintf("%d tasks", len(b.Tasks))
	}
	return fmt.Sprintf("%T", b)
}

// answer lets a worker answer the last calls.
func (h *theatre) answer(who, text string) {
	for _, n := range slices.Sorted(maps.Keys(h.s.relayed)) {
		if c := h.s.relayed[n]; c.worker.hello.Name == who {
			r := wire.RunResult{Worker: who, Value: []byte(text)}
			if text == "disk-full" {
				r.Err = &wire.Failure{Message: text}
			}
			h.say(who, &wire.Reply{Request: n, Body: &wire.Ran{Results: []wire.RunResult{r}}})
		}
	}
}

// nop is the operation of layers in tests.
type nop struct{ Name string }

func (nop) Run(context.Context, *graph.Task) (any, error) { return nil, nil }
