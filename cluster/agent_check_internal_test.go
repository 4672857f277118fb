package cluster

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAgentChecksItsHost: what cannot go well later is refused before the scheduler is asked for.
func TestAgentChecksItsHost(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	nowhere := AgentConfig{URL: "nats://127.0.0.1:1"}
	for want, change := range map[string]func(*AgentConfig){
		"cannot be kept in " + file:       func(c *AgentConfig) { c.Dir = filepath.Join(file, "dir") },
		"not a directory":                 func(c *AgentConfig) { c.Dir = file },
		"of memory, but this machine has": func(c *AgentConfig) { c.MemoryBytes = 9999 << 40 },
	} {
		conf := nowhere
		change(&conf)
		if a, err := StartAgent(t.Context(), conf); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, %v, want %q", a, err, want)
		}
	}
	conf := AgentConfig{Dir: filepath.Join(t.TempDir(), "a", "b")}
	conf.fill()
	if err := conf.checkHost(); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(conf.Dir); err != nil || len(left) > 0 {
		t.Errorf("the directory has %v, %v, want nothing", left, err)
	}
}
