// Package ready decides which tasks of a plan can run, which of them runs next, and which values nobody needs any more.
//
// It is a machine without a body: no goroutine, clock or lock. Whoever drives it serialises the calls.
package ready

import (
	"slices"

	"sheaf/internal/lower"
)

// A Status says how far a task has come.
type Status uint8

// The states of a task, as Dask spells them.
const (
	Invalid    Status = iota
	Waiting           // for inputs
	Ready             // can run
	Processing        // handed out by Take
	Memory            // done, its value is there
	Released          // done, its value was dropped at its last use
	Erred             // failed, or something that it needs did
)

// A Queue is the state of one run of a plan.
type Queue struct {
	plan    *lower.Plan
	status  []Status
	missing []int32 // inputs that are not there yet
	uses    []int32 // how many times the value is still needed, wanted outputs included
	roots   []int32 // tasks without inputs, ascending; those before next are handed out
	next    int
	heap    []int32 // other ready tasks
	left    int
}

// New returns the queue of a plan at its start.
func New(p *lower.Plan) *Queue {
	q := &Queue{plan: p, status: make([]Status, p.N), missing: make([]int32, p.N), uses: make([]int32, p.N), left: p.N}
	for _, out := range p.Outputs {
		for _, i := range out {
			q.uses[i]++
		}
	}
	for _, i := range p.Held {
		q.missing[i] = 1 // the news that it is there
	}
	for i := range int32(p.N) {
		q.missing[i] += int32(len(p.Deps(i)))
		q.uses[i] += int32(len(p.Uses(i)))
		q.status[i] = Waiting
		if q.missing[i] == 0 {
			q.status[i] = Ready
			q.roots = append(q.roots, i)
		}
	}
	return q
}

// Left returns the number of tasks that are neither done nor failed.
func (q *Queue) Left() int { return q.left }

// Len returns the number of tasks that can run now.
func (q *Queue) Len() int { return len(q.roots) - q.next + len(q.heap) }

// Status returns how far task i has come.
func (q *Queue) Status(i int32) Status { return q.status[i] }

// Take appends up to n tasks that can run now to dst, the most urgent first: those that come first depth first, so that
// work that has begun is finished before new work begins.
func (q *Queue) Take(dst []int32, n int) []int32 {
	for ; n > 0; n-- {
		i, ok := q.pop()
		if !ok {
			break
		}
		q.status[i] = Processing
		dst = append(dst, i)
	}
	return dst
}

// Peek returns the task that Take would hand out first.
func (q *Queue) Peek() (int32, bool) {
	switch {
	case q.next < len(q.roots) && (len(q.heap) == 0 || q.roots[q.next] < q.heap[0]):
		return q.roots[q.next], true
	case len(q.heap) > 0:
		return q.heap[0], true
	}
	return 0, false
}

func (q *Queue) pop() (int32, bool) {
	for {
		i, ok := q.Peek()
		if !ok {
			return 0, false
		}
		if q.next < len(q.roots) && q.roots[q.next] == i {
			q.next++
		} else {
			q.popHeap()
		}
		if q.status[i] == Ready { // it may have failed since, with another output of its graph
			return i, true
		}
	}
}

// Return takes back a task that was handed out but not started.
func (q *Queue) Return(i int32) {
	if q.status[i] != Processing {
		return
	}
	q.status[i] = Ready
	q.push(i)
}

// Arrived says that the value of a held task has come from outside: it can be read now.
func (q *Queue) Arrived(i int32) { q.arrive(i, false) }

// Done says that task i has a value. Tasks that can run now become ready, except the next link of a linear chain, which
// whoever ran i runs at once. It appends to freed the tasks whose values nobody needs any more, i among them if so.
func (q *Queue) Done(i int32, freed []int32) []int32 {
	if q.status[i] == Erred {
		return freed
	}
	q.status[i] = Memory
	q.left--
	next := q.plan.Next[i]
	for _, u := range q.plan.Uses(i) {
		q.arrive(u, u == next)
	}
	if q.uses[i] == 0 {
		q.status[i] = Released
		freed = append(freed, i)
	}
	return q.spend(i, freed)
}

func (q *Queue) arrive(u int32, taken bool) {
	if q.missing[u]--; q.missing[u] > 0 || q.status[u] != Waiting {
		return
	}
	if taken {
		q.status[u] = Processing
		return
	}
	q.status[u] = Ready
	q.push(u)
}

// spend gives up the inputs of task i.
func (q *Queue) spend(i int32, freed []int32) []int32 {
	for _, d := range q.plan.Deps(i) {
		freed = q.Release(d, freed)
	}
	return freed
}

// Release gives up one use of task i's value and appends i to freed if that was the last.
func (q *Queue) Release(i int32, freed []int32) []int32 {
	if q.uses[i]--; q.uses[i] == 0 && q.status[i] == Memory {
		q.status[i] = Released
		freed = append(freed, i)
	}
	return freed
}

// Fail says that task i has failed: so has everything that needs it. It appends these to failed, i first, and to freed the
// tasks whose values nobody needs any more.
func (q *Queue) Fail(i int32, failed, freed []int32) (_, _ []int32) {
	at := len(failed)
	if q.status[i] == Erred {
		return failed, freed
	}
	q.status[i] = Erred
	for failed = append(failed, i); at < len(failed); at++ {
		t := failed[at]
		q.left--
		freed = q.spend(t, freed)
		for _, u := range q.plan.Uses(t) {
			if q.status[u] != Erred {
				q.status[u] = Erred
				failed = append(failed, u)
			}
		}
	}
	return failed, freed
}

// NextUse returns the task that will need the value of i first, as far as the order tells, and N if none will.
func (q *Queue) NextUse(i int32) int32 {
	uses := q.plan.Uses(i)
	at := slices.IndexFunc(uses, func(u int32) bool { return q.status[u] <= Processing })
	if at < 0 {
		return int32(q.plan.N)
	}
	return uses[at]
}

func (q *Queue) push(i int32) {
	h := append(q.heap, i)
	at := len(h) - 1
	for at > 0 {
		up := (at - 1) / 2
		if h[up] <= i {
			break
		}
		h[at] = h[up]
		at = up
	}
	h[at] = i
	q.heap = h
}

func (q *Queue) popHeap() {
	h := q.heap
	last := h[len(h)-1]
	h = h[:len(h)-1]
	q.heap = h
	at := 0
	for {
		down := 2*at + 1
		if down >= len(h) {
			break
		}
		if down+1 < len(h) && h[down+1] < h[down] {
			down++
		}
		if last <= h[down] {
			break
		}
		h[at] = h[down]
		at = down
	}
	if len(h) > 0 {
		h[at] = last
	}
}

// Hold adds one use of task i's value, to be given up by Release.
func (q *Queue) Hold(i int32) { q.uses[i]++ }
