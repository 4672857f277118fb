package agent

import (
	"errors"
	"syscall"

	"golang.org/x/sys/unix"
)

// setDeathSignal has the kernel kill the child when the thread that forks it ends; see spawner.
func setDeathSignal(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGKILL }

// waitUntilDead waits until the process has ended and leaves it to be waited for, so that its number is not another's yet.
// It returns false if that cannot be had.
func waitUntilDead(pid int) bool {
	for {
		err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			return err == nil
		}
	}
}
