package transport_test

import (
	"errors"
	"fmt"

	"sheaf/internal/transport"
)

func ExampleCheckName() {
	fmt.Println(transport.CheckName("worker-1"))
	fmt.Println(errors.Is(transport.CheckName("a.b"), transport.ErrName))
	// Output:
	// <nil>
	// true
}

func ExampleStatus() {
	fmt.Println(transport.Status{State: transport.Disconnected, Err: errors.New("connection reset")})
	// Output: disconnected: connection reset
}

func ExampleStatuses() {
	s := transport.NewStatuses(transport.Status{State: transport.Connected})
	s.Close(nil)
	for status := range s.Chan() {
		fmt.Println(status)
	}
	// Output:
	// connected
	// closed
}

func ExampleLoopback() {
	fmt.Println(transport.Loopback("127.0.0.1"), transport.Loopback("::1"), transport.Loopback(""), transport.Loopback("10.0.0.1"))
	// Output: true true false false
}

func ExampleLogError() {
	err := &transport.LogError{Where: "log-1.seg, byte 64", Number: 3, Reason: "checksum does not match", Err: transport.ErrLogDamaged}
	fmt.Println(err, errors.Is(err, transport.ErrLogDamaged))
	// Output: transport: log is damaged: record 3 at log-1.seg, byte 64: checksum does not match true
}
