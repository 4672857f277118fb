//go:build unix

package agent_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"sheaf/internal/agent"
)

// An executable that does not turn into a worker when it is started as one is refused, with the cure.
func ExampleStart() {
	a, err := agent.Start(context.Background(), agent.Config{
		Executable: os.Args[0], Args: []string{"-test.run=^$"}, // this test, told to run nothing
		Env: []string{"AGENT_TEST_MAIN=runs to its end"}, // and not to call agent.Child, which is what cluster.Init does
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer a.Stop(context.Background())
	err = a.Ready(context.Background())
	fmt.Println(errors.Is(err, agent.ErrNotInitialised))
	// Output: true
}

func ExampleExit() {
	e := agent.Exit{
		Name: "host-0", PID: 4711, Cause: agent.CauseExited, Code: 2, PeakBytes: 96 << 20, LimitBytes: 512 << 20, Uptime: 72 * time.Second,
		LogTail: []string{"panic: index out of range [7] with length 7"},
	}
	fmt.Println(e.Error())
	// Output:
	// worker host-0 (pid 4711) exited with code 2 after 1m12s; peak memory 96 MiB of 512 MiB; last log lines:
	//     panic: index out of range [7] with length 7
}

func ExampleSelf() {
	self, err := agent.Self()
	if err != nil {
		fmt.Println(err)
		return
	}
	again, err := agent.HashOf(self.Path)
	fmt.Println(len(self.Hash), again == self.Hash, err)
	// Output: 64 true <nil>
}
