package link

import (
	"errors"
	"fmt"
	"time"
)

// A Config says how a session behaves. The zero value works. Both ends should have the same limits: what exceeds the receiver's is
// dropped by it and sent again and again.
type Config struct {
	// MTU is the largest frame in bytes, header included; 256 KiB by default, at least 256.
	MTU int

	// Resend is the least time after which an unacknowledged frame is sent again, 200 ms by default. It grows with the measured
	// round trip, and doubles while nothing is acknowledged, up to 16 times.
	Resend time.Duration

	// Probe is the silence after which the peer is asked for a sign of life, 2 s by default; negative means never.
	Probe time.Duration

	// Stall is the age of an unacknowledged message, and of silence, from which [Session.Health] complains; 10 s by default.
	Stall time.Duration

	// WindowBytes is how much may be on its way unacknowledged, and how much out of order the receiver keeps; 4 MiB by default.
	WindowBytes int

	// MessageBytesMax is the largest message, 64 MiB by default.
	MessageBytesMax int

	// QueueBytesMax is how much may wait unacknowledged in all before Send refuses, 256 MiB by default.
	QueueBytesMax int
}

const (
	mtuMin        = 256
	windowPackets = 256 // also the length of the selective acknowledgement in bits
	ackPackets    = 8   // received packets after which an acknowledgement does not wait
	backoffMax    = 4   // doublings of the time to resend
)

// withDefaults returns the configuration with every zero filled in.
func (c Config) withDefaults() Config {
	def := func(p *int, v int) {
		if *p <= 0 {
			*p = v
		}
	}
	def(&c.MTU, 256<<10)
	def(&c.WindowBytes, 4<<20)
	def(&c.MessageBytesMax, 64<<20)
	def(&c.QueueBytesMax, 256<<20)
	c.MTU = max(c.MTU, mtuMin)
	c.WindowBytes = max(c.WindowBytes, c.MTU)
	if c.Resend <= 0 {
		c.Resend = 200 * time.Millisecond
	}
	if c.Probe == 0 {
		c.Probe = 2 * time.Second
	}
	if c.Stall <= 0 {
		c.Stall = 10 * time.Second
	}
	return c
}

// Errors of a session, to be matched with errors.Is.
var (
	// ErrFull means that the peer does not take messages as fast as they are sent: try again later, or give the peer up.
	ErrFull = errors.New("link: the queue to the peer is full")

	// ErrTooLarge means that a message is larger than MessageBytesMax.
	ErrTooLarge = errors.New("link: message is too large")

	// ErrMalformed means that a frame was damaged or is none of ours. It was ignored.
	ErrMalformed = errors.New("link: malformed frame")

	// ErrForeign means that a frame belongs to another session; see [ForeignError]. It was ignored.
	ErrForeign = errors.New("link: frame of another session")

	// ErrBroken means that the peer sent what no peer of ours sends. The session is of no use any more.
	ErrBroken = errors.New("link: session is broken")
)

// A ForeignError says to which session a frame belongs. It is an [ErrForeign].
type ForeignError struct {
	From, To   Epoch // of the frame
	Peer, Here Epoch // of the session that refused it
}

func (e *ForeignError) Error() string {
	return fmt.Sprintf("link: frame of session %v→%v came to session %v→%v", e.From, e.To, e.Peer, e.Here)
}

// Is reports whether target is ErrForeign.
func (e *ForeignError) Is(target error) bool { return target == ErrForeign }
