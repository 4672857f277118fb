// Package tlsconf makes TLS configurations of files, which may be renewed while they are in use, and makes the files for those who have
// no authority of their own.
package tlsconf

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// Files names the PEM files of one end.
type Files struct {
	Cert, Key string // certificate, with intermediate ones behind it, and its key; needed by servers
	CA        string // authorities that the other end's certificate must come from; "" means the system's
	Mutual    bool   // a server wants certificates from its clients too, of CA
}

// Server returns the configuration of a server. When the certificate's files change, new connections get the new one.
func (f Files) Server() (*tls.Config, error) {
	if f.Cert == "" || f.Key == "" {
		return nil, errors.New("tlsconf: a server needs a certificate and its key")
	}
	pair, err := newPair(f.Cert, f.Key)
	if err != nil {
		return nil, err
	}
	c := &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return pair.current() },
	}
	if f.Mutual {
		if f.CA == "" {
			return nil, errors.New("tlsconf: certificates of clients are wanted, but no authority is named that they must come from")
		}
		if c.ClientCAs, err = pool(f.CA); err != nil {
			return nil, err
		}
		c.ClientAuth = tls.RequireAndVerifyClientCert
	}
	return c, nil
}

// Client returns the configuration of a client. Its own certificate is sent when a server wants one.
func (f Files) Client() (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	var err error
	if f.CA != "" {
		if c.RootCAs, err = pool(f.CA); err != nil {
			return nil, err
		}
	}
	if f.Cert != "" {
		pair, err := newPair(f.Cert, f.Key)
		if err != nil {
			return nil, err
		}
		c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return pair.current() }
	}
	return c, nil
}

func pool(path string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("tlsconf: authorities: %w", err)
	}
	p := x509.NewCertPool()
	if !p.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("tlsconf: authorities: %s has no certificate in PEM form", path)
	}
	return p, nil
}

// pair is a certificate that is read again when its files have changed.
type pair struct {
	certPath, keyPath string

	mu      sync.Mutex // guards the rest
	cert    *tls.Certificate
	times   [2]time.Time // of the files when they were read
	checked time.Time
}

// checkEvery is how often the files are looked at.
const checkEvery = time.Second

func newPair(certPath, keyPath string) (*pair, error) {
	p := &pair{certPath: certPath, keyPath: keyPath}
	times, err := p.stat()
	if err != nil {
		return nil, err
	}
	if err := p.load(times); err != nil {
		return nil, err
	}
	if until := p.cert.Leaf.NotAfter; time.Now().After(until) {
		return nil, fmt.Errorf("tlsconf: the certificate in %s expired on %s", certPath, until.Format(time.DateTime))
	}
	return p, nil
}

func (p *pair) stat() (times [2]time.Time, err error) {
	for i, path := range []string{p.certPath, p.keyPath} {
		info, err := os.Stat(path)
		if err != nil {
			return times, fmt.Errorf("tlsconf: %w", err)
		}
		times[i] = info.ModTime()
	}
	return times, nil
}

func (p *pair) load(times [2]time.Time) error {
	cert, err := tls.LoadX509KeyPair(p.certPath, p.keyPath)
	if err != nil {
		return fmt.Errorf("tlsconf: certificate %s with key %s: %w", p.certPath, p.keyPath, err)
	}
	p.cert, p.times = &cert, times
	return nil
}

// current returns the certificate. While new files are half written, the old one is used.
func (p *pair) current() (*tls.Certificate, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now := time.Now(); now.Sub(p.checked) >= checkEvery {
		p.checked = now
		if times, err := p.stat(); err == nil && times != p.times {
			_ = p.load(times)
		}
	}
	return p.cert, nil
}
