package cluster

import (
	"context"
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
	return network{ctx, nats.Config{URLs: strings.Split(urls, ","), Cluster: cluster, Token: s.Token, TLS: t}}, nil
}
