package nats

import (
	"testing"

	"sheaf/internal/transport"
)

// BenchmarkRoundTrip sends a frame to a peer that sends it back.
func BenchmarkRoundTrip(b *testing.B) {
	s, err := StartServer(b.Context(), ServerConfig{Token: "t"})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	for _, c := range []struct {
		name string
		conf [2]Config
	}{
		{"in process", [2]Config{{Server: s}, {Server: s}}},
		{"tcp to in process", [2]Config{{URLs: []string{s.URL()}, Token: "t"}, {Server: s}}},
		{"tcp", [2]Config{{URLs: []string{s.URL()}, Token: "t"}, {URLs: []string{s.URL()}, Token: "t"}}},
	} {
		b.Run(c.name, func(b *testing.B) {
			back := make(chan struct{}, 1)
			c.conf[0].Name, c.conf[1].Name = "client", "echo"
			client, err := dial(c.conf[0], func(string, []byte) { back <- struct{}{} })
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = client.Close() }()
			var echo transport.Endpoint
			echo, err = dial(c.conf[1], func(from string, frame []byte) { _ = echo.Send(from, frame) })
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = echo.Close() }()
			frame := make([]byte, 100)
			for b.Loop() {
				if err := client.Send("echo", frame); err != nil {
					b.Fatal(err)
				}
				<-back
			}
		})
	}
}
