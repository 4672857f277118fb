//go:build unix

package sshcluster_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/crypto/ssh"

	"sheaf/cluster"
	"sheaf/cluster/clustertest"
	"sheaf/cluster/sshcluster"
	"sheaf/cluster/sshcluster/sshtest"
)

// starterVariable makes a copy of the test a program that starts a cluster and goes on until it is killed.
const starterVariable = "SHEAF_TEST_SSH_CONFIG"

func TestMain(m *testing.M) {
	cluster.Init()
	if text := os.Getenv(starterVariable); text != "" {
		os.Exit(starter(text))
	}
	clustertest.Main(m)
}

func starter(text string) int {
	var conf sshcluster.Config
	if err := json.Unmarshal([]byte(text), &conf); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	c, err := sshcluster.Start(context.Background(), conf)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println("started", c.URL())
	select {}
}

func newKey(t *testing.T) (ssh.Signer, string) {
	t.Helper()
	signer, file, err := sshtest.NewKey(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return signer, file
}

func pid() int { return os.Getpid() }

func twice(x int) int { return 2 * x }

func minute(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func eventually(t *testing.T, ctx context.Context, what string, ok func() bool) {
	t.Helper()
	for !ok() {
		if ctx.Err() != nil {
			t.Fatal(what)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }

// parts tells the scheduler from the agents: these have worker processes.
func parts(t *testing.T, s *sshtest.Server, workers int) (scheduler int, agents []int) {
	t.Helper()
	for _, pid := range s.Members() {
		if len(children(t, pid)) > 0 {
			agents = append(agents, pid)
		} else {
			scheduler = pid
		}
	}
	if scheduler == 0 || len(agents) != workers {
		t.Fatalf("got the scheduler %d and the agents %v", scheduler, agents)
	}
	return scheduler, agents
}

// children returns the processes that a process has started.
func children(t *testing.T, pid int) (all []int) {
	t.Helper()
	b, err := exec.Command("ps", "-A", "-o", "pid=,ppid=").Output()
	if err != nil {
		t.Skip("there is no ps to tell which process is which:", err)
	}
	for line := range strings.Lines(string(b)) {
		var child, parent int
		if _, err := fmt.Sscan(line, &child, &parent); err == nil && parent == pid {
			all = append(all, child)
		}
	}
	return all
}

// TestStart: the program is copied once, the workers compute, a member that is killed comes back, and after Close nothing is left, here or there.
func TestStart(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	ctx, server := minute(t), sshtest.Start(t)
	conf := server.Config(3)
	var printed syncBuffer
	conf.Output = &printed
	c, err := sshcluster.Start(ctx, conf)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(context.Background()) }()
	k, err := c.Client(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = k.Close() }()
	if err := k.WaitForWorkers(ctx, 2); err != nil {
		t.Fatal(err)
	}
	if v, err := k.Submit[int](twice, 21).Result(ctx); v != 42 || err != nil {
		t.Fatal(v, err)
	}
	worker, err := k.Submit[int](pid).Result(ctx)
	if err != nil || worker == os.Getpid() {
		t.Fatal(worker, err)
	}
	if n := strings.Count(server.Told(), "cat >"); n != 1 {
		t.Errorf("the program was copied %d times", n)
	}
	if secret := c.Security().Token; strings.Contains(server.Told(), secret) {
		t.Error("the token was on a command line")
	}
	files, err := filepath.Glob(filepath.Join(server.Home, ".cache/sheaf/members/*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("got %v, %v", files, err)
	}
	if info, err := os.Stat(files[0]); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("got %v, %v", info, err)
	}

	before := server.Members()
	if len(before) != 3 {
		t.Fatalf("%d members run", len(before))
	}
	_ = k.Close()
	if err := c.Scale(1); err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(ctx); err != nil {
		t.Fatal(err)
	}
	if now := server.Members(); len(now) != 2 {
		t.Errorf("%d members run, want 2", len(now))
	}
	if err := c.Close(ctx); err != nil {
		t.Error(err)
	}
	for _, pid := range append(before, worker) {
		eventually(t, ctx, "a process is left", func() bool { return !alive(pid) })
	}
	if !strings.Contains(printed.String(), "[scheduler] ") {
		t.Errorf("what members print was not shown:\n%s", printed.String())
	}
	server.Close()
}

// TestMemberDies: a member that is killed, and one whose connection is lost, is started again; the error says which host and what it printed.
func TestMemberDies(t *testing.T) {
	t.Parallel()
	ctx, server := minute(t), sshtest.Start(t)
	conf := server.Config(1)
	conf.Workers.Processes = 2
	conf.Scheduler.Heartbeat, conf.Scheduler.Lost = 100*time.Millisecond, 500*time.Millisecond
	c, err := sshcluster.Start(ctx, conf)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(context.Background()) }()
	k, err := c.Client(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = k.Close() }()
	old, err := k.Submit[int](pid).Result(ctx)
	if err != nil {
		t.Fatal(err)
	}
	_, agents := parts(t, server, 1)
	if err := syscall.Kill(agents[0], syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, ctx, "the death is not noticed", func() bool { return c.Status().Members[0].Err != nil })
	if text := c.Status().Members[0].Err.Error(); !strings.Contains(text, "host 127.0.0.1") || !strings.Contains(text, "ended by the signal KILL") {
		t.Errorf("got %s", text)
	}
	if err := c.Wait(ctx); err != nil {
		t.Fatal(err)
	}
	if v, err := k.Submit[int](twice, 4).Result(ctx); v != 8 || err != nil {
		t.Fatal(v, err)
	}
	eventually(t, ctx, "a worker outlives its agent", func() bool { return !alive(old) })
}

// TestSchedulerDies: nothing can go on without it, and nothing is left.
func TestSchedulerDies(t *testing.T) {
	if testing.Short() {
		t.Skip("waits until all have noticed")
	}
	t.Parallel()
	ctx, server := minute(t), sshtest.Start(t)
	c, err := sshcluster.Start(ctx, server.Config(1))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(context.Background()) }()
	scheduler, _ := parts(t, server, 1)
	if err := syscall.Kill(scheduler, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	select {
	case <-c.Done():
	case <-ctx.Done():
		t.Fatal("the cluster goes on without a scheduler")
	}
	if err := c.Err(); err == nil || !strings.Contains(err.Error(), "scheduler on host 127.0.0.1") {
		t.Errorf("got %v", err)
	}
	eventually(t, ctx, "members are left", func() bool { return len(server.Members()) == 0 })
}

// TestStarterIsKilled: when the program that started the cluster is killed, or its connections are cut, all of the cluster ends.
func TestStarterIsKilled(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"killed", "cut off", "stopped"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			ctx, server := minute(t), sshtest.Start(t)
			conf := server.Config(3)
			conf.Lost = 3 * time.Second
			b, err := json.Marshal(conf)
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(ctx, os.Args[0])
			cmd.Env = append(os.Environ(), starterVariable+"="+string(b))
			var errs syncBuffer
			cmd.Stderr = &errs
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			defer func() {
				_ = cmd.Process.Kill()
				_ = cmd.Wait()
			}()
			buf := make([]byte, 7)
			if _, err := io.ReadFull(out, buf); err != nil || string(buf) != "started" {
				t.Fatalf("got %q, %v, %s", buf, err, errs.String())
			}
			members := server.Members()
			var all []int
			for _, pid := range members {
				all = append(all, children(t, pid)...)
			}
			if all = append(all, members...); len(members) != 3 {
				t.Fatalf("%d members run", len(members))
			}
			switch how {
			case "killed":
				_ = cmd.Process.Kill()
			case "cut off":
				server.Refuse() // so that it cannot start them again
				server.Cut()
			case "stopped": // as if its machine were gone: nothing is said, and nothing closed
				_ = cmd.Process.Signal(syscall.SIGSTOP)
			}
			for _, pid := range all {
				eventually(t, ctx, "a process is left", func() bool { return !alive(pid) })
			}
		})
	}
}

// TestRefused: every error names the host, and what to do.
func TestRefused(t *testing.T) {
	t.Parallel()
	server, other := sshtest.Start(t), sshtest.Start(t)
	_, wrongKey := newKey(t)
	empty := filepath.Join(t.TempDir(), "known_hosts")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(other.Known)
	if err != nil {
		t.Fatal(err)
	}
	changed := filepath.Join(t.TempDir(), "known_hosts")
	if err := os.WriteFile(changed, bytes.ReplaceAll(text, []byte(fmt.Sprint(other.Port)), []byte(fmt.Sprint(server.Port))), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := l.Addr().String()
	_ = l.Close()
	silent, err := net.Listen("tcp", "127.0.0.1:0") // accepts, and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = silent.Close() }()
	for name, c := range map[string]struct {
		change func(*sshcluster.Config)
		want   []string
	}{
		"unknown host": {func(c *sshcluster.Config) { c.KnownHosts = []string{empty} }, []string{"host 127.0.0.1", "127.0.0.1: its key (", " SHA256:", "is not in", "connect with ssh once"}},
		"another key":  {func(c *sshcluster.Config) { c.KnownHosts = []string{changed} }, []string{"somebody may be in between", changed + ":1"}},
		"wrong key":    {func(c *sshcluster.Config) { c.KeyFiles = []string{wrongKey} }, []string{"host 127.0.0.1", "lets tester in with none of these keys", wrongKey}},
		"no key":       {func(c *sshcluster.Config) { c.KeyFiles = []string{wrongKey + "x"} }, []string{"no such file"}},
		"unreachable":  {func(c *sshcluster.Config) { c.Hosts = []string{closed} }, []string{"host 127.0.0.1", "cannot be reached", "refused"}},
		"silent": {func(c *sshcluster.Config) {
			c.Hosts, c.DialTimeout = []string{silent.Addr().String()}, 100*time.Millisecond
		}, []string{"host 127.0.0.1", "no connection within 100ms"}},
		"no such program":         {func(c *sshcluster.Config) { c.Program = "sheaf-that-is-not" }, []string{"host 127.0.0.1", "no program sheaf-that-is-not", "it printed last"}},
		"another program":         {func(c *sshcluster.Config) { c.Program = "/bin/true" }, []string{"host 127.0.0.1", "ended by itself"}},
		"mistake there":           {func(c *sshcluster.Config) { c.Scheduler.Heartbeat, c.Scheduler.Lost = time.Hour, time.Second }, []string{"host 127.0.0.1", "two heartbeats"}},
		"a worker host":           {func(c *sshcluster.Config) { c.Hosts = []string{server.Host(), closed} }, []string{"0 of 1 hosts have joined", "127-0-0-1", "cannot be reached"}},
		"one of the worker hosts": {func(c *sshcluster.Config) { c.Hosts = []string{server.Host(), closed, server.Host()} }, []string{"1 of 2 hosts have joined, want at least 2"}},
	} {
		t.Run(name, func(t *testing.T) {
			conf := server.Config(1)
			c.change(&conf)
			k, err := sshcluster.Start(minute(t), conf)
			if err == nil {
				_ = k.Close(context.Background())
				t.Fatal("it starts")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %v, want %q", err, want)
				}
			}
		})
	}
	eventually(t, minute(t), "processes are left", func() bool { return len(server.Members()) == 0 })
}

// TestMinimum: hosts that are not there are tried again, and counted when they come.
func TestMinimum(t *testing.T) {
	t.Parallel()
	ctx, server := minute(t), sshtest.Start(t)
	conf := server.Config(2)
	conf.Hosts = append(conf.Hosts, "127.0.0.1:1")
	conf.Minimum = 1
	c, err := sshcluster.Start(ctx, conf)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(context.Background()) }()
	if err := c.Scale(3); err == nil {
		t.Error("there are more members than hosts")
	}
	eventually(t, ctx, "the failure is not in the status", func() bool { return c.Status().Err() != nil })
	if s := c.Status(); s.Running() != 1 || s.Wanted != 2 {
		t.Errorf("got\n%s", s)
	}
}

// TestCloseDuringStart: a start that is given up leaves nothing.
func TestCloseDuringStart(t *testing.T) {
	t.Parallel()
	server := sshtest.Start(t)
	for _, after := range []time.Duration{0, 20 * time.Millisecond, 100 * time.Millisecond, 200 * time.Millisecond, 300 * time.Millisecond} {
		ctx, cancel := context.WithTimeoutCause(context.Background(), after, errors.New("enough"))
		c, err := sshcluster.Start(ctx, server.Config(3))
		cancel()
		if err == nil {
			_ = c.Close(context.Background())
		}
	}
	eventually(t, minute(t), "processes are left", func() bool { return len(server.Members()) == 0 })
	entries, err := filepath.Glob(filepath.Join(server.Home, ".cache/sheaf/members/.*"))
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, minute(t), "a part of a program is left", func() bool {
		entries, err = filepath.Glob(filepath.Join(server.Home, ".cache/sheaf/members/.[0-9a-f]*"))
		return err == nil && len(entries) == 0
	})
}

// TestEncrypted: with certificates for other names than those of the hosts.
func TestEncrypted(t *testing.T) {
	t.Parallel()
	ctx, server := minute(t), sshtest.Start(t)
	conf := server.Config(2)
	var err error
	if conf.Security, err = cluster.TemporarySecurity(); err != nil {
		t.Fatal(err)
	}
	c, err := sshcluster.Start(ctx, conf)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(context.Background()) }()
	if !strings.HasPrefix(c.URL(), "tls://") {
		t.Errorf("got %s", c.URL())
	}
	k, err := c.Client(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = k.Close() }()
	if v, err := k.Submit[int](twice, 21).Result(ctx); v != 42 || err != nil {
		t.Fatal(v, err)
	}
}

// TestBeyondLoopback: at an address of this machine that others could reach, everything is encrypted without being told, and works by that address.
func TestBeyondLoopback(t *testing.T) {
	t.Parallel()
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	own := ""
	for _, a := range addresses {
		if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil && !n.IP.IsLoopback() {
			own = n.IP.String()
		}
	}
	if own == "" {
		t.Skip("this machine has no address but the loopback interface's")
	}
	server, err := sshtest.New(t.TempDir(), own)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	ctx := minute(t)
	c, err := sshcluster.Start(ctx, server.Config(3))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(context.Background()) }()
	if !strings.HasPrefix(c.URL(), "tls://"+own+":") {
		t.Errorf("got %s", c.URL())
	}
	k, err := c.Client(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = k.Close() }()
	if err := k.WaitForWorkers(ctx, 2); err != nil {
		t.Fatal(err)
	}
	if v, err := k.Submit[int](twice, k.Submit[int](twice, 21)).Result(ctx); v != 84 || err != nil {
		t.Fatal(v, err)
	}
	info, err := k.Info(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for i := range info.Workers {
		if a := info.Workers[i].Address; !strings.HasPrefix(a, own) {
			t.Errorf("a worker is reached at %s", a)
		}
	}
	if _, err := cluster.Inspect(ctx, "nats"+strings.TrimPrefix(c.URL(), "tls"), "default", cluster.Security{Token: c.Security().Token}); err == nil {
		t.Error("who has no certificate is let in")
	}
}

// TestTampered: a program that is not what its name says is copied again.
func TestTampered(t *testing.T) {
	t.Parallel()
	ctx, server := minute(t), sshtest.Start(t)
	self, err := cluster.ExecutableHash(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(server.Home, ".cache/sheaf/members", self)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("#!/bin/sh\necho stolen\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	c, err := sshcluster.Start(ctx, server.Config(1))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(ctx); err != nil {
		t.Error(err)
	}
	if now, err := cluster.ExecutableHash(file); err != nil || now != self {
		t.Errorf("got %s, %v", now, err)
	}
}

// TestLogDir: what members print is also written there, for their user alone.
func TestLogDir(t *testing.T) {
	t.Parallel()
	ctx, server := minute(t), sshtest.Start(t)
	conf := server.Config(1)
	conf.LogDir = filepath.Join(server.Home, "logs")
	c, err := sshcluster.Start(ctx, conf)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(ctx); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"scheduler.log", "127-0-0-1.log"} {
		file := filepath.Join(conf.LogDir, name)
		b, err := os.ReadFile(file)
		info, err2 := os.Stat(file)
		if err != nil || err2 != nil || len(b) == 0 || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: got %q, %v, %v", name, b, err, info)
		}
	}
}

// syncBuffer is a buffer for several goroutines.
type syncBuffer struct {
	mu  sync.Mutex // guards buf
	buf bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
