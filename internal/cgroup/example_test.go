package cgroup_test

import (
	"fmt"
	"os"
	"os/exec"

	"sheaf/internal/cgroup"
)

func ExampleLimiter() {
	limiter, err := cgroup.New("") // whatever is possible here
	if err != nil {
		fmt.Println(err)
		return
	}
	guard, err := limiter.Guard("worker-0", 512<<20)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer guard.Close()

	self, err := os.Executable()
	if err != nil {
		fmt.Println(err)
		return
	}
	cmd := exec.Command(self, "-test.run=^$")
	guard.Prepare(cmd)
	if err := cmd.Start(); err != nil {
		fmt.Println(err)
		return
	}
	if err := guard.Started(cmd.Process.Pid, func() { cmd.Process.Kill() }); err != nil {
		fmt.Println(err)
		return
	}
	err = cmd.Wait()
	fmt.Println(err, guard.Ended(false, cgroup.MaxResidentBytes(cmd.ProcessState)).OutOfMemory)
	// Output: <nil> false
}
