package link

import (
	"math"
	"time"
)

// Never is the time that Next returns when nothing will have to be done.
const Never = time.Duration(math.MaxInt64)

// A Session is one end of a conversation. All times are durations since an arbitrary start, the same for all calls, on a clock that
// does not go back. It is not safe for concurrent use.
type Session struct {
	conf          Config
	local, remote Epoch
	err           error // ErrBroken

	// What goes out: packets of numbers first, first+1, …, of which the first sent have left at least once.
	packets []packet
	first   uint64
	sent    int
	flight  int           // bytes of packets that left and did not arrive
	open    []byte        // the packet that takes messages, header first; nil when there is none
	openEnd int           // messages that end in it
	openDue time.Duration // until when it waits for company, because nothing in it is urgent
	bytes   int           // of all packets
	msgs    int           // that end in them
	hint    int           // size of the last packets
	free    [][]byte

	srtt, rttvar time.Duration
	backoff      int
	delivered    time.Duration // when the latest of the packets left that are known to have arrived
	timer        time.Duration // when the oldest packet is sent again, or Never
	lost         int           // packets that are due to be sent again

	in      inbox
	heard   time.Duration
	probed  time.Duration
	ackDue  time.Duration // Never when there is nothing to acknowledge
	control []byte        // the frame of a pure acknowledgement
	stats   Stats
}

// Stats counts what passed through a session since its start.
type Stats struct {
	FramesSent, FramesReceived     uint64
	MessagesSent, MessagesReceived uint64
	BytesSent, BytesReceived       uint64 // of frames
	Resent                         uint64 // frames
	Repeated                       uint64 // frames that had already arrived
	Refused                        uint64 // frames beyond the window
	Malformed, Foreign             uint64 // frames
}

// New returns a session between the epochs of this end and of the peer.
func New(conf Config, local, remote Epoch, now time.Duration) *Session {
	s := &Session{
		conf: conf.withDefaults(), local: local, remote: remote, first: 1,
		timer: Never, ackDue: Never, heard: now, probed: now, delivered: math.MinInt64,
	}
	s.in.want = 1
	return s
}

// Epochs returns those of this end and of the peer.
func (s *Session) Epochs() (local, remote Epoch) { return s.local, s.remote }

// Heard returns when the last authentic frame arrived, or when the session began.
func (s *Session) Heard() time.Duration { return s.heard }

// Stalled returns for how long the oldest unacknowledged message has been on its way. When the peer is heard all the same, only the way
// to it is cut.
func (s *Session) Stalled(now time.Duration) time.Duration {
	if s.sent == 0 {
		return 0
	}
	return now - s.packets[0].leftFirst
}

// Health is how a session does.
type Health uint8

// The states of health.
const (
	Unknown Health = iota
	Fine
	OneWay // the peer is heard, but does not acknowledge
	Silent // the peer is not heard
)

func (h Health) String() string {
	return [...]string{"unknown", "fine", "one-way", "silent"}[h%4]
}

// Health judges by Config.Stall.
func (s *Session) Health(now time.Duration) Health {
	switch {
	case now-s.heard >= s.conf.Stall:
		return Silent
	case s.Stalled(now) >= s.conf.Stall:
		return OneWay
	}
	return Fine
}

// Queued returns how many messages, and how many bytes of them, the peer has not acknowledged.
func (s *Session) Queued() (msgs, bytes int) { return s.msgs + s.openEnd, s.bytes + len(s.open) }

// Stats returns the counts so far.
func (s *Session) Stats() Stats { return s.stats }

// Err returns ErrBroken, with the reason, when the session is of no use any more.
func (s *Session) Err() error { return s.err }

// Next returns when Poll has to be called again if nothing is sent or received until then: a time that may have passed, or [Never].
func (s *Session) Next(now time.Duration) time.Duration {
	if s.err != nil {
		return Never
	}
	if s.lost > 0 || s.sendable(now) {
		return 0
	}
	next := min(s.timer, s.ackDue)
	if s.open != nil && s.room() {
		next = min(next, s.openDue)
	}
	if s.conf.Probe > 0 && s.sent == 0 {
		next = min(next, max(s.heard, s.probed)+s.conf.Probe)
	}
	return next
}

// sendable reports whether a packet waits that the window has room for.
func (s *Session) sendable(now time.Duration) bool {
	return (s.sent < len(s.packets) || s.ripe(now)) && s.room()
}

// ripe reports whether there is an open packet that does not wait for company any longer, or may save an acknowledgement.
func (s *Session) ripe(now time.Duration) bool {
	return s.open != nil && min(s.openDue, s.ackDue) <= now
}

func (s *Session) room() bool { return s.flight < s.conf.WindowBytes && s.sent < windowPackets }
