// Package link makes a reliable, ordered session between two peers out of datagrams that may be lost, repeated, delayed, reordered or
// damaged.
//
// A [Session] is a machine: it has no goroutine, no clock and no socket. Its owner passes in the time and the frames that arrive, and
// puts on the wire what Poll returns:
//
//	Send(message) ─► open packet ─► sealed packets ─► Poll ─► frames ─► (wire) ─► Receive ─► messages, once and in order
//
// Messages are packed many to a frame, and large ones are cut over several. A frame is kept until the peer has acknowledged it, is sent
// again when frames that left later arrived before it or when time is up, and is taken by the peer once. Both ends are named by an
// [Epoch], a random number of the incarnation, so that frames of a peer's former life are never taken for its present one. How two
// peers learn each other's epoch is their owners' matter; [Control] is the frame for it.
//
// The checksum finds damage, not forgery: who may send is decided by the transport below.
package link
