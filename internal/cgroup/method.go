package cgroup

import "fmt"

// Kind is a way to hold a limit.
type Kind uint8

// The ways to hold a limit.
const (
	_       Kind = iota
	V2           // a control group of version 2 a process
	V1           // a control group of version 1 a process
	Watched      // resident memory is read and the process killed
	Nothing      // limits are not held on this system
)

func (k Kind) String() string {
	switch k {
	case V2:
		return "control groups, version 2"
	case V1:
		return "control groups, version 1"
	case Watched:
		return "watching"
	case Nothing:
		return "nothing"
	}
	return "invalid"
}

// A Method is a way to hold a limit and the reason why it was taken.
type Method struct {
	Kind   Kind
	Dir    string // of the control group below which groups are made
	Reason string // why there are no control groups
}

// String is a sentence for people.
func (m Method) String() string {
	switch m.Kind {
	case V2, V1:
		return fmt.Sprintf("memory limits are held by the kernel (%s below %s)", m.Kind, m.Dir)
	case Watched:
		return fmt.Sprintf("memory limits are held by watching each process every %v to %v (%s)", intervalMin, intervalMax, m.Reason)
	}
	return fmt.Sprintf("memory limits are not held (%s)", m.Reason)
}

// Usage is what is known of a process's memory, in bytes.
type Usage struct {
	NowBytes  int64 // its own resident memory, at the last look; of its control group if it has one
	PeakBytes int64 // the most that was resident at once
}

// FormatBytes writes a size with three digits: 512 MiB, 1.5 GiB.
func FormatBytes(n int64) string {
	if n < 1024 {
		return fmt.Sprintf("%d B", n)
	}
	v, units := float64(n), []string{"B", "KiB", "MiB", "GiB", "TiB"}
	u := 0
	for ; v >= 1000 && u < len(units)-1; u++ {
		v /= 1024
	}
	if v < 9.995 && v != float64(int64(v)) {
		return fmt.Sprintf("%.1f %s", v, units[u])
	}
	return fmt.Sprintf("%.0f %s", v, units[u])
}
