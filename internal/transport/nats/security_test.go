package nats

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"

	"sheaf/internal/transport"
	"sheaf/internal/transport/transporttest"
)

func nkey(t *testing.T) (seed, public string) {
	t.Helper()
	pair, err := nkeys.CreateUser()
	if err != nil {
		t.Fatal(err)
	}
	s, err := pair.Seed()
	if err != nil {
		t.Fatal(err)
	}
	if public, err = pair.PublicKey(); err != nil {
		t.Fatal(err)
	}
	return string(s), public
}

func TestUsers(t *testing.T) {
	seed, public := nkey(t)
	otherSeed, _ := nkey(t)
	s := start(t, ServerConfig{Token: "shared", Users: []User{{Peers: "worker-*", Token: "w"}, {Peers: "boss", NKey: public}}})
	member(t, Config{Server: s, Name: "scheduler"})
	urls := []string{s.URL()}
	for _, c := range []struct {
		conf Config
		good bool
	}{
		{Config{Name: "worker-1", Token: "w"}, true},
		{Config{Name: "worker-1", Token: "shared"}, false}, // the name is a user's
		{Config{Name: "worker-1"}, false},
		{Config{Name: "client", Token: "w"}, false},
		{Config{Name: "client", Token: "shared"}, true},
		{Config{Name: "boss", NKeySeed: seed}, true},
		{Config{Name: "boss", NKeySeed: otherSeed}, false},
		{Config{Name: "boss", Token: "shared"}, false},
		{Config{Name: "client", NKeySeed: seed}, false},
		{Config{Name: "scheduler", Token: "shared"}, false}, // somebody in the server's process has it
	} {
		c.conf.URLs = urls
		e, err := dial(c.conf, func(string, []byte) {})
		if c.good != (err == nil) || !c.good && !errors.Is(err, transport.ErrAuth) {
			t.Errorf("%+v: got %v", c.conf, err)
		}
		if err == nil {
			_ = e.Close()
		}
	}
	failures := func() int { return s.Stats().Refused["Authentication Failure"] }
	for end := time.Now().Add(5 * time.Second); failures() < 7 && time.Now().Before(end); time.Sleep(time.Millisecond) {
	} // the server counts after it has told the client
	if failures() != 7 {
		t.Errorf("got %v, want 7 authentication failures", s.Stats().Refused)
	}
}

// TestNobodyPoses uses the bare client library: a peer can neither speak nor listen under another's name, nor touch the log.
func TestNobodyPoses(t *testing.T) {
	s := start(t, ServerConfig{Token: "t", StoreDir: t.TempDir()})
	var heard atomic.Int32
	scheduler, err := Dial(t.Context(), Config{Server: s, Name: "scheduler"}, func(string, []byte) { heard.Add(1) })
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = scheduler.Close() }()
	if _, err := OpenLog(t.Context(), scheduler, LogConfig{Name: "main"}); err != nil {
		t.Fatal(err)
	}
	denied := make(chan error, 100)
	nc, err := nats.Connect(s.URL(), nats.Token("t"), nats.Name("mallory"), nats.CustomInboxPrefix("_INBOX_mallory"),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { denied <- err }))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	for _, subject := range []string{
		"sheaf.default.scheduler.worker-1", "sheaf.default.scheduler", "sheaf.other.scheduler.mallory", "sheaf-log.default.main",
		"$JS.API.STREAM.DELETE.sheaf-default-log-main", "$JS.API.STREAM.PURGE.sheaf-default-log-main", "$JS.API.STREAM.MSG.GET.sheaf-default-log-main",
		"$JS.API.STREAM.CREATE.x", "$JS.API.CONSUMER.CREATE.sheaf-default-log-main.c", "_INBOX_scheduler.x", "$SYS.REQ.SERVER.PING",
	} {
		if err := nc.Publish(subject, []byte("evil")); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-denied:
			if !errors.Is(err, nats.ErrPermissionViolation) {
				t.Errorf("%s: got %v", subject, err)
			}
		case <-time.After(5 * time.Second):
			t.Errorf("publishing to %s was allowed", subject)
		}
	}
	for _, subject := range []string{">", "sheaf.>", "sheaf.default.scheduler.*", "_INBOX_scheduler.>", "$JS.>", "$SYS.>", "sheaf-log.>"} {
		if _, err := nc.Subscribe(subject, func(*nats.Msg) {}); err != nil {
			t.Fatal(err)
		}
		select {
		case <-denied:
		case <-time.After(5 * time.Second):
			t.Errorf("subscribing to %s was allowed", subject)
		}
	}
	if heard.Load() != 0 {
		t.Error("the scheduler was spoken to")
	}
	if err := nc.Publish("sheaf.default.scheduler.mallory", []byte("as herself")); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(5 * time.Second); heard.Load() != 1; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("under her own name she is not heard")
		}
	}
}

func TestTLS(t *testing.T) {
	for _, c := range transporttest.TLSCases(t) {
		t.Run(c.Name, func(t *testing.T) {
			s := start(t, ServerConfig{Token: "t", TLS: c.Server})
			began := time.Now()
			e, err := dial(Config{URLs: []string{s.URL()}, Name: "peer", Token: "t", TLS: c.Client}, func(string, []byte) {})
			if c.Good != (err == nil) || !c.Good && !errors.Is(err, transport.ErrAuth) || time.Since(began) > 5*time.Second {
				t.Errorf("got %v after %v", err, time.Since(began))
			}
			if err == nil {
				_ = e.Close()
			}
		})
	}
}

func TestOldTLS(t *testing.T) {
	certs := transporttest.NewCerts(t, time.Now().Add(time.Hour), "127.0.0.1")
	s := start(t, ServerConfig{Token: "t", TLS: certs.ServerConfig(t)})
	c, err := net.Dial("tcp", strings.TrimPrefix(s.URL(), "tls://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(5 * time.Second))
	buf := make([]byte, 4096) // the greeting comes first
	if _, err := io.ReadAtLeast(c, buf, 10); err != nil {
		t.Fatal(err)
	}
	old := certs.ClientConfig(t)
	old.ServerName, old.MinVersion, old.MaxVersion = "127.0.0.1", tls.VersionTLS10, tls.VersionTLS11
	if err := tls.Client(c, old).HandshakeContext(t.Context()); err == nil {
		t.Error("TLS 1.1 was accepted")
	}
	e, err := dial(Config{URLs: []string{s.URL()}, Name: "peer", Token: "t", TLS: certs.ClientConfig(t)}, func(string, []byte) {})
	if err != nil {
		t.Fatalf("afterwards: %v", err)
	}
	_ = e.Close()
	for end := time.Now().Add(5 * time.Second); s.Stats().Refused["TLS Handshake Failure"] == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("got %v, want a failed handshake", s.Stats().Refused)
		}
	}
}

// TestConformanceTLS runs the suite with TLS on.
func TestConformanceTLS(t *testing.T) {
	certs := transporttest.NewCerts(t, time.Now().Add(time.Hour), "127.0.0.1")
	transporttest.Run(t, func(t *testing.T) *transporttest.Network {
		s := start(t, ServerConfig{Token: "right", TLS: certs.ServerConfig(t)})
		good := Config{URLs: []string{s.URL()}, Token: "right", TLS: certs.ClientConfig(t)}
		bad := good
		bad.Token = "wrong"
		return network(t, s, good, bad)
	})
}

func TestRefusedConfigurations(t *testing.T) {
	_, public := nkey(t)
	for name, conf := range map[string]ServerConfig{
		"open to everybody":  {Listen: "0.0.0.0:0"},
		"every interface":    {Listen: ":0"},
		"a name":             {Listen: "example.com:0"},
		"no port":            {Listen: "127.0.0.1"},
		"port":               {Listen: "127.0.0.1:http"},
		"cluster":            {Cluster: "a.b"},
		"user without name":  {Users: []User{{Token: "x"}}},
		"user without token": {Users: []User{{Peers: "x"}}},
		"user's name":        {Users: []User{{Peers: "x.y", Token: "x"}}},
		"user's key":         {Users: []User{{Peers: "x", NKey: "U" + public}}},
	} {
		if s, err := StartServer(t.Context(), conf); err == nil {
			s.Close()
			t.Errorf("%s: a server was started", name)
		}
	}
	s := start(t, ServerConfig{Listen: "0.0.0.0:0", Token: "t"})
	if !strings.Contains(s.URL(), ":") {
		t.Errorf("got URL %q", s.URL())
	}
	for name, conf := range map[string]Config{"no URL": {Name: "x"}, "seed": {Name: "x", URLs: []string{"nats://127.0.0.1:1"}, NKeySeed: "SUx"}} {
		if _, err := Dial(t.Context(), conf, nil); err == nil {
			t.Errorf("%s: joined", name)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := Dial(ctx, Config{Name: "x", URLs: []string{"nats://127.0.0.1:1"}}, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("nobody there: got %v", err)
	}
}

// TestSlowHandler: what a handler does not take in time is dropped and counted, and the connection lives.
func TestSlowHandler(t *testing.T) {
	s := start(t, ServerConfig{Token: "t"})
	release, entered := make(chan struct{}), make(chan struct{}, 1000)
	slow, err := Dial(t.Context(), Config{Server: s, Name: "slow", PendingBytesMax: 1000}, func(string, []byte) {
		entered <- struct{}{}
		<-release
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = slow.Close() }()
	fast := member(t, Config{URLs: []string{s.URL()}, Token: "t", Name: "fast"})
	for range 100 {
		if err := fast.Send("slow", make([]byte, 100)); err != nil {
			t.Fatal(err)
		}
	}
	<-entered
	for end := time.Now().Add(5 * time.Second); slow.Stats().Dropped < 80; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("got %+v, want most of 100 dropped", slow.Stats())
		}
	}
	close(release)
	if err := fast.Send("slow", nil); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(5 * time.Second); slow.Stats().Received+slow.Stats().Dropped < 101; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("got %+v, want all accounted for", slow.Stats())
		}
	}
}

// TestServerRestart: endpoints wait for a server that is away, drop what they are given, and come back with it.
func TestServerRestart(t *testing.T) {
	s, err := StartServer(t.Context(), ServerConfig{Token: "t"})
	if err != nil {
		t.Fatal(err)
	}
	addr := strings.TrimPrefix(s.URL(), "nats://")
	e := member(t, Config{URLs: []string{s.URL()}, Token: "t", Name: "peer"})
	s.Close()
	for end := time.Now().Add(5 * time.Second); !errors.Is(e.Send("x", nil), transport.ErrDropped); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("sending into nothing is no error")
		}
	}
	start(t, ServerConfig{Listen: addr, Token: "t"})
	for end := time.Now().Add(15 * time.Second); e.Send("x", nil) != nil; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it does not come back")
		}
	}
}
