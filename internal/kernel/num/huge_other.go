//go:build !linux

package num

import "unsafe"

func adviseHuge(unsafe.Pointer, int) {}
