package cluster

import (
	"net"
	"strings"
	"testing"

	"sheaf/internal/transport/http"
)

func TestAddresses(t *testing.T) {
	for _, c := range []struct {
		listen, announce string
		processes        int
		want             string // in the error; empty means none
	}{
		{"", "", 4, ""},
		{"0.0.0.0:0", "", 4, ""},
		{"0.0.0.0:9000", "", 1, ""},
		{"[::]:9000-9003", "h", 4, ""},
		{":9000-9003", "h:7000-7003", 4, ""},
		{"h:9000-9003", "2001:db8::1", 4, ""},
		{"h:9000-9003", "[2001:db8::1]:1-4", 4, ""},
		{"h:9000", "", 2, "1 ports"},
		{"h", "", 1, "want HOST:PORT"},
		{"h:", "", 1, "want HOST:PORT"},
		{"h:0-3", "", 1, "want HOST:PORT"},
		{"h:5-", "", 1, "want HOST:PORT"},
		{"h:99999", "", 1, "want HOST:PORT"},
		{"h:9000-9003", "h:7000-7002", 4, "as many ports"},
		{"h:9000", ":7000", 1, "as many ports"},
		{"h:9000", "h:0", 1, "as many ports"},
		{"", "h", 1, "say where they listen"},
	} {
		err := checkAddresses(c.listen, c.announce, c.processes)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("listen %q, announce %q, %d processes: got %v, want %q", c.listen, c.announce, c.processes, err, c.want)
		}
	}
}

// TestServeData looks at what a data server's address becomes for others.
func TestServeData(t *testing.T) {
	for _, c := range []struct {
		listen, announce, host string
		want                   string // host of the address, and its port if it is fixed
	}{
		{"", "", "127.0.0.1", "127.0.0.1:"},
		{"0.0.0.0:0", "", "127.0.0.1", "127.0.0.1:"},
		{":0", "outside.example", "127.0.0.1", "outside.example:"},
		{"127.0.0.1:0", "outside.example:7000", "127.0.0.1", "outside.example:7000"},
	} {
		s, address, err := serveData(&document{Listen: c.listen, Announce: c.announce, Host: c.host}, http.ServerConfig{Token: "secret"})
		if err != nil {
			t.Errorf("listen %q: %v", c.listen, err)
			continue
		}
		_, port, err := net.SplitHostPort(address)
		if err != nil || !strings.HasPrefix(address, c.want) || port == "0" || port == "" {
			t.Errorf("listen %q, announce %q: got %q, want %q", c.listen, c.announce, address, c.want)
		}
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	if _, _, err := serveData(&document{Listen: l.Addr().String(), Host: "127.0.0.1"}, http.ServerConfig{Token: "secret"}); err == nil || !strings.Contains(err.Error(), "no port of "+l.Addr().String()) {
		t.Errorf("got %v, want that the port is taken", err)
	}
}

func TestExecutableSums(t *testing.T) {
	stranger := strings.Repeat("AB", 32)
	for _, list := range [][]string{{"abc"}, {""}, {strings.Repeat("xy", 32)}, {stranger, stranger + "00"}} {
		conf := SchedulerConfig{Executables: list}
		if err := conf.fill(); err == nil || !strings.Contains(err.Error(), "is no SHA-256") {
			t.Errorf("%q: got %v, want an error", list, err)
		}
	}
	given := []string{stranger}
	conf := SchedulerConfig{Executables: given}
	if err := conf.fill(); err != nil || conf.Executables[0] != strings.ToLower(stranger) || given[0] != stranger {
		t.Errorf("got %q of %q, %v", conf.Executables, given, err)
	}
}
