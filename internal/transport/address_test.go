package transport

import "testing"

func TestWithHost(t *testing.T) {
	for _, c := range [][3]string{
		{"nats://0.0.0.0:1", "node1", "nats://node1:1"},
		{"tls://[::]:1", "fe80::1", "tls://[fe80::1]:1"},
		{"nats://10.0.0.1:1", "node1", "nats://10.0.0.1:1"},
		{"nats://0.0.0.0:1", "", "nats://0.0.0.0:1"},
		{"%", "node1", "%"},
	} {
		if got := WithHost(c[0], c[1]); got != c[2] {
			t.Errorf("%v: got %s", c, got)
		}
	}
}
