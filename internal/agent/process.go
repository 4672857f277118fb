package agent

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	"sheaf/internal/cgroup"
	"sheaf/internal/slots"
)

// A process is one process of a worker, from its start to its end.
type process struct {
	keeper *keeper
	start  Identity
	path   string // of the executable
	cmd    *exec.Cmd
	pid    int
	began  time.Time
	guard  *cgroup.Guard
	slots  *slots.File
	tail   tail
	pipes  pipes

	frames chan frame    // from the worker
	dead   chan struct{} // closed when the process has ended
	outbox chan []byte   // documents and messages to the worker: kind, then payload
	logs   sync.WaitGroup

	mu     sync.Mutex // guards what follows
	gone   bool       // the process has ended: its number may be another's
	died   time.Time
	cause  Cause // why the agent killed it
	reason string
}

type frame struct {
	kind    byte
	payload []byte
}

// runProcess starts a process, sees it through, and says how it ended.
func runProcess(k *keeper, start Identity) *Exit {
	p := &process{
		keeper: k, start: start, began: time.Now(), tail: tail{max: k.agent.config.LogLines},
		frames: make(chan frame), dead: make(chan struct{}), outbox: make(chan []byte, 2),
	}
	e := &Exit{Name: start.Name, Index: start.Index, Incarnation: start.Incarnation, LimitBytes: k.agent.config.MemoryBytes, Code: -1}
	if err := p.launch(); err != nil {
		p.close()
		e.Cause, e.Reason, e.cause = CauseNotStarted, err.Error(), err
		e.permanent = errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) || isFormat(err)
		return e
	}
	e.PID = p.pid
	heard := p.watch()
	p.logs.Wait()
	p.judge(e, heard)
	p.close()
	return e
}

// launch makes everything that the process needs and starts it.
func (p *process) launch() (err error) {
	a := p.keeper.agent
	var config []byte
	if a.config.Document != nil {
		if config, err = a.config.Document(p.start); err != nil {
			return fmt.Errorf("making its configuration: %w", err)
		}
	}
	doc, err := document(p.start, config)
	if err != nil {
		return fmt.Errorf("making its configuration: %w", err)
	}
	if len(doc) > documentBytesMax {
		return fmt.Errorf("its configuration has %d bytes, more than %d", len(doc), documentBytesMax)
	}
	if p.guard, err = a.limiter.Guard(p.start.Name, a.config.MemoryBytes); err != nil {
		return err
	}
	if p.slots, err = slots.Create(a.config.Slots); err != nil {
		return err
	}
	if err := p.pipes.open(); err != nil {
		return err
	}
	if p.path, err = a.executable(); err != nil {
		return err
	}
	p.cmd, err = a.spawner.start(p.command)
	p.pipes.closeTheirs()
	if err != nil {
		return err
	}
	p.pid = p.cmd.Process.Pid
	p.outbox <- append([]byte{frameDocument}, doc...)
	if err := p.guard.Started(p.pid, func() { p.kill(CauseMemory, "") }); err != nil {
		p.kill(CauseStartFailed, err.Error())
	}
	p.keeper.set(func() { p.keeper.process = p })
	p.converse()
	return nil
}

// command makes the command to start; it may be called several times.
func (p *process) command() *exec.Cmd {
	c := &p.keeper.agent.config
	cmd := exec.Command(p.path, c.Args...)
	cmd.Dir = c.Dir
	cmd.Stdout, cmd.Stderr = p.pipes.outTheirs, p.pipes.errTheirs
	n := inherit(cmd, p.pipes.fromAgentTheirs, p.pipes.toAgentTheirs, p.slots.Descriptor())
	hidden := append([]string{markerVar, tokenVar}, c.HideEnv...)
	env := slices.DeleteFunc(os.Environ(), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return slices.Contains(hidden, name)
	})
	cmd.Env = append(append(env, c.Env...), marker{protocol, n[0], n[1], n[2], os.Getpid()}.String())
	detach(cmd, !c.noDeathSignal)
	p.guard.Prepare(cmd)
	return cmd
}

// converse starts the goroutines that speak with the process. All end after it has.
func (p *process) converse() {
	c := &p.keeper.agent.config
	lock := &p.keeper.agent.outputs
	prefix := "[" + p.start.Name + "] "
	p.logs.Go(func() { p.tail.follow(p.pipes.out, c.Stdout, lock, prefix) })
	p.logs.Go(func() { p.tail.follow(p.pipes.err, c.Stderr, lock, prefix) })
	p.logs.Go(func() {
		defer close(p.frames)
		for {
			kind, payload, err := readFrame(p.pipes.toAgent, reportBytesMax)
			if err != nil { // it has ended, or has closed the pipe, or writes nonsense
				return
			}
			p.frames <- frame{kind, payload}
		}
	})
	p.logs.Go(func() {
		for {
			select {
			case msg := <-p.outbox:
				if writeFrame(p.pipes.fromAgent, msg[0], msg[1:]) != nil {
					return
				}
			case <-p.dead:
				return
			}
		}
	})
	p.logs.Go(func() {
		if waitUntilDead(p.pid) { // its number is still its own
			p.mu.Lock()
			killGroup(p.pid) // what it has started and left
			p.mu.Unlock()
		}
		p.cmd.Wait() // ProcessState says how it ended
		p.mu.Lock()
		p.gone, p.died = true, time.Now()
		p.mu.Unlock()
		close(p.dead)
		// Whoever has left the group and kept the pipes open is not waited for.
		p.pipes.hangUp(time.Now().Add(hangUpAfter))
	})
}

// hangUpAfter is how long the output of a process that has ended is waited for.
const hangUpAfter = 500 * time.Millisecond

// ask asks the process to end in order.
func (p *process) ask() {
	select {
	case p.outbox <- []byte{frameStop}:
	default: // it has not even read its configuration
	}
	terminate(p.cmd.Process)
}

// kill kills the process and what it has started, for a cause that its Exit will give. It returns false if it has ended already.
func (p *process) kill(cause Cause, reason string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gone {
		return false
	}
	if p.cause == 0 {
		p.cause, p.reason = cause, reason
	}
	killGroup(p.pid)
	return true
}

func (p *process) close() {
	p.pipes.close()
	if p.slots != nil {
		p.slots.Close()
	}
	if p.guard != nil {
		p.guard.Close() // a group that cannot be removed is removed by the next agent
	}
}
