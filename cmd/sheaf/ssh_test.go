//go:build unix

package main

import (
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"sheaf/client"
	"sheaf/cluster/sshcluster/sshtest"
)

// TestSSH: the command starts a cluster that clients can use, says what they need, merges what is printed, and leaves nothing.
func TestSSH(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	server := sshtest.Start(t)
	dir := t.TempDir()
	hosts := filepath.Join(dir, "hosts")
	if err := os.WriteFile(hosts, []byte("# workers\n"+server.Host()+"\n\n"+server.Host()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	secrets := filepath.Join(dir, "secrets")
	first := freePorts(t, 3)
	at := func(i int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(first+i)) }
	t.Run("cluster", func(t *testing.T) {
		out := background(t, "ssh", "--scheduler", server.Host(), "--hostfile", hosts, "--user", "tester", "--identity", server.KeyFile, "--known-hosts", server.Known,
			"--credentials", secrets, "--processes", "1", "--threads", "2", "--memory", "1GiB", "--resources", "GPU=1", "--cluster", "mine", "--status", "127.0.0.1:0",
			"--log-dir", filepath.Join(dir, "logs"), "--dir", dir, "-v", "--listen", at(0), "--worker-listen", at(1)+"-"+strconv.Itoa(first+2), "--port", "1")
		url := out.find(t, `scheduler (nats://`+at(0)+`)\nagents    127-0-0-1 127-0-0-1-2\n`)
		token, err := os.ReadFile(filepath.Join(secrets, "token"))
		if err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(filepath.Join(secrets, "token")); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("got %v, %v", info, err)
		}
		out.find(t, `(look      sheaf info `+url+` --token-file `+secrets+`/token)\n`)
		out.find(t, `(\[scheduler\] .*joins)`)
		c, err := client.Dial(t.Context(), url, client.Token(strings.TrimSpace(string(token))), client.ClusterName("mine"))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
		if v, err := c.Submit[int](double, 21, client.Resource("GPU", 1)).Result(t.Context()); v != 42 || err != nil {
			t.Fatalf("got %d, %v, want 42", v, err)
		}
		if err := c.WaitForWorkers(t.Context(), 2); err != nil {
			t.Fatal(err)
		}
		info, err := c.Info(t.Context())
		if err != nil || info.Threads() != 4 {
			t.Errorf("got %+v, %v", info, err)
		}
		for i := range info.Workers {
			if a := info.Workers[i].Address; a != at(1) && a != at(2) {
				t.Errorf("a worker is reached at %s", a)
			}
			if limit := info.Workers[i].LimitBytes; limit != 0 && limit != 1<<30 {
				t.Errorf("a worker may use %d bytes", limit)
			}
		}
	})
	for end := time.Now().Add(20 * time.Second); len(server.Members()) > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("processes are left")
		}
	}
	if b, err := os.ReadFile(filepath.Join(dir, "logs", "scheduler.log")); err != nil || len(b) == 0 {
		t.Errorf("got %q, %v", b, err)
	}
}

// TestSSHMistakes are found before anything is started, or say which host.
func TestSSHMistakes(t *testing.T) {
	for want, args := range map[string][]string{
		"name the hosts":               {},
		"no such file":                 {"--hostfile", filepath.Join(t.TempDir(), "none")},
		"is no host":                   {"a:b:c"},
		"--lost is":                    {"a", "--lost", "0s"},
		"--minimum is":                 {"a", "--minimum", "0"},
		"--port is":                    {"a", "--port", "70000"},
		"--memory":                     {"a", "--memory", "much"},
		"characters that a shell":      {"a", "--program", "$(reboot)"},
		"not both":                     {"a", "--program", "sheaf", "--program-file", "x"},
		"set Config.SchedulerHost":     {"localhost", "elsewhere"},
		"host 127.0.0.1: cannot be re": {"127.0.0.1:1", "--identity", newIdentity(t), "--known-hosts", "/dev/null"},
	} {
		if _, err := run(t, append([]string{"ssh"}, args...)...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: got %v, want %q", args, err, want)
		}
	}
}

func newIdentity(t *testing.T) string {
	t.Helper()
	_, file, err := sshtest.NewKey(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return file
}
