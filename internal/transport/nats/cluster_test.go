package nats

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"net/url"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"sheaf/internal/transport"
	"sheaf/internal/transport/transporttest"
)

// cluster is an external NATS cluster of three servers with TLS between all, a token, and replicated JetStream.
type cluster struct {
	certs   transporttest.Certs
	servers [3]*server.Server
	opts    [3]*server.Options
	urls    []string
}

func startCluster(t *testing.T) *cluster {
	t.Helper()
	c := &cluster{certs: transporttest.NewCerts(t, time.Now().Add(time.Hour), "127.0.0.1")}
	var routes []*url.URL
	var ports [3]int
	for i := range c.servers {
		l, err := net.Listen("tcp", "127.0.0.1:0") // a port that is free now
		if err != nil {
			t.Fatal(err)
		}
		ports[i] = l.Addr().(*net.TCPAddr).Port
		_ = l.Close()
		routes = append(routes, &url.URL{Scheme: "nats", Host: fmt.Sprintf("127.0.0.1:%d", ports[i])})
	}
	for i := range c.servers {
		tls := c.certs.ServerConfig(t)
		between := c.certs.ServerConfig(t)
		between.RootCAs = c.certs.ClientConfig(t).RootCAs
		c.opts[i] = &server.Options{
			ServerName: fmt.Sprint("n", i), Host: "127.0.0.1", Port: server.RANDOM_PORT, Authorization: "right", NoLog: true, NoSigs: true,
			TLS: true, TLSConfig: tls, TLSTimeout: 5, AuthTimeout: 5, JetStream: true, StoreDir: t.TempDir(), JetStreamMaxStore: 1 << 30,
			Cluster: server.ClusterOpts{Name: "external", Host: "127.0.0.1", Port: ports[i], TLSConfig: between, TLSTimeout: 5}, Routes: routes,
		}
		c.start(t, i)
		c.urls = append(c.urls, "tls://"+c.servers[i].Addr().String())
	}
	t.Cleanup(func() {
		for _, s := range c.servers {
			s.Shutdown()
			s.WaitForShutdown()
		}
	})
	c.settle(t, 3)
	return c
}

func (c *cluster) start(t *testing.T, i int) {
	t.Helper()
	s, err := server.NewServer(c.opts[i].Clone())
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	if !s.ReadyForConnections(20 * time.Second) {
		t.Fatalf("server %d does not start", i)
	}
	c.servers[i] = s
}

// settle waits until the servers are one cluster with a leader.
func (c *cluster) settle(t *testing.T, n int) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		leader, peers := false, 0
		for _, s := range c.servers {
			if s.Running() {
				leader = leader || s.JetStreamIsLeader()
				peers = max(peers, s.NumRoutes())
			}
		}
		if leader && peers >= n-1 {
			return
		}
		if time.Now().After(end) {
			t.Fatal("the servers do not become a cluster")
		}
	}
}

// known waits until all servers know that somebody listens to a subject, which takes a moment from server to server.
func (c *cluster) known(t *testing.T, subject string) {
	t.Helper()
	for _, s := range c.servers {
		for end := time.Now().Add(10 * time.Second); s.GlobalAccount().Interest(subject) == 0; time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("server %s does not learn of %s", s.Name(), subject)
			}
		}
	}
}

func (c *cluster) config(t *testing.T) Config {
	return Config{URLs: c.urls, Token: "right", TLS: c.certs.ClientConfig(t)}
}

// TestConformanceExternalCluster runs the suite on three servers, which are the same for all of its parts.
func TestConformanceExternalCluster(t *testing.T) {
	c := startCluster(t)
	transporttest.Run(t, func(t *testing.T) *transporttest.Network {
		good := c.config(t)
		bad := good
		bad.Token = "wrong"
		joined := 0
		return &transporttest.Network{
			Join: func(name string, handle transport.Handler) (transport.Endpoint, error) {
				conf := good
				conf.Name = name
				conf.URLs = []string{c.urls[joined%3], c.urls[(joined+1)%3], c.urls[(joined+2)%3]} // neighbours at different servers
				joined++
				e, err := dial(conf, handle)
				if err == nil {
					c.known(t, "sheaf.default."+name+".x")
				}
				return e, err
			},
			JoinBadly: func(name string) error {
				conf := bad
				conf.Name = name
				_, err := dial(conf, func(string, []byte) {})
				return err
			},
			Interrupt: func() {
				for _, s := range c.servers {
					conns, err := s.Connz(nil)
					if err != nil {
						t.Error(err)
						return
					}
					for _, conn := range conns.Conns {
						_ = s.DisconnectClientByID(conn.Cid)
					}
				}
			},
			Addr: c.servers[0].Addr().String(),
		}
	})
}

// TestReplicated stores an executable and a log three times, and loses a server: the one that leads the log.
func TestReplicated(t *testing.T) {
	c := startCluster(t)
	conf := c.config(t)
	conf.Name = "scheduler"
	e := member(t, conf)
	ctx := t.Context()
	objects, err := OpenObjects(ctx, e, &ObjectsConfig{Replicas: 3, BytesMax: 100 << 20})
	for tries := 0; err != nil && tries < 100; tries++ { // until the servers have heard of each other
		time.Sleep(100 * time.Millisecond)
		objects, err = OpenObjects(ctx, e, &ObjectsConfig{Replicas: 3, BytesMax: 100 << 20})
	}
	if err != nil {
		t.Fatal(err)
	}
	data := bytes.Repeat([]byte("executable "), 100_000)
	sum := sha256.Sum256(data)
	if err := objects.Put(ctx, sum, bytes.NewReader(data)); err != nil {
		t.Fatal(err)
	}
	l, err := OpenLog(ctx, e, LogConfig{Name: "main", Replicas: 3, BytesMax: 100 << 20})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 50 {
		if _, err := l.Append(ctx, [][]byte{fmt.Append(nil, "record ", i+1)}); err != nil {
			t.Fatal(err)
		}
	}
	info, err := l.stream.Info(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if info.Config.Replicas != 3 {
		t.Errorf("the log has %d replicas, want 3", info.Config.Replicas)
	}
	for _, s := range c.servers {
		if s.Name() == info.Cluster.Leader {
			s.Shutdown()
			s.WaitForShutdown()
		}
	}
	// The writer may not know whether its last record arrived: it opens the log again and reads what there is.
	var again *Log
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if again, err = OpenLog(ctx, e, LogConfig{Name: "main"}); err == nil {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("no new leader: %v", err)
		}
	}
	if again.Next() != 51 {
		t.Errorf("next is %d, want 51", again.Next())
	}
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if _, err = again.Append(ctx, [][]byte{[]byte("record 51")}); err == nil {
			break
		}
		if time.Now().After(end) {
			t.Fatal(err)
		}
		if again, err = OpenLog(ctx, e, LogConfig{Name: "main"}); err != nil {
			t.Fatal(err)
		}
	}
	n := 0
	err = again.Replay(ctx, 1, func(number uint64, record []byte) error {
		if n++; string(record) != fmt.Sprint("record ", n) {
			return fmt.Errorf("record %d is %q", number, record)
		}
		return nil
	})
	if err != nil || n < 51 {
		t.Errorf("got %d records, %v", n, err)
	}
	if has, err := objects.Has(ctx, sum); !has || err != nil {
		t.Errorf("the executable is lost: %v", err)
	}
	if _, err := l.Append(ctx, [][]byte{[]byte("late")}); !errors.Is(err, ErrFenced) {
		t.Errorf("the old writer: got %v, want ErrFenced", err)
	}
}
