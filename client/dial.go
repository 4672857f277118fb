package client

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"sheaf/internal/agent"
	"sheaf/internal/codec"
	"sheaf/internal/exec"
	"sheaf/internal/remote"
	"sheaf/internal/schedulerfile"
	"sheaf/internal/transport"
	"sheaf/internal/transport/http"
	"sheaf/internal/transport/nats"
	"sheaf/internal/travel"
	"sheaf/internal/wire"
)

// Dial returns a client of the cluster whose scheduler is at a URL, such as "nats://scheduler:4222", or several separated by commas. The token
// that the cluster wants is given by [Token] or in the URL, "nats://token@scheduler:4222"; certificates by [TLS]. With "file:PATH" all but certificates
// are read from the file that a scheduler writes (cluster.SchedulerConfig.File), which is waited for.
//
// Workers run the same executable as the client: it is sent to the cluster once that has taken the client, unless it has it already, and
// functions that are submitted are found in it. A function that captures variables cannot be: see package fn. The program must call cluster.Init at the
// top of main.
//
// Lost connections are mended in the background, and futures survive them. Closing the client releases its results.
//
// Same as distributed.Client(address).
func Dial(ctx context.Context, address string, opts ...Option) (*Client, error) {
	var s settings
	for _, o := range opts {
		o.apply(&s)
	}
	if path, ok := schedulerfile.Path(address); ok {
		wait, cancel := context.WithTimeoutCause(ctx, dialMax, fmt.Errorf("waited %v", dialMax))
		f, err := schedulerfile.Read(wait, path)
		cancel()
		if err != nil {
			return nil, fmt.Errorf("client: %w", err)
		}
		c, err := Dial(ctx, f.URL, append([]Option{Token(f.Token), ClusterName(f.Cluster)}, opts...)...)
		return c, f.Explain(err)
	}
	n, host, err := networkAt(ctx, address, &s)
	if err != nil {
		return nil, err
	}
	self, err := agent.Self()
	if err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	bring := func(ctx context.Context, e transport.Endpoint) error { return bring(ctx, e, self) }
	return Connect(ctx, Connection{Network: n, Bring: bring, Token: n.Config.Token, TLS: n.Config.TLS, Executable: self.Hash, Address: host}, opts...)
}

// Token is the secret that the cluster wants of its clients; for [Dial].
func Token(token string) Option { return Option{func(s *settings) { s.token = token }} }

// TLS encrypts all connections of [Dial], with this configuration.
func TLS(c *tls.Config) Option { return Option{func(s *settings) { s.tls = c }} }

// ClusterName is the name of the cluster, where several share one NATS server; for [Dial].
func ClusterName(name string) Option { return Option{func(s *settings) { s.cluster = name }} }

// networkAt returns the network at an address, and the host of its first server.
func networkAt(ctx context.Context, address string, s *settings) (n *nats.Network, host string, err error) {
	n = nats.NewNetwork(ctx, nats.Config{Cluster: s.cluster, Token: s.token, TLS: s.tls})
	for one := range strings.SplitSeq(address, ",") {
		u, err := url.Parse(strings.TrimSpace(one))
		if err != nil || u.Host == "" || u.Scheme != "nats" && u.Scheme != "tls" {
			return nil, "", fmt.Errorf("client: Dial(%q): want a URL such as nats://scheduler:4222", address)
		}
		if u.User != nil {
			n.Config.Token = u.User.Username()
			u.User = nil
		}
		if host == "" {
			host = u.Hostname()
		}
		n.Config.URLs = append(n.Config.URLs, u.String())
	}
	return n, host, nil
}

// bring gives the executable to the cluster's store, unless it is there. A cluster without a store runs a fixed executable, and has taken
// this one for that.
func bring(ctx context.Context, end transport.Endpoint, executable agent.Executable) error {
	e, ok := end.(*nats.Endpoint)
	if !ok {
		return nil
	}
	ask, cancel := context.WithTimeout(ctx, 5*time.Second)
	store, err := nats.OpenObjects(ask, e, nil)
	cancel()
	if err != nil {
		return nil //nolint:nilerr // see above
	}
	sum, err := agent.ParseHash(executable.Hash)
	if err != nil {
		return err
	}
	f, err := os.Open(executable.Path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	return store.Put(ctx, sum, f)
}

func uniqueText() string { return rand.Text()[:12] }

// fetcher moves values over HTTP.
type fetcher struct{ f *http.Fetcher }

func newFetcher(token string, t *tls.Config) (remote.Fetcher, func() error) {
	f := http.NewFetcher(http.FetcherConfig{Token: token, TLS: t})
	return fetcher{f}, func() error { f.Close(); return nil }
}

func attend(ctx context.Context, silent func()) (context.Context, func()) {
	return http.Attend(ctx, http.ConnectWait, http.AnswerWait, silent)
}

// Fetch gets values from a worker.
func (f fetcher) Fetch(ctx context.Context, address string, ids []wire.ID, got func(int, any, error)) error {
	i := -1
	var broken error
	_ = f.f.Get(ctx, address, ids, func(_ wire.ID, v any, err error) {
		i++
		if err, connection := sortOf(err); connection {
			broken = err
		} else {
			got(i, v, err)
		}
	})
	return broken
}

// Put gives values to a worker.
func (f fetcher) Put(ctx context.Context, address string, items []remote.Item, done func(int, error)) error {
	all := make([]http.Item, len(items))
	for i, it := range items {
		all[i] = http.Item{ID: it.ID, Value: http.Value{Any: it.Value, Bytes: codec.SizeOf(it.Value)}}
	}
	i := -1
	var broken error
	_ = f.f.PutAll(ctx, address, all, func(_ wire.ID, err error) {
		i++
		if err, connection := sortOf(err); connection {
			broken = err
		} else {
			done(i, err)
		}
	})
	return broken
}

// sortOf says whether an error is that of a connection, and otherwise marks it if trying elsewhere is of no use.
func sortOf(err error) (_ error, connection bool) {
	switch {
	case err == nil:
		return nil, false
	case errors.Is(err, http.ErrValue):
		if v, ok := errors.AsType[*http.ValueError](err); ok {
			if f := travel.DecodeFailure(v.Detail); f != nil {
				return travel.DecodeError(f), false
			}
		}
		return fmt.Errorf("%w: %w", err, exec.ErrSerialize), false
	case errors.Is(err, http.ErrTooLarge):
		return fmt.Errorf("%w: %w", err, exec.ErrLimit), false
	case errors.Is(err, http.ErrNotHere):
		return err, false
	}
	return err, true
}
