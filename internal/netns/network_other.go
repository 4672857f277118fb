//go:build !linux

package netns

import (
	"errors"
	"net/netip"
	"os/exec"
)

// There are network namespaces on Linux only. These declarations let tests compile, which ask [Available] first.

var errLinux = errors.New("netns: only Linux has network namespaces")

// A Host is a machine of a network.
type Host struct{}

// A Network is a few hosts.
type Network struct{}

// Available says whether networks can be made here, and if not, why.
func Available() (ok bool, reason string) { return false, errLinux.Error() }

// New fails.
func New(...string) (*Network, error) { return nil, errLinux }

// Close does nothing.
func (*Network) Close() error { return nil }

// Host returns nil.
func (*Network) Host(string) *Host { return nil }

// Name returns the host's name.
func (*Host) Name() string { return "" }

// Addr returns the host's address.
func (*Host) Addr() netip.Addr { return netip.Addr{} }

// Do fails.
func (*Host) Do(func() error) error { return errLinux }

// Start fails.
func (*Host) Start(*exec.Cmd) error { return errLinux }

// Run fails.
func (*Host) Run(*exec.Cmd) error { return errLinux }

// Cut fails.
func (*Network) Cut(string, string) error { return errLinux }

// Heal fails.
func (*Network) Heal(string, string) error { return errLinux }

// Drop fails.
func (*Network) Drop(string, string) error { return errLinux }

// Restore fails.
func (*Network) Restore(string, string) error { return errLinux }

// Isolate fails.
func (*Network) Isolate(string) error { return errLinux }

// Rejoin fails.
func (*Network) Rejoin(string) error { return errLinux }
