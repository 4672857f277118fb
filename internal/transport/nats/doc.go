// Package nats carries control frames over NATS, from a server in the scheduler's process or an external cluster of them, and keeps
// executables and logs in JetStream.
//
// Each peer listens to the subject sheaf.<cluster>.<own name>.*, and sends to sheaf.<cluster>.<receiver>.<own name>. The embedded server
// lets a connection publish only under the name that it gave when it connected, so no peer can pose as another that is not its own
// user's. On an external server the operator sets the same permissions; see [Permissions].
package nats

import "sheaf/internal/transport"

// subjects of a cluster. The cluster's name follows the rules for peers.
const (
	subjectRoot  = "sheaf."
	inboxRoot    = "_INBOX_"
	frameDefault = 1 << 20 // NATS' own default for the largest payload
)

// DefaultCluster is the name of a cluster that was not given one.
const DefaultCluster = "default"

func clusterName(name string) (string, error) {
	if name == "" {
		return DefaultCluster, nil
	}
	return name, transport.CheckName(name)
}

// bucketName is that of the store of executables.
func bucketName(cluster string) string { return "sheaf-" + cluster }
