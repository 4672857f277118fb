package cluster

import (
	"encoding/hex"
	"fmt"
	"slices"

	"sheaf/internal/agent"
)

// ExecutableHash returns the SHA-256, in hexadecimal, of a program's file: what [SchedulerConfig].Executables lists, and what
// sha256sum prints.
func ExecutableHash(path string) (string, error) {
	sum, err := agent.HashOf(path)
	if err != nil {
		return "", fmt.Errorf("cluster: %w", err)
	}
	return sum, nil
}

// sums checks a list of SHA-256 sums and returns them in lower case.
func sums(list []string) ([]string, error) {
	checked := make([]string, len(list))
	for i, text := range list {
		sum, err := agent.ParseHash(text)
		if err != nil {
			return nil, fmt.Errorf("cluster: SchedulerConfig.Executables: %w", err)
		}
		checked[i] = hex.EncodeToString(sum[:])
	}
	return checked, nil
}

// allowed reports whether the functions of an executable may run here.
func (c *core) allowed(sha string) bool { return allows(c.conf.Executables, sha) }

// allows reports whether an executable is on a list; without a list all are.
func allows(list []string, sha string) bool { return len(list) == 0 || slices.Contains(list, sha) }

// bring reports whether a client may come with an executable. Those that bring none, such as sheaf info, only look.
func bring(list []string, sha string) bool { return sha == "" || allows(list, sha) }

// unlisted is what clients and workers with another executable are told.
func unlisted(kind, name, sha string) error {
	who := kind
	if name != "" && name != kind {
		who += " " + name
	}
	return fmt.Errorf("executable %s of the %s is not one of those that may run on this cluster; whoever starts the scheduler has to allow it: "+
		"sheaf scheduler --executable %.64s (in Go SchedulerConfig.Executables)", shortSum(sha), who, sha)
}

func shortSum(sha string) string { return sha[:min(len(sha), 12)] }
