//go:build unix

package agent

import (
	"fmt"
	"os"
	"syscall"
)

// ownedOnlyByUs fails if another user owns the directory or could write to it.
func ownedOnlyByUs(dir string, info os.FileInfo) error {
	if st, ok := info.Sys().(*syscall.Stat_t); ok && int(st.Uid) != os.Geteuid() {
		return fmt.Errorf("%s belongs to user %d, not to the one this runs as (%d)", dir, st.Uid, os.Geteuid())
	}
	if mode := info.Mode().Perm(); mode&0o022 != 0 {
		return fmt.Errorf("%s can be written to by others (mode %o); chmod 700 it", dir, mode)
	}
	return nil
}
