package agent

import (
	"os"
	"os/exec"
	"syscall"
	"time"

	"golang.org/x/sys/windows"
)

// inherit gives files to a command and returns the handles under which it will find them: on Windows they keep their numbers.
func inherit(cmd *exec.Cmd, files ...*os.File) []int {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	var numbers []int
	for _, f := range files {
		h := f.Fd()
		windows.SetHandleInformation(windows.Handle(h), windows.HANDLE_FLAG_INHERIT, windows.HANDLE_FLAG_INHERIT)
		cmd.SysProcAttr.AdditionalInheritedHandles = append(cmd.SysProcAttr.AdditionalInheritedHandles, syscall.Handle(h))
		numbers = append(numbers, int(h))
	}
	return numbers
}

// detach keeps a command from the console and its signals.
func detach(cmd *exec.Cmd, _ bool) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.CreationFlags |= windows.CREATE_NEW_PROCESS_GROUP | windows.CREATE_NO_WINDOW
}

func keepToOurselves(m marker) {
	for _, h := range []int{m.fromAgent, m.toAgent, m.slot} {
		windows.SetHandleInformation(windows.Handle(h), windows.HANDLE_FLAG_INHERIT, 0)
	}
}

func onTerminate(func()) {} // the agent's message is all there is

func die() { os.Exit(1) }

func terminate(*os.Process) {}

func killGroup(pid int) {
	if p, err := os.FindProcess(pid); err == nil {
		p.Kill()
		p.Release()
	}
}

func waitUntilDead(int) bool { return false }

func howEnded(s *os.ProcessState) (code int, signal string, number int) { return s.ExitCode(), "", 0 }

// isBusy gives a virus scanner that has just seen the file a moment.
func isBusy(err error) bool {
	if errno, ok := err.(syscall.Errno); ok && errno == windows.ERROR_SHARING_VIOLATION {
		time.Sleep(time.Millisecond)
		return true
	}
	return false
}

func isFormat(error) bool { return false }
