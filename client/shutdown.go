package client

import (
	"context"

	"sheaf/internal/wire"
)

// Shutdown ends the cluster: its scheduler, its agents and all worker processes, also those that this program has not started. Other
// clients lose their work. A client of this process alone is closed.
//
// Same as Client.shutdown.
func (c *Client) Shutdown(ctx context.Context) error {
	if c.link != nil {
		if _, err := c.link.x.Call(ctx, &wire.Shutdown{}); err != nil {
			return err
		}
	}
	return c.Close()
}
