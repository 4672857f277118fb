package agent

import (
	"os/exec"
	"runtime"
	"time"
)

// A spawner starts processes from one thread of its own, which lives until the spawner is closed. The kernel sends a child its
// death signal when the thread that forked it ends, and Go ends threads as it likes.
type spawner struct{ work chan func() }

func newSpawner() *spawner {
	s := &spawner{make(chan func())}
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with this goroutine
		for f := range s.work {
			f()
		}
	}()
	return s
}

// busyTriesMax bounds how often a file that is busy is tried, with waits that add up to about two seconds.
const busyTriesMax = 12

// start starts a command on the spawner's thread.
func (s *spawner) start(cmd func() *exec.Cmd) (*exec.Cmd, error) {
	var c *exec.Cmd
	var err error
	done := make(chan struct{})
	s.work <- func() {
		defer close(done)
		for try := range busyTriesMax {
			c = cmd() // a command can be started only once
			if err = c.Start(); err == nil || !isBusy(err) {
				return
			}
			time.Sleep(time.Millisecond << min(try, 9))
		}
	}
	<-done
	return c, err
}

// close ends the thread. Nothing that was started may be alive.
func (s *spawner) close() { close(s.work) }
