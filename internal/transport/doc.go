// Package transport carries control frames between named peers.
//
// An [Endpoint] is one peer on a network of them. Frames are datagrams: they may be lost, repeated or overtaken, above all around a
// lost connection, and package link makes sessions out of them. Values do not travel here but over package transport/http.
//
// The implementations are mem (one process, with faults for tests) and nats (an embedded or external NATS); package transporttest
// holds the suite that each of them passes. [Log] is a durable list of records, in files (filelog) or in a NATS stream.
package transport
