package http

import (
	"errors"
	"fmt"

	"sheaf/internal/wire"
)

// Errors of the data plane, to be matched with errors.Is.
var (
	// ErrNotHere means that the peer does not have the value. Another one may.
	ErrNotHere = errors.New("http: the peer does not have the value")

	// ErrRefused means that the peer does not accept the credentials, or this end not the peer's. Trying again is of no use.
	ErrRefused = errors.New("http: refused")

	// ErrBroken means that the connection ended, stalled or carried damaged bytes. Trying again may help.
	ErrBroken = errors.New("http: transfer is broken")

	// ErrTooLarge means that the value is larger than the receiver takes. It was not sent.
	ErrTooLarge = errors.New("http: value is too large")

	// ErrValue means that the value cannot travel: its holder could not encode it, or this end not decode it.
	ErrValue = errors.New("http: value cannot be transferred")
)

// A ValueError says what is wrong with one value at one peer. It wraps one of the errors above.
type ValueError struct {
	ID   wire.ID
	Addr string // of the peer
	Text string // what the peer says
	Err  error

	Detail []byte // what the peer says to programs, of a value that it cannot encode; see [Explainer]
}

func (e *ValueError) Error() string {
	if e.Text == "" {
		return fmt.Sprintf("%v: %v at %s", e.Err, e.ID, e.Addr)
	}
	return fmt.Sprintf("%v: %v at %s: %s", e.Err, e.ID, e.Addr, e.Text)
}

// Unwrap returns the kind of error.
func (e *ValueError) Unwrap() error { return e.Err }

// code is how an error travels.
type code uint8

const (
	codeNone code = iota
	codeNotHere
	codeTooLarge
	codeValue
	codeOK // the answer to a put
)

func codeOf(err error) code {
	switch {
	case errors.Is(err, ErrNotHere):
		return codeNotHere
	case errors.Is(err, ErrTooLarge):
		return codeTooLarge
	}
	return codeValue
}

func (c code) err() error {
	switch c {
	case codeNotHere:
		return ErrNotHere
	case codeTooLarge:
		return ErrTooLarge
	}
	return ErrValue
}
