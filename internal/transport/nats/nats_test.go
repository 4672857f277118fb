package nats

import (
	"context"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"sheaf/internal/transport"
	"sheaf/internal/transport/transporttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start starts a server for the length of the test.
func start(t *testing.T, conf ServerConfig) *Server {
	t.Helper()
	s, err := StartServer(t.Context(), conf)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// dial joins with a limit on the time.
func dial(conf Config, handle transport.Handler) (transport.Endpoint, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	e, err := Dial(ctx, conf, handle)
	if err != nil {
		return nil, err
	}
	return e, nil
}

// kick ends all connections of a server.
func kick(s *Server) {
	conns, err := s.ns.Connz(nil)
	if err != nil {
		return
	}
	for _, c := range conns.Conns {
		_ = s.ns.DisconnectClientByID(c.Cid)
	}
}

func refused(s *Server) int {
	n := 0
	for _, count := range s.Stats().Refused {
		n += count
	}
	return n
}

func network(t *testing.T, s *Server, good, bad Config) *transporttest.Network {
	return &transporttest.Network{
		Join: func(name string, handle transport.Handler) (transport.Endpoint, error) {
			conf := good
			conf.Name = name
			return dial(conf, handle)
		},
		JoinBadly: func(name string) error {
			conf := bad
			conf.Name = name
			_, err := dial(conf, func(string, []byte) {})
			return err
		},
		Interrupt: func() { kick(s) },
		Addr:      strings.TrimPrefix(strings.TrimPrefix(s.URL(), "nats://"), "tls://"),
		Refused:   func() int { return refused(s) },
	}
}

func TestConformanceTCP(t *testing.T) {
	transporttest.Run(t, func(t *testing.T) *transporttest.Network {
		s := start(t, ServerConfig{Token: "right"})
		urls := []string{s.URL()}
		return network(t, s, Config{URLs: urls, Token: "right"}, Config{URLs: urls, Token: "wrong"})
	})
}

func TestConformanceInProcess(t *testing.T) {
	transporttest.Run(t, func(t *testing.T) *transporttest.Network {
		s := start(t, ServerConfig{Listen: "none"})
		n := network(t, s, Config{Server: s}, Config{})
		n.JoinBadly, n.Addr = nil, ""
		return n
	})
}

// TestURLAfterClose: a server that was closed still says where it was.
func TestURLAfterClose(t *testing.T) {
	for _, listen := range []string{"", "none"} {
		s, err := StartServer(t.Context(), ServerConfig{Listen: listen})
		if err != nil {
			t.Fatal(err)
		}
		before := s.URL()
		s.Close()
		if after := s.URL(); after != before || (before == "") != (listen == "none") {
			t.Errorf("listening on %q the address is %q, and %q once it is closed", listen, before, after)
		}
	}
}
