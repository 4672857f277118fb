package transport

import (
	"net"
	"net/netip"
	"net/url"
	"strings"
)

// Loopback reports whether a host, as written in an address to listen on, can be reached from this machine only. An empty host is
// every interface, and a name other than localhost may be anything.
func Loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}

// WithHost puts a host into the URL of what listens on all addresses of its machine. Other URLs, and an empty host, change nothing.
func WithHost(raw, host string) string {
	u, err := url.Parse(raw)
	if err != nil || host == "" {
		return raw
	}
	if a, err := netip.ParseAddr(u.Hostname()); err != nil || !a.IsUnspecified() {
		return raw
	}
	u.Host = net.JoinHostPort(host, u.Port())
	return u.String()
}
