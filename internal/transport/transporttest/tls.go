package transporttest

import (
	"crypto/tls"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"sheaf/internal/transport/tlsconf"
)

// A TLSCase is a server and a client of which the second gets in or not.
type TLSCase struct {
	Name           string
	Server, Client *tls.Config // nil: without TLS
	Good           bool
}

// Certs are certificates for 127.0.0.1.
type Certs struct {
	Server tlsconf.Files // of a server
	CA     tlsconf.Files // what a client needs
}

// NewCerts makes certificates that are valid until a time.
func NewCerts(t testing.TB, until time.Time, hosts ...string) Certs {
	t.Helper()
	dir := t.TempDir()
	a, err := tlsconf.NewAuthority("test", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	cert, key, err := a.Issue(until, hosts...)
	if err != nil {
		t.Fatal(err)
	}
	f := tlsconf.Files{Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem"), CA: filepath.Join(dir, "ca.pem")}
	err = errors.Join(os.WriteFile(f.Cert, cert, 0o600), os.WriteFile(f.Key, key, 0o600), os.WriteFile(f.CA, a.CA(), 0o600))
	if err != nil {
		t.Fatal(err)
	}
	return Certs{Server: f, CA: tlsconf.Files{CA: f.CA}}
}

// ServerConfig returns the configuration of a server.
func (c Certs) ServerConfig(t testing.TB) *tls.Config { return config(t, c.Server.Server) }

// ClientConfig returns that of a client which trusts it.
func (c Certs) ClientConfig(t testing.TB) *tls.Config { return config(t, c.CA.Client) }

func config(t testing.TB, make func() (*tls.Config, error)) *tls.Config {
	t.Helper()
	c, err := make()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TLSCases returns the ways in which TLS succeeds and fails.
func TLSCases(t testing.TB) []TLSCase {
	hour := time.Now().Add(time.Hour)
	good, other, elsewhere := NewCerts(t, hour, "127.0.0.1"), NewCerts(t, hour, "127.0.0.1"), NewCerts(t, hour, "elsewhere.example")
	expired := NewCerts(t, time.Now().Add(-time.Minute), "127.0.0.1")
	server, client := good.ServerConfig(t), good.ClientConfig(t)
	pair, err := tls.LoadX509KeyPair(expired.Server.Cert, expired.Server.Key) // a server that was started before it expired
	if err != nil {
		t.Fatal(err)
	}
	mutual := good.Server
	mutual.Mutual = true
	mutualServer := config(t, mutual.Server)
	withOther := other.Server
	withOther.CA = good.Server.CA
	return []TLSCase{
		{"good", server, client, true},
		{"certificate of another authority", other.ServerConfig(t), client, false},
		{"certificate of another host", elsewhere.ServerConfig(t), elsewhere.ClientConfig(t), false},
		{"expired certificate", &tls.Config{Certificates: []tls.Certificate{pair}}, expired.ClientConfig(t), false},
		{"plain client", server, nil, false},
		{"plain server", nil, client, false},
		{"mutual", mutualServer, config(t, mutual.Client), true},
		{"mutual, client without certificate", mutualServer, client, false},
		{"mutual, client with a certificate of another authority", mutualServer, config(t, withOther.Client), false},
	}
}
