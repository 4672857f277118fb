package tlsconf

import (
	"crypto/tls"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// shake makes a connection and returns the errors of both ends and the certificate that the client saw.
func shake(t *testing.T, server, client *tls.Config) (cert string, err error) {
	t.Helper()
	l, err := tls.Listen("tcp", "127.0.0.1:0", server)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	failed := make(chan error, 1)
	go func() {
		c, err := l.Accept()
		if err == nil {
			_, err = c.Write([]byte("ok"))
			_ = c.Close()
		}
		failed <- err
	}()
	d := &tls.Dialer{NetDialer: &net.Dialer{Timeout: 5 * time.Second}, Config: client}
	c, err := d.Dial("tcp", l.Addr().String())
	if err == nil {
		cert = string(c.(*tls.Conn).ConnectionState().PeerCertificates[0].SerialNumber.Bytes())
		_, err = io.ReadFull(c, make([]byte, 2))
		_ = c.Close()
	}
	if serverErr := <-failed; err == nil {
		err = serverErr
	}
	return cert, err
}

func configs(t *testing.T, server, client Files) (s, c *tls.Config) {
	t.Helper()
	s, err := server.Server()
	if err != nil {
		t.Fatal(err)
	}
	if c, err = client.Client(); err != nil {
		t.Fatal(err)
	}
	return s, c
}

func TestGenerate(t *testing.T) {
	dir := t.TempDir()
	f, err := Generate(dir, "127.0.0.1", "localhost")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := Generate(dir, "127.0.0.1"); again != f || err != nil {
		t.Errorf("got %v, %v, want the same files", again, err)
	}
	info, err := os.Stat(f.Key)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key has mode %v, %v", info.Mode(), err)
	}
	s, c := configs(t, f, Files{CA: f.CA})
	if _, err := shake(t, s, c); err != nil {
		t.Error(err)
	}
	// Without the authority it is not trusted, and with mutual TLS the client needs a certificate.
	s, c = configs(t, f, Files{})
	if _, err := shake(t, s, c); err == nil {
		t.Error("an unknown authority was trusted")
	}
	f.Mutual = true
	s, c = configs(t, f, Files{CA: f.CA})
	if _, err := shake(t, s, c); err == nil {
		t.Error("a client without a certificate was let in")
	}
	s, c = configs(t, f, f)
	if _, err := shake(t, s, c); err != nil {
		t.Error(err)
	}
}

// TestRenewal replaces the certificate under a running server.
func TestRenewal(t *testing.T) {
	dir := t.TempDir()
	a, err := NewAuthority("test", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	f := Files{Cert: filepath.Join(dir, "c"), Key: filepath.Join(dir, "k"), CA: filepath.Join(dir, "ca")}
	write := func(when time.Time) {
		cert, key, err := a.Issue(time.Now().Add(time.Hour), "127.0.0.1")
		if err != nil {
			t.Fatal(err)
		}
		for path, data := range map[string][]byte{f.Cert: cert, f.Key: key, f.CA: a.CA()} {
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chtimes(path, when, when); err != nil {
				t.Fatal(err)
			}
		}
	}
	write(time.Now())
	s, c := configs(t, f, Files{CA: f.CA})
	first, err := shake(t, s, c)
	if err != nil {
		t.Fatal(err)
	}
	write(time.Now().Add(time.Minute))
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		second, err := shake(t, s, c)
		if err != nil {
			t.Fatal(err)
		}
		if second != first {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the old certificate is still used")
		}
	}
}

func TestErrors(t *testing.T) {
	dir := t.TempDir()
	a, err := NewAuthority("test", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	cert, key, err := a.Issue(time.Now().Add(-time.Minute), "localhost")
	if err != nil {
		t.Fatal(err)
	}
	_, otherKey, err := a.Issue(time.Now().Add(time.Hour), "localhost")
	if err != nil {
		t.Fatal(err)
	}
	write := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	c, k, other, junk := write("c", cert), write("k", key), write("other", otherKey), write("junk", []byte("junk"))
	for want, f := range map[string]Files{
		"needs a certificate": {}, "expired on": {Cert: c, Key: k}, "private key does not match": {Cert: c, Key: other}, "no such file": {Cert: c, Key: dir + "/none"},
		"failed to find any PEM data": {Cert: junk, Key: k},
	} {
		if _, err := f.Server(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	for want, f := range map[string]Files{"has no certificate": {CA: junk}, "no such file": {CA: dir + "/none"}} {
		if _, err := f.Client(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
