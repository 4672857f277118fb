package scheduler

import (
	"time"

	"sheaf/fn"
	"sheaf/internal/lower"
	"sheaf/internal/wire"
)

// A run is one submitted graph, from its admission until nothing of it is needed.
type run struct {
	serial  uint64 // in the order of admission; also the graph's part of a priority
	slot    uint32 // in scheduler.runs
	client  *client
	request uint64
	opts    wire.Options
	class   *class

	plan    *lower.Plan
	layers  []*wire.Layer
	number  map[wire.LayerID]int32
	index   map[int32]int32 // of scattered values, which no plan describes: index to task
	kept    bool            // the client has the scattered values still
	kinds   [][]*kind       // per layer: one, or in a list one per name
	span    *span           // nil of scattered values
	tasks   []task
	tallies tallies
	keys    *keyTable // of tasks of lists, if they are many
	extra   map[int32]*extra
	causes  []cause

	roots []int32 // heads that need nothing, in order
	next  int     // those before it have been handed out
	ready []int32 // a heap of other heads that can run and have no worker

	claimed  int // tasks with claims or pins
	left     int // chains that are wanted and neither in memory nor erred
	anchored int // runs that may need this one's values again
	anchors  []*run
	mark     uint64 // the serial of the run that was last made to depend on this one
	frozen   bool   // what failed has taken the rest with it

	taught  []taught // workers that know its layers
	proxies []int32  // while it is being admitted

	progress *progress
	moved    time.Duration // of the last transition
	lane     *runLane
	laneAt   int // in lane.runs
}

// taught says that a worker was told of a layer.
type taught struct{ worker, layer int32 }

// cause is why tasks failed, and how many of them.
type cause struct {
	failure *wire.Failure
	tasks   int
}

// extra is what only few tasks have.
type extra struct {
	target      ref // of a proxy: the task whose value it stands for
	followers   []ref
	place       int32 // where this proxy stands among the followers of its task
	claims      []claim
	more        []holder        // that have the value besides the first one
	retried     map[int32]int32 // how often a task of the chain was tried again after it had failed
	deaths      int32
	spec        spec     // its second attempt, while it runs
	specs       int32    // how many second attempts the running one has had
	suspected   int32    // of how many deaths it may be the cause without having been seen to run
	goal        int32    // how many workers are to hold the value
	strikes     int32    // how often it could not be read
	avoid       string   // the host that a retry is not to run on
	shun        int32    // the worker on which it cannot have its inputs, or where its value could not be read; 0 for none
	history     []string // of earlier attempts
	lastDeath   uint32   // the attempt that was last charged with a death
	doomed      bool     // too many workers have died of it
	outOfMemory bool     // one of them of too much memory
	lost        string   // where and when the last copy went
	after       time.Duration
	actor       bool
	listed      bool   // among scheduler.copies
	round       uint64 // in which it was last looked at there
}

// A claim is one of a client's other than the run's own, or under another name than the task's own.
type claim struct {
	client *client
	id     wire.ID
	n      int32
}

// A holder is a worker that has a value, and where the value stands in its list.
type holder struct {
	worker int32
	pos    int32
}

func (t *task) has(flag uint8) bool { return t.flags&flag != 0 }

// rare returns the rare part of a task's state, or nil.
func (r *run) rare(i int32) *extra {
	if r.tasks[i].has(flagExtra) {
		return r.extra[i]
	}
	return nil
}

// rarely returns the rare part of a task's state, which it gets if it has none.
func (r *run) rarely(i int32) *extra {
	if x := r.rare(i); x != nil {
		return x
	}
	if r.extra == nil {
		r.extra = map[int32]*extra{}
	}
	x := &extra{}
	r.extra[i] = x
	r.tasks[i].flags |= flagExtra
	return x
}

// head returns the first task of the chain that ends in i.
func (r *run) head(i int32) int32 {
	for {
		deps := r.plan.Deps(i)
		if len(deps) != 1 || r.plan.Next[deps[0]] != i {
			return i
		}
		i = deps[0]
	}
}

// last returns the last task of the chain that begins with, or passes through, i.
func (r *run) last(i int32) int32 {
	for r.plan.Next[i] >= 0 {
		i = r.plan.Next[i]
	}
	return i
}

// id returns the name under which workers hold the value of task i.
func (r *run) id(i int32) wire.ID {
	return wire.ID{Layer: r.layers[r.plan.Layer[i]].ID, Index: r.plan.Index[i]}
}

// ref returns the reference to task i.
func (r *run) ref(i int32) ref { return ref{r.slot, i} }

// key returns the name of task i for people.
func (r *run) key(i int32) string {
	if r.index != nil {
		return "scatter-" + r.id(i).String()
	}
	return r.plan.Key(i).String()
}

// source returns the user's function that task i runs, if it is known.
func (r *run) source(i int32) fn.Source {
	l := r.layers[r.plan.Layer[i]]
	at := 0
	if l.Kind == wire.LayerList {
		seg := segmentOf(l, r.plan.Index[i])
		if seg == nil {
			return fn.Source{}
		}
		at = int(seg.Source[r.plan.Index[i]-seg.Lo]) - 1
	}
	if at < 0 || at >= len(l.Sources) {
		return fn.Source{}
	}
	return l.Sources[at]
}

// name returns what people call the operation of task i.
func (r *run) name(i int32) string {
	return r.plan.Layers[r.plan.Layer[i]].TaskName(int(r.plan.Index[i]))
}

// task returns the task that a client's or worker's id names.
func (s *Scheduler) task(id wire.ID) (*run, int32, bool) {
	r := s.byLayer[id.Layer]
	if r == nil {
		return nil, 0, false
	}
	if r.index != nil {
		i, ok := r.index[id.Index]
		return r, i, ok
	}
	i, ok := r.plan.Task(r.number[id.Layer], id.Index)
	return r, i, ok
}

// unit is task, and the last task of the chain that the id's task stands in.
func (s *Scheduler) unit(id wire.ID) (r *run, last int32, ok bool) {
	r, i, ok := s.task(id)
	if !ok {
		return nil, 0, false
	}
	return r, r.last(i), true
}

// resolve follows a proxy to the task that it stands for.
func (s *Scheduler) resolve(r *run, i int32) (*run, int32) {
	for r.tasks[i].has(flagProxy) {
		t := r.extra[i].target
		r, i = s.runs[t.run], t.task
	}
	return r, i
}
