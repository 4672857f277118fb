package cluster

import (
	"strings"
	"testing"

	"sheaf/internal/agent"
	"sheaf/internal/transport/nats"
)

// TestExecutableIsSentWhenItMayRun: a client's executable is in the cluster's object store after it was welcome, and not after it was refused.
func TestExecutableIsSentWhenItMayRun(t *testing.T) {
	self, err := agent.Self()
	if err != nil {
		t.Fatal(err)
	}
	sum, err := agent.ParseHash(self.Hash)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		allowed []string
		refusal string
	}{
		"allowed":     {[]string{self.Hash}, ""},
		"everything":  {nil, ""},
		"not allowed": {[]string{strings.Repeat("ab", 32)}, "not one of those that may run on this cluster"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := StartScheduler(t.Context(), SchedulerConfig{Listen: "127.0.0.1:0", Executables: c.allowed})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = s.Close(t.Context()) }()
			has := func() bool {
				t.Helper()
				store, err := nats.OpenObjects(t.Context(), s.core.peers.Endpoint().(*nats.Endpoint), nil)
				if err != nil {
					t.Fatal(err)
				}
				has, err := store.Has(t.Context(), sum)
				if err != nil {
					t.Fatal(err)
				}
				return has
			}
			if has() {
				t.Fatal("it is there before any client is")
			}
			client, err := s.Client(t.Context())
			if c.refusal != "" {
				if err == nil || !strings.Contains(err.Error(), c.refusal) {
					t.Errorf("got %v, want an error with %q", err, c.refusal)
				}
				if has() {
					t.Error("it was sent before the scheduler said that it may run")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if !has() {
				t.Error("it was not sent")
			}
			if err := client.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}
