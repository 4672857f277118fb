package session

import (
	"encoding/binary"
	"fmt"

	"sheaf/internal/wire"
)

// A datagram is messages outside of sessions, which may be lost: small results on their way from a worker straight to a client. It is a
// magic byte and, for each message, its length as a uvarint and its bytes.
const datagramMagic = 0xD6

// AppendDatagram appends a datagram of the given messages. Keep it below the endpoint's largest frame.
func AppendDatagram(dst []byte, ms ...wire.Message) ([]byte, error) {
	dst = append(dst, datagramMagic)
	var room [256]byte
	for _, m := range ms {
		b, err := wire.Append(room[:0], m)
		if err != nil {
			return dst, err
		}
		dst = append(binary.AppendUvarint(dst, uint64(len(b))), b...)
	}
	return dst, nil
}

// ParseDatagram returns the messages of a datagram.
func ParseDatagram(frame []byte) ([]wire.Message, error) {
	if len(frame) == 0 || frame[0] != datagramMagic {
		return nil, fmt.Errorf("session: no datagram: %w", wire.ErrMalformed)
	}
	var ms []wire.Message
	for frame = frame[1:]; len(frame) > 0; {
		n, k := binary.Uvarint(frame)
		if k <= 0 || n > uint64(len(frame)-k) {
			return nil, fmt.Errorf("session: a message beyond its datagram: %w", wire.ErrMalformed)
		}
		m, err := wire.Parse(frame[k : k+int(n)])
		if err != nil {
			return nil, err
		}
		ms = append(ms, m)
		frame = frame[k+int(n):]
	}
	return ms, nil
}

// ClientName is the name of the endpoint at which a client takes datagrams, known to workers by its number in its scheduler's epoch.
func ClientName(epoch uint64, number uint32) string {
	return fmt.Sprintf("client-%x-%d", epoch, number)
}
