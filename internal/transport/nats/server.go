package nats

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"sheaf/internal/transport"
	"sheaf/internal/transport/mem"
)

// A ServerConfig says how the embedded server runs. The zero value listens on a free port of the loopback interface, without
// authentication and without JetStream.
type ServerConfig struct {
	// Listen is host:port, "127.0.0.1:0" by default; "none" takes only endpoints of this process. Beyond the loopback interface Token
	// or Users must be set.
	Listen string

	Cluster string // name of the cluster, DefaultCluster by default

	Token string // lets in who has it, under any name that no user and no endpoint of this process has
	Users []User // let in under their names only

	// TLS has the server's certificate, and ClientCAs with ClientAuth when clients must have one too. Nil means no TLS. Versions
	// before 1.2 are refused whatever it says.
	TLS *tls.Config

	MaxConnections int // 65,536 by default
	MaxFrame       int // bytes of the largest frame, 1 MiB by default, at most 8 MiB

	// StoreDir is where JetStream keeps its files, for [OpenObjects] and [OpenLog]. Without it there is no JetStream.
	StoreDir      string
	StoreBytesMax int64          // of JetStream's files; 64 GiB by default
	Sync          transport.Sync // SyncAlways (default) makes every append wait for the disk; SyncNever lets JetStream write every 2 minutes

	Logger *slog.Logger // gets the server's warnings and errors; nil drops them
}

// A User is who may connect under certain names.
type User struct {
	Peers string // a name, or the beginning of names followed by '*', as "worker-*"
	Token string // one of Token and NKey is the credential
	NKey  string // public key, "U…"

	PutObjects bool // may store executables; reading them is allowed to all
}

// A Server is a NATS server in this process.
type Server struct {
	conf  ServerConfig
	url   string // "" when it does not listen
	ns    *server.Server
	guard *guard
	log   *logger
	here  *mem.Hub // endpoints of this process, which need no server between them
}

// StartServer starts a server that is ready when it returns.
func StartServer(ctx context.Context, conf ServerConfig) (*Server, error) {
	var err error
	if conf.Cluster, err = clusterName(conf.Cluster); err != nil {
		return nil, err
	}
	opts, err := conf.options()
	if err != nil {
		return nil, err
	}
	s := &Server{conf: conf, log: &logger{to: conf.Logger}, here: mem.NewHub(mem.Config{MaxFrame: 8 << 20})}
	secret := make([]byte, 32)
	if _, err := rand.Read(secret); err != nil {
		return nil, fmt.Errorf("nats: %w", err)
	}
	s.guard = newGuard(&conf, hex.EncodeToString(secret))
	opts.CustomClientAuthentication = s.guard
	if s.ns, err = server.NewServer(opts); err != nil {
		return nil, fmt.Errorf("nats: server: %w", err)
	}
	s.ns.SetLoggerV2(s.log, false, false, false)
	s.ns.Start()
	for !s.ns.ReadyForConnections(100 * time.Millisecond) {
		if ctx.Err() != nil || !s.ns.Running() {
			s.Close()
			return nil, fmt.Errorf("nats: server on %s does not start: %w", conf.Listen, errors.Join(ctx.Err(), s.log.fatal()))
		}
	}
	if conf.Listen != "none" {
		s.url = scheme(&conf) + s.ns.Addr().String()
	}
	return s, nil
}

func scheme(c *ServerConfig) string {
	if c.TLS != nil {
		return "tls://"
	}
	return "nats://"
}

// options checks the configuration and translates it.
func (c *ServerConfig) options() (*server.Options, error) {
	o := &server.Options{
		ServerName: "sheaf-" + c.Cluster, NoLog: c.Logger == nil, NoSigs: true, DisableJetStreamBanner: true, AlwaysEnableNonce: true,
		MaxConn: c.MaxConnections, MaxPayload: int32(min(max(c.MaxFrame, frameDefault), 8<<20)), MaxControlLine: 1024, MaxSubs: 1024,
		WriteDeadline: 10 * time.Second, PingInterval: 20 * time.Second, MaxPingsOut: 2, AuthTimeout: 5, TLSTimeout: 5, MaxClosedClients: 4096,
	}
	if o.MaxConn <= 0 {
		o.MaxConn = 65536
	}
	if err := c.listen(o); err != nil {
		return nil, err
	}
	for _, u := range c.Users {
		if err := u.check(); err != nil {
			return nil, err
		}
	}
	if c.TLS != nil {
		o.TLSConfig = c.TLS.Clone()
		o.TLSConfig.MinVersion = max(o.TLSConfig.MinVersion, tls.VersionTLS12)
		o.TLS = true
	}
	if c.StoreDir != "" {
		dir := filepath.Join(c.StoreDir, "nats")
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, fmt.Errorf("nats: %w", err)
		}
		o.JetStream, o.StoreDir = true, dir
		o.JetStreamMaxStore, o.JetStreamMaxMemory = c.StoreBytesMax, 64<<20
		if o.JetStreamMaxStore <= 0 {
			o.JetStreamMaxStore = 64 << 30
		}
		o.SyncAlways = c.Sync != transport.SyncNever
	}
	return o, nil
}

// listen translates the address, and refuses one that would be open to everybody.
func (c *ServerConfig) listen(o *server.Options) error {
	if c.Listen == "" {
		c.Listen = "127.0.0.1:0"
	}
	if c.Listen == "none" {
		o.DontListen = true
		return nil
	}
	host, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return fmt.Errorf("nats: listen on %q: %w", c.Listen, err)
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return fmt.Errorf("nats: listen on %q: port %q is not a number up to %d", c.Listen, port, math.MaxUint16)
	}
	if o.Host, o.Port = host, int(n); n == 0 {
		o.Port = server.RANDOM_PORT
	}
	if c.Token == "" && len(c.Users) == 0 && !transport.Loopback(host) {
		return fmt.Errorf("nats: listen on %q: whoever reaches this address could run code here; set a token or users, or listen on 127.0.0.1", c.Listen)
	}
	if host == "" {
		o.Host = "0.0.0.0"
	}
	return nil
}

// URL returns the address for Dial, or "" when the server does not listen. It stays the same after Close.
func (s *Server) URL() string { return s.url }

// Cluster returns the name of the cluster.
func (s *Server) Cluster() string { return s.conf.Cluster }

// ServerStats counts what a server did.
type ServerStats struct {
	Connections   int
	SlowConsumers int64          // connections that did not read in time and were closed
	Refused       map[string]int // connections that were ended for a fault of the other side, by reason; of the last 4096
}

// Stats returns the counts so far.
func (s *Server) Stats() ServerStats {
	st := ServerStats{Connections: s.ns.NumClients(), SlowConsumers: s.ns.NumSlowConsumers(), Refused: make(map[string]int)}
	closed, err := s.ns.Connz(&server.ConnzOptions{State: server.ConnClosed, Limit: 4096})
	if err != nil {
		return st
	}
	for _, c := range closed.Conns {
		if c.Reason != server.ClientClosed.String() && c.Reason != server.ServerShutdown.String() {
			st.Refused[c.Reason]++
		}
	}
	return st
}

// Close ends all connections and the server.
func (s *Server) Close() {
	s.ns.Shutdown()
	s.ns.WaitForShutdown()
}
