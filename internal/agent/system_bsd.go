//go:build unix && !linux

package agent

import "syscall"

// setDeathSignal does nothing: only the end of the pipe tells a worker here that its agent has ended.
func setDeathSignal(*syscall.SysProcAttr) {}

// waitUntilDead is for systems that can leave a dead process unwaited for.
func waitUntilDead(int) bool { return false }
