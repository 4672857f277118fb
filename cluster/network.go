package cluster

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"sheaf/internal/transport/nats"
)

// networkOf returns the network behind URLs, separated by commas.
func networkOf(ctx context.Context, urls, cluster string, s Security) (*nats.Network, error) {
	t, err := s.tls()
	if err != nil {
		return nil, err
	}
	for one := range strings.SplitSeq(urls, ",") {
		if u, err := url.Parse(strings.TrimSpace(one)); err != nil || u.Host == "" || u.Scheme != "nats" && u.Scheme != "tls" {
			return nil, fmt.Errorf("cluster: %q is no address of a scheduler, want a URL such as nats://scheduler:4222", one)
		}
	}
	return nats.NewNetwork(ctx, nats.Config{URLs: strings.Split(urls, ","), Cluster: cluster, Token: s.Token, TLS: t}), nil
}
