package link

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"slices"
	"time"
)

// A packet is a numbered frame that is kept until it has arrived.
type packet struct {
	frame     []byte
	left      time.Duration // when it was put on the wire, the last time
	leftFirst time.Duration
	tries     int
	ends      int // messages that end in it
	arrived   bool
	lost      bool // to be sent again
}

// Send queues a message, which is copied. It is an error when it is too large or too much waits already.
func (s *Session) Send(msg []byte) error { return s.SendLater(msg, 0) }

// SendLater is Send for a message that nobody waits for: it leaves together with the next one that is urgent, with an acknowledgement, or
// when it is due.
func (s *Session) SendLater(msg []byte, due time.Duration) error {
	switch {
	case s.err != nil:
		return s.err
	case len(msg) > s.conf.MessageBytesMax:
		return fmt.Errorf("%w: %d bytes, at most %d", ErrTooLarge, len(msg), s.conf.MessageBytesMax)
	case s.bytes+len(s.open)+len(msg) > s.conf.QueueBytesMax:
		return fmt.Errorf("%w: %d bytes wait", ErrFull, s.bytes+len(s.open))
	}
	const record = 5 // bytes of the longest header of a record that fits a packet
	whole := len(msg)+record+headerPacket <= s.conf.MTU
	if whole && s.open != nil && len(s.open)+len(msg)+record > s.conf.MTU && len(s.open) > s.conf.MTU/2 {
		s.close()
	}
	for {
		s.begin(len(msg))
		n := min(len(msg), s.conf.MTU-len(s.open)-record)
		if n < len(msg) && n < 64 {
			s.close()
			continue
		}
		header := uint64(n) << 1
		if n < len(msg) {
			header |= 1
		}
		s.open = append(binary.AppendUvarint(s.open, header), msg[:n]...)
		if msg = msg[n:]; header&1 == 0 {
			if s.openEnd++; s.openEnd == 1 && len(s.packets) == s.sent {
				s.openDue = due
			} else {
				s.openDue = min(s.openDue, due)
			}
			s.stats.MessagesSent++
			return nil
		}
		s.close()
	}
}

// begin opens a packet if there is none.
func (s *Session) begin(size int) {
	if s.open != nil {
		return
	}
	var buf []byte
	if n := len(s.free); n > 0 {
		buf, s.free = s.free[n-1][:0], s.free[:n-1]
	} else {
		buf = make([]byte, 0, min(max(s.hint, size+headerPacket+8, 128), s.conf.MTU))
	}
	s.open = appendHeader(buf, Packet, s.local, s.remote)
}

// close puts the open packet into the queue.
func (s *Session) close() {
	binary.LittleEndian.PutUint64(s.open[28:], s.first+uint64(len(s.packets)))
	s.packets = append(s.packets, packet{frame: s.open, ends: s.openEnd})
	s.bytes += len(s.open)
	s.msgs += s.openEnd
	s.hint = (s.hint + len(s.open)) / 2
	s.open, s.openEnd, s.openDue = nil, 0, 0
}

// Poll appends to dst the frames that are to be put on the wire now. They belong to the session and are valid until it is used again.
func (s *Session) Poll(now time.Duration, dst [][]byte) [][]byte {
	if s.err != nil {
		return dst
	}
	before := len(dst)
	if s.timer <= now { // the oldest packet goes again; its arrival will tell which others have to
		s.backoff = min(s.backoff+1, backoffMax)
		s.lose(&s.packets[0])
		s.timer = now + s.patience()
	}
	for i := 0; s.lost > 0 && i < s.sent; i++ {
		if p := &s.packets[i]; p.lost {
			p.lost = false
			s.lost--
			s.stats.Resent++
			dst = append(dst, s.leave(p, now))
		}
	}
	if s.sent == len(s.packets) && s.ripe(now) && s.room() {
		s.close()
	}
	for s.sent < len(s.packets) && s.room() {
		p := &s.packets[s.sent]
		p.leftFirst = now
		s.sent++
		s.flight += len(p.frame)
		dst = append(dst, s.leave(p, now))
		if s.sent == len(s.packets) && s.open != nil && s.room() { // also what is not urgent: it costs nothing now
			s.close()
		}
	}
	if s.sent > 0 && s.timer == Never {
		s.timer = now + s.patience()
	}
	probe := s.conf.Probe > 0 && s.sent == 0 && max(s.heard, s.probed)+s.conf.Probe <= now
	if probe {
		s.probed = now
	}
	if probe || s.ackDue <= now && (len(dst) == before || len(s.in.held) > 0) {
		dst = append(dst, s.acknowledgement(probe))
	}
	if len(dst) > before {
		s.ackDue = Never
		s.in.unacked, s.in.unackedBytes = 0, 0
	}
	for _, f := range dst[before:] {
		s.stats.FramesSent++
		s.stats.BytesSent += uint64(len(f))
	}
	return dst
}

// leave completes the frame of a packet for this moment.
func (s *Session) leave(p *packet, now time.Duration) []byte {
	p.left = now
	p.tries++
	binary.LittleEndian.PutUint64(p.frame[36:], s.in.want)
	seal(p.frame)
	return p.frame
}

// acknowledgement returns a frame that says what has arrived.
func (s *Session) acknowledgement(probe bool) []byte {
	b := appendHeader(s.control[:0], Packet, s.local, s.remote)
	if probe {
		b[3] |= flagProbe
	}
	binary.LittleEndian.PutUint64(b[36:], s.in.want)
	b = s.in.appendBitmap(b)
	seal(b)
	s.control = b
	return b
}

// patience is how long a packet may stay unacknowledged.
func (s *Session) patience() time.Duration {
	return min(max(s.conf.Resend, s.srtt+4*s.rttvar), 16*s.conf.Resend) << s.backoff
}

func (s *Session) lose(p *packet) {
	if !p.lost && !p.arrived {
		p.lost = true
		s.lost++
	}
}

// acknowledged takes note that the peer wants number want next and has those of the bitmap behind it. It reports false for numbers
// that were never sent.
func (s *Session) acknowledged(now time.Duration, want uint64, bitmap []byte) bool {
	if want > s.first+uint64(s.sent) {
		return false
	}
	if want < s.first { // an old one that was overtaken
		return true
	}
	n := int(want - s.first) // packets that have arrived; then one that has not, then those of the bitmap
	if len(bitmap) > 0 && (bitmap[0]&1 != 0 || n+8*len(bitmap)-bits.LeadingZeros8(bitmap[len(bitmap)-1]) > s.sent) {
		return false
	}
	for i := range n {
		s.arrive(&s.packets[i], now)
	}
	for i := range 8 * len(bitmap) {
		if bitmap[i/8]&(1<<(i%8)) != 0 {
			s.arrive(&s.packets[n+i], now)
		}
	}
	s.drop(n)
	// What left before something that has arrived, and did not arrive itself, is lost.
	slack := s.srtt / 4
	for i := range s.sent {
		if p := &s.packets[i]; !p.arrived && p.left+slack < s.delivered {
			s.lose(p)
		}
	}
	if n > 0 {
		s.timer = Never
		if s.sent > 0 {
			s.timer = now + s.patience()
		}
	}
	return true
}

// arrive notes that a packet has arrived.
func (s *Session) arrive(p *packet, now time.Duration) {
	if p.arrived {
		return
	}
	p.arrived = true
	s.flight -= len(p.frame)
	if p.lost {
		p.lost = false
		s.lost--
	}
	rtt := now - p.left
	if p.tries > 1 { // which of them arrived is not known
		if rtt >= s.srtt/2 {
			s.delivered = max(s.delivered, p.left)
		}
		return
	}
	s.delivered = max(s.delivered, p.left)
	s.backoff = 0
	if s.srtt == 0 {
		s.srtt, s.rttvar = rtt, rtt/2
		return
	}
	s.rttvar += ((s.srtt - rtt).Abs() - s.rttvar) / 4
	s.srtt += (rtt - s.srtt) / 8
}

// drop forgets the first n packets and keeps some of their memory.
func (s *Session) drop(n int) {
	const freeMax, freeBytesMax = 4, 4 << 10
	for i := range n {
		p := &s.packets[i]
		s.bytes -= len(p.frame)
		s.msgs -= p.ends
		if len(s.free) < freeMax && cap(p.frame) <= freeBytesMax {
			s.free = append(s.free, p.frame)
		}
	}
	s.packets = slices.Delete(s.packets, 0, n)
	s.first += uint64(n)
	s.sent -= n
	if len(s.packets) == 0 && cap(s.packets) > 64 {
		s.packets = nil
	}
}
