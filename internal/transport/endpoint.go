package transport

import (
	"errors"
	"fmt"
)

// A Handler is given the frames that arrive, one at a time. The frame is the transport's: it is valid only during the call. While the
// handler runs no other frame is delivered to its endpoint, so it must not wait for one.
type Handler func(from string, frame []byte)

// An Endpoint is a named peer on the network. Its methods may be called from several goroutines.
type Endpoint interface {
	// Name returns the peer's own name.
	Name() string

	// Send puts a frame on its way to another peer and returns at once; the frame is copied. That it returns nil does not mean that
	// the frame arrives. The error is ErrFrame when it is too large, ErrName for a name that cannot be, ErrClosed after Close, and
	// ErrDropped when there is no connection or no room for it now.
	Send(to string, frame []byte) error

	// MaxFrame returns the size of the largest frame in bytes.
	MaxFrame() int

	// Status returns the channel on which changes of the connection are reported, the present state first. Only the newest ones are
	// kept for a reader that lags. It is closed by Close, after Closed was sent.
	Status() <-chan Status

	// Stats returns the counts so far.
	Stats() Stats

	// Close leaves the network and waits for the handler to return, which therefore must not call it. Afterwards the handler is not
	// called any more. A second Close does nothing.
	Close() error
}

// A Status is a state of an endpoint's connection.
type Status struct {
	State State
	Err   error // why it is so; nil when nothing is wrong
}

func (s Status) String() string {
	if s.Err != nil {
		return fmt.Sprintf("%v: %v", s.State, s.Err)
	}
	return s.State.String()
}

// State is one of the states of a connection.
type State uint8

// The states. A disconnected endpoint tries to connect again until it is closed.
const (
	Unknown State = iota
	Connected
	Disconnected
	Closed
)

func (s State) String() string {
	return [...]string{"unknown", "connected", "disconnected", "closed"}[s%4]
}

// Stats counts what passed through an endpoint.
type Stats struct {
	Sent, Received           uint64 // frames
	BytesSent, BytesReceived uint64
	Dropped                  uint64 // frames that were not sent, or arrived and were not delivered for want of room
	Malformed                uint64 // arrivals that no peer of ours sends
	Reconnects               uint64
}

// Errors of endpoints, to be matched with errors.Is.
var (
	ErrName    = errors.New("transport: not a name for a peer")
	ErrFrame   = errors.New("transport: frame is too large")
	ErrDropped = errors.New("transport: frame was dropped")
	ErrClosed  = errors.New("transport: endpoint is closed")

	// ErrAuth means that the other side refused the credentials, or offered none that can be trusted.
	ErrAuth = errors.New("transport: not authorized")

	// ErrTaken means that another peer has the name.
	ErrTaken = errors.New("transport: name is taken")
)

// NameMax is the length of the longest name.
const NameMax = 64

// CheckName returns nil for a name of 1 to 64 letters, digits, '-' and '_'.
func CheckName(name string) error {
	if len(name) == 0 || len(name) > NameMax {
		return fmt.Errorf("%w: %.80q has %d bytes, not 1 to %d", ErrName, name, len(name), NameMax)
	}
	for i := range len(name) {
		switch c := name[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_':
		default:
			return fmt.Errorf("%w: %q; letters, digits, '-' and '_' are allowed", ErrName, name)
		}
	}
	return nil
}
