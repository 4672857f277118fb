package transporttest

import (
	"encoding/binary"
	"testing"
	"time"

	"sheaf/internal/link"
	"sheaf/internal/transport"
)

// sessions: sessions over the network deliver everything once and in order, interruptions or not.
func sessions(t *testing.T, n *Network) {
	const count = 2000
	start := time.Now()
	done := [2]chan int{make(chan int, 1), make(chan int, 1)}
	stop := make(chan struct{})
	ended := make(chan struct{}, 2)
	for i, name := range []string{"left", "right"} {
		frames := make(chan []byte, 1000)
		e := join(t, n, name, func(_ string, frame []byte) {
			select {
			case frames <- append([]byte(nil), frame...):
			default: // lost, as datagrams are
			}
		})
		s := link.New(link.Config{Resend: 50 * time.Millisecond}, link.Epoch(1+i), link.Epoch(2-i), time.Since(start))
		go func() {
			defer func() { ended <- struct{}{} }()
			converse(t, s, e, [...]string{"right", "left"}[i], start, frames, done[i], stop, count)
		}()
	}
	for range 3 {
		time.Sleep(30 * time.Millisecond)
		n.Interrupt()
	}
	for i := range done {
		select {
		case got := <-done[i]:
			if got != count {
				t.Errorf("got %d messages, want %d", got, count)
			}
		case <-time.After(patience):
			t.Errorf("end %d did not get everything", i)
		}
	}
	close(stop)
	<-ended
	<-ended
}

// converse sends count messages and receives as many.
func converse(t *testing.T, s *link.Session, e transport.Endpoint, to string, start time.Time, frames chan []byte, done chan<- int, stop <-chan struct{}, count int) {
	sent, got := 0, 0
	for {
		for range min(20, count-sent) {
			msg := binary.LittleEndian.AppendUint64(make([]byte, 0, 100), uint64(sent))
			if err := s.Send(msg[:8+sent%90]); err != nil {
				t.Error(err)
				return
			}
			sent++
		}
		now := time.Since(start)
		for _, f := range s.Poll(now, nil) {
			_ = e.Send(to, f) // what is lost is sent again
		}
		wait := time.Millisecond
		if sent == count {
			wait = min(max(s.Next(now)-now, 0), 50*time.Millisecond)
		}
		select {
		case <-stop:
			return
		case <-time.After(wait):
		case f := <-frames:
			msgs, err := s.Receive(time.Since(start), f)
			if err != nil {
				t.Errorf("receive: %v", err)
			}
			for _, pieces := range msgs {
				m := pieces.Bytes()
				if serial := int(binary.LittleEndian.Uint64(m)); serial != got || len(m) != 8+got%90 {
					t.Errorf("got message %d of %d bytes, want %d", serial, len(m), got)
				}
				if got++; got == count {
					done <- got
				}
			}
		}
	}
}
