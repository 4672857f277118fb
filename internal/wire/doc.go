// Package wire is what the parts of a cluster say to each other: every message as a Go struct, and its bytes.
//
// Clients and workers talk to the scheduler, in sessions that deliver each message once and in order (package link). Values
// travel beside this, from who has them to who needs them (transport/http); messages only name them.
package wire
