package agent

import (
	"fmt"
	"sync"
	"time"
)

// A keeper keeps one worker running: it starts its process, waits for its end, and does what the policy says.
type keeper struct {
	agent   *Agent
	name    string
	index   int
	stopped chan struct{} // closed when the worker is to end
	hurried chan struct{} // closed when it is to end now
	stop    func()
	hurry   func()

	mu      sync.Mutex // guards what follows
	state   State
	since   time.Time
	start   Identity
	process *process // the one that runs
	ready   bool     // some process was ready
	gaveUp  *Exit
	forced  bool // the last process had to be killed at the stop
	history history
}

func newKeeper(a *Agent, index int) *keeper {
	k := &keeper{
		agent: a, index: index, name: fmt.Sprintf("%s-%d", a.config.Name, index),
		stopped: make(chan struct{}), hurried: make(chan struct{}), state: Starting, since: time.Now(),
	}
	k.stop = sync.OnceFunc(func() { close(k.stopped) })
	k.hurry = sync.OnceFunc(func() { close(k.hurried) })
	return k
}

// run keeps the worker running until it is stopped, leaves or is given up.
func (k *keeper) run() {
	defer k.set(func() { k.state, k.process = Ended, nil })
	for incarnation := 1; ; incarnation++ {
		select {
		case <-k.stopped:
			return
		default:
		}
		start := Identity{k.name, k.index, incarnation}
		k.set(func() { k.state, k.start = Starting, start })
		exit := runProcess(k, start)
		var next decision
		k.set(func() {
			next = k.agent.config.Policy.next(&k.history, exit.Cause, exit.Ready, exit.permanent, exit.Uptime)
			exit.Restart, exit.RestartAfter, exit.GaveUp = next.restart, next.after, next.gaveUp
			k.process, k.state = nil, Waiting
			if !next.restart {
				k.state = Ended
			}
			if next.gaveUp != "" {
				k.gaveUp = exit
			}
		})
		k.report(exit)
		if !next.restart {
			return
		}
		timer := time.NewTimer(next.after)
		select {
		case <-timer.C:
		case <-k.stopped:
			timer.Stop()
			return
		}
	}
}

// set changes the keeper under its lock.
func (k *keeper) set(f func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.since = time.Now()
	f()
}

func (k *keeper) report(e *Exit) {
	a := k.agent
	a.calls.Lock()
	if a.config.OnExit != nil {
		a.config.OnExit(e)
	}
	if e.GaveUp != "" && a.config.OnGiveUp != nil {
		a.config.OnGiveUp(e)
	}
	a.calls.Unlock()
	a.tell()
}

// becameReady is called by the process.
func (k *keeper) becameReady(r Ready) {
	k.set(func() {
		k.ready = true
		if k.state == Starting {
			k.state = Running
		}
	})
	a := k.agent
	if a.config.OnReady != nil {
		a.calls.Lock()
		a.config.OnReady(r)
		a.calls.Unlock()
	}
	a.tell()
}

func (k *keeper) outcome() (ready bool, gaveUp *Exit) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.ready, k.gaveUp
}

func (k *keeper) killedAtStop() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.forced
}

func (k *keeper) kill(cause string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.process != nil && k.process.kill(CauseKilled, cause)
}

func (k *keeper) status() Status {
	k.mu.Lock()
	defer k.mu.Unlock()
	s := Status{Identity: k.start, State: k.state, Since: k.since, Restarts: k.history.restarts}
	s.Name, s.Index = k.name, k.index
	if k.process != nil {
		s.PID, s.Memory = k.process.pid, k.process.guard.Usage()
	}
	return s
}
