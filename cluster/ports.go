package cluster

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"sheaf/internal/transport/http"
)

// ports is a host with the ports from first to last.
type ports struct {
	host        string
	first, last int
}

func (p ports) count() int { return p.last - p.first + 1 }

func (p ports) address(i int) string { return net.JoinHostPort(p.host, strconv.Itoa(p.first+i)) }

// parsePorts reads host:port and host:first-last. Port 0, any free one, stands alone.
func parsePorts(text string) (ports, error) {
	wrong := fmt.Errorf("cluster: %q is no address for the data of workers, want HOST:PORT or HOST:FIRST-LAST, such as 0.0.0.0:9000-9007", text)
	host, list, err := net.SplitHostPort(text)
	if err != nil {
		return ports{}, wrong
	}
	from, to, several := strings.Cut(list, "-")
	first, err := strconv.ParseUint(from, 10, 16)
	if err != nil {
		return ports{}, wrong
	}
	last := first
	if several {
		if last, err = strconv.ParseUint(to, 10, 16); err != nil || first == 0 || last < first {
			return ports{}, wrong
		}
	}
	return ports{host, int(first), int(last)}, nil
}

// parseAnnounce reads what others are told instead of where workers listen: a host, to which the same ports belong, or as many others.
func parseAnnounce(text string, listen ports) (ports, error) {
	if host := strings.Trim(text, "[]"); net.ParseIP(host) != nil || !strings.Contains(text, ":") {
		return ports{host, listen.first, listen.last}, nil
	}
	p, err := parsePorts(text)
	if err == nil && (p.host == "" || p.count() != listen.count() || p.first == 0) {
		err = fmt.Errorf("cluster: workers cannot be announced as %s when they listen on %d ports, want a host that others can reach, and as many ports or none",
			text, listen.count())
	}
	return p, err
}

// checkAddresses finds what is wrong with an agent's addresses before a worker does.
func checkAddresses(listen, announce string, processes int) error {
	if listen == "" {
		if announce != "" {
			return fmt.Errorf("cluster: workers are to be announced as %s, but may listen anywhere; say where they listen too, or give the Host only", announce)
		}
		return nil
	}
	p, err := parsePorts(listen)
	if err != nil {
		return err
	}
	if p.first != 0 && p.count() < processes {
		return fmt.Errorf("cluster: %s has %d ports, want one for each of %d processes, and for those of every further executable that runs at the same time",
			listen, p.count(), processes)
	}
	if announce != "" {
		_, err = parseAnnounce(announce, p)
	}
	return err
}

// serveData opens a worker's data server at the first of its ports that is free, and returns it with the address that others are told.
func serveData(doc *document, conf http.ServerConfig) (*http.Server, string, error) {
	p, err := parsePorts(cmp.Or(doc.Listen, net.JoinHostPort(doc.Host, "0")))
	if err != nil {
		return nil, "", err
	}
	told := p
	switch ip := net.ParseIP(p.host); {
	case doc.Announce != "":
		if told, err = parseAnnounce(doc.Announce, p); err != nil {
			return nil, "", err
		}
	case p.host == "" || ip != nil && ip.IsUnspecified():
		told.host = doc.Host
	}
	for i := range p.count() {
		conf.Listen = p.address(i)
		s, failed := http.Serve(conf)
		if failed == nil {
			if p.first == 0 && told.first == 0 {
				_, port, _ := net.SplitHostPort(s.Addr())
				return s, net.JoinHostPort(told.host, port), nil
			}
			return s, told.address(i), nil
		}
		err = failed
		if _, ok := errors.AsType[*net.OpError](failed); !ok {
			break // another port would not help
		}
	}
	return nil, "", fmt.Errorf("no port of %s: %w", cmp.Or(doc.Listen, doc.Host), err)
}
