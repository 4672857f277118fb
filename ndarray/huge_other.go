//go:build !linux

package ndarray

import "unsafe"

const hugePage = 2 << 20

func adviseHuge(unsafe.Pointer, int) {}
