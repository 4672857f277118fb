// Package session joins link sessions to a transport and to the clock: [Dial] is the end of a client, worker or agent, an
// [Acceptor] that of the scheduler, which has many.
//
//	Conn.Send(message) ─► link.Session ─► transport.Endpoint ─► … ─► link.Session ─► Acceptor's Deliver(peer, messages)
//
// Opening: the dialer repeats a Hello frame until a Welcome frame tells it the acceptor's epoch. The first message of the session is
// the dialer's hello (wire.ClientHello, wire.WorkerHello or wire.AgentHello), which the acceptor's owner judges. From then on both ends
// send what they like; each message arrives once and in order while the session lasts, also across lost connections. It ends when
// either end says so, or when the acceptor has not heard its peer, or had no acknowledgement of it, for a time that its owner
// chooses per peer. A dialer whose session has ended opens another one by itself.
package session
