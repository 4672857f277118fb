package sshcluster

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// hostKeys knows the keys of hosts.
type hostKeys struct {
	files []string
	known ssh.HostKeyCallback // nil: any key will do
}

func newHostKeys(conf *Config) (*hostKeys, error) {
	if conf.InsecureHostKeys {
		return &hostKeys{}, nil
	}
	k := &hostKeys{files: conf.KnownHosts}
	if len(k.files) == 0 {
		all := []string{"/etc/ssh/ssh_known_hosts"}
		if home, err := os.UserHomeDir(); err == nil {
			all = append([]string{filepath.Join(home, ".ssh", "known_hosts")}, all...)
		}
		for _, path := range all {
			if _, err := os.Stat(path); err == nil {
				k.files = append(k.files, path)
			}
		}
		if len(k.files) == 0 {
			return nil, fmt.Errorf("sshcluster: no host is known: there is neither %s; connect to each with ssh once, and check its key", strings.Join(all, " nor "))
		}
	}
	var err error
	if k.known, err = knownhosts.New(k.files...); err != nil {
		return nil, fmt.Errorf("sshcluster: the keys of hosts: %w", err)
	}
	return k, nil
}

// hostKeyError is about a host that has not proved to be the one it should be.
type hostKeyError struct{ text string }

func (e *hostKeyError) Error() string { return e.text }

// check compares a host's key with what is known of it.
func (k *hostKeys) check(address string, remote net.Addr, key ssh.PublicKey) error {
	if k.known == nil {
		return nil
	}
	err := k.known(address, remote, key)
	if err == nil {
		return nil
	}
	offered, files := key.Type()+" "+ssh.FingerprintSHA256(key), strings.Join(k.files, ", ")
	if e, ok := errors.AsType[*knownhosts.KeyError](err); ok {
		if len(e.Want) == 0 {
			return &hostKeyError{fmt.Sprintf("its key (%s) is not in %s; connect with ssh once, and check the key before you accept it", offered, files)}
		}
		return &hostKeyError{fmt.Sprintf("shows the key %s, but %s:%d has another one for it: somebody may be in between; if the host was installed anew, "+
			"remove that line and connect with ssh once", offered, e.Want[0].Filename, e.Want[0].Line)}
	}
	return &hostKeyError{fmt.Sprintf("its key %s: %v", offered, err)}
}

// algorithms returns those of the keys that are known of a host, so that it shows one of these; nil for all.
func (k *hostKeys) algorithms(address string, remote net.Addr) []string {
	if k.known == nil {
		return nil
	}
	e, ok := errors.AsType[*knownhosts.KeyError](k.known(address, remote, noKey{}))
	if !ok {
		return nil
	}
	var all []string
	for _, w := range e.Want {
		switch t := w.Key.Type(); t {
		case ssh.KeyAlgoRSA:
			all = append(all, ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256)
		default:
			all = append(all, t)
		}
	}
	return all
}

// noKey is the key of no host.
type noKey struct{}

func (noKey) Type() string                        { return "none" }
func (noKey) Marshal() []byte                     { return nil }
func (noKey) Verify([]byte, *ssh.Signature) error { return errors.New("no key") }
