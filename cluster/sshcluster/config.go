package sshcluster

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/user"
	"strconv"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"sheaf/cluster"
)

// A Config says on which hosts a cluster runs, and how to get there. Only Hosts is needed.
type Config struct {
	// Hosts are names or addresses, each also as USER@HOST:PORT. The first runs the scheduler, the others an agent each; a single one runs both.
	// A host that is named several times runs several agents.
	Hosts []string

	User       string           // the default is yours
	Port       int              // the default is 22
	KeyFiles   []string         // private keys; the default is those of ~/.ssh, after those of the SSH agent
	NoAgent    bool             // do not ask the SSH agent (SSH_AUTH_SOCK)
	Auth       []ssh.AuthMethod // further ways to be let in, such as a password
	KnownHosts []string         // files with the hosts' keys; the default is ~/.ssh/known_hosts and /etc/ssh/ssh_known_hosts
	// InsecureHostKeys takes any key for that of a host. It is refused unless all hosts are this machine: for tests.
	InsecureHostKeys bool
	DialTimeout      time.Duration // for a connection; the default is 15 s

	// Program is the program to start on the hosts, which must call cluster.Init, such as the command sheaf: a path, or a name that the hosts find. The
	// default is to copy ProgramFile there, by the hash of its content, into ~/.cache/sheaf.
	Program     string
	ProgramFile string // the default is the running program
	// Shared starts no workers before a client has connected; then it is workers of the client's program. By default there are workers of
	// the running program from the beginning, if that is what is copied, and those of other clients besides.
	Shared bool

	Scheduler cluster.SchedulerConfig // Listen is by default a free port of all addresses of the first host; Logger is that of the Config
	Workers   cluster.AgentConfig     // of each worker host; URL, Name, Cluster and Security are set
	// SchedulerHost is the name or address by which this program and the worker hosts reach the first host; the default is as it is named in Hosts.
	SchedulerHost string
	Initial       int // how many of the worker hosts run agents to begin with; the default is all
	Minimum       int // how many must have joined when Start returns; the default is Initial. The others are tried again in the background.

	// Security is the credentials of the cluster. By default they are made for the occasion: a token, and certificates unless all hosts are this
	// machine, so that everything is encrypted. They go to the hosts through SSH, and are written to no file and on no command line.
	Security cluster.Security
	NoTLS    bool // make no certificates

	Lost   time.Duration // silence after which a host is given up, and after which what runs there ends; the default is 1 min
	LogDir string        // directory on the hosts in which members also write what they print
	Level  slog.Level    // of the logs of the members; the default is Info
	Output io.Writer     // gets what the members print, a line each with the member's name before it; nil means the Logger, as Info
	Logger *slog.Logger
}

// A host is where and as whom to connect.
type host struct {
	name string // without user and port
	user string
	port int
}

func (h host) address() string { return net.JoinHostPort(h.name, strconv.Itoa(h.port)) }

// fill checks a configuration and sets what is not said. It returns the hosts, the scheduler's first.
func (c *Config) fill() ([]host, error) {
	if len(c.Hosts) == 0 {
		return nil, errors.New("sshcluster: Config.Hosts is empty, want the scheduler's host and those of workers")
	}
	if c.User == "" {
		u, err := user.Current()
		if err != nil {
			return nil, fmt.Errorf("sshcluster: who are you? Set Config.User: %w", err)
		}
		c.User = u.Username
	}
	if c.Port == 0 {
		c.Port = 22
	}
	if c.DialTimeout <= 0 {
		c.DialTimeout = 15 * time.Second
	}
	if c.Lost <= 0 {
		c.Lost = time.Minute
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	var hosts []host
	for _, text := range c.Hosts {
		h, err := c.parse(text)
		if err != nil {
			return nil, err
		}
		hosts = append(hosts, h)
	}
	local := true
	for _, h := range hosts {
		local = local && loopback(h.name)
	}
	switch {
	case c.InsecureHostKeys && !local:
		return nil, fmt.Errorf("sshcluster: InsecureHostKeys is for this machine alone, not for %s: anybody could be there and be given the cluster's credentials: %w",
			strings.Join(c.Hosts, ", "), cluster.ErrSecurity)
	case strings.ContainsAny(c.Program, "'\"`$\\!\n"):
		return nil, fmt.Errorf("sshcluster: Config.Program %q has characters that a shell would take for something else", c.Program)
	case c.Program != "" && c.ProgramFile != "":
		return nil, errors.New("sshcluster: set Config.Program, which is there, or Config.ProgramFile, which is copied; not both")
	}
	if err := c.place(hosts, local); err != nil {
		return nil, err
	}
	return hosts, c.secure(hosts, local)
}

// place sets addresses and numbers.
func (c *Config) place(hosts []host, local bool) error {
	if c.SchedulerHost == "" {
		if c.SchedulerHost = hosts[0].name; loopback(hosts[0].name) && !local {
			return fmt.Errorf("sshcluster: the other hosts cannot reach the scheduler as %s; set Config.SchedulerHost", hosts[0].name)
		}
	}
	if c.Scheduler.Listen == "" {
		switch {
		case local:
			c.Scheduler.Listen = "127.0.0.1:0"
		case strings.Contains(c.SchedulerHost, ":"):
			c.Scheduler.Listen = "[::]:0"
		default:
			c.Scheduler.Listen = "0.0.0.0:0"
		}
	}
	workers := max(1, len(hosts)-1)
	if c.Initial == 0 {
		c.Initial = workers
	}
	if c.Minimum == 0 {
		c.Minimum = c.Initial
	}
	if c.Initial < 0 || c.Initial > workers || c.Minimum < 0 || c.Minimum > c.Initial {
		return fmt.Errorf("sshcluster: Minimum %d and Initial %d of %d worker hosts: want 0 <= Minimum <= Initial <= hosts", c.Minimum, c.Initial, workers)
	}
	return nil
}

// parse reads USER@HOST:PORT.
func (c *Config) parse(text string) (host, error) {
	h := host{user: c.User, port: c.Port}
	wrong := fmt.Errorf("sshcluster: %q is no host, want HOST or USER@HOST:PORT", text)
	at := strings.LastIndex(text, "@")
	if at == 0 {
		return h, wrong
	}
	if at > 0 {
		h.user = text[:at]
	}
	h.name = text[at+1:]
	switch {
	case net.ParseIP(h.name) != nil: // also an IPv6 address without brackets
	case strings.HasPrefix(h.name, "[") && strings.HasSuffix(h.name, "]"):
		h.name = h.name[1 : len(h.name)-1]
	case strings.Contains(h.name, ":"):
		name, port, err := net.SplitHostPort(h.name)
		if err != nil {
			return h, wrong
		}
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 {
			return h, wrong
		}
		h.name, h.port = name, int(n)
	}
	if h.name == "" || strings.ContainsAny(h.name, " /'\"\n") || h.port < 1 || h.port > 65535 {
		return h, wrong
	}
	return h, nil
}

// secure makes what credentials are missing.
func (c *Config) secure(hosts []host, local bool) error {
	for _, f := range []struct {
		file *string
		to   *[]byte
	}{{&c.Security.CertFile, &c.Security.Cert}, {&c.Security.KeyFile, &c.Security.Key}, {&c.Security.CAFile, &c.Security.CA}} {
		if *f.file == "" {
			continue
		}
		b, err := os.ReadFile(*f.file) // the files are here, and the processes there
		if err != nil {
			return fmt.Errorf("sshcluster: %w", err)
		}
		*f.to, *f.file = b, ""
	}
	if c.Security.Encrypted() || c.NoTLS || local {
		if c.Security.Token == "" {
			c.Security.Token = cluster.NewToken()
		}
		return nil
	}
	made, err := cluster.TemporarySecurity(namesOf(append(hosts, host{name: c.SchedulerHost}), c.DialTimeout)...)
	if err != nil {
		return err
	}
	if c.Security.Token != "" {
		made.Token = c.Security.Token
	}
	c.Security = made
	return nil
}

// loopback reports whether a host is this machine by its name.
func loopback(name string) bool {
	ip := net.ParseIP(name)
	return name == "localhost" || ip != nil && ip.IsLoopback()
}
