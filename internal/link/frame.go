package link

import (
	"encoding/binary"
	"fmt"

	"github.com/zeebo/xxh3"
)

// An Epoch is the number of one incarnation of a peer, drawn at random by its owner. Zero is no epoch.
type Epoch uint64

func (e Epoch) String() string { return fmt.Sprintf("%016x", uint64(e)) }

// A Kind says what a frame is for.
type Kind uint8

// The kinds of frames. Packets belong to sessions, the others open and end them; see [Control].
const (
	Invalid Kind = iota
	Packet       // of a session: data, acknowledgement, probe
	Hello        // a peer asks for a session
	Welcome      // and is given one
	Reset        // the receiver's session is unknown to the sender
)

func (k Kind) String() string {
	return [...]string{"invalid", "packet", "hello", "welcome", "reset"}[min(int(k), 5)%5]
}

// A frame is a header and a body, all little-endian:
//
//	0  2  "SL"
//	2  1  kind
//	3  1  flags
//	4  8  xxh3 of everything behind it, seeded with the four bytes before it
//	12 8  epoch of the sender
//	20 8  epoch of the receiver
//
// and for packets
//
//	28 8  sequence number, from 1; 0 when it carries no messages
//	36 8  the next sequence number that the sender wants: all before it have arrived
//
// The body of a packet with a number is records: a uvarint of twice the length of the bytes that follow, plus one when the message goes
// on in the next record. That of a packet without number is a bitmap of what has arrived from the wanted number on.
const (
	magic         = "SL"
	headerControl = 28
	headerPacket  = 44

	flagProbe = 1 // the sender asks for an acknowledgement
)

// appendHeader appends a header without sum and numbers.
func appendHeader(dst []byte, kind Kind, from, to Epoch) []byte {
	dst = append(dst, magic[0], magic[1], byte(kind), 0, 0, 0, 0, 0, 0, 0, 0, 0)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(from))
	dst = binary.LittleEndian.AppendUint64(dst, uint64(to))
	if kind == Packet {
		dst = append(dst, make([]byte, headerPacket-headerControl)...)
	}
	return dst
}

// seal writes the checksum of a complete frame.
func seal(frame []byte) { binary.LittleEndian.PutUint64(frame[4:], sum(frame)) }

func sum(frame []byte) uint64 {
	return xxh3.HashSeed(frame[12:], uint64(binary.LittleEndian.Uint32(frame)))
}

// PeekEpochs returns what kind of frame it is, who sent it and for whom it is. The checksum is verified.
func PeekEpochs(frame []byte) (kind Kind, from, to Epoch, err error) {
	switch {
	case len(frame) < headerControl:
		return 0, 0, 0, fmt.Errorf("%w: %d bytes", ErrMalformed, len(frame))
	case string(frame[:2]) != magic:
		return 0, 0, 0, fmt.Errorf("%w: it does not begin with %s", ErrMalformed, magic)
	case binary.LittleEndian.Uint64(frame[4:]) != sum(frame):
		return 0, 0, 0, fmt.Errorf("%w: checksum does not match", ErrMalformed)
	}
	kind = Kind(frame[2])
	if kind == Invalid || kind > Reset || kind == Packet && len(frame) < headerPacket {
		return 0, 0, 0, fmt.Errorf("%w: kind %d with %d bytes", ErrMalformed, frame[2], len(frame))
	}
	return kind, Epoch(binary.LittleEndian.Uint64(frame[12:])), Epoch(binary.LittleEndian.Uint64(frame[20:])), nil
}

// nextRecord cuts the first record off the body of a packet.
func nextRecord(body []byte) (piece, rest []byte, more bool, err error) {
	n, k := binary.Uvarint(body)
	if k <= 0 || n>>1 > uint64(len(body)-k) {
		return nil, nil, false, fmt.Errorf("%w: record beyond its packet", ErrMalformed)
	}
	end := k + int(n>>1)
	return body[k:end:end], body[end:], n&1 != 0, nil
}

// checkRecords walks the body of a packet without taking anything.
func checkRecords(body []byte) error {
	for len(body) > 0 {
		_, rest, more, err := nextRecord(body)
		if err != nil {
			return err
		}
		if more && len(rest) > 0 {
			return fmt.Errorf("%w: a message that goes on in its own packet", ErrMalformed)
		}
		body = rest
	}
	return nil
}
