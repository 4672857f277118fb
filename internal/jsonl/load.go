//go:build amd64 || arm64

package jsonl

import "unsafe"

// load64 returns s[i:i+8] with s[i] in the lowest byte. The caller has checked that they exist: i+8 <= len(s).
func load64(s string, i int) uint64 {
	return *(*uint64)(unsafe.Add(unsafe.Pointer(unsafe.StringData(s)), i))
}
