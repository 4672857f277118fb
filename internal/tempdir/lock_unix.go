//go:build unix

package tempdir

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// lock locks a file for this process; the kernel unlocks it when the process ends, however that is.
func lock(f *os.File) error { return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) }

// mine reports whether a file is this user's.
func mine(info os.FileInfo) bool {
	s, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(s.Uid) == os.Getuid()
}
