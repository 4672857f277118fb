//go:build darwin || freebsd || netbsd || openbsd || dragonfly

package machine

import (
	"runtime"

	"golang.org/x/sys/unix"
)

func memoryNow(string) Memory {
	name := "hw.physmem"
	switch runtime.GOOS {
	case "darwin":
		name = "hw.memsize"
	case "netbsd", "openbsd":
		name = "hw.physmem64"
	}
	n, err := unix.SysctlUint64(name)
	if err != nil {
		return Memory{}
	}
	return Memory{TotalBytes: int64(n)}
}
