package cluster

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"

	"sheaf/internal/agent"
)

// Subprocesses launches members on this machine, each in a process of its own: a copy of this program, which must call [Init].
func Subprocesses() Launcher { return subprocesses{} }

type subprocesses struct{}

// Launch implements [Launcher].
func (subprocesses) Launch(context.Context, string) (*Streams, error) {
	if !initialised.Load() {
		return nil, fmt.Errorf("the process is to be a copy of this program, but %w (in a test: of TestMain)", ErrInit)
	}
	self, err := agent.Self()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self.Path)
	cmd.Env = append(slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "SHEAF_TOKEN=") }), MemberVariable+"=1")
	s := &Streams{Hash: self.Hash, Kill: func() { _ = cmd.Process.Kill() }}
	if s.Stdin, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	var stdout, stderr io.ReadCloser
	if stdout, err = cmd.StdoutPipe(); err != nil {
		return nil, err
	}
	if stderr, err = cmd.StderrPipe(); err != nil {
		return nil, err
	}
	s.Stdout, s.Stderr, s.Wait = stdout, stderr, cmd.Wait
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting a copy of this program: %w", err)
	}
	s.Where = fmt.Sprintf("process %d", cmd.Process.Pid)
	return s, nil
}
