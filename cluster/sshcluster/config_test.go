package sshcluster

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sheaf/cluster"
)

func TestParseHosts(t *testing.T) {
	for text, want := range map[string]host{
		"node1": {"node1", "me", 22}, "you@node1": {"node1", "you", 22}, "node1:2222": {"node1", "me", 2222}, "a@b@10.0.0.1:1": {"10.0.0.1", "a@b", 1},
		"fe80::1": {"fe80::1", "me", 22}, "[fe80::1]": {"fe80::1", "me", 22}, "you@[fe80::1]:7": {"fe80::1", "you", 7},
	} {
		c := Config{Hosts: []string{text}, User: "me", NoTLS: true}
		if hosts, err := c.fill(); err != nil || hosts[0] != want {
			t.Errorf("%s: got %+v, %v", text, hosts, err)
		}
	}
	for _, text := range []string{"", "@node1", "node1:", "node1:0", "node1:x", "node1:70000", "a b", "a/b", "a'b", "you@", "[::1"} {
		c := Config{Hosts: []string{text}, User: "me", NoTLS: true}
		if hosts, err := c.fill(); err == nil {
			t.Errorf("%q: got %+v", text, hosts)
		}
	}
}

// TestSecured: beyond this machine everything is encrypted unless somebody says otherwise, and only there host keys may be ignored.
func TestSecured(t *testing.T) {
	fill := func(c Config) (Config, error) {
		_, err := c.fill()
		return c, err
	}
	c, err := fill(Config{Hosts: []string{"10.255.255.1", "10.255.255.2"}, Security: cluster.Security{Token: "mine"}})
	if err != nil || !c.Security.Encrypted() || c.Security.Token != "mine" || c.Security.ServerName == "" || c.Scheduler.Listen != "0.0.0.0:0" {
		t.Errorf("got %+v, %v", c, err)
	}
	if c, err = fill(Config{Hosts: []string{"10.255.255.1"}, NoTLS: true}); err != nil || c.Security.Encrypted() || c.Security.Token == "" {
		t.Errorf("got %+v, %v", c, err)
	}
	if c, err = fill(Config{Hosts: []string{"localhost", "127.0.0.1", "::1"}}); err != nil || c.Security.Encrypted() || c.Scheduler.Listen != "127.0.0.1:0" {
		t.Errorf("got %+v, %v", c, err)
	}
	if _, err = fill(Config{Hosts: []string{"localhost", "node1"}, SchedulerHost: "here", InsecureHostKeys: true}); !errors.Is(err, cluster.ErrSecurity) {
		t.Errorf("got %v", err)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "cert.pem")
	if err := os.WriteFile(file, []byte("a certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err = fill(Config{Hosts: []string{"10.255.255.1"}, Security: cluster.Security{CertFile: file, KeyFile: file, CAFile: file}})
	if err != nil || string(c.Security.Cert) != "a certificate" || c.Security.CertFile != "" || len(c.Security.Key) == 0 || len(c.Security.CA) == 0 {
		t.Errorf("files that are here do not reach the hosts: %+v, %v", c.Security, err)
	}
	if _, err = fill(Config{Hosts: []string{"10.255.255.1"}, Security: cluster.Security{CertFile: file + "x"}}); err == nil {
		t.Error("a missing file is not noticed")
	}
}

func TestNumbersOfHosts(t *testing.T) {
	for _, c := range []Config{{Initial: 3}, {Minimum: 3}, {Initial: 1, Minimum: 2}, {Initial: -1}} {
		c.Hosts, c.NoTLS = []string{"a", "b", "c"}, true
		if _, err := c.fill(); err == nil || !strings.Contains(err.Error(), "Minimum") {
			t.Errorf("Initial %d, Minimum %d: got %v", c.Initial, c.Minimum, err)
		}
	}
	c := Config{Hosts: []string{"a"}, NoTLS: true}
	if _, err := c.fill(); err != nil || c.Initial != 1 || c.Minimum != 1 {
		t.Errorf("got %+v, %v", c, err)
	}
}

func TestPlatform(t *testing.T) {
	for uname, want := range map[string]string{"Linux x86_64": "linux/amd64", "Darwin arm64 ": "darwin/arm64", "Linux aarch64": "linux/arm64", "": "", "Linux vax": ""} {
		if got := platform(uname); got != want {
			t.Errorf("%s: got %q", uname, got)
		}
	}
}

// TestScripts: what goes to a host's shell is quoted once, so it must not hold what ends or changes that.
func TestScripts(t *testing.T) {
	for _, s := range []string{probeScript, copyScript, sumScript, programDir} {
		if strings.ContainsAny(s, "'\\!\n") {
			t.Errorf("%s cannot be quoted", s)
		}
	}
}
