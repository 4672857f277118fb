//go:build unix

package sshcluster_test

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"sheaf/client"
	"sheaf/cluster/sshcluster"
)

// openSSH starts the sshd of OpenSSH on this machine and returns a configuration for hosts that it serves.
func openSSH(t *testing.T, hosts int) sshcluster.Config {
	t.Helper()
	path, err := exec.LookPath("sshd")
	if err != nil {
		if path = "/usr/sbin/sshd"; !executable(path) {
			t.Skip("there is no sshd here; install openssh-server to test against it")
		}
	}
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	if me.Uid == "0" {
		_ = os.MkdirAll("/run/sshd", 0o755) // where it wants to be rooted when it runs as root
	}
	dir := t.TempDir()
	hostKey, hostFile := newKey(t)
	userKey, userFile := newKey(t)
	authorized := filepath.Join(dir, "authorized_keys")
	if err := os.WriteFile(authorized, ssh.MarshalAuthorizedKey(userKey.PublicKey()), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().(*net.TCPAddr)
	_ = l.Close()
	var log syncBuffer
	cmd := exec.Command(path, "-D", "-e", "-f", "/dev/null", "-o", fmt.Sprintf("ListenAddress=127.0.0.1:%d", address.Port), "-o", "HostKey="+hostFile,
		"-o", "AuthorizedKeysFile="+authorized, "-o", "StrictModes=no", "-o", "PidFile=none", "-o", "UsePAM=no", "-o", "PermitRootLogin=yes",
		"-o", "SetEnv=XDG_CACHE_HOME="+filepath.Join(dir, "cache"))
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Log(log.String())
		}
	})
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if conn, err := net.Dial("tcp", address.String()); err == nil {
			_ = conn.Close()
			break
		}
		if time.Now().After(end) {
			t.Skipf("sshd does not start here:\n%s", log.String())
		}
	}
	known := filepath.Join(dir, "known_hosts")
	line := knownhosts.Line([]string{knownhosts.Normalize(address.String())}, hostKey.PublicKey())
	if err := os.WriteFile(known, []byte(line+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	conf := sshcluster.Config{KeyFiles: []string{userFile}, KnownHosts: []string{known}, NoAgent: true, Lost: 5 * time.Second}
	for range hosts {
		conf.Hosts = append(conf.Hosts, address.String())
	}
	conf.Workers.Processes, conf.Workers.Threads = 1, 1
	return conf
}

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().Perm()&0o111 != 0
}

// TestOpenSSH: the same against the server that people have.
func TestOpenSSH(t *testing.T) {
	t.Parallel()
	ctx, conf := minute(t), openSSH(t, 3)
	var printed syncBuffer
	conf.Output = &printed
	c, err := sshcluster.Start(ctx, conf)
	if err != nil {
		t.Fatal(err)
	}
	k, err := c.Client(ctx)
	if err != nil {
		t.Fatal(err)
	}
	worker, err := k.Submit[int](pid).Result(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if v, err := k.Submit[int](twice, 21).Result(ctx); v != 42 || err != nil {
		t.Fatal(v, err)
	}
	if n, err := k.NThreads(ctx); err != nil || len(n) != 2 {
		t.Errorf("got %v, %v", n, err)
	}
	_ = k.Close()
	if err := c.Close(ctx); err != nil {
		t.Errorf("%v\n%s", err, printed.String())
	}
	eventually(t, ctx, "a worker is left", func() bool { return !alive(worker) })

	conf.Program, conf.Minimum, conf.Initial = "sheaf-that-is-not", 0, 0
	if _, err = sshcluster.Start(ctx, conf); err == nil || !strings.Contains(err.Error(), "no program sheaf-that-is-not") {
		t.Errorf("got %v", err)
	}
}

// TestOpenSSHStarterIsKilled: what OpenSSH makes of a connection that ends without a word is the end of everything, too.
func TestOpenSSHStarterIsKilled(t *testing.T) {
	t.Parallel()
	ctx, conf := minute(t), openSSH(t, 2)
	conf.Security.Token = "known to the test"
	b, err := json.Marshal(conf)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), starterVariable+"="+string(b))
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
	var url string
	if _, err := fmt.Fscanf(out, "started %s", &url); err != nil {
		t.Fatal(err)
	}
	k, err := client.Dial(ctx, url, client.Token(conf.Security.Token))
	if err != nil {
		t.Fatal(err)
	}
	worker, err := k.Submit[int](pid).Result(ctx)
	_ = k.Close()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	eventually(t, ctx, "the worker is left", func() bool { return !alive(worker) })
	eventually(t, ctx, "the scheduler is left", func() bool {
		conn, err := net.Dial("tcp", strings.TrimPrefix(url, "nats://"))
		if err == nil {
			_ = conn.Close()
		}
		return err != nil
	})
}
