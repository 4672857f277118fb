//go:build !unix

package cgroup

import "os"

// MaxResidentBytes returns what the system reported for a process that has ended, for [Guard.Ended]; here nothing.
func MaxResidentBytes(*os.ProcessState) int64 { return 0 }
