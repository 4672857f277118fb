package sshcluster

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
	sshagent "golang.org/x/crypto/ssh/agent"
)

// dial connects to a host and proves who we are, after the host has.
func (l *launcher) dial(ctx context.Context, h host) (*ssh.Client, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, l.conf.DialTimeout, fmt.Errorf("no connection within %v", l.conf.DialTimeout))
	defer cancel()
	auth, keys, done, err := l.auth(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", h.address())
	if err != nil {
		return nil, fmt.Errorf("cannot be reached over SSH: %w", because(ctx, err))
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	c, channels, requests, err := ssh.NewClientConn(conn, h.address(), &ssh.ClientConfig{
		User: h.user, Auth: auth, HostKeyCallback: l.hostKeys.check, HostKeyAlgorithms: l.hostKeys.algorithms(h.address(), conn.RemoteAddr()),
		ClientVersion: "SSH-2.0-sheaf",
	})
	stop()
	if err == nil {
		return ssh.NewClient(c, channels, requests), nil
	}
	_ = conn.Close()
	switch e, unknown := errors.AsType[*hostKeyError](err); {
	case unknown:
		return nil, e
	case strings.Contains(err.Error(), "unable to authenticate"):
		if len(keys) == 0 {
			return nil, fmt.Errorf("lets %s not in: there is no key to try; make one with ssh-keygen and copy it there with ssh-copy-id: %w", h.user, err)
		}
		return nil, fmt.Errorf("lets %s in with none of these keys: %s; copy one there with ssh-copy-id: %w", h.user, strings.Join(keys, ", "), err)
	}
	return nil, fmt.Errorf("the SSH connection: %w", because(ctx, err))
}

// because returns why a context ended instead of an error that follows from that.
func because(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// defaultKeys are the private keys that are tried, as ssh does.
var defaultKeys = []string{"id_ed25519", "id_ecdsa", "id_rsa"}

// auth returns the ways to be let in, and the names of the keys. Done is to be called after the handshake.
func (l *launcher) auth(ctx context.Context) (methods []ssh.AuthMethod, keys []string, done func(), err error) {
	done = func() {}
	var files, agents []ssh.Signer
	var locked error
	paths := l.conf.KeyFiles
	if len(paths) == 0 {
		if home, err := os.UserHomeDir(); err == nil {
			for _, name := range defaultKeys {
				paths = append(paths, filepath.Join(home, ".ssh", name))
			}
		}
	}
	for _, path := range paths {
		signer, err := readKey(path)
		switch _, missing := errors.AsType[*ssh.PassphraseMissingError](err); {
		case err == nil:
			files, keys = append(files, signer), append(keys, path)
		case missing || errors.Is(err, x509.IncorrectPasswordError): //nolint:staticcheck // old keys
			locked = fmt.Errorf("sshcluster: the key %s has a passphrase; give it to the SSH agent with ssh-add", path)
		case len(l.conf.KeyFiles) > 0:
			return nil, nil, done, fmt.Errorf("sshcluster: the key %s: %w", path, err)
		}
	}
	if socket := os.Getenv("SSH_AUTH_SOCK"); socket != "" && !l.conf.NoAgent {
		var d net.Dialer
		if conn, err := d.DialContext(ctx, "unix", socket); err == nil {
			done = func() { _ = conn.Close() }
			if agents, err = sshagent.NewClient(conn).Signers(); err == nil && len(agents) > 0 {
				keys = append(keys, fmt.Sprintf("%d of the SSH agent", len(agents)))
			}
		}
	}
	signers := append(slices.Clip(agents), files...)
	if len(l.conf.KeyFiles) > 0 { // those that were named first: servers end connections that try many
		signers = append(slices.Clip(files), agents...)
	}
	if len(signers) == 0 && len(l.conf.Auth) == 0 {
		done()
		if locked != nil {
			return nil, nil, func() {}, locked
		}
		return nil, nil, func() {}, fmt.Errorf("sshcluster: there is no private key (%s) and no SSH agent with one", strings.Join(paths, ", "))
	}
	if len(signers) > 0 {
		methods = append(methods, ssh.PublicKeys(signers...))
	}
	return append(methods, l.conf.Auth...), keys, done, nil
}

func readKey(path string) (ssh.Signer, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return ssh.ParsePrivateKey(b)
}

// keepAlive asks the other side now and then whether it is there, and closes the connection when it is not.
func keepAlive(c *ssh.Client, lost time.Duration, ended <-chan struct{}) {
	tick := time.NewTicker(lost / 4)
	defer tick.Stop()
	for {
		select {
		case <-ended:
			return
		case <-tick.C:
		}
		late := time.AfterFunc(lost, func() { _ = c.Close() })
		_, _, err := c.SendRequest("keepalive@openssh.com", true, nil)
		late.Stop()
		if err != nil {
			return
		}
	}
}
