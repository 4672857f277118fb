//go:build unix

package agent

import (
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// inherit gives files to a command and returns the numbers under which it will find them.
func inherit(cmd *exec.Cmd, files ...*os.File) []int {
	var numbers []int
	for _, f := range files {
		cmd.ExtraFiles = append(cmd.ExtraFiles, f)
		numbers = append(numbers, 2+len(cmd.ExtraFiles))
	}
	return numbers
}

// detach gives a command a session of its own: no terminal, no signals meant for others, and one group to kill.
func detach(cmd *exec.Cmd, deathSignal bool) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setsid = true
	if deathSignal {
		setDeathSignal(cmd.SysProcAttr)
	}
}

// keepToOurselves keeps the descriptors from what this process starts.
func keepToOurselves(m marker) {
	for _, fd := range []int{m.fromAgent, m.toAgent, m.slot} {
		syscall.CloseOnExec(fd)
	}
}

// onTerminate calls f at SIGTERM, instead of ending.
func onTerminate(f func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	go func() {
		for range c {
			f()
		}
	}()
}

// die ends this process at once, with what it has started if it leads a group.
func die() {
	if pid := os.Getpid(); syscall.Getpgrp() == pid {
		syscall.Kill(-pid, syscall.SIGKILL)
	}
	os.Exit(1)
}

// terminate asks a process to end.
func terminate(p *os.Process) { p.Signal(syscall.SIGTERM) }

// killGroup kills the processes of a worker's group.
func killGroup(pid int) { syscall.Kill(-pid, syscall.SIGKILL) }

// howEnded reads the end of a process.
func howEnded(s *os.ProcessState) (code int, signal string, number int) {
	if ws, ok := s.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		return -1, unix.SignalName(ws.Signal()), int(ws.Signal())
	}
	return s.ExitCode(), "", 0
}

// isBusy is the error of an executable that somebody still has open for writing: a process that was forked off while it was
// being written, and that has not come to its own exec yet.
func isBusy(err error) bool { return errors.Is(err, unix.ETXTBSY) }

// isFormat is the error of a file that this system cannot run.
func isFormat(err error) bool { return errors.Is(err, unix.ENOEXEC) }
