package machine

import "sync"

// Memory is what there is of memory, in bytes.
type Memory struct {
	TotalBytes int64  // of the machine
	LimitBytes int64  // what this process may use: the smallest limit of its control groups, otherwise the total
	Source     string // where LimitBytes is from: "machine", a control group's file, or "assumed"
}

// assumed is taken where the system does not tell.
const assumed = 4 << 30

// memoryNow, one a system, measures.
var memory = sync.OnceValue(func() Memory { return withDefaults(memoryNow("/")) })

// MemoryOf returns the memory of this machine and process, read once.
func MemoryOf() Memory { return memory() }

func withDefaults(m Memory) Memory {
	if m.TotalBytes <= 0 && m.LimitBytes <= 0 {
		return Memory{TotalBytes: assumed, LimitBytes: assumed, Source: "assumed"}
	}
	if m.LimitBytes <= 0 || m.TotalBytes > 0 && m.LimitBytes >= m.TotalBytes {
		m.LimitBytes, m.Source = m.TotalBytes, "machine"
	}
	if m.TotalBytes <= 0 {
		m.TotalBytes = m.LimitBytes
	}
	return m
}
