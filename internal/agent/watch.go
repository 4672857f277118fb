package agent

import (
	"fmt"
	"strings"
	"time"

	"sheaf/internal/cgroup"
)

// heard is what the agent has heard of a process, and done to it, in its life.
type heard struct {
	hello, ready, stopping, forced bool

	failed, left, nested bool
	text                 string // of the failure or the leave
}

// watch follows the process until it has ended.
func (p *process) watch() (h heard) {
	c := &p.keeper.agent.config
	limit := time.NewTimer(c.InitTimeout)
	defer limit.Stop()
	grace := time.NewTimer(time.Hour)
	grace.Stop()
	defer grace.Stop()
	stopped, hurried, frames, dead := p.keeper.stopped, p.keeper.hurried, p.frames, p.dead
	for frames != nil || dead != nil {
		select {
		case f, ok := <-frames:
			if !ok {
				frames = nil
				continue
			}
			p.hear(&h, f, limit)
		case <-dead:
			dead = nil
			limit.Stop()
		case <-limit.C:
			switch {
			case !h.hello:
				p.kill(CauseNotInitialised, fmt.Sprintf("nothing was heard of it for %v", c.InitTimeout))
			case !h.ready:
				p.kill(CauseStartFailed, fmt.Sprintf("it was not ready %v after cluster.Init() was called", c.ReadyTimeout))
			}
		case <-stopped:
			stopped = nil
			h.stopping = true
			p.keeper.set(func() { p.keeper.state = Stopping })
			limit.Stop()
			p.ask()
			grace.Reset(c.Grace)
		case <-grace.C:
			h.forced = p.kill(CauseStopped, fmt.Sprintf("it did not end within %v of being asked to", c.Grace))
		case <-hurried:
			hurried = nil
			h.forced = p.kill(CauseStopped, "it had not ended when the agent's time was up")
		}
	}
	return h
}

// hear takes in a message of the process.
func (p *process) hear(h *heard, f frame, limit *time.Timer) {
	c := &p.keeper.agent.config
	switch f.kind {
	case frameHello:
		if !h.hello && !h.stopping {
			limit.Reset(c.ReadyTimeout)
		}
		h.hello = true
	case frameReady:
		if h.ready || !h.hello {
			return
		}
		h.ready = true
		limit.Stop()
		p.keeper.becameReady(Ready{Identity: p.start, PID: p.pid, Payload: f.payload, Took: time.Since(p.began)})
	case frameFailed:
		h.failed, h.text = true, string(f.payload)
	case frameLeave:
		h.left, h.text = true, string(f.payload)
	case frameNested:
		h.nested = true
		p.kill(CauseNotInitialised, "it went on to start workers itself")
	}
}

// judge fills in how the process ended.
func (p *process) judge(e *Exit, h heard) {
	p.mu.Lock()
	cause, reason := p.cause, p.reason
	e.Uptime = p.died.Sub(p.began)
	p.mu.Unlock()
	state := p.cmd.ProcessState
	e.Code, e.Signal, e.Number = howEnded(state)
	e.Ready, e.LogTail = h.ready, p.tail.get()
	if s, err := p.slots.Read(); err == nil {
		e.Running, e.RunningMore = s.Running, s.More
	}
	v := p.guard.Ended(e.Signal == "SIGKILL" && cause == 0, cgroup.MaxResidentBytes(state))
	e.PeakBytes, e.OOMKilled = v.PeakBytes, v.OutOfMemory
	switch {
	case v.OutOfMemory:
		e.Cause, e.Reason = CauseMemory, v.Reason
	case cause != 0:
		e.Cause, e.Reason = cause, reason
	case h.left:
		e.Cause, e.Reason = CauseLeft, h.text
	case h.stopping:
		e.Cause = CauseStopped
	case h.failed:
		e.Cause, e.Reason = CauseStartFailed, strings.TrimSpace(h.text)
	case !h.hello && e.Code == 0:
		e.Cause, e.Reason = CauseNotInitialised, "it ran to its end, with code 0"
	case !h.hello:
		e.Cause, e.Reason = CauseStartFailed, ended(e)+" before cluster.Init() was called"
	case !h.ready:
		e.Cause, e.Reason = CauseStartFailed, ended(e)+" before it was ready"
	case e.Signal != "":
		e.Cause = CauseSignal
	default:
		e.Cause = CauseExited
	}
	if e.Cause == CauseNotInitialised {
		e.cause, e.permanent = ErrNotInitialised, true
		e.Reason += ": " + ErrNotInitialised.Error()
	}
	p.keeper.set(func() { p.keeper.forced = h.forced })
}

// ended is a phrase about how a process that was not ready ended.
func ended(e *Exit) string {
	if e.Signal != "" {
		return fmt.Sprintf("it was killed by signal %d (%s)", e.Number, e.Signal)
	}
	return fmt.Sprintf("it exited with code %d", e.Code)
}
