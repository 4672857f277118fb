package http

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	nethttp "net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// A FetcherConfig says how values are fetched and put. The zero value works with servers that want no token.
type FetcherConfig struct {
	Token string
	TLS   *tls.Config // nil means no TLS; both sides must agree

	ConnectionsPerHost int           // 8 by default; more requests wait
	InFlightBytesMax   int64         // of values that are being received, 1 GiB by default; more wait
	ValueBytesMax      int64         // of one value, 64 GiB by default; a larger one is ErrTooLarge
	ConnectTimeout     time.Duration // 5 s by default; a fifth for half a minute after a connection to the address has timed out
	Stall              time.Duration // how long a peer may send and take nothing in mid transfer, 30 s by default
}

// A Fetcher gets values from servers and puts values there. It is safe for concurrent use.
type Fetcher struct {
	conf   FetcherConfig
	client *nethttp.Client
	budget *budget
	scheme string

	unreached unreached

	requests, values, bytes, broken, refused atomic.Int64
}

// NewFetcher returns a fetcher.
func NewFetcher(conf FetcherConfig) *Fetcher {
	if conf.ConnectionsPerHost <= 0 {
		conf.ConnectionsPerHost = 8
	}
	if conf.InFlightBytesMax <= 0 {
		conf.InFlightBytesMax = 1 << 30
	}
	if conf.ValueBytesMax <= 0 {
		conf.ValueBytesMax = 64 << 30
	}
	if conf.ConnectTimeout <= 0 {
		conf.ConnectTimeout = 5 * time.Second
	}
	if conf.Stall <= 0 {
		conf.Stall = 30 * time.Second
	}
	protocols := new(nethttp.Protocols)
	protocols.SetHTTP1(true)
	t := &nethttp.Transport{ // without the proxies of the environment
		MaxConnsPerHost: conf.ConnectionsPerHost, MaxIdleConnsPerHost: conf.ConnectionsPerHost, MaxIdleConns: 1024, IdleConnTimeout: 90 * time.Second,
		TLSHandshakeTimeout: conf.ConnectTimeout, DisableCompression: true, ReadBufferSize: 64 << 10, WriteBufferSize: 64 << 10,
		MaxResponseHeaderBytes: 16 << 10, Protocols: protocols,
	}
	f := &Fetcher{conf: conf, budget: newBudget(conf.InFlightBytesMax), scheme: "http://", unreached: unreached{since: map[string]time.Time{}}}
	t.DialContext = f.dial
	if conf.TLS != nil {
		t.TLSClientConfig = conf.TLS.Clone()
		t.TLSClientConfig.MinVersion = max(t.TLSClientConfig.MinVersion, tls.VersionTLS12)
		f.scheme = "https://"
	}
	f.client = &nethttp.Client{Transport: t, CheckRedirect: func(*nethttp.Request, []*nethttp.Request) error { return nethttp.ErrUseLastResponse }}
	return f
}

// FetcherStats counts what a fetcher did.
type FetcherStats struct {
	Requests      int64 // running now
	InFlightBytes int64 // of values being received now
	Values        int64 // received
	Bytes         int64 // of them in memory, about
	Broken        int64 // transfers that ended half-way
	Refused       int64
}

// Stats returns the counts so far.
func (f *Fetcher) Stats() FetcherStats {
	return FetcherStats{
		Requests: f.requests.Load(), InFlightBytes: f.budget.inUse(), Values: f.values.Load(), Bytes: f.bytes.Load(),
		Broken: f.broken.Load(), Refused: f.refused.Load(),
	}
}

// Close drops the connections that are kept alive. Running requests go on.
func (f *Fetcher) Close() { f.client.CloseIdleConnections() }

// A call is one request and the watch over its progress.
type call struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	timer  *time.Timer
	stall  time.Duration
}

var errStalled = fmt.Errorf("%w: the peer stopped", ErrBroken)

func (f *Fetcher) begin(ctx context.Context) *call {
	f.requests.Add(1)
	c := &call{stall: f.conf.Stall}
	c.ctx, c.cancel = context.WithCancelCause(ctx)
	c.timer = time.AfterFunc(c.stall, func() { c.cancel(errStalled) })
	return c
}

func (f *Fetcher) end(c *call) {
	c.timer.Stop()
	c.cancel(nil)
	f.requests.Add(-1)
}

// do sends a request and returns the body of a good answer.
func (f *Fetcher) do(c *call, addr, path string, body io.Reader, each bool) (io.ReadCloser, error) {
	req, err := nethttp.NewRequestWithContext(c.ctx, nethttp.MethodPost, f.scheme+addr+path, body)
	if err != nil {
		return nil, fmt.Errorf("http: address %q: %w", addr, err)
	}
	req.Header.Set(headerVersion, version)
	req.Header.Set(headerLimit, strconv.FormatInt(f.conf.ValueBytesMax, 10))
	if each {
		req.Header.Set(headerEach, "1")
	}
	if f.conf.Token != "" {
		req.Header.Set("Authorization", "Bearer "+f.conf.Token)
	}
	if path == pathGet {
		req.Header["Idempotency-Key"] = nil // lets net/http try again when a kept connection had died
	}
	resp, err := f.client.Do(req)
	if err != nil {
		return nil, f.explain(c.ctx, err)
	}
	if resp.StatusCode == nethttp.StatusOK && resp.Header.Get("Content-Type") == contentType {
		return resp.Body, nil
	}
	text, _ := io.ReadAll(io.LimitReader(resp.Body, 4<<10))
	_ = resp.Body.Close()
	kind := ErrBroken
	if resp.StatusCode == nethttp.StatusUnauthorized || resp.StatusCode == nethttp.StatusForbidden || resp.StatusCode == nethttp.StatusBadRequest {
		kind = ErrRefused
	}
	return nil, f.count(fmt.Errorf("%w: %s says %s: %s", kind, addr, resp.Status, strings.TrimSpace(string(text))))
}

// explain tells errors of credentials from those of connections.
func (f *Fetcher) explain(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		if errors.Is(cause, ErrBroken) {
			return f.count(cause)
		}
		return cause
	}
	if errors.Is(err, ErrBroken) {
		return f.count(err)
	}
	var (
		verify    *tls.CertificateVerificationError
		authority x509.UnknownAuthorityError
		alert     tls.AlertError
		record    tls.RecordHeaderError
	)
	text := err.Error()
	if errors.As(err, &verify) || errors.As(err, &authority) || errors.As(err, &alert) || errors.As(err, &record) ||
		strings.Contains(text, "tls:") || strings.Contains(text, "HTTP response to HTTPS client") {
		return f.count(fmt.Errorf("%w: TLS: %w", ErrRefused, err))
	}
	return f.count(fmt.Errorf("%w: %w", ErrBroken, err))
}

func (f *Fetcher) count(err error) error {
	if errors.Is(err, ErrRefused) {
		f.refused.Add(1)
	} else {
		f.broken.Add(1)
	}
	return err
}

// watched is the body of an answer whose progress keeps the call alive.
type watched struct {
	r io.Reader
	c *call
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	if n > 0 {
		w.c.timer.Reset(w.c.stall)
	}
	return n, err
}
