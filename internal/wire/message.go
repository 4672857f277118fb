package wire

// A Message is one of the structs of this package that peers send each other. Receivers own what they receive.
type Message interface{ kind() Kind }

// A Kind says which struct a message is. The numbers are part of the protocol: they are never reused.
type Kind uint8

// The kinds of messages.
const (
	Invalid Kind = iota

	// Opening and ending a session.
	KindClientHello
	KindWorkerHello
	KindAgentHello
	KindWelcome
	KindRefused
	KindBye
	KindGone

	// Client to scheduler.
	KindSubmit
	KindClaim
	KindRelease
	KindCancel
	KindRetry
	KindScattered
	KindUnreadable
	KindCall

	// Scheduler to client.
	KindAdmitted
	KindFinished
	KindErred
	KindProgress
	KindPeers
	KindReply
	KindDelivery

	// Scheduler to worker.
	KindCompute
	KindStop
	KindFree
	KindFetch
	KindSteal
	KindDrain
	KindQuit
	KindForget

	// Worker to scheduler.
	KindDone
	KindFailed
	KindStarted
	KindLongRunning
	KindMissing
	KindHolding
	KindReturned
	KindHeartbeat
	KindDrained
	KindLog

	// Agent to scheduler.
	KindExited

	// Worker to client, beside the sessions.
	KindValue

	// Scheduler to agent.
	KindLaunch

	// Scheduler to client.
	KindRestore

	// Client to scheduler.
	KindBrought

	kindEnd
)

// Version is the protocol's version. Peers of another one are refused with both versions named.
const Version = 2
