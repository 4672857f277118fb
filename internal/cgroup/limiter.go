package cgroup

import (
	"fmt"
	"os/exec"
)

// A Limiter holds the processes that are started through it within their limits.
type Limiter struct {
	method Method
	groups groups
}

// New finds out how limits can be held. parent names a control group which is this process's to divide, as a directory
// (/sys/fs/cgroup/sheaf); with "" only what has been delegated to this process is used. Where control groups cannot be used
// processes are watched, and [Limiter.Method] says why. The error is not nil only when a parent is named and cannot be used.
func New(parent string) (*Limiter, error) {
	m, err := detect("/", parent)
	if err != nil {
		return nil, fmt.Errorf("cgroup: %w", err)
	}
	l := &Limiter{method: m}
	if m.Kind == V2 || m.Kind == V1 {
		if l.groups, err = newGroups(m); err != nil {
			if parent != "" {
				return nil, fmt.Errorf("cgroup: using %s: %w", parent, err)
			}
			l.method = watched(err.Error())
		}
	}
	return l, nil
}

// Method says how limits are held.
func (l *Limiter) Method() Method { return l.method }

// A Guard is what holds one process.
type Guard struct {
	limiter    *Limiter
	name       string
	limitBytes int64
	group      *group // nil without control groups
	watcher    *watcher
	parentPeak int64 // of this process just after the start; 0 where a child's maximum is its own
	oomBefore  int64
	pid        int
}

// Guard prepares for a process of a name, which becomes part of the control group's, and a limit in bytes (0 for none). Use it in
// this order: [Guard.Prepare], start the process, [Guard.Started], wait for it, [Guard.Ended], and [Guard.Close] in any case.
func (l *Limiter) Guard(name string, limitBytes int64) (*Guard, error) {
	g := &Guard{limiter: l, name: name, limitBytes: limitBytes, oomBefore: oomKills("/")}
	if l.groups.ok() && limitBytes > 0 {
		var err error
		if g.group, err = l.groups.make(name, limitBytes); err != nil {
			return nil, fmt.Errorf("cgroup: a group for %s: %w", name, err)
		}
	}
	return g, nil
}

// Prepare changes a command that has not been started so that it begins its life in its group.
func (g *Guard) Prepare(cmd *exec.Cmd) {
	if g.group != nil {
		g.group.prepare(cmd)
	}
}

// Started begins to watch the process. kill must end it; it is called at most once, from another goroutine, and only when the limit
// is held by watching.
func (g *Guard) Started(pid int, kill func()) error {
	g.pid = pid
	g.parentPeak = selfPeak()
	limit := g.limitBytes
	if g.group != nil {
		if err := g.group.started(pid); err != nil {
			return fmt.Errorf("cgroup: putting %s into its group: %w", g.name, err)
		}
		limit = 0
	}
	g.watcher = watch(pid, limit, kill)
	return nil
}

// Usage tells the memory of the process while it lives.
func (g *Guard) Usage() Usage {
	if g.watcher == nil {
		return Usage{}
	}
	u, _, _ := g.watcher.state()
	if g.group != nil {
		u = u.or(g.group.usage())
	}
	return u
}

// or prefers what a control group knows.
func (u Usage) or(group Usage) Usage {
	if group.NowBytes > 0 {
		u.NowBytes = group.NowBytes
	}
	u.PeakBytes = max(u.PeakBytes, group.PeakBytes)
	return u
}

// A Verdict is what is known of the memory of a process that has ended.
type Verdict struct {
	PeakBytes   int64  // at least: without a group, what came after the last look may be missing
	OutOfMemory bool   // it was ended for want of memory
	Reason      string // a phrase for people if it was
}

// Ended judges the end of a process: killed says that it died of SIGKILL, maxResidentBytes is what the system reported for it
// at its end ([MaxResidentBytes]), 0 if it did not. Call it before [Guard.Close].
func (g *Guard) Ended(killed bool, maxResidentBytes int64) Verdict {
	var v Verdict
	if g.watcher != nil {
		g.watcher.close()
		u, reached, at := g.watcher.state()
		v.PeakBytes = u.PeakBytes
		if reached {
			v.OutOfMemory = true
			v.Reason = fmt.Sprintf("memory limit %s reached: %s in use", FormatBytes(g.limitBytes), FormatBytes(at))
		}
	}
	// Linux counts into a child's maximum what its parent had resident when the child was forked off, so it is the child's own only
	// where it is clearly larger: both are counted with some slack.
	if g.parentPeak == 0 || maxResidentBytes > g.parentPeak+g.parentPeak/16+16<<20 {
		v.PeakBytes = max(v.PeakBytes, maxResidentBytes)
	}
	if g.group != nil {
		v.PeakBytes = max(v.PeakBytes, g.group.usage().PeakBytes)
		if g.group.oomKills() > 0 {
			v.OutOfMemory = true
			v.Reason = fmt.Sprintf("memory limit %s reached, killed by the kernel", FormatBytes(g.limitBytes))
		}
	}
	if killed && !v.OutOfMemory && oomKills("/") > g.oomBefore {
		v.OutOfMemory = true
		v.Reason = "the kernel's out-of-memory killer ran: the machine or the container had no memory left"
	}
	return v
}

// Close removes the group, killing what is still in it.
func (g *Guard) Close() error {
	if g.watcher != nil {
		g.watcher.close()
	}
	if g.group != nil {
		return g.group.remove()
	}
	return nil
}

func watched(reason string) Method {
	if !canRead {
		return Method{Kind: Nothing, Reason: reason + "; memory of other processes cannot be read here"}
	}
	return Method{Kind: Watched, Reason: reason}
}
