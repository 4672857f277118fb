//go:build !linux

package codec

import "unsafe"

func adviseHuge(unsafe.Pointer, uintptr) {}
