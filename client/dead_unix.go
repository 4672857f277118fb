//go:build unix

package client

import (
	"errors"
	"syscall"
)

// dead reports whether there is no process with this id.
func dead(pid int) bool { return pid > 0 && errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }
