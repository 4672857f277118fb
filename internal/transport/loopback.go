package transport

import (
	"net/netip"
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
