package sim

import (
	"sheaf/internal/wire"
	"sheaf/internal/worker"
)

// What follows is told by the bodies of the workers, not by their machines.

// handed judges an attempt that a worker is to run, by the resources that its others occupy.
func (a *auditor) handed(n *node, r *run) {
	mine := a.needs(r)
	if len(mine) == 0 {
		return
	}
	for _, has := range n.conf.Resources {
		taken := 0.0
		for _, o := range n.runs {
			for _, need := range a.needs(o) {
				if need.Name == has.Name {
					taken += need.Amount
				}
			}
		}
		if taken > has.Amount {
			a.violate(rule6, r.task.ID, "%s has %g %s, and its tasks occupy %g", n.name, has.Amount, has.Name, taken)
		}
	}
	for _, need := range mine {
		if !hasResource(n, need.Name) {
			a.violate(rule6, r.task.ID, "%s has no %s, which %v needs", n.name, need.Name, r.task.ID)
		}
	}
}

// needs returns the resources that an attempt occupies, by what its graph was submitted with.
func (a *auditor) needs(r *run) []wire.Resource {
	if s := a.story(r.task.Last()); s != nil {
		return s.options.Resources
	}
	return nil
}

func hasResource(n *node, name string) bool {
	for _, r := range n.conf.Resources {
		if r.Name == name {
			return true
		}
	}
	return false
}

// started takes note of an attempt that begins to run.
func (a *auditor) started(n *node, r *run) {
	a.tell(a.story(r.task.Last()), "begins:", r.task.ID, r.task.Attempt, n.number, "on "+n.name)
}

// ran takes note of each task of a chain that begins to run.
func (a *auditor) ran(_ *node, id wire.ID, k key) {
	s := a.story(id)
	if s == nil || s.key != k {
		a.internal("task %v runs as the key %s(%d), which it is not", id, k.token.Short(), k.index)
		return
	}
	if s.runs++; s.runs == 1 {
		s.begun = a.w.now
	}
	a.sums.executed++
}

// ended takes note of the end of an attempt that ran.
func (a *auditor) ended(n *node, r *run, o *worker.Executed) {
	how := "ends well:"
	if o.Err != nil {
		how = "ends with \"" + o.Err.Message + "\":"
		if s := a.story(o.Err.Task); s != nil && o.Err.Sort != wire.SortCancelled && o.Err.Sort != wire.SortInternal {
			s.failures++
		}
	}
	a.tell(a.story(r.task.Last()), how, r.task.ID, r.task.Attempt, n.number, "on "+n.name)
}

// unstarted takes note of an attempt that was given back.
func (a *auditor) unstarted(n *node, r *run) {
	a.tell(a.story(r.task.Last()), "does not begin:", r.task.ID, r.task.Attempt, n.number, "on "+n.name)
}

// workerDied takes note of what was running when a process ended.
func (a *auditor) workerDied(n *node) {
	for _, r := range n.runs {
		if r.begun >= 0 {
			for _, m := range r.members {
				if s := a.story(m.id); s != nil {
					s.killed++
				}
			}
			a.tell(a.story(r.task.Last()), "its process dies:", r.task.ID, r.task.Attempt, n.number, n.name)
		}
	}
}

// unreadable takes note of a value that could not be read from a worker.
func (a *auditor) unreadable(id wire.ID, worker uint32) {
	a.tell(a.story(id), "cannot be read from", id, 0, worker, "")
}

// settled reports whether a value came to be at some time, or will not come.
func (a *auditor) settled(id wire.ID) bool {
	s := a.story(id)
	if s == nil {
		return false // it is not submitted yet
	}
	return s.commit != nil || s.stopped || s.failures > 0 || s.killed > 0 || s.claims == 0
}
