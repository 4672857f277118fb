package sshcluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"

	"golang.org/x/crypto/ssh"

	"sheaf/cluster"
)

// launcher starts programs on hosts.
type launcher struct {
	conf     *Config
	hosts    map[string]host // by the name of the member; not changed after the start
	hostKeys *hostKeys
	program  *program // to copy; nil if it is there
	output   *output

	mu      sync.Mutex             // guards what follows
	copying map[string]*sync.Mutex // by host: what is copied there is copied once
	slots   chan struct{}          // bounds the copies at a time
}

// copiesMax is how many hosts get the program at a time.
const copiesMax = 8

func newLauncher(conf *Config) (*launcher, error) {
	l := &launcher{conf: conf, copying: map[string]*sync.Mutex{}, slots: make(chan struct{}, copiesMax)}
	var err error
	if l.hostKeys, err = newHostKeys(conf); err != nil {
		return nil, err
	}
	if conf.Program == "" {
		if l.program, err = programOf(conf.ProgramFile); err != nil {
			return nil, err
		}
	}
	if conf.Output != nil {
		l.output = &output{to: conf.Output}
	}
	return l, nil
}

// Launch implements [cluster.Launcher].
func (l *launcher) Launch(ctx context.Context, member string) (*cluster.Streams, error) {
	h, ok := l.hosts[member]
	if !ok {
		return nil, fmt.Errorf("sshcluster: no host is known for it")
	}
	c, err := l.dial(ctx, h)
	if err != nil {
		return nil, fmt.Errorf("host %s: %w", h.name, err)
	}
	stop := context.AfterFunc(ctx, func() { _ = c.Close() }) // whatever is under way ends
	s, err := l.run(c, h, member)
	if !stop() && err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		_ = c.Close()
		return nil, fmt.Errorf("host %s: %w", h.name, because(ctx, err))
	}
	return s, nil
}

// run copies the program if it is not there, and starts it.
func (l *launcher) run(c *ssh.Client, h host, member string) (*cluster.Streams, error) {
	command, hash := l.conf.Program, ""
	if rest, ok := strings.CutPrefix(command, "~/"); ok {
		command = "$HOME/" + rest
	}
	if l.program != nil {
		if err := l.copyTo(c, h); err != nil {
			return nil, err
		}
		command, hash = l.program.path(), l.program.hash
	}
	session, err := c.NewSession()
	if err != nil {
		return nil, fmt.Errorf("opening an SSH session: %w", err)
	}
	s := &cluster.Streams{Where: "host " + h.name, Hash: hash}
	if l.output != nil {
		s.Output = func(text string) { l.output.line(member, text) }
	}
	if s.Stdin, err = session.StdinPipe(); err != nil {
		return nil, err
	}
	if s.Stdout, err = session.StdoutPipe(); err != nil {
		return nil, err
	}
	if s.Stderr, err = session.StderrPipe(); err != nil {
		return nil, err
	}
	if err := session.Start(shell(fmt.Sprintf(`exec env %s=1 "%s"`, cluster.MemberVariable, command))); err != nil {
		return nil, fmt.Errorf("starting %s: %w", command, err)
	}
	ended := make(chan struct{})
	var alive sync.WaitGroup
	alive.Go(func() { keepAlive(c, l.conf.Lost, ended) })
	s.Kill = func() {
		_ = session.Signal(ssh.SIGKILL)
		_ = c.Close()
	}
	s.Wait = func() error {
		err := session.Wait()
		close(ended)
		_ = c.Close()
		alive.Wait()
		return l.ending(err)
	}
	return s, nil
}

// ending says how a program ended.
func (l *launcher) ending(err error) error {
	if _, ok := errors.AsType[*ssh.ExitMissingError](err); ok {
		return errors.New("the SSH connection was lost")
	}
	e, ok := errors.AsType[*ssh.ExitError](err)
	switch {
	case !ok:
		return err
	case e.Signal() != "":
		return fmt.Errorf("it was ended by the signal %s", e.Signal())
	case (e.ExitStatus() == 127 || e.ExitStatus() == 126) && l.conf.Program != "":
		return fmt.Errorf("there is no program %s that can be started; install it there, or have this one copied (without Config.Program, --program)", l.conf.Program)
	}
	return fmt.Errorf("it ended with status %d", e.ExitStatus())
}

// shell returns a command that does the same in whatever shell the user has. The script has neither single quotes nor backslashes, exclamation marks or
// newlines.
func shell(script string) string { return "exec sh -c '" + script + "'" }

// program is a file to copy to hosts.
type program struct {
	file string // here
	hash string // SHA-256 in hexadecimal
	size int64
	own  bool // it is the running program
}

func programOf(file string) (*program, error) {
	p := &program{file: file, own: file == ""}
	var err error
	if p.own {
		if p.file, err = selfPath(); err != nil {
			return nil, fmt.Errorf("sshcluster: the running program: %w", err)
		}
	}
	if p.hash, err = cluster.ExecutableHash(p.file); err != nil {
		return nil, fmt.Errorf("sshcluster: the program to copy: %w", err)
	}
	info, err := os.Stat(p.file)
	if err != nil {
		return nil, fmt.Errorf("sshcluster: the program to copy: %w", err)
	}
	p.size = info.Size()
	return p, nil
}

// path is where the program is on a host, for a shell.
func (p *program) path() string { return programDir + "/" + p.hash }

// programDir is the directory of programs on a host, for a shell.
const programDir = "${XDG_CACHE_HOME:-$HOME/.cache}/sheaf/members"
