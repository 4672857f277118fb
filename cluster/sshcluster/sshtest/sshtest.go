// Package sshtest is an SSH server of this process for tests: its commands run on this machine, with a home of their own.
package sshtest

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"sheaf/cluster/sshcluster"
)

// A Server is an SSH server. As OpenSSH it lets a program go on when the connection ends: all the program sees is the end of its input.
type Server struct {
	Address string // 127.0.0.1, unless New was given another
	Port    int
	Home    string // of its users
	KeyFile string // of a user that may come in
	Known   string // known_hosts with its key

	listener net.Listener
	serving  sync.WaitGroup

	mu       sync.Mutex // guards what follows
	conns    map[net.Conn]bool
	running  map[int]string // commands by process id
	commands []string
}

// NewKey makes a key, and its file in a directory.
func NewKey(dir string) (ssh.Signer, string, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, "", err
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		return nil, "", err
	}
	block, err := ssh.MarshalPrivateKey(private, "test")
	if err != nil {
		return nil, "", err
	}
	f, err := os.CreateTemp(dir, "id_ed25519_*")
	if err != nil {
		return nil, "", err
	}
	_, err = f.Write(pem.EncodeToMemory(block))
	return signer, f.Name(), errors.Join(err, f.Close())
}

// Start starts a server, which ends with the test.
func Start(t testing.TB) *Server {
	t.Helper()
	s, err := New(t.TempDir(), "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// New starts a server with its files in a directory, at an address, until Close.
func New(dir, address string) (*Server, error) {
	hostKey, _, err1 := NewKey(dir)
	userKey, keyFile, err2 := NewKey(dir)
	s := &Server{Address: address, Home: filepath.Join(dir, "home"), KeyFile: keyFile, conns: map[net.Conn]bool{}, running: map[int]string{}}
	if err := errors.Join(err1, err2, os.Mkdir(s.Home, 0o700)); err != nil {
		return nil, err
	}
	conf := &ssh.ServerConfig{PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
		if bytes.Equal(key.Marshal(), userKey.PublicKey().Marshal()) {
			return nil, nil
		}
		return nil, errors.New("unknown key")
	}}
	conf.AddHostKey(hostKey)
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader) // that nobody knows: clients must ask for the one they do
	if err != nil {
		return nil, err
	}
	second, err := ssh.NewSignerFromKey(other)
	if err != nil {
		return nil, err
	}
	conf.AddHostKey(second)
	if s.listener, err = net.Listen("tcp", net.JoinHostPort(address, "0")); err != nil {
		return nil, err
	}
	s.Port = s.listener.Addr().(*net.TCPAddr).Port
	s.Known = filepath.Join(dir, "known_hosts")
	line := knownhosts.Line([]string{knownhosts.Normalize(s.listener.Addr().String())}, hostKey.PublicKey())
	if err := os.WriteFile(s.Known, []byte(line+"\n"), 0o600); err != nil {
		return nil, errors.Join(err, s.listener.Close())
	}
	s.serving.Go(func() {
		for {
			conn, err := s.listener.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.conns[conn] = true
			s.mu.Unlock()
			s.serving.Go(func() { s.serve(conn, conf) })
		}
	})
	return s, nil
}

// Close ends the server: connections, but not what was started.
func (s *Server) Close() {
	s.Refuse()
	s.Cut()
	s.serving.Wait()
}

// Refuse takes no more connections.
func (s *Server) Refuse() { _ = s.listener.Close() }

// Host is the server as one of Config.Hosts.
func (s *Server) Host() string { return net.JoinHostPort(s.Address, strconv.Itoa(s.Port)) }

// Config is that of a cluster on this server, with so many hosts.
func (s *Server) Config(hosts int) sshcluster.Config {
	c := sshcluster.Config{KeyFiles: []string{s.KeyFile}, KnownHosts: []string{s.Known}, NoAgent: true, User: "tester"}
	for range hosts {
		c.Hosts = append(c.Hosts, s.Host())
	}
	c.Workers.Processes, c.Workers.Threads = 1, 1
	return c
}

// Cut ends all connections without a word.
func (s *Server) Cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		_ = c.Close()
	}
}

// Members returns the process ids of the members that run.
func (s *Server) Members() (pids []int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for pid, command := range s.running {
		if strings.Contains(command, "exec env") {
			pids = append(pids, pid)
		}
	}
	return pids
}

// Told returns the commands that have come.
func (s *Server) Told() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.commands, "\n")
}

func (s *Server) serve(conn net.Conn, conf *ssh.ServerConfig) {
	defer func() {
		_ = conn.Close()
		s.mu.Lock()
		delete(s.conns, conn)
		s.mu.Unlock()
	}()
	_, channels, requests, err := ssh.NewServerConn(conn, conf)
	if err != nil {
		return
	}
	var sessions sync.WaitGroup
	defer sessions.Wait()
	sessions.Go(func() {
		for r := range requests {
			_ = r.Reply(false, nil)
		}
	})
	for c := range channels {
		if c.ChannelType() != "session" {
			_ = c.Reject(ssh.UnknownChannelType, "only sessions")
			continue
		}
		channel, requests, err := c.Accept()
		if err != nil {
			return
		}
		sessions.Go(func() { s.session(channel, requests) })
	}
}

// session runs one command.
func (s *Server) session(channel ssh.Channel, requests <-chan *ssh.Request) {
	var cmd *exec.Cmd
	var ended sync.WaitGroup
	for r := range requests {
		switch {
		case r.Type == "exec" && cmd == nil:
			var exe struct{ Command string }
			_ = ssh.Unmarshal(r.Payload, &exe)
			cmd = exec.CommandContext(context.Background(), "sh", "-c", exe.Command)
			cmd.Env = append(os.Environ(), "HOME="+s.Home, "XDG_CACHE_HOME=")
			cmd.Stdout, cmd.Stderr = channel, channel.Stderr()
			in, err := cmd.StdinPipe()
			if err == nil {
				err = cmd.Start()
			}
			if err != nil {
				_ = r.Reply(false, nil)
				cmd = nil
				continue
			}
			_ = r.Reply(true, nil)
			s.mu.Lock()
			s.commands = append(s.commands, exe.Command)
			s.running[cmd.Process.Pid] = exe.Command
			s.mu.Unlock()
			go func() {
				_, _ = io.Copy(in, channel)
				_ = in.Close()
			}()
			ended.Go(func() { s.wait(cmd, channel) })
		case r.Type == "signal" && cmd != nil:
			_ = cmd.Process.Kill()
		default:
			_ = r.Reply(false, nil)
		}
	}
	ended.Wait()
}

// wait tells how a command ended.
func (s *Server) wait(cmd *exec.Cmd, channel ssh.Channel) {
	_ = cmd.Wait()
	s.mu.Lock()
	delete(s.running, cmd.Process.Pid)
	s.mu.Unlock()
	if code := cmd.ProcessState.ExitCode(); code < 0 { // by a signal
		_, _ = channel.SendRequest("exit-signal", false, ssh.Marshal(struct {
			Signal     string
			Core       bool
			Text, Lang string
		}{Signal: "KILL"}))
	} else {
		_, _ = channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{uint32(code)}))
	}
	_ = channel.Close()
}
