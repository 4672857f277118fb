package agent

import (
	"fmt"
	"strings"
	"time"

	"sheaf/internal/cgroup"
	"sheaf/internal/wire"
)

// A Cause is why a worker process ended.
type Cause uint8

// The causes of a process's end.
const (
	_                   Cause = iota
	CauseExited               // it ended by itself, with any code, without having taken its leave
	CauseSignal               // a signal that is not the agent's
	CauseMemory               // it was killed for want of memory
	CauseKilled               // by [Agent.Kill]
	CauseStopped              // the agent was told to stop it
	CauseLeft                 // it has taken its leave ([Worker.Leave])
	CauseNotStarted           // the executable could not be run
	CauseNotInitialised       // it does not call cluster.Init
	CauseStartFailed          // it reported an error before it was ready, or was not ready in time
)

var causes = [...]string{
	"invalid", "exited", "signal", "memory", "killed", "stopped", "left", "not started", "not initialised", "start failed",
}

func (c Cause) String() string {
	if int(c) < len(causes) {
		return causes[c]
	}
	return causes[0]
}

// An Exit says how a worker process ended. It is an error.
type Exit struct {
	Name        string
	Index       int // of the worker among the agent's
	Incarnation int // counts the processes of this worker, from 1
	PID         int // 0 if it could not be started

	Cause  Cause
	Code   int    // of the exit, -1 after a signal
	Signal string // such as "SIGKILL", if one ended it
	Number int    // of the signal
	Reason string // more about the cause, a phrase

	Ready       bool // it was ready before
	Uptime      time.Duration
	PeakBytes   int64 // the most memory it had resident at once, 0 if not known
	LimitBytes  int64 // 0 for none
	OOMKilled   bool  // it was killed for want of memory, by the kernel or the agent
	LogTail     []string
	Running     []wire.Attempt // what had started and not ended
	RunningMore int            // attempts that ran beside these, of which only the number is known

	Restart      bool          // the agent starts it again
	RestartAfter time.Duration // after this long
	GaveUp       string        // why it does not, although the worker is wanted

	permanent bool // no restart can help
	cause     error
}

// Exact says whether Running is everything that ran.
func (e *Exit) Exact() bool { return e.RunningMore == 0 }

// Unwrap gives [ErrNotInitialised], or the error that kept the executable from being run.
func (e *Exit) Unwrap() error { return e.cause }

// Error is a sentence for people, and the last lines of the log below it.
func (e *Exit) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "worker %s ", e.Name)
	if e.PID != 0 {
		fmt.Fprintf(&b, "(pid %d) ", e.PID)
	}
	b.WriteString(e.How())
	if len(e.Running) > 0 || e.RunningMore > 0 {
		b.WriteString("; it was running " + e.tasks())
	}
	if e.GaveUp != "" {
		fmt.Fprintf(&b, "; not started again: %s", e.GaveUp)
	}
	if len(e.LogTail) > 0 {
		b.WriteString("; last log lines:")
		for _, line := range e.LogTail {
			b.WriteString("\n    " + line)
		}
	}
	return b.String()
}

// String is [Exit.Error].
func (e *Exit) String() string { return e.Error() }

// How is the part of [Exit.Error] that says how the process ended: code or signal, the cause, and its memory.
func (e *Exit) How() string {
	var parts []string
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	switch after := " after " + roundUptime(e.Uptime).String(); {
	case e.Cause == CauseNotStarted:
		add("could not be started")
	case e.Cause == CauseNotInitialised, e.Cause == CauseStartFailed:
		add("did not become ready")
	case e.Cause == CauseLeft:
		add("left%s", after)
	case e.Signal != "":
		add("was killed by signal %d (%s)%s", e.Number, e.Signal, after)
	default:
		add("exited with code %d%s", e.Code, after)
	}
	if e.Reason != "" {
		add("%s", e.Reason)
	}
	switch {
	case e.PeakBytes > 0 && e.LimitBytes > 0 && !strings.Contains(e.Reason, "memory limit"):
		add("peak memory %s of %s", cgroup.FormatBytes(e.PeakBytes), cgroup.FormatBytes(e.LimitBytes))
	case e.PeakBytes > 0:
		add("peak memory %s", cgroup.FormatBytes(e.PeakBytes))
	}
	return strings.Join(parts, "; ")
}

// tasks lists what ran, the first few of it.
func (e *Exit) tasks() string {
	const shown = 4
	var names []string
	for _, a := range e.Running[:min(len(e.Running), shown)] {
		names = append(names, fmt.Sprintf("%v (attempt %d)", a.ID, a.Attempt))
	}
	text := strings.Join(names, ", ")
	if more := len(e.Running) - len(names) + e.RunningMore; more > 0 && text == "" {
		text = fmt.Sprintf("%d tasks", more)
	} else if more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// Wire returns the message that tells a scheduler.
func (e *Exit) Wire() *wire.Exited {
	cause := e.How()
	if len(e.LogTail) > 0 {
		cause += "; last log lines:\n    " + strings.Join(e.LogTail, "\n    ")
	}
	return &wire.Exited{
		Worker: e.Name, PID: e.PID, Cause: cause, PeakBytes: e.PeakBytes, OutOfMem: e.OOMKilled, Running: e.Running, Exact: e.Exact(),
	}
}

// roundUptime rounds to what a person wants to know.
func roundUptime(d time.Duration) time.Duration {
	switch {
	case d < time.Second:
		return d.Round(time.Millisecond)
	case d < time.Minute:
		return d.Round(100 * time.Millisecond)
	}
	return d.Round(time.Second)
}
