//go:build linux

package faulttest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"sheaf/client"
	"sheaf/cluster"
	"sheaf/internal/netns"
)

// hosts are four machines with addresses of their own: one for the scheduler, two for workers, and the desk of somebody who uses them.
type hosts struct {
	*netns.Network
	t     testing.TB
	sheaf string // the static binary that scheduler and agents run
	token string // its file
	url   string
	url2  string // for the second worker's host, through a proxy that delays
	proxy *netns.Proxy
}

const (
	hostsPort = "4222"
	hostsLost = 2 * time.Second
)

func newHosts(t *testing.T) *hosts {
	t.Helper()
	if ok, reason := netns.Available(); !ok {
		t.Skipf("network namespaces are not permitted here: %s", reason)
	}
	dir := t.TempDir()
	h := &hosts{t: t, sheaf: static(), token: filepath.Join(dir, "token")}
	if _, err := os.Stat(h.sheaf); err != nil { // the first test builds it for all
		build(t, h.sheaf, "sheaf/cmd/sheaf", false)
	}
	if err := os.WriteFile(h.token, []byte(cluster.NewToken()), 0o600); err != nil {
		t.Fatal(err)
	}
	n, err := netns.New("sched", "w1", "w2", "desk")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	h.Network = n
	at := net.JoinHostPort(n.Host("sched").Addr().String(), hostsPort)
	h.url = "nats://" + at
	h.start("sched", h.sheaf, "scheduler", "--listen", at, "--token-file", h.token, "--store", filepath.Join(dir, "store"), "--lost", hostsLost.String())
	var l net.Listener
	if err := n.Host("sched").Do(func() (err error) {
		l, err = net.Listen("tcp", net.JoinHostPort(n.Host("sched").Addr().String(), "0"))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	h.proxy = netns.NewProxy(l, func() (c net.Conn, err error) {
		err = n.Host("sched").Do(func() error { c, err = net.Dial("tcp", at); return err })
		return c, err
	})
	t.Cleanup(func() { _ = h.proxy.Close() })
	h.url2 = "nats://" + l.Addr().String()
	for _, w := range []struct{ name, url string }{{"w1", h.url}, {"w2", h.url2}} {
		h.start(w.name, h.sheaf, "worker", w.url, "--token-file", h.token, "--name", w.name, "-p", "1", "-t", "1", "-m", "2GiB", "--dir", t.TempDir())
	}
	return h
}

// static is where the binary of scheduler and agents is built, for all tests of this process.
func static() string { return filepath.Join(os.TempDir(), fmt.Sprint("sheaf-static-", os.Getpid())) }

// build builds a command, statically unless it may use C.
func build(t testing.TB, to, what string, c bool) {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("there is no go command to build the binaries with")
	}
	cmd := exec.Command("go", "build", "-o", to, what)
	if cmd.Env = os.Environ(); !c {
		cmd.Env = append(cmd.Env, "CGO_ENABLED=0")
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build %s: %v\n%s", what, err, out)
	}
}

// start runs a program on a host until the test ends, and waits for its first line.
func (h *hosts) start(host, program string, args ...string) *exec.Cmd {
	h.t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Env = append(os.Environ(), "SHEAF_PROGRESS_ENABLED=false")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		h.t.Fatal(err)
	}
	if err := h.Host(host).Start(cmd); err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		late := time.AfterFunc(10*time.Second, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait()
		late.Stop()
	})
	r := bufio.NewReader(out)
	line, err := r.ReadString('\n')
	if err != nil {
		h.t.Fatalf("%s on %s has ended: %v", filepath.Base(program), host, err)
	}
	h.t.Logf("%s: %s", host, strings.TrimSpace(line))
	go func() { _, _ = io.Copy(io.Discard, r) }()
	return cmd
}

// desk runs a program on the desk and returns it with its output, line by line.
func (h *hosts) desk(program string, env ...string) *player {
	h.t.Helper()
	token, err := os.ReadFile(h.token)
	if err != nil {
		h.t.Fatal(err)
	}
	p := &player{Cmd: exec.Command(program)}
	p.Env = append(append(os.Environ(), "FAULTTEST_URL="+h.url, "FAULTTEST_TOKEN="+string(token), "SHEAF_PROGRESS_ENABLED=false"), env...)
	p.Stderr = os.Stderr
	out, err := p.StdoutPipe()
	if err != nil {
		h.t.Fatal(err)
	}
	if err := h.Host("desk").Start(p.Cmd); err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = p.Process.Kill(); _ = p.Wait() })
	p.lines = bufio.NewScanner(out)
	return p
}

// The programs of the seed run on many hosts, one of them at the end of a slow link, as they do in one process. Their executable comes to the
// hosts through the cluster.
func TestHostsPrograms(t *testing.T) {
	h := newHosts(t)
	h.proxy.Delay(netns.Up, 5*time.Millisecond)
	h.proxy.Delay(netns.Down, 5*time.Millisecond)
	desk := filepath.Join(t.TempDir(), "desk")
	build(t, desk, "./testdata/desk", long()) // with data frames it takes long to link
	p := h.desk(desk, "FAULTTEST_DIR="+t.TempDir())
	same := 0
	for p.lines.Scan() {
		line := p.lines.Text()
		t.Log(line)
		switch {
		case strings.HasPrefix(line, "same:"):
			same++
		case strings.HasPrefix(line, "error:"):
			t.Error(line)
		}
	}
	if want := 4; same < want {
		t.Errorf("%d programs gave the same, want at least %d", same, want)
	}
}

// Links between hosts are cut: for a while, for long, and between workers.
func TestHostsPartitions(t *testing.T) {
	h := newHosts(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	marks := t.TempDir()
	p := h.desk(self, roleVariable+"=desk", "FAULTTEST_DIR="+marks)
	p.expect(t, "ready")
	workersIn := func(dir string) map[string]bool {
		found := map[string]bool{}
		for _, ms := range marksIn(t, dir) {
			for _, m := range ms {
				found[m.worker[:2]] = true
			}
		}
		return found
	}
	for _, c := range []struct {
		name string
		cut  func()
		heal func()
		d    time.Duration
		most int // executions of a task
	}{
		{"short", func() { h.must(h.Cut("sched", "w1")) }, func() { h.must(h.Heal("sched", "w1")) }, hostsLost / 3, 1},
		{"long", func() { h.must(h.Cut("sched", "w1")) }, func() { h.must(h.Heal("sched", "w1")) }, 2 * hostsLost, 2},
		{"oneway", func() { h.must(h.Drop("sched", "w1")) }, func() { h.must(h.Restore("sched", "w1")) }, 2 * hostsLost, 2},
		{"workers", func() { h.must(h.Cut("w1", "w2")) }, func() { h.must(h.Heal("w1", "w2")) }, hostsLost / 2, 2},
	} {
		dir := filepath.Join(marks, c.name)
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		p.expect(t, "begin "+c.name)
		until(t, 30*time.Second, "both hosts work", func() bool { return len(workersIn(dir)) == 2 })
		c.cut()
		time.Sleep(c.d)
		c.heal()
		p.expect(t, "right "+c.name)
		for name, runs := range marksIn(t, dir) {
			if len(runs) > c.most {
				t.Errorf("%s: task %s ran %d times: %v", c.name, name, len(runs), runs)
			}
		}
	}
	p.expect(t, "done")
}

func (h *hosts) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// atDesk is the client of TestHostsPartitions: four rounds of work, whose results it checks.
func atDesk(ctx context.Context, c *client.Client) error {
	if err := c.WaitForWorkers(ctx, 2); err != nil {
		return err
	}
	fmt.Println("ready")
	for _, round := range []string{"short", "long", "oneway", "workers"} {
		dir := filepath.Join(os.Getenv("FAULTTEST_DIR"), round)
		for range 1000 {
			if _, err := os.Stat(dir); err == nil {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		if err := c.WaitForWorkers(ctx, 2); err != nil {
			return err
		}
		fmt.Println("begin", round)
		fs := make([]*client.Future[int], 12)
		for i := range fs {
			fs[i] = c.Submit[int](slow, dir, i, 500*time.Millisecond)
		}
		blocks := make([]*client.Future[[]byte], 6)
		for i := range blocks {
			blocks[i] = c.Submit[[]byte](block, uint64(i), 1<<20, client.Pure(false))
		}
		all := c.Submit[uint64](digestAll, blocks)
		got, err := all.Result(ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", round, err)
		}
		var bs [][]byte
		for i := range blocks {
			bs = append(bs, block(uint64(i), 1<<20))
		}
		if want := digest(bs...); got != want {
			return fmt.Errorf("%s: digest %x, want %x", round, got, want)
		}
		vs, err := c.Gather(ctx, fs)
		if err != nil {
			return fmt.Errorf("%s: %w", round, err)
		}
		for i, v := range vs {
			if v != i*i {
				return fmt.Errorf("%s: task %d gave %d", round, i, v)
			}
		}
		fmt.Println("right", round)
	}
	fmt.Println("done")
	return nil
}

func digestAll(bs [][]byte) uint64 { return digest(bs...) }
