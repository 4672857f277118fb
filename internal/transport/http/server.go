package http

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	nethttp "net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"sheaf/internal/transport"
	"sheaf/internal/wire"
)

// A Source has the values that a server gives out. It is called by several goroutines.
type Source interface {
	// Open returns a value, which the server closes. The error is ErrNotHere when it is not there; another one is told to the peer.
	Open(ctx context.Context, id wire.ID) (Value, error)
}

// An Explainer is a Source that knows more about values that cannot be encoded than the encoder says.
type Explainer interface {
	// Explain returns what the peer is told when err has kept a value from being encoded: a text, and detail for programs, which may
	// be empty. Together they have at most [ExplainBytesMax].
	Explain(id wire.ID, err error) (text string, detail []byte)
}

// ExplainBytesMax is how many bytes the text and the detail of an explanation may have.
const ExplainBytesMax = 15 << 10

// A Sink takes in values that were put. It is called by several goroutines.
type Sink interface {
	// Put keeps a value of about so many bytes. When it returns nil the sender is told that it is kept.
	Put(ctx context.Context, id wire.ID, v any, bytes int64) error
}

// A ServerConfig says how values are given out.
type ServerConfig struct {
	Listen string // host:port, "127.0.0.1:0" by default
	Source Source // nil: there is nothing to get
	Sink   Sink   // nil: nothing can be put

	Token     string      // which the peer must have; required, unless
	Anonymous bool        // on the loopback interface everybody may come
	TLS       *tls.Config // nil means no TLS; versions before 1.2 are refused whatever it says

	MaxConnections   int           // 4096 by default; more wait
	InFlightBytesMax int64         // of values being received, 1 GiB by default
	ValueBytesMax    int64         // of one value being received, 64 GiB by default
	Stall            time.Duration // how long a peer may take nothing and send nothing in mid transfer, 30 s by default

	Logger *slog.Logger // nil drops the messages
}

// A Server gives out values and takes them in.
type Server struct {
	conf   ServerConfig
	listen net.Listener
	http   *nethttp.Server
	budget *budget
	done   chan struct{} // closed when Serve has returned
	conns  sync.Map      // net.Conn → *connection

	sending, valuesSent, bytesSent, valuesReceived, bytesReceived, refused, malformed, broken atomic.Int64
}

// connection is what is known of one.
type connection struct{ served atomic.Bool }

// Serve starts a server.
func Serve(conf ServerConfig) (*Server, error) {
	if err := conf.check(); err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", conf.Listen)
	if err != nil {
		return nil, fmt.Errorf("http: %w", err)
	}
	s := &Server{conf: conf, listen: l, budget: newBudget(conf.InFlightBytesMax), done: make(chan struct{})}
	mux := nethttp.NewServeMux()
	mux.HandleFunc("POST "+pathGet, s.get)
	mux.HandleFunc("POST "+pathPut, s.put)
	protocols := new(nethttp.Protocols)
	protocols.SetHTTP1(true)
	s.http = &nethttp.Server{
		Handler: s.guard(mux), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 5 * time.Minute, MaxHeaderBytes: 16 << 10, Protocols: protocols,
		ErrorLog: log.New(&errorLog{s}, "", 0), ConnContext: s.connected, ConnState: s.stateChanged,
	}
	var listener net.Listener = &limited{Listener: l, room: make(chan struct{}, conf.MaxConnections), closed: make(chan struct{})}
	if conf.TLS != nil {
		c := conf.TLS.Clone()
		c.MinVersion = max(c.MinVersion, tls.VersionTLS12)
		c.NextProtos = []string{"http/1.1"}
		listener = tls.NewListener(listener, c)
	}
	go func() {
		defer close(s.done)
		if err := s.http.Serve(listener); !errors.Is(err, nethttp.ErrServerClosed) {
			s.warn("http: server ended", "error", err)
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
		return fmt.Errorf("http: listen on %q: %w", c.Listen, err)
	case c.Token == "" && !c.Anonymous:
		return fmt.Errorf("http: listen on %q: no token is set", c.Listen)
	case c.Token == "" && !transport.Loopback(host):
		return fmt.Errorf("http: listen on %q: whoever reaches this address could read and replace values; set a token, or listen on 127.0.0.1", c.Listen)
	}
	if c.MaxConnections <= 0 {
		c.MaxConnections = 4096
	}
	if c.InFlightBytesMax <= 0 {
		c.InFlightBytesMax = 1 << 30
	}
	if c.ValueBytesMax <= 0 {
		c.ValueBytesMax = 64 << 30
	}
	if c.Stall <= 0 {
		c.Stall = 30 * time.Second
	}
	return nil
}

// Addr returns host:port for a [Fetcher].
func (s *Server) Addr() string { return s.listen.Addr().String() }

// ServerStats counts what a server did.
type ServerStats struct {
	Sending        int64 // requests being answered now
	InFlightBytes  int64 // of values being received now
	ValuesSent     int64
	BytesSent      int64 // of values in memory, about
	ValuesReceived int64
	BytesReceived  int64
	Refused        int64 // requests without the right token
	Malformed      int64 // connections and requests that no peer of ours makes
	Broken         int64 // transfers that ended half-way
}

// Stats returns the counts so far.
func (s *Server) Stats() ServerStats {
	return ServerStats{
		Sending: s.sending.Load(), InFlightBytes: s.budget.inUse(), ValuesSent: s.valuesSent.Load(), BytesSent: s.bytesSent.Load(),
		ValuesReceived: s.valuesReceived.Load(), BytesReceived: s.bytesReceived.Load(),
		Refused: s.refused.Load(), Malformed: s.malformed.Load(), Broken: s.broken.Load(),
	}
}

// Close waits for running transfers until ctx ends, then breaks them off.
func (s *Server) Close(ctx context.Context) error {
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = s.http.Close()
	}
	<-s.done
	return err
}

func (s *Server) warn(msg string, args ...any) {
	if s.conf.Logger != nil {
		s.conf.Logger.Warn(msg, args...)
	}
}

// guard lets requests through that have the token.
func (s *Server) guard(next nethttp.Handler) nethttp.Handler {
	want := sha256.Sum256([]byte(s.conf.Token))
	return nethttp.HandlerFunc(func(w nethttp.ResponseWriter, r *nethttp.Request) {
		if c, ok := r.Context().Value(connectionKey{}).(*connection); ok {
			c.served.Store(true)
		}
		_ = nethttp.NewResponseController(w).SetWriteDeadline(time.Now().Add(s.conf.Stall)) // that of the request before is in force
		token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		got := sha256.Sum256([]byte(token))
		if s.conf.Token != "" && (!bearer || subtle.ConstantTimeCompare(got[:], want[:]) != 1) {
			s.refused.Add(1)
			w.Header().Set("Connection", "close")
			w.Header().Set("WWW-Authenticate", "Bearer")
			nethttp.Error(w, "the token is missing or wrong", nethttp.StatusUnauthorized)
			return
		}
		if v := r.Header.Get(headerVersion); v != version {
			s.malformed.Add(1)
			nethttp.Error(w, fmt.Sprintf("version %q of the transfer protocol is not spoken here; %s is", v, version), nethttp.StatusBadRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

type connectionKey struct{}

func (s *Server) connected(ctx context.Context, c net.Conn) context.Context {
	info := new(connection)
	s.conns.Store(c, info)
	return context.WithValue(ctx, connectionKey{}, info)
}

// stateChanged counts connections that end without a single request.
func (s *Server) stateChanged(c net.Conn, state nethttp.ConnState) {
	if state != nethttp.StateClosed && state != nethttp.StateHijacked {
		return
	}
	if info, ok := s.conns.LoadAndDelete(c); ok && !info.(*connection).served.Load() {
		s.malformed.Add(1)
	}
}

// errorLog takes the messages of net/http's server.
type errorLog struct{ s *Server }

func (l *errorLog) Write(p []byte) (int, error) {
	l.s.warn(strings.TrimSpace(string(p)))
	return len(p), nil
}
