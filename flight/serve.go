package flight

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"time"

	"sheaf/client"
	"sheaf/internal/transport"
	server "sheaf/internal/transport/flight"
)

// A Config says where and to whom datasets are given. The zero value listens on a free port of the loopback interface, with a token made
// for the occasion.
type Config struct {
	Listen         string      // host:port; the default is 127.0.0.1:0
	Token          string      // which readers must send as "authorization: Bearer …"; the default, on loopback only, is a fresh one
	TLS            *tls.Config // the server's certificate; nil means that whoever is on the way can read along
	MaxConnections int         // more wait; the default is 256
	Logger         *slog.Logger
}

// A Server gives datasets to readers outside of sheaf.
type Server struct {
	inner *server.Server
	token string
	stop  func() bool // forgets the context
}

// Stats counts what a server did.
type Stats = server.ServerStats

// Serve gives the datasets that are published on the cluster of c to those who have the token, until Close, or until ctx ends. The client
// must not be closed meanwhile. Beyond the loopback interface it refuses to listen without a token.
//
// Dask has no counterpart.
func Serve(ctx context.Context, c *client.Client, conf Config) (*Server, error) {
	if conf.Listen == "" {
		conf.Listen = "127.0.0.1:0"
	}
	if conf.Token == "" {
		host, _, err := net.SplitHostPort(conf.Listen)
		if err != nil {
			return nil, fmt.Errorf("flight: listen on %q: %w", conf.Listen, err)
		}
		if !transport.Loopback(host) {
			return nil, fmt.Errorf("flight: listen on %q: whoever reaches this address could read what is published; set Config.Token, or "+
				"listen on 127.0.0.1", conf.Listen)
		}
		conf.Token = rand.Text()
	}
	inner, err := server.Serve(server.ServerConfig{
		Listen: conf.Listen, Token: conf.Token, TLS: conf.TLS, MaxConnections: conf.MaxConnections, Logger: conf.Logger, Catalog: &catalog{c: c, logger: conf.Logger},
	})
	if err != nil {
		return nil, err
	}
	return &Server{inner: inner, token: conf.Token, stop: context.AfterFunc(ctx, func() { inner.Close(ctx) })}, nil
}

// Addr returns host:port.
func (s *Server) Addr() string { return s.inner.Addr() }

// URL returns the address as pyarrow.flight.connect wants it.
func (s *Server) URL() string { return s.inner.URL() }

// Stats returns the counts so far.
func (s *Server) Stats() Stats { return s.inner.Stats() }

// Token returns what readers must send.
func (s *Server) Token() string { return s.token }

// closeMax bounds how long reads that are under way may go on.
const closeMax = 10 * time.Second

// Close ends the server. Reads that are under way go on until ctx ends, and 10 s at most, and are then broken off.
func (s *Server) Close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, closeMax)
	defer cancel()
	s.stop()
	s.inner.Close(ctx)
}
