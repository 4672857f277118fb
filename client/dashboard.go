package client

import (
	"cmp"
	"net"
	"net/url"
)

// DashboardLink returns the URL of the page that shows the cluster, as its scheduler tells it, and "" if it has none, or everything runs in
// this process. A page on the loopback interface is for those on the scheduler's machine, or with a tunnel to it; any other wants the
// cluster's token, once.
//
// Same as Client.dashboard_link.
func (c *Client) DashboardLink() string {
	if c.link == nil {
		return ""
	}
	c.link.mu.Lock()
	page := c.link.page
	c.link.mu.Unlock()
	return reached(page, c.link.conf.Address)
}

// reached returns a URL in which the address of all interfaces is replaced by a host.
func reached(page, host string) string {
	u, err := url.Parse(page)
	if err != nil || page == "" || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	if ip := net.ParseIP(u.Hostname()); ip != nil && ip.IsUnspecified() {
		u.Host = net.JoinHostPort(cmp.Or(host, "localhost"), u.Port())
	}
	return u.String()
}

// Cluster returns the cluster that this client was made by: a *cluster.Local, for [Local] with [Processes] too; nil of a client that dialled an address or runs everything
// in this process.
//
// Same as Client.cluster.
func (c *Client) Cluster() any {
	if c.link == nil {
		return nil
	}
	return c.link.conf.Cluster
}
