package main

import (
	"crypto/sha256"
	"encoding/hex"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"sheaf/client"
)

// sumOf is the SHA-256 of a file, without sheaf's help.
func sumOf(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// TestHash compares with sums that are computed here.
func TestHash(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	for path, text := range map[string]string{a: "one program", b: "another"} {
		if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	want := sumOf(t, a) + "  " + a + "\n" + sumOf(t, b) + "  " + b + "\n"
	if got := must(t, "hash", a, b); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for want, args := range map[string][]string{"no such file": {"hash", filepath.Join(dir, "none")}, "not a file": {"hash", dir}, "at least 1 arg": {"hash"}} {
		if _, err := run(t, args...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("sheaf %s: got %v, want %q", strings.Join(args, " "), err, want)
		}
	}
}

// TestExecutables lets one program run on one cluster and another on another one, and has this one try both.
func TestExecutables(t *testing.T) {
	t.Setenv("SHEAF_TOKEN", "secret")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	list := filepath.Join(t.TempDir(), "list")
	if err := os.WriteFile(list, []byte("# who may\n\n"+must(t, "hash", self)), 0o600); err != nil {
		t.Fatal(err)
	}
	stranger := strings.Repeat("AB", sha256.Size)

	out := background(t, "scheduler", "--listen", "127.0.0.1:0", "--executable", stranger)
	url := out.find(t, `scheduler (nats://\S+)`)
	out.find(t, `(only 1 may run)`)
	_, err = client.Dial(t.Context(), url, client.Token("secret"))
	if sum := sumOf(t, self); err == nil || !strings.Contains(err.Error(), "executable "+sum[:12]) || !strings.Contains(err.Error(), "--executable "+sum) {
		t.Errorf("got %v, want a refusal that says which program it is and who can allow it", err)
	}
	if out := must(t, "info", url); !strings.Contains(out, "cluster default") {
		t.Errorf("who only looks is refused:\n%s", out)
	}

	url = background(t, "scheduler", "--listen", "127.0.0.1:0", "--executable", stranger, "--executables-file", list).find(t, `scheduler (nats://\S+)`)
	background(t, "worker", url, "--host", "127.0.0.1").find(t, `agent joined (\S+)`)
	c, err := client.Dial(t.Context(), url, client.Token("secret"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if v, err := c.Submit[int](double, 21).Result(t.Context()); v != 42 || err != nil {
		t.Errorf("got %d, %v, want 42", v, err)
	}
}

// TestWorkerPorts starts two processes on two ports, one of which is taken at first.
func TestWorkerPorts(t *testing.T) {
	t.Setenv("SHEAF_TOKEN", "secret")
	first := freePorts(t, 3)
	taken, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(first)))
	if err != nil {
		t.Skip("somebody else has taken a port meanwhile: ", err)
	}
	defer func() { _ = taken.Close() }()
	url := background(t, "scheduler", "--listen", "127.0.0.1:0").find(t, `scheduler (nats://\S+)`)
	background(t, "worker", url, "--listen", "127.0.0.1:"+strconv.Itoa(first)+"-"+strconv.Itoa(first+2), "--announce", "localhost", "-p", "2").find(t, `agent joined (\S+)`)
	c, err := client.Dial(t.Context(), url, client.Token("secret"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.WaitForWorkers(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	info, err := c.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{"localhost:" + strconv.Itoa(first+1): true, "localhost:" + strconv.Itoa(first+2): true}
	for i := range info.Workers {
		if at := info.Workers[i].Address; !want[at] {
			t.Errorf("a worker is reached at %s, want one of %v", at, want)
		} else {
			delete(want, at)
		}
	}
	if v, err := c.Submit[int](double, 21).Result(t.Context()); v != 42 || err != nil {
		t.Errorf("got %d, %v, want 42", v, err)
	}
}

// freePorts returns the first of n ports in a row that nobody listens on.
func freePorts(t *testing.T, n int) int {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); {
		var ls []net.Listener
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ls = append(ls, l)
		first := l.Addr().(*net.TCPAddr).Port
		for i := 1; i < n; i++ {
			if l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(first+i))); err == nil {
				ls = append(ls, l)
			}
		}
		for _, l := range ls {
			_ = l.Close()
		}
		if len(ls) == n {
			return first
		}
	}
	t.Skip("no ports in a row are free")
	return 0
}

// TestClusterFlags are values that make no sense; each error names the flag, or what is wrong with the value.
func TestClusterFlags(t *testing.T) {
	dir := t.TempDir()
	empty, broken := filepath.Join(dir, "empty"), filepath.Join(dir, "broken")
	if err := os.WriteFile(empty, []byte("# nobody\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(broken, []byte("\nxyz prog\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const url = "nats://127.0.0.1:1"
	for _, c := range []struct {
		want string
		args []string
	}{
		{`--executable: "abc" is no SHA-256`, []string{"scheduler", "--executable", "abc"}},
		{"--executable is empty", []string{"scheduler", "--executable", ""}},
		{"names no program", []string{"scheduler", "--executables-file", empty}},
		{"broken:2: \"xyz\" is no SHA-256", []string{"scheduler", "--executables-file", broken}},
		{"no such file", []string{"scheduler", "--executables-file", filepath.Join(dir, "none")}},
		{"--heartbeat is 0s", []string{"scheduler", "--heartbeat", "0s"}},
		{"--lost is -1s", []string{"scheduler", "--lost=-1s"}},
		{"--lease is 0s", []string{"scheduler", "--lease", "0s"}},
		{"want at least two heartbeats", []string{"scheduler", "--heartbeat", "6s"}},
		{"--no-workers is -1s", []string{"scheduler", "--no-workers=-1s"}},
		{"--reduce-replicas is -1s", []string{"scheduler", "--reduce-replicas=-1s"}},
		{"--allowed-failures is -1", []string{"scheduler", "--allowed-failures=-1"}},
		{"invalid argument \"soon\"", []string{"scheduler", "--lost", "soon"}},
		{"--processes is 0", []string{"worker", url, "-p", "0"}},
		{"--threads is 0", []string{"worker", url, "-t", "0"}},
		{"--memory: ", []string{"worker", url, "-m", "lots"}},
		{"at least 64MiB", []string{"worker", url, "-m", "1MiB"}},
		{"--memory: ", []string{"worker", url, "-m", ""}},
		{"NAME=AMOUNT", []string{"worker", url, "--resources", "GPU=NaN"}},
		{"want HOST:PORT", []string{"worker", url, "--listen", "9000"}},
		{"want HOST:PORT", []string{"worker", url, "--listen", "0.0.0.0:9001-9000"}},
		{"has 2 ports", []string{"worker", url, "--listen", "0.0.0.0:9000-9001", "-p", "3"}},
		{"as many ports or none", []string{"worker", url, "--listen", "0.0.0.0:9000-9001", "--announce", "h:9000"}},
		{"say where they listen", []string{"worker", url, "--announce", "h:9000"}},
	} {
		if out, err := run(t, c.args...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("sheaf %s: got %v, want %q\n%s", strings.Join(c.args, " "), err, c.want, out)
		}
	}
}
