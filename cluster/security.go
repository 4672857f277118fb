package cluster

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"time"

	"sheaf/internal/transport"
)

// ErrSecurity is matched by errors about what would be open to anybody, and about credentials that cannot be used.
var ErrSecurity = errors.New("not secure")

// Security is the credentials that all parts of a cluster share: who has the token may submit functions, which run as the user
// of the worker processes. With certificates everything is encrypted, on the control plane and between workers.
//
// Same as distributed.Security.
type Security struct {
	Token    string
	CertFile string // PEM, of this process: served to others and shown to them
	KeyFile  string
	CAFile   string // PEM, of the authority that signed everybody's certificates

	// The same in memory, which is how [TemporarySecurity] gives them.
	Cert, Key, CA []byte

	// ServerName is what the certificates of all others must be for, instead of the host by which each is reached: for an authority that signs for
	// this cluster alone.
	ServerName string
}

// NewToken returns a token that nobody can guess.
func NewToken() string { return rand.Text() }

// Encrypted reports whether certificates were given.
func (s Security) Encrypted() bool { return s.CertFile != "" || len(s.Cert) > 0 }

// allows refuses to listen beyond this machine without authentication.
func (s Security) allows(address string) error {
	if address == "" || s.Token != "" || loopback(address) {
		return nil
	}
	return fmt.Errorf("cluster: listening on %s without a token would let anybody run code here; set Security.Token (sheaf scheduler --token-file) "+
		"or listen on 127.0.0.1: %w", address, ErrSecurity)
}

// TLS returns the configuration of a client with these certificates, for [sheaf/client.TLS]; nil without certificates.
func (s Security) TLS() (*tls.Config, error) { return s.tls() }

// refused adds to an error about credentials that there were none.
func (s Security) refused(err error) error {
	if s.Token == "" && errors.Is(err, transport.ErrAuth) {
		return fmt.Errorf("%w; no token was given (Security.Token, or of the command --token-file or SHEAF_TOKEN)", err)
	}
	return err
}

// tls returns the configuration for both sides of a connection, nil without certificates.
func (s Security) tls() (*tls.Config, error) {
	if !s.Encrypted() {
		return nil, nil
	}
	read := func(b []byte, file, what string) ([]byte, error) {
		if len(b) > 0 {
			return b, nil
		}
		if file == "" {
			return nil, fmt.Errorf("cluster: TLS needs a %s: %w", what, ErrSecurity)
		}
		return os.ReadFile(file)
	}
	cert, err1 := read(s.Cert, s.CertFile, "certificate (CertFile)")
	key, err2 := read(s.Key, s.KeyFile, "key (KeyFile)")
	ca, err3 := read(s.CA, s.CAFile, "certificate authority (CAFile)")
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, fmt.Errorf("cluster: %w", err)
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("cluster: the certificate and the key: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(ca) {
		return nil, fmt.Errorf("cluster: the certificate authority's file has no certificate in PEM form: %w", ErrSecurity)
	}
	return &tls.Config{
		Certificates: []tls.Certificate{pair}, RootCAs: pool, ClientCAs: pool, ServerName: s.ServerName,
		ClientAuth: tls.RequireAndVerifyClientCert, MinVersion: tls.VersionTLS13,
	}, nil
}

// TemporarySecurity returns a fresh token and fresh certificates for the given host names and addresses besides this machine's
// own, valid for a year. Nothing is written to disk. Whoever is to join the cluster needs the same value. With all of it, the ServerName too, it does
// not matter by which address a host is reached.
//
// Same as distributed.Security.temporary.
func TemporarySecurity(hosts ...string) (Security, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return Security{}, fmt.Errorf("cluster: %w", err)
	}
	template := x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "sheaf"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0), IsCA: true, BasicConstraintsValid: true,
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		DNSNames:    []string{"localhost", hostname(), temporaryName}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	for _, h := range append(hosts, ownAddresses()...) {
		if ip := net.ParseIP(h); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, h)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	if err != nil {
		return Security{}, fmt.Errorf("cluster: %w", err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return Security{}, fmt.Errorf("cluster: %w", err)
	}
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return Security{
		Token: NewToken(), Cert: cert, CA: cert, ServerName: temporaryName,
		Key: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}),
	}, nil
}

// temporaryName is in all certificates of TemporarySecurity. No name server knows it.
const temporaryName = "cluster.sheaf.internal"

func ownAddresses() []string {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	var own []string
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok {
			own = append(own, n.IP.String())
		}
	}
	return own
}
