package link

import (
	"fmt"
)

// ControlBytesMax is the largest payload of a control frame.
const ControlBytesMax = 64 << 10

// A Control is a frame outside of sessions, by which owners open and end them. It may be lost or repeated like any datagram: who waits
// for the answer sends it again, and who answers does so each time.
type Control struct {
	Kind    Kind  // Hello, Welcome or Reset
	From    Epoch // of the sender; in a Reset, that of the session which is unknown
	To      Epoch // of the receiver, or 0 when it is not known yet
	Payload []byte
}

// Append appends the frame to dst.
func (c Control) Append(dst []byte) ([]byte, error) {
	if c.Kind <= Packet || c.Kind > Reset {
		return dst, fmt.Errorf("link: %v is no kind of control frame", c.Kind)
	}
	if len(c.Payload) > ControlBytesMax {
		return dst, fmt.Errorf("%w: control payload of %d bytes, at most %d", ErrTooLarge, len(c.Payload), ControlBytesMax)
	}
	start := len(dst)
	dst = append(appendHeader(dst, c.Kind, c.From, c.To), c.Payload...)
	seal(dst[start:])
	return dst, nil
}

// ParseControl reads a control frame. The payload is part of frame.
func ParseControl(frame []byte) (Control, error) {
	kind, from, to, err := PeekEpochs(frame)
	if err != nil {
		return Control{}, err
	}
	payload := frame[headerControl:]
	if kind == Packet || len(payload) > ControlBytesMax {
		return Control{}, fmt.Errorf("%w: no control frame", ErrMalformed)
	}
	return Control{Kind: kind, From: from, To: to, Payload: payload}, nil
}
