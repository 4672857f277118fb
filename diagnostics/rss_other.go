//go:build !linux

package diagnostics

func residentBytes() int64 { return 0 }
