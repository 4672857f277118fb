package cluster

import (
	"crypto/rand"
	"net"
	"net/url"
	"os"
	"strings"
)

func hostname() string {
	h, err := os.Hostname()
	if err != nil {
		return "localhost"
	}
	return h
}

// peerName makes a name that peers may have of any text.
func peerName(s string) string {
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
			return r
		}
		return '-'
	}, s)
	const most = 40
	if len(name) > most {
		name = name[:most]
	}
	if name == "" {
		return "host"
	}
	return name
}

// wayTo returns the address of this machine from which the host of a URL is reached: what others on that network can reach it by.
func wayTo(rawURL string) string {
	u, err := url.Parse(strings.SplitN(rawURL, ",", 2)[0])
	if err != nil {
		return "127.0.0.1"
	}
	port := u.Port()
	if port == "" {
		port = "4222"
	}
	// Nothing is sent: connecting a datagram socket only chooses the route.
	c, err := net.Dial("udp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return "127.0.0.1"
	}
	defer func() { _ = c.Close() }()
	return c.LocalAddr().(*net.UDPAddr).IP.String()
}

// uniqueName returns a name that no other peer has.
func uniqueName(prefix string) string { return peerName(prefix) + "-" + rand.Text()[:10] }
