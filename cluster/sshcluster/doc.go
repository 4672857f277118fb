// Package sshcluster starts a cluster on hosts that let you in with SSH: the scheduler on the first, worker processes on the others.
//
//	func main() {
//		cluster.Init() // copies of this program are the scheduler and the workers
//
//		c, err := sshcluster.Start(ctx, sshcluster.Config{Hosts: []string{"node1", "node2", "node3"}})
//		…
//		defer c.Close(ctx)
//		k, err := c.Client(ctx)
//	}
//
// Nothing needs to be installed there: the running program is copied to each host, once per version, and started with an SSH connection as its life
// line. When the connection ends, because the cluster is closed or because this program was killed, all that was started ends too.
package sshcluster
