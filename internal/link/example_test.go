package link_test

import (
	"errors"
	"fmt"
	"time"

	"sheaf/internal/link"
)

func ExampleSession() {
	const here, there = link.Epoch(1), link.Epoch(2)
	var conf link.Config
	a, b := link.New(conf, here, there, 0), link.New(conf, there, here, 0)
	_ = a.Send([]byte("compute x"))
	_ = a.Send([]byte("compute y"))

	frames := a.Poll(0, nil) // one frame holds both
	fmt.Println(len(frames), "frame is lost")

	now := a.Next(0) // the time to send again
	for _, frame := range a.Poll(now, nil) {
		msgs, err := b.Receive(now, frame)
		for _, m := range msgs {
			fmt.Println(string(m.Bytes()), err)
		}
	}
	// Output:
	// 1 frame is lost
	// compute x <nil>
	// compute y <nil>
}

func ExampleConfig() {
	s := link.New(link.Config{MessageBytesMax: 10}, 1, 2, 0)
	fmt.Println(errors.Is(s.Send(make([]byte, 11)), link.ErrTooLarge))
	// Output: true
}

func ExampleControl() {
	frame, err := link.Control{Kind: link.Hello, From: 7, Payload: []byte("worker w1")}.Append(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	c, err := link.ParseControl(frame)
	fmt.Println(c.Kind, c.From, string(c.Payload), err)
	// Output: hello 0000000000000007 worker w1 <nil>
}

func ExampleKind()  { fmt.Println(link.Packet, link.Reset) /* Output: packet reset */ }
func ExampleEpoch() { fmt.Println(link.Epoch(255)) /* Output: 00000000000000ff */ }

func ExampleStats() {
	s := link.New(link.Config{}, 1, 2, 0)
	_ = s.Send([]byte("x"))
	s.Poll(0, nil)
	fmt.Println(s.Stats().FramesSent, s.Stats().MessagesSent)
	// Output: 1 1
}

func ExampleHealth() {
	s := link.New(link.Config{Stall: time.Second}, 1, 2, 0)
	fmt.Println(s.Health(0), s.Health(2*time.Second))
	// Output: fine silent
}

func ExampleForeignError() {
	s, other := link.New(link.Config{}, 1, 2, 0), link.New(link.Config{}, 3, 1, 0)
	_ = other.Send([]byte("x"))
	_, err := s.Receive(0, other.Poll(0, nil)[0])
	foreign, ok := errors.AsType[*link.ForeignError](err)
	fmt.Println(ok, foreign.From, foreign.Peer)
	// Output: true 0000000000000003 0000000000000002
}
