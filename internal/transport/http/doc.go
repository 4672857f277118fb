// Package http moves values between processes: worker to worker, worker to client, client to worker.
//
// A [Server] gives out what its [Source] holds and takes in what is put; a [Fetcher] asks for many values in one request and hands each
// to the caller as it arrives. Both speak HTTP/1.1, kept alive, with a bearer token and TLS if configured. A body is a list of entries,
// each of which is a value as a checksummed frame of package codec, a batch of tiny values in one run with one checksum, or an error;
// its last entry counts the others. So no part of a value is ever taken for a value, and no missing one goes unnoticed.
package http
