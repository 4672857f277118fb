package cluster

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"sheaf/internal/transport"
	"sheaf/internal/transport/nats"
)

// joinMax is how long the first connection to a server is tried.
const joinMax = 30 * time.Second

// network is a NATS server, here or elsewhere, as the place where endpoints live.
type network struct {
	ctx  context.Context // bounds the first connection
	conf nats.Config
}

// Join implements session.Network.
func (n network) Join(name string, h transport.Handler) (transport.Endpoint, error) {
	ctx, cancel := context.WithTimeout(n.ctx, joinMax)
	defer cancel()
	conf := n.conf
	conf.Name = name
	return nats.Dial(ctx, conf, h)
}

// networkOf returns the network behind URLs, separated by commas.
func networkOf(ctx context.Context, urls, cluster string, s Security) (network, error) {
	t, err := s.tls()
	if err != nil {
		return network{}, err
	}
	for one := range strings.SplitSeq(urls, ",") {
		if u, err := url.Parse(strings.TrimSpace(one)); err != nil || u.Host == "" || u.Scheme != "nats" && u.Scheme != "tls" {
			return network{}, fmt.Errorf("cluster: %q is no address of a scheduler, want a URL such as nats://scheduler:4222", one)
		}
	}
	return network{ctx, nats.Config{URLs: strings.Split(urls, ","), Cluster: cluster, Token: s.Token, TLS: t}}, nil
}
