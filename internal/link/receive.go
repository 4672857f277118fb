package link

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"time"
)

// A Message is one that arrived, in the pieces in which it came: more than one if it was too large for a packet.
type Message [][]byte

// Bytes returns the message in one piece. Of a large one that is a copy, which takes a while.
func (m Message) Bytes() []byte {
	if len(m) == 1 {
		return m[0]
	}
	return slices.Concat(m...)
}

// An inbox puts what arrives in order.
type inbox struct {
	want  uint64            // the next number
	held  map[uint64][]byte // bodies of later packets
	bytes int               // of held
	parts Message           // the beginning of one that goes on
	size  int               // bytes of parts
	out   []Message         // of the latest Receive
	whole [][]byte          // those of out that came in one piece

	unacked      int // packets since the latest acknowledgement
	unackedBytes int
}

// Receive takes a frame from the wire and returns the messages that it completes, in order. Their bytes are the caller's to keep (those of
// one frame share its memory), the slices of them and of their pieces are valid until the next call. With [ErrMalformed] or [ErrForeign] the
// frame was counted and changed nothing; with [ErrBroken] the session has ended.
func (s *Session) Receive(now time.Duration, frame []byte) ([]Message, error) {
	if s.err != nil {
		return nil, s.err
	}
	kind, from, to, err := PeekEpochs(frame)
	if err == nil && kind != Packet {
		err = fmt.Errorf("%w: a %v inside a session", ErrMalformed, kind)
	}
	if err != nil {
		s.stats.Malformed++
		return nil, err
	}
	if from != s.remote || to != s.local {
		s.stats.Foreign++
		return nil, &ForeignError{From: from, To: to, Peer: s.remote, Here: s.local}
	}
	seq, want := binary.LittleEndian.Uint64(frame[28:]), binary.LittleEndian.Uint64(frame[36:])
	body := frame[headerPacket:]
	var bitmap []byte
	if seq == 0 {
		bitmap = body
	} else if err := checkRecords(body); err != nil {
		s.stats.Malformed++
		return nil, err
	}
	if len(bitmap) > windowPackets/8 || !s.acknowledged(now, want, bitmap) {
		s.stats.Malformed++
		return nil, fmt.Errorf("%w: it acknowledges what was never sent", ErrMalformed)
	}
	s.heard = max(s.heard, now)
	s.stats.FramesReceived++
	s.stats.BytesReceived += uint64(len(frame))
	if frame[3]&flagProbe != 0 {
		s.ackDue = now
		if s.sent > 0 { // the peer did not hear us for a while, and may do now
			s.lose(&s.packets[0])
		}
	}
	if seq == 0 {
		return nil, nil
	}
	return s.take(now, seq, body)
}

// take accepts the body of a packet.
func (s *Session) take(now time.Duration, seq uint64, body []byte) ([]Message, error) {
	in := &s.in
	clear(in.out)
	clear(in.whole)
	in.out, in.whole = in.out[:0], in.whole[:0]
	switch _, held := in.held[seq]; {
	case seq < in.want || held:
		s.stats.Repeated++
		s.ackDue = now // the acknowledgement was lost, it seems
		return nil, nil
	case seq == in.want:
		s.consume(bytes.Clone(body))
		for s.err == nil && len(in.held) > 0 {
			next, ok := in.held[in.want]
			if !ok {
				break
			}
			delete(in.held, in.want)
			in.bytes -= len(next)
			s.consume(next)
		}
	case seq-in.want >= windowPackets || in.bytes+len(body) > s.conf.WindowBytes:
		s.stats.Refused++
		s.ackDue = now
		return nil, nil
	default:
		if in.held == nil {
			in.held = make(map[uint64][]byte)
		}
		in.held[seq] = bytes.Clone(body)
		in.bytes += len(body)
		s.ackDue = now
	}
	in.unacked++
	in.unackedBytes += len(body)
	if in.unacked >= ackPackets || in.unackedBytes >= s.conf.WindowBytes/4 {
		s.ackDue = now
	}
	s.ackDue = min(s.ackDue, now+s.conf.Resend/8)
	s.stats.MessagesReceived += uint64(len(in.out))
	return in.out, s.err
}

// consume takes the messages of the next packet, whose records were checked and whose memory is ours.
func (s *Session) consume(body []byte) {
	in := &s.in
	in.want++
	for len(body) > 0 {
		piece, rest, more, err := nextRecord(body)
		if err != nil {
			s.err = fmt.Errorf("%w: %w", ErrBroken, err)
			return
		}
		body = rest
		if in.size+len(piece) > s.conf.MessageBytesMax {
			s.err = fmt.Errorf("%w: the peer sends a message of more than %d bytes", ErrBroken, s.conf.MessageBytesMax)
			in.parts = nil
			return
		}
		if !more && in.parts == nil {
			in.whole = append(in.whole, piece)
			in.out = append(in.out, in.whole[len(in.whole)-1:len(in.whole):len(in.whole)])
			continue
		}
		in.parts = append(in.parts, piece)
		in.size += len(piece)
		if !more {
			in.out = append(in.out, in.parts)
			in.parts, in.size = nil, 0
		}
	}
}

// appendBitmap appends which packets behind the wanted one have arrived.
func (in *inbox) appendBitmap(b []byte) []byte {
	if len(in.held) == 0 {
		return b
	}
	start := len(b)
	for seq := range in.held { // in any order: it sets bits
		i := int(seq - in.want)
		for len(b)-start <= i/8 {
			b = append(b, 0)
		}
		b[start+i/8] |= 1 << (i % 8)
	}
	return b
}
