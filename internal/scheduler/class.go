package scheduler

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"sheaf/internal/wire"
)

// A class is the tasks that the same workers may run: those of one executable, one list of allowed workers, and one need of
// resources. Tasks that can run wait here, in the order of priorities, or at one of the workers.
type class struct {
	key        string
	executable string
	allowed    []string // names, addresses or hosts; empty for all
	loose      bool     // allowed is a wish
	resources  []wire.Resource

	runs    int // that are of this class
	posts   []*post
	guests  []*post  // at workers that the list does not name, for tasks that shun all that it does name
	load    postHeap // by how soon a new task would start
	backlog postHeap // by how much waits, most first
	hungry  []*post  // of workers that had room when nothing waited
	lanes   []*runLane
	fed     bool // its idle workers are to be looked at

	since time.Duration // since when tasks wait and no worker may run them; negative if that is not so
}

// A runLane is the runs of one client in a class that have tasks waiting at no worker.
type runLane struct {
	client *client
	runs   []*run // a heap: the most urgent first
}

// A post is a worker in a class, and the tasks that wait for that worker.
type post struct {
	worker *worker
	class  *class
	lanes  []postLane
	queued int   // tasks
	stale  int   // entries of tasks that wait here no more
	nanos  int64 // that the tasks are expected to run
	at     [2]int
	hungry bool
	guest  bool // in class.guests: only what is placed here expressly runs here
}

// A postLane is the tasks of one client.
type postLane struct {
	client  *client
	entries []entry // a heap
}

// An entry is a task that can run. It is stale when the task has another state or place by now.
type entry struct {
	run  *run
	user int32
	head int32
	last int32
}

func (e entry) before(o entry) bool {
	if e.user != o.user {
		return e.user > o.user
	}
	if e.run != o.run {
		return e.run.serial < o.run.serial
	}
	return e.head < o.head
}

func runBefore(a, b *run) bool {
	if a.opts.Priority != b.opts.Priority {
		return a.opts.Priority > b.opts.Priority
	}
	return a.serial < b.serial
}

// classOf returns the class of a run with these options, of a client with this executable.
func (s *Scheduler) classOf(executable string, o *wire.Options) *class {
	c := class{executable: executable, allowed: slices.Clone(o.Workers), loose: o.AllowOther, resources: slices.Clone(o.Resources), since: -1}
	slices.Sort(c.allowed)
	c.allowed = slices.Compact(c.allowed)
	slices.SortFunc(c.resources, func(a, b wire.Resource) int { return strings.Compare(a.Name, b.Name) })
	c.loose = c.loose && len(c.allowed) > 0
	var b strings.Builder
	fmt.Fprintf(&b, "%s %v %q", executable, c.loose, c.allowed)
	for _, r := range c.resources {
		b.WriteString(" " + strconv.Quote(r.Name) + strconv.FormatFloat(r.Amount, 'g', -1, 64))
	}
	c.key = b.String()
	if at, ok := s.findClass(c.key); ok {
		return s.classes[at]
	}
	n := &c
	n.load.slot, n.load.less = 0, lessLoad
	n.backlog.slot, n.backlog.less = 1, moreBacklog
	at, _ := s.findClass(c.key)
	s.classes = slices.Insert(s.classes, at, n)
	s.staff(n)
	return n
}

func (s *Scheduler) findClass(key string) (int, bool) {
	return slices.BinarySearchFunc(s.classes, key, func(c *class, k string) int { return strings.Compare(c.key, k) })
}

// leaveClass forgets a class with its last run.
func (s *Scheduler) leaveClass(c *class) {
	if c.runs--; c.runs > 0 {
		return
	}
	for _, p := range append(slices.Clone(c.posts), c.guests...) {
		s.closePost(p)
	}
	if at, ok := s.findClass(c.key); ok {
		s.classes = slices.Delete(s.classes, at, at+1)
	}
}

// names reports whether the class's list names the worker.
func (c *class) names(w *worker) bool {
	for _, a := range c.allowed {
		if a == w.hello.Name || a == w.hello.Address || a == w.hello.Host {
			return true
		}
	}
	return len(c.allowed) == 0
}

// able reports whether the worker could run the class's tasks, apart from the list.
func (c *class) able(w *worker) bool {
	return w.hello.Executable == c.executable && covers(w.hello.Resources, c.resources)
}

// resourceSlack is how far sums of amounts may be off by rounding.
const resourceSlack = 1e-9

func covers(have, need []wire.Resource) bool {
	for _, n := range need {
		if amount(have, n.Name)+resourceSlack < n.Amount {
			return false
		}
	}
	return true
}

func amount(rs []wire.Resource, name string) float64 {
	sum := 0.0
	for _, r := range rs {
		if r.Name == name {
			sum += r.Amount
		}
	}
	return sum
}

// staff gives the class posts at the workers that may run its tasks now, and takes away those at others.
func (s *Scheduler) staff(c *class) {
	preferred := false
	if c.loose {
		for _, w := range s.live {
			preferred = preferred || w.open() && c.able(w) && c.names(w)
		}
	}
	may := func(w *worker) bool { return w.open() && c.able(w) && (c.names(w) || c.loose && !preferred) }
	for _, w := range s.live { // first, for what waits where it may not stay
		if p := w.post(c); may(w) && p == nil {
			s.openPost(w, c)
		} else if may(w) && p.guest {
			s.invite(p)
		}
	}
	for _, w := range s.live {
		if p := w.post(c); p != nil && !may(w) && (!p.guest || p.queued == 0 || !w.open()) {
			s.closePost(p)
		}
	}
}

// restaff is staff for the classes that one worker's coming, going or pausing touches.
func (s *Scheduler) restaff(w *worker) {
	for _, c := range slices.Clone(s.classes) {
		if c.loose {
			s.staff(c)
			continue
		}
		may := w.open() && c.able(w) && c.names(w)
		p := w.post(c)
		switch {
		case may && p == nil:
			s.openPost(w, c)
		case !may && p != nil:
			s.closePost(p)
		}
	}
}

func (s *Scheduler) openPost(w *worker, c *class) {
	p := &post{worker: w, class: c, at: [2]int{-1, -1}}
	w.posts = append(w.posts, p)
	s.enlist(p)
}

// enlist enters a post among those for all of its class's tasks.
func (s *Scheduler) enlist(p *post) {
	c := p.class
	c.posts = append(c.posts, p)
	c.load.push(p)
	c.since = -1
	s.wake(p.worker)
}

// invite makes a guest's post one for all of the class's tasks.
func (s *Scheduler) invite(p *post) {
	p.guest = false
	p.class.guests = slices.DeleteFunc(p.class.guests, func(q *post) bool { return q == p })
	s.enlist(p)
}

// guest returns a post for a task of a loose class that is to run neither on a host nor at a worker (0 for none), where all that the list
// names are of these: at the open worker with the least to do that could run it, or nil.
func (s *Scheduler) guest(c *class, host string, number int32) *post {
	if !c.loose {
		return nil
	}
	var best *worker
	for _, w := range s.live {
		if w.open() && c.able(w) && !c.names(w) && w.hello.Host != host && w.number != number && (best == nil || w.load < best.load) {
			best = w
		}
	}
	if best == nil {
		return nil
	}
	if p := best.post(c); p != nil {
		return p
	}
	p := &post{worker: best, class: c, at: [2]int{-1, -1}, guest: true}
	best.posts = append(best.posts, p)
	c.guests = append(c.guests, p)
	return p
}

// closePost takes a worker out of a class. The tasks that wait there look for another place.
func (s *Scheduler) closePost(p *post) {
	c, w := p.class, p.worker
	w.posts = slices.DeleteFunc(w.posts, func(q *post) bool { return q == p })
	c.posts = slices.DeleteFunc(c.posts, func(q *post) bool { return q == p })
	c.guests = slices.DeleteFunc(c.guests, func(q *post) bool { return q == p })
	c.hungry = slices.DeleteFunc(c.hungry, func(q *post) bool { return q == p })
	c.load.remove(p)
	c.backlog.remove(p)
	for _, l := range p.lanes {
		for _, e := range l.entries {
			if t := &e.run.tasks[e.last]; t.status == statusQueued && t.at == w.number {
				w.queuedNanos -= t.size
				t.at = 0
				s.place(e.run, e.last)
			}
		}
	}
	p.lanes = nil
	s.reload(w)
	s.wake(w) // others may have waited for one of them to be alone
}

// vacant notes since when tasks of a class wait while no worker may run them.
func (s *Scheduler) vacant(c *class) {
	switch waiting := len(c.posts) == 0 && len(c.lanes) > 0; {
	case !waiting:
		c.since = -1
	case c.since < 0:
		c.since = s.now
		s.note(LevelWarn, "tasks wait for a worker: "+s.whyVacant(c))
	}
}

// whyVacant says what a class's tasks need that no worker has.
func (s *Scheduler) whyVacant(c *class) string {
	var need []string
	if len(c.allowed) > 0 && !c.loose {
		need = append(need, "one of "+strings.Join(c.allowed, ", "))
	}
	for _, r := range c.resources {
		need = append(need, fmt.Sprintf("%s=%g", r.Name, r.Amount))
	}
	same, named, shut := 0, 0, 0
	for _, w := range s.live {
		if w.hello.Executable != c.executable {
			continue
		}
		same++
		if c.names(w) || c.loose {
			named++
			if c.able(w) && !w.open() {
				shut++
			}
		}
	}
	what := fmt.Sprintf("%d tasks of executable %s", c.waiting(), shortHash(c.executable))
	if len(need) > 0 {
		what += " need a worker with " + strings.Join(need, ", ")
	}
	switch {
	case len(s.live) == 0:
		return what + "; there is no worker"
	case same == 0:
		return fmt.Sprintf("%s; none of the %d workers runs it", what, len(s.live))
	case shut > 0:
		return fmt.Sprintf("%s; all %d that could run them are paused or draining", what, shut)
	case named == 0:
		return fmt.Sprintf("%s; none of the %d workers is one of them", what, same)
	}
	return fmt.Sprintf("%s; none of the %d workers has that", what, named)
}

// waiting counts the tasks of a class that wait at no worker.
func (c *class) waiting() int {
	n := 0
	for _, l := range c.lanes {
		for _, r := range l.runs {
			n += len(r.roots) - r.next + len(r.ready)
		}
	}
	return n
}

func shortHash(h string) string {
	if len(h) > 8 {
		return h[:8]
	}
	return h
}
