package sim

import (
	"time"

	"sheaf/graph"
	"sheaf/internal/wire"
)

// What follows is told by the clients.

// submitted takes note of a graph before it is sent.
func (a *auditor) submitted(s *submission, g graph.Graph, layers []packed) {
	s.stories = a.register(g, layers, s.options)
	s.tasks = len(s.stories)
	for _, st := range s.stories {
		st.asked = append(st.asked, s)
	}
	a.submissions = append(a.submissions, s)
	a.sums.submitted++
}

// answered takes note of the admission of a graph.
func (a *auditor) answered(s *submission, m *wire.Admitted) {
	if s.answered {
		if s.answers++; s.answers > s.asked || s.refused != m.Err {
			a.violateStory(rule7, nil, "the submission %d of %s is answered twice", s.request, s.c.name)
		}
		return
	}
	s.answers = 1
	s.answered, s.admitted, s.refused = true, a.w.now, m.Err
	switch {
	case m.Err == "":
		a.sums.admitted++
		if s.clash {
			a.violateStory(ruleOther, nil, "the submission %d of %s binds a known key to something else, and is admitted", s.request, s.c.name)
		}
	default:
		a.sums.refused++
		if !s.clash {
			a.violateStory(rule1, nil, "the submission %d of %s is refused: %s", s.request, s.c.name, m.Err)
		}
	}
}

func (a *auditor) claimed(f *future) {
	a.futures = append(a.futures, f)
	a.tell(f.story, "is claimed by "+f.c.name+" as", f.id, 0, 0, "")
}

// borrowed takes note of claims to values that others submitted.
func (a *auditor) borrowed(fs []*future) {
	for _, f := range fs {
		f.borrowed = true
		for _, s := range a.above(f.story) {
			s.needs++ // who lent it may give it up before the claim comes
		}
	}
}

func (a *auditor) cancelled(_ *client, fs []*future) { a.sums.cancelled += len(fs) }

// retried takes note of a wish to run again what failed. What failed with it runs again too, with what that needs: it may be anything that
// is connected with it.
func (a *auditor) retried(f *future) {
	seen := map[*story]bool{f.story: true}
	graphs := map[*submission]bool{}
	list := []*story{f.story}
	for k := 0; k < len(list); k++ {
		list[k].retries++
		near := [][]*story{list[k].inputs, list[k].users}
		for _, g := range list[k].asked {
			if !g.options.KeepGoing && !graphs[g] {
				graphs[g] = true
				near = append(near, g.stories)
			}
		}
		for _, all := range near {
			for _, s := range all {
				if !seen[s] {
					seen[s] = true
					list = append(list, s)
				}
			}
		}
	}
}

// above returns everything that a key needs, itself included.
func (a *auditor) above(s *story) []*story {
	seen := map[*story]bool{s: true}
	list := []*story{s}
	for k := 0; k < len(list); k++ {
		for _, in := range list[k].inputs {
			if !seen[in] {
				seen[in] = true
				list = append(list, in)
			}
		}
	}
	return list
}

func (a *auditor) called(_ *client, k *call) { a.calls = append(a.calls, k) }

// finished takes note that a client has heard of a value.
func (a *auditor) finished(f *future, r wire.Ready) {
	a.tell(f.story, "is ready for "+f.c.name+" as", r.Value, r.Attempt, 0, "")
}

// value judges what a client has read.
func (a *auditor) value(f *future, sum uint64, worker uint32) {
	a.sums.read++
	a.tell(f.story, "is read by "+f.c.name+" from", f.ready.Value, 0, worker, "")
	a.checkSum(f.story, sum, worker, "read")
}

func (a *auditor) checkSum(s *story, sum uint64, worker uint32, how string) {
	if right := a.right(s); sum != right {
		a.violateStory(rule2, s, "the value that was %s from %s is %x, and should be %x", how, a.name(worker), sum, right)
	}
}

// erred judges a reason that a client is given why there is no value.
func (a *auditor) erred(f *future, cause *wire.Failure) {
	a.sums.erred++
	a.tell(f.story, "fails for "+f.c.name+": "+cause.Message, f.id, cause.Attempt, 0, "")
	if why := a.unjustified(f, cause); why != "" {
		a.violateStory(rule1, f.story, "%s is told that %v failed (%s: %q of %v), but %s",
			f.c.name, f.id, sortNames[min(int(cause.Sort), len(sortNames)-1)], cause.Message, cause.Task, why)
		if root := a.story(cause.Task); root != nil && root != f.story && len(a.violations) > 0 {
			v := &a.violations[len(a.violations)-1]
			v.Story = append(v.Story, root.text()...)
		}
	}
}

var sortNames = [...]string{
	"none", "graph", "clash", "cycle", "no workers", "resources", "cancelled", "lost", "killed", "timeout", "limit", "internal", "serialize",
	"memory", "user", "closed",
}

// unjustified says what is wrong with a reason, or nothing.
func (a *auditor) unjustified(f *future, cause *wire.Failure) string {
	roots := []*story{a.story(cause.Task)}
	if at := a.attempts[wire.Attempt{ID: cause.Task, Attempt: cause.Attempt}]; at != nil && cause.Sort != wire.SortUser {
		roots = at.members // of what kills its worker it is not known which task of the chain it was
	}
	why := ""
	for _, root := range roots {
		if root == nil {
			root = f.story
		}
		if why = a.faultless(f, root, cause); why == "" {
			return ""
		}
	}
	return why
}

// faultless says why a task cannot be the root of a failure, or nothing if it can.
func (a *auditor) faultless(f *future, root *story, cause *wire.Failure) string {
	if !a.related(f, root) {
		return "this has nothing to do with it"
	}
	switch cause.Sort {
	case wire.SortSerialize:
		if root.does.sort != wire.SortSerialize || root.failures == 0 {
			return "its result can travel"
		}
	case wire.SortUser:
		if root.failures <= int(root.options.Retries) {
			return "it failed only as often as it may"
		}
	case wire.SortLimit:
		if root.does.bytes <= a.w.conf.ResultMax {
			return "its result is small enough"
		}
	case wire.SortKilled, wire.SortMemory:
		if root.killed <= a.w.allowedFailures() {
			return "too few processes died of it"
		}
	case wire.SortCancelled:
		if !root.revoked && !f.story.revoked && !a.failing(f) && !a.mayCancel {
			return "nobody has cancelled it"
		}
	case wire.SortLost:
		if !a.mayCancel && !root.lostForGood() && !(f.borrowed && root == f.story) { // who lent it may have given it up
			return "it can be made again"
		}
	case wire.SortNoWorkers, wire.SortResources:
		if len(root.options.Workers) == 0 && len(root.options.Resources) == 0 && a.w.now-f.since < 5*time.Minute {
			return "any worker may run it"
		}
	case wire.SortTimeout:
		if root.options.TimeoutMS == 0 {
			return "it has no time limit"
		}
	default:
		return "this must not happen"
	}
	return ""
}

// related reports whether the failure of root can be that of a future: it needs root, or was submitted with something to fail together
// that does, and so on.
func (a *auditor) related(f *future, root *story) bool {
	seen := map[*story]bool{f.story: true}
	graphs := map[*submission]bool{}
	list := []*story{f.story}
	add := func(all []*story) {
		for _, s := range all {
			if !seen[s] {
				seen[s] = true
				list = append(list, s)
			}
		}
	}
	for k := 0; k < len(list) && !seen[root]; k++ {
		add(list[k].inputs)
		for _, g := range list[k].asked {
			if !g.options.KeepGoing && !graphs[g] {
				graphs[g] = true
				add(g.stories)
			}
		}
	}
	return seen[root]
}

// failing reports whether a future belongs to a graph that fails as a whole, and some of it has failed.
func (a *auditor) failing(f *future) bool {
	for _, s := range f.story.asked {
		for _, t := range s.stories {
			if !s.options.KeepGoing && (t.failures > 0 || t.killed > 0 || t.stopped) {
				return true
			}
		}
	}
	return false
}

// lostForGood reports whether a value was lost that cannot be made again.
func (s *story) lostForGood() bool { return (s.scattered || s.impure) && s.losses > 0 }
