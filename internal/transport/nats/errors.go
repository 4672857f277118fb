package nats

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/nats-io/nats.go"

	"sheaf/internal/transport"
)

// explain makes errors of credentials and certificates [transport.ErrAuth], which trying again does not cure.
func explain(err error) error {
	if err == nil {
		return nil
	}
	var (
		verify    *tls.CertificateVerificationError
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
		invalid   x509.CertificateInvalidError
		alert     tls.AlertError
		record    tls.RecordHeaderError
	)
	switch {
	case errors.Is(err, nats.ErrAuthorization), errors.Is(err, nats.ErrAuthExpired), errors.Is(err, nats.ErrAuthRevoked),
		errors.Is(err, nats.ErrPermissionViolation), errors.Is(err, nats.ErrNkeysNotSupported):
		return fmt.Errorf("%w: %w (token, NKey, or a name that the credentials are not for)", transport.ErrAuth, err)
	case errors.Is(err, nats.ErrSecureConnWanted):
		return fmt.Errorf("%w: TLS is configured here, but the server does not offer it: %w", transport.ErrAuth, err)
	case errors.As(err, &verify), errors.As(err, &authority), errors.As(err, &host), errors.As(err, &invalid):
		return fmt.Errorf("%w: the server's certificate: %w", transport.ErrAuth, err)
	case errors.As(err, &alert), errors.As(err, &record), strings.Contains(err.Error(), "tls:"):
		return fmt.Errorf("%w: TLS: %w", transport.ErrAuth, err)
	}
	return err
}

// deniedHooks tells who waits for an answer that the server has denied the question. It says so to the connection only.
type deniedHooks struct {
	mu    sync.Mutex // guards hooks
	hooks map[*deniedHook]struct{}
}

type deniedHook struct {
	text string // in the error
	f    func(error)
}

// add calls f with each error that has a text, until the returned function is called.
func (d *deniedHooks) add(text string, f func(error)) (remove func()) {
	hook := &deniedHook{text, f}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.hooks == nil {
		d.hooks = make(map[*deniedHook]struct{})
	}
	d.hooks[hook] = struct{}{}
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.hooks, hook)
	}
}

func (d *deniedHooks) tell(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for hook := range d.hooks {
		if strings.Contains(err.Error(), hook.text) {
			hook.f(err)
		}
	}
}
