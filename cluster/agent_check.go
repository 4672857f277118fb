package cluster

import (
	"fmt"
	"os"

	"sheaf/internal/cgroup"
	"sheaf/internal/machine"
)

// checkHost finds out at the start what this host cannot give: an agent that starts is to be able to run workers.
func (c *AgentConfig) checkHost() error {
	if m := machine.MemoryOf(); c.MemoryBytes > m.TotalBytes && m.Source != "assumed" {
		return fmt.Errorf("cluster: each process may use %s of memory, but this machine has %s; want at most that",
			cgroup.FormatBytes(c.MemoryBytes), cgroup.FormatBytes(m.TotalBytes))
	}
	if c.Dir == "" {
		return nil
	}
	if err := writable(c.Dir); err != nil {
		return fmt.Errorf("cluster: spilled values and executables cannot be kept in %s: %w", c.Dir, err)
	}
	return nil
}

// writable makes a directory if there is none, and a file in it that goes again.
func writable(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".probe-")
	if err != nil {
		return err
	}
	_, err = f.WriteString("sheaf")
	if e := f.Close(); err == nil {
		err = e
	}
	if e := os.Remove(f.Name()); err == nil {
		err = e
	}
	return err
}
