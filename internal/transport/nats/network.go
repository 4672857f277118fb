package nats

import (
	"context"
	"time"

	"sheaf/internal/transport"
)

// joinMax is how long the first connection to a server is tried.
const joinMax = 30 * time.Second

// A Network is a server, here or elsewhere, as the place where endpoints live.
type Network struct {
	Config Config // but for the name

	ctx context.Context // bounds the first connections
}

// NewNetwork returns the network of a server. Endpoints join it as long as ctx lasts; it does not end those that have.
func NewNetwork(ctx context.Context, conf Config) *Network { return &Network{conf, ctx} }

// Join connects a peer to the server, within half a minute.
func (n *Network) Join(name string, h transport.Handler) (transport.Endpoint, error) {
	ctx, cancel := context.WithTimeout(n.ctx, joinMax)
	defer cancel()
	conf := n.Config
	conf.Name = name
	return Dial(ctx, conf, h)
}
