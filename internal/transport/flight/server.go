package flight

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/flight"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"sheaf/internal/transport"
)

// ErrNoTable is returned by a [Catalog] that does not have a table.
var ErrNoTable = errors.New("flight: no such table")

// A Catalog has tables by name. It is called by several goroutines.
type Catalog interface {
	// List returns what there is, in any order.
	List(ctx context.Context) ([]Entry, error)

	// Open returns a table, or ErrNoTable.
	Open(ctx context.Context, name string) (*Table, error)
}

// An Entry is a table in a list.
type Entry struct {
	Name   string
	Schema *arrow.Schema
	Rows   int64 // -1 when not known
	Bytes  int64 // -1 when not known
}

// A Table is one that is to be read.
type Table struct {
	Schema *arrow.Schema
	Rows   int64 // -1 when not known

	// Batches returns the rows; each batch is released by the server. An error ends the stream, and the reader learns of it.
	Batches func(ctx context.Context) iter.Seq2[arrow.RecordBatch, error]
}

// A ServerConfig says how tables are given out.
type ServerConfig struct {
	Listen  string // host:port, "127.0.0.1:0" by default
	Catalog Catalog

	Token     string      // which readers must send as "authorization: Bearer …"; required, unless
	Anonymous bool        // on the loopback interface everybody may read
	TLS       *tls.Config // nil means no TLS; versions before 1.2 are refused whatever it says

	BatchBytes     int // batches are cut to about this size, 3 MiB by default: what gRPC clients take without being told
	MaxConnections int // 256 by default; more wait

	Logger *slog.Logger // nil drops the messages
}

// A Server is an Arrow Flight endpoint.
type Server struct {
	conf   ServerConfig
	want   [32]byte // hash of the token
	listen *listener
	grpc   *grpc.Server
	done   chan struct{} // closed when Serve has returned

	reading, tables, rows, refused, begun atomic.Int64
}

// Serve starts a server.
func Serve(conf ServerConfig) (*Server, error) {
	if err := conf.check(); err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", conf.Listen)
	if err != nil {
		return nil, fmt.Errorf("flight: %w", err)
	}
	s := &Server{
		conf: conf, want: sha256.Sum256([]byte(conf.Token)), done: make(chan struct{}),
		listen: &listener{Listener: l, room: make(chan struct{}, conf.MaxConnections), closed: make(chan struct{})},
	}
	opts := []grpc.ServerOption{
		grpc.MaxRecvMsgSize(64 << 10), grpc.MaxHeaderListSize(16 << 10), grpc.MaxConcurrentStreams(64), grpc.ConnectionTimeout(10 * time.Second),
		grpc.WriteBufferSize(256 << 10), grpc.KeepaliveParams(keepalive.ServerParameters{MaxConnectionIdle: 10 * time.Minute, Time: time.Minute, Timeout: 20 * time.Second}),
		grpc.UnaryInterceptor(s.unary), grpc.StreamInterceptor(s.stream), grpc.StatsHandler(&connStats{s}),
	}
	if conf.TLS != nil {
		c := conf.TLS.Clone()
		c.MinVersion = max(c.MinVersion, tls.VersionTLS12)
		opts = append(opts, grpc.Creds(credentials.NewTLS(c)))
	}
	s.grpc = grpc.NewServer(opts...)
	flight.RegisterFlightServiceServer(s.grpc, &service{s: s})
	go func() {
		defer close(s.done)
		if err := s.grpc.Serve(s.listen); err != nil && conf.Logger != nil {
			conf.Logger.Warn("flight: server ended", "error", err)
		}
	}()
	return s, nil
}

func (c *ServerConfig) check() error {
	if c.Listen == "" {
		c.Listen = "127.0.0.1:0"
	}
	host, _, err := net.SplitHostPort(c.Listen)
	switch {
	case err != nil:
		return fmt.Errorf("flight: listen on %q: %w", c.Listen, err)
	case c.Catalog == nil:
		return errors.New("flight: there is nothing to serve: no catalog")
	case c.Token == "" && !c.Anonymous:
		return fmt.Errorf("flight: listen on %q: no token is set", c.Listen)
	case c.Token == "" && !transport.Loopback(host):
		return fmt.Errorf("flight: listen on %q: whoever reaches this address could read what is published; set a token, or listen on 127.0.0.1", c.Listen)
	}
	if c.BatchBytes <= 0 {
		c.BatchBytes = 3 << 20
	}
	if c.MaxConnections <= 0 {
		c.MaxConnections = 256
	}
	return nil
}

// Addr returns host:port.
func (s *Server) Addr() string { return s.listen.Addr().String() }

// URL returns the address as pyarrow wants it.
func (s *Server) URL() string {
	if s.conf.TLS != nil {
		return "grpc+tls://" + s.Addr()
	}
	return "grpc://" + s.Addr()
}

// ServerStats counts what a server did.
type ServerStats struct {
	Reading   int64 // tables being read now
	Tables    int64 // read to the end
	Rows      int64
	Refused   int64 // calls without the right token
	Malformed int64 // connections that did not become ones of gRPC, those that are being made included
}

// Stats returns the counts so far.
func (s *Server) Stats() ServerStats {
	return ServerStats{
		Reading: s.reading.Load(), Tables: s.tables.Load(), Rows: s.rows.Load(), Refused: s.refused.Load(),
		Malformed: s.listen.accepted.Load() - s.begun.Load(),
	}
}

// Close waits for running reads until ctx ends, then breaks them off.
func (s *Server) Close(ctx context.Context) {
	graceful := make(chan struct{})
	go func() {
		s.grpc.GracefulStop()
		close(graceful)
	}()
	select {
	case <-graceful:
	case <-ctx.Done():
		s.grpc.Stop()
		<-graceful
	}
	<-s.done
}

// authorize checks the token of a call.
func (s *Server) authorize(ctx context.Context) error {
	if s.conf.Token == "" {
		return nil
	}
	md, _ := metadata.FromIncomingContext(ctx)
	for _, h := range md.Get("authorization") {
		token, ok := strings.CutPrefix(h, "Bearer ")
		got := sha256.Sum256([]byte(token))
		if ok && subtle.ConstantTimeCompare(got[:], s.want[:]) == 1 {
			return nil
		}
	}
	s.refused.Add(1)
	return status.Error(codes.Unauthenticated, "flight: the token is missing or wrong; send it as the header authorization: Bearer …")
}

func (s *Server) unary(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (resp any, err error) {
	if err := s.authorize(ctx); err != nil {
		return nil, err
	}
	defer s.recovered(&err)
	return handle(ctx, req)
}

func (s *Server) stream(srv any, ss grpc.ServerStream, _ *grpc.StreamServerInfo, handle grpc.StreamHandler) (err error) {
	if err := s.authorize(ss.Context()); err != nil {
		return err
	}
	defer s.recovered(&err)
	return handle(srv, ss)
}

// recovered makes a panic of a catalog an error of the call.
func (s *Server) recovered(err *error) {
	if r := recover(); r != nil {
		if s.conf.Logger != nil {
			s.conf.Logger.Error("flight: panic", "value", r)
		}
		*err = status.Errorf(codes.Internal, "flight: panic: %v", r)
	}
}
