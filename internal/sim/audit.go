package sim

import (
	"fmt"
	"strings"
	"time"

	"sheaf/internal/scheduler"
	"sheaf/internal/wire"
)

// A Rule is what the auditor judges by.
type Rule uint8

// The rules. "Wanted" means claimed by a client that lives.
const (
	ruleNone  Rule = iota
	rule1          // each wanted key comes to one outcome that its client sees, in bounded time after the faults have stopped
	rule2          // a value is the one that a sequential run computes
	rule3          // one commit per key and epoch of need: what somebody has is not made again, and clients hear of what was committed
	rule4          // each attempt ends once: committed, failed or superseded; numbers of attempts only rise
	rule5          // after release nothing is left: tasks, claims, values, files, operations
	rule6          // a worker's resources are never exceeded
	rule7          // an acknowledged call is not forgotten, and is answered once
	rule8          // work is repeated only for what was lost, and what is wanted is not let go of
	ruleOther      // a machine contradicts itself, or asks for something that cannot be
)

var ruleNames = [...]string{"", "L1", "L2", "L3", "L4", "L5", "L6", "L7", "L8", "internal"}

func (r Rule) String() string { return ruleNames[r] }

// A Violation is a rule that was broken.
type Violation struct {
	Rule  Rule
	At    time.Duration
	Text  string
	Story []string // of the key
}

func (v Violation) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v at %v: %s", v.Rule, v.At, v.Text)
	for _, line := range v.Story {
		b.WriteString("\n      ")
		b.WriteString(line)
	}
	return b.String()
}

// An auditor knows every submitted key and what must become of it. It is told of what clients do and see, of what really happens on
// workers, and of what the scheduler hears and says; from the last it knows what the scheduler can know.
type auditor struct {
	w          *world
	layers     map[wire.LayerID][]*story
	stories    map[key]*story
	all        []*story
	violations []Violation
	broken     int // violations in all; only some are kept

	submissions []*submission
	futures     []*future
	calls       []*call
	coord       ledger
	mayCancel   bool // the cluster was restarted

	// What the scheduler can know.
	peers     map[scheduler.Peer]*peer
	known     []*peer // the same, in order
	workers   map[uint32]*peer
	clients   map[uint32]*peer
	attempts  map[wire.Attempt]*attempt
	last      map[wire.ID]uint32    // attempt of a head
	forgotten map[wire.LayerID]bool // layers of graphs that the scheduler has forgotten
	open      int
	step      int

	sums sums
}

// sums are the figures of a run.
type sums struct {
	tasks, dispatched, executed, committed, failed, superseded, repeated int
	submitted, admitted, refused, read, erred, cancelled                 int
	lostValues, spared                                                   int
}

// A peer is a session as the scheduler knows it.
type peer struct {
	name   scheduler.Peer
	number uint32
	node   *node
	client *client
	gone   bool

	held   []*story           // what a worker was ever known to have and was not let go of; it may name some twice
	opened []*attempt         // that a worker was ever handed and may not have ended
	claims map[wire.ID]*story // of a client
	order  []wire.ID          // of claims, and former ones
}

// violationsMax is how many violations are kept.
const violationsMax = 20

func newAuditor(w *world) *auditor {
	return &auditor{
		w: w, coord: newLedger(), layers: map[wire.LayerID][]*story{}, stories: map[key]*story{}, peers: map[scheduler.Peer]*peer{},
		workers: map[uint32]*peer{}, clients: map[uint32]*peer{}, attempts: map[wire.Attempt]*attempt{}, forgotten: map[wire.LayerID]bool{}, last: map[wire.ID]uint32{},
	}
}

// violate notes that a rule was broken; id says whose story tells how.
func (a *auditor) violate(r Rule, id wire.ID, format string, args ...any) {
	a.violateStory(r, a.story(id), format, args...)
}

func (a *auditor) violateStory(r Rule, s *story, format string, args ...any) {
	a.broken++
	v := Violation{Rule: r, At: a.w.now, Text: fmt.Sprintf(format, args...)}
	if a.w.log != nil {
		a.w.logf("VIOLATION of %v: %s", r, v.Text)
	}
	if len(a.violations) >= violationsMax {
		return
	}
	if s != nil {
		v.Story = s.text()
	}
	a.violations = append(a.violations, v)
}

// internal notes something that must not happen whatever the rules are.
func (a *auditor) internal(format string, args ...any) {
	a.violateStory(ruleOther, nil, format, args...)
}

// layer returns the stories of a layer's tasks.
func (a *auditor) layer(id wire.LayerID) []*story { return a.layers[id] }

// story returns that of an id, or nil.
func (a *auditor) story(id wire.ID) *story {
	l := a.layers[id.Layer]
	if int(id.Index) < len(l) && id.Index >= 0 {
		return l[id.Index]
	}
	return nil
}

// clientOf returns the client of a session, if it is one's.
func (a *auditor) clientOf(p scheduler.Peer) *client {
	if known := a.peers[p]; known != nil {
		return known.client
	}
	return nil
}

// name says which worker a number is.
func (a *auditor) name(worker uint32) string {
	if p := a.workers[worker]; p != nil && p.node != nil {
		return p.node.name
	}
	return fmt.Sprintf("worker %d", worker)
}
