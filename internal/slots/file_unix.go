//go:build unix

package slots

import (
	"os"

	"golang.org/x/sys/unix"
)

// unnamed makes a temporary file and takes its name away.
func unnamed(size int64) (*os.File, error) {
	f, err := os.CreateTemp("", "sheaf-slots-*")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, err
	}
	if err := f.Truncate(size); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func mapShared(f *os.File, size int) ([]byte, func() error, error) {
	mem, err := unix.Mmap(int(f.Fd()), 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, nil, os.NewSyscallError("mmap", err)
	}
	return mem, func() error { return unix.Munmap(mem) }, nil
}
