package link

import (
	"testing"
	"time"
)

// BenchmarkMessages is the cost of a message of 64 bytes through both sessions, batched as they come in hundreds.
func BenchmarkMessages(b *testing.B) {
	a, z := New(Config{}, 1, 2, 0), New(Config{}, 2, 1, 0)
	msg := make([]byte, 64)
	var frames, acks [][]byte
	now, got := time.Duration(0), 0
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if err := a.Send(msg); err != nil {
			b.Fatal(err)
		}
		if i%100 != 99 {
			continue
		}
		now += time.Microsecond
		frames = a.Poll(now, frames[:0])
		for _, f := range frames {
			msgs, err := z.Receive(now, f)
			if err != nil {
				b.Fatal(err)
			}
			got += len(msgs)
		}
		acks = z.Poll(now, acks[:0])
		for _, f := range acks {
			if _, err := a.Receive(now, f); err != nil {
				b.Fatal(err)
			}
		}
	}
	if got == 0 && b.N > 100 {
		b.Fatal("nothing arrived")
	}
}

// BenchmarkLarge is a message of 8 MiB.
func BenchmarkLarge(b *testing.B) {
	a, z := New(Config{}, 1, 2, 0), New(Config{}, 2, 1, 0)
	msg := make([]byte, 8<<20)
	b.SetBytes(int64(len(msg)))
	now := time.Duration(0)
	for b.Loop() {
		if err := a.Send(msg); err != nil {
			b.Fatal(err)
		}
		for got := 0; got == 0; {
			now += time.Millisecond
			for _, f := range a.Poll(now, nil) {
				msgs, err := z.Receive(now, f)
				if err != nil {
					b.Fatal(err)
				}
				got += len(msgs)
			}
			for _, f := range z.Poll(now, nil) {
				if _, err := a.Receive(now, f); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
}
