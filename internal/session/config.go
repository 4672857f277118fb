package session

import (
	"errors"
	"fmt"
	"time"

	"sheaf/internal/link"
	"sheaf/internal/transport"
	"sheaf/internal/wire"
)

// A Network is where endpoints live: a mem.Hub, or a connection to NATS.
type Network interface {
	Join(name string, h transport.Handler) (transport.Endpoint, error)
}

// A Config describes the session of a dialer.
type Config struct {
	Network Network
	Name    string // own name on the network, of this incarnation only
	To      string // the acceptor's

	// Hello returns the first message of a session. It is called anew for each session, because a worker says what it holds.
	Hello func() wire.Message

	// Deliver takes the messages that arrive, in order. It is not called concurrently, and must neither wait for other messages nor
	// call Close.
	Deliver func([]wire.Message)

	// Status, if set, is told of every change. It is called one at a time and must return quickly.
	Status func(Status)

	// Other, if set, takes frames that are no link frames: datagrams beside the sessions. The frame is valid during the call.
	Other transport.Handler

	// Quiet is the silence after which the status becomes Down; 5 s by default.
	Quiet time.Duration

	Link link.Config // MTU is bounded by the endpoint's largest frame
}

// State is how a dialer's session is.
type State uint8

// The states of a session.
const (
	Unknown State = iota
	Up            // a session is there and the other side is heard
	Down          // the session waits for the connection to come back; messages are kept
	Lost          // the session has ended and what was under way in it is lost; another one is being opened
	Ended         // Close was called
)

func (s State) String() string {
	return [...]string{"unknown", "up", "down", "lost", "ended"}[s%5]
}

// Status is a change of a session.
type Status struct {
	State   State
	Session int    // counts the sessions of this dialer from 1
	Reason  string // why it is Down, Lost or Ended
}

var (
	// ErrNoSession is the error of messages that are sent while there is no session.
	ErrNoSession = errors.New("session: there is no session")
	// ErrRefused is matched by the error of Dial when the other side wants no session.
	ErrRefused = errors.New("session: refused")
	// ErrClosed is the error of using what was closed.
	ErrClosed = errors.New("session: closed")
)

const (
	helloEvery    = 100 * time.Millisecond // at first; doubles
	helloEveryMax = 2 * time.Second
	lingerMax     = 3 * time.Second // how long what was sent before the end is still resent
	reasonMax     = 1 << 10
)

func (c *Config) check() error {
	switch {
	case c.Network == nil || c.Hello == nil || c.Deliver == nil:
		return fmt.Errorf("session: Config needs Network, Hello and Deliver")
	case c.Name == c.To:
		return fmt.Errorf("session: %q cannot dial itself", c.Name)
	}
	if c.Quiet <= 0 {
		c.Quiet = 5 * time.Second
	}
	return transport.CheckName(c.To)
}
