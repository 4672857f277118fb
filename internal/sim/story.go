package sim

import (
	"fmt"
	"slices"
	"time"

	"sheaf/graph"
	"sheaf/internal/wire"
)

// A story is everything about one key.
type story struct {
	key       key
	name      string
	does      behaviour
	inputs    []*story
	part      int32 // that it takes of each of them; 0 for the whole
	users     []*story
	scattered bool
	impure    bool
	sum       uint64 // the right value
	known     bool   // sum is

	// What clients want.
	needs   int // submissions that need it
	retries int // by users
	options wire.Options
	asked   []*submission
	revoked bool // somebody has cancelled it, or something that it needs
	stopped bool // by force

	// What happened.
	runs       int           // executions that began
	begun      time.Duration // when the first did
	failures   int
	killed     int // processes that ended while it ran
	losses     int // replicas, and attempts, that were lost
	dispatches int

	// What the scheduler can know.
	places    []place
	commit    *attempt       // the last one
	ids       []wire.ID      // under which it was handed out: of graphs that do not share it
	open      []*attempt     // at it
	announced []announcement // to whom, and as what
	stoppedAt *peer          // who was told last to end an attempt
	claims    int
	// Steps in which, for a moment, nobody claimed it, somebody got it, somebody lost it.
	unclaimed, placed, shaken int

	lines []line
}

// A place is a worker that has a value, and the id under which it has it.
type place struct {
	p     *peer
	id    wire.ID
	doubt bool // somebody could not read it there
}

// at returns which of the story's places it is, or -1.
func (s *story) at(p *peer, id wire.ID) int {
	return slices.IndexFunc(s.places, func(at place) bool { return at.p == p && at.id == id })
}

// sureOf reports whether the scheduler can know of a worker that has the value under an id, and from which it could be read.
func (s *story) sureOf(id wire.ID) bool {
	return slices.ContainsFunc(s.places, func(at place) bool { return at.id == id && !at.doubt })
}

// heldAs reports whether the scheduler can know of a worker that has the value under an id.
func (s *story) heldAs(id wire.ID) bool {
	return slices.ContainsFunc(s.places, func(at place) bool { return at.id == id })
}

// An announcement is what a client was told of a value that it calls id.
type announcement struct {
	p         *peer
	id, value wire.ID
}

// A line is one thing that happened to a key.
type line struct {
	at      time.Duration
	what    string
	id      wire.ID
	attempt uint32
	worker  uint32
	who     string
}

// linesMax is how much of a story is kept.
const linesMax = 200

// tell adds a line to the story.
func (a *auditor) tell(s *story, what string, id wire.ID, attempt, worker uint32, who string) {
	if s == nil || len(s.lines) >= linesMax {
		return
	}
	s.lines = append(s.lines, line{a.w.now, what, id, attempt, worker, who})
}

// text writes the story down.
func (s *story) text() []string {
	lines := []string{fmt.Sprintf("story of %s %s(%d), value %x, %d inputs", s.name, s.key.token.Short(), s.key.index, s.sum, len(s.inputs))}
	for _, l := range s.lines {
		text := fmt.Sprintf("%12v  %s", l.at.Round(time.Microsecond), l.what)
		if l.id != (wire.ID{}) {
			text += " " + l.id.String()
		}
		if l.attempt != 0 {
			text += fmt.Sprintf(" attempt %d", l.attempt)
		}
		if l.worker != 0 {
			text += fmt.Sprintf(" worker %d", l.worker)
		}
		if l.who != "" {
			text += " " + l.who
		}
		lines = append(lines, text)
	}
	return lines
}

// held reports whether the scheduler can know of a worker that has the value.
func (s *story) held() bool { return len(s.places) > 0 }

// register makes the stories of a graph's layers and returns those that its outputs need.
func (a *auditor) register(g graph.Graph, layers []packed, o wire.Options) []*story {
	byToken := map[graph.Token]wire.LayerID{}
	for _, p := range layers {
		byToken[p.layer.Token()] = p.id
		a.layers[p.id] = make([]*story, p.layer.Len())
	}
	for _, p := range layers {
		for i := range p.layer.Len() {
			a.layers[p.id][i] = a.taskStory(p.layer, i, byToken)
		}
	}
	for _, p := range layers { // tasks of a list may need later ones
		a.connect(p.layer, p.id, byToken)
	}
	var needed []*story
	seen := map[*story]bool{}
	stack := []*story{}
	for _, out := range g.Outputs {
		of := a.layers[byToken[out.Layer.Token()]]
		for k := range out.Len() {
			stack = append(stack, of[out.At(k)])
		}
	}
	for len(stack) > 0 {
		s := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if seen[s] {
			continue
		}
		seen[s] = true
		needed = append(needed, s)
		if s.needs == 0 && !s.scattered {
			s.options, s.impure = o, o.Impure
		}
		s.needs++
		stack = append(stack, s.inputs...)
	}
	return needed
}

// taskStory returns the story of a task: an old one if the key is known.
func (a *auditor) taskStory(l *graph.Layer, i int, byToken map[graph.Token]wire.LayerID) *story {
	switch {
	case l.Pending(i) != nil:
		return l.Pending(i).(*future).story
	case l.IsAlias():
		refs, _ := l.Deps(i, nil, nil)
		return a.layers[byToken[l.From(int(refs[0].Edge)).Token()]][refs[0].Index]
	}
	k := key{l.Token(), int32(i)}
	if l.Keyed() {
		k = key{l.Key(i).Token, 0}
	}
	if s := a.stories[k]; s != nil {
		return s
	}
	s := &story{key: k, name: l.TaskName(i), does: l.OpOf(i).(op).of(k)}
	a.stories[k] = s
	a.all = append(a.all, s)
	a.sums.tasks++
	return s
}

// connect finds out what the tasks of a layer need.
func (a *auditor) connect(l *graph.Layer, id wire.LayerID, byToken map[graph.Token]wire.LayerID) {
	if l.IsAlias() || l.Len() > 0 && l.Pending(0) != nil {
		return
	}
	var refs []graph.Ref
	var ends []int32
	for i, s := range a.layers[id] {
		if s.inputs != nil {
			continue
		}
		refs, ends = l.Deps(i, refs[:0], ends[:0])
		s.inputs = make([]*story, len(refs))
		if t, ok := l.Op().(graph.PartTaker); ok && len(l.Edges()) > 0 && t.TakesParts(0) {
			s.part = int32(i) + 1
		}
		for k, r := range refs {
			from := l.From(int(r.Edge))
			in := a.layers[byToken[from.Token()]][r.Index]
			s.inputs[k] = in
			in.users = append(in.users, s)
		}
	}
}

// right returns the value that a sequential run computes.
func (a *auditor) right(s *story) uint64 {
	stack := []*story{s}
	for len(stack) > 0 {
		t := stack[len(stack)-1]
		if t.known {
			stack = stack[:len(stack)-1]
			continue
		}
		ready := true
		for _, in := range t.inputs {
			if !in.known {
				stack = append(stack, in)
				ready = false
			}
		}
		if !ready {
			continue
		}
		sums := make([]uint64, len(t.inputs))
		for k, in := range t.inputs {
			sums[k] = partOf(in.sum, t.part)
		}
		t.sum, t.known = valueOf(t.key, sums), true
		stack = stack[:len(stack)-1]
	}
	return s.sum
}

// scattered makes the story of a value that a client puts on workers.
func (a *auditor) scattered(id wire.ID, k key) *story {
	s := &story{key: k, name: "scattered", scattered: true, sum: k.hash(), known: true}
	a.stories[k] = s
	a.all = append(a.all, s)
	for len(a.layers[id.Layer]) <= int(id.Index) {
		a.layers[id.Layer] = append(a.layers[id.Layer], nil)
	}
	a.layers[id.Layer][id.Index] = s
	return s
}
