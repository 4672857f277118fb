//go:build unix

package agent

import (
	"bufio"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestWorkersDieWithTheirAgent kills an agent with SIGKILL, with the kernel's death signal and without.
func TestWorkersDieWithTheirAgent(t *testing.T) {
	for name, env := range map[string]string{"pipe alone": "AGENT_TEST_NO_SIGNAL=1", "death signal": "AGENT_TEST_NO_SIGNAL="} {
		t.Run(name, func(t *testing.T) {
			self, err := os.Executable()
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(self)
			cmd.Env = append(os.Environ(), "AGENT_TEST_MAIN=agent", env)
			stdin, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			defer stdin.Close()
			stdout, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			lines := bufio.NewReader(stdout)
			var pids []int
			for range 2 {
				line, err := lines.ReadString('\n')
				if err != nil {
					t.Fatal(err)
				}
				pid, err := strconv.Atoi(strings.TrimSpace(line))
				if err != nil {
					t.Fatal(err)
				}
				pids = append(pids, pid)
			}
			for _, pid := range pids {
				if !alive(pid) {
					t.Errorf("worker %d does not run", pid)
				}
			}
			cmd.Process.Kill()
			cmd.Wait()
			for _, pid := range pids {
				for deadline := time.Now().Add(5 * time.Second); alive(pid); time.Sleep(time.Millisecond) {
					if time.Now().After(deadline) {
						t.Fatalf("worker %d outlives its agent", pid)
					}
				}
			}
		})
	}
}

// TestDeathSignalIsOfALastingThread ends threads of this process while workers run. They must not take it for the agent's end.
func TestDeathSignalIsOfALastingThread(t *testing.T) {
	c := obey(orders{})
	c.Processes = 2
	a, j := begin(t, c)
	ready(t, a)
	for range 50 {
		done := make(chan struct{})
		go func() {
			runtime.LockOSThread() // and not unlocked: its thread ends
			close(done)
		}()
		<-done
	}
	time.Sleep(50 * time.Millisecond)
	select {
	case e := <-j.exit:
		t.Errorf("got %v", e)
	default:
	}
}
