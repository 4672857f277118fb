package slots

import (
	"os"

	"golang.org/x/sys/unix"
)

// anonymous makes a memory file whose size is sealed, or a temporary one where the kernel has none.
func anonymous(size int64) (*os.File, error) {
	fd, err := unix.MemfdCreate("sheaf-slots", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return unnamed(size)
	}
	f := os.NewFile(uintptr(fd), "sheaf-slots")
	if err := f.Truncate(size); err != nil {
		f.Close()
		return nil, err
	}
	if _, err := unix.FcntlInt(f.Fd(), unix.F_ADD_SEALS, unix.F_SEAL_SHRINK|unix.F_SEAL_GROW|unix.F_SEAL_SEAL); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
