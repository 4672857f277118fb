//go:build !unix && !windows

package agent

import (
	"os"
	"os/exec"
)

// There are no processes to start here.

func inherit(*exec.Cmd, ...*os.File) []int           { return []int{0, 0, 0} }
func detach(*exec.Cmd, bool)                         {}
func keepToOurselves(marker)                         {}
func onTerminate(func())                             {}
func die()                                           { os.Exit(1) }
func terminate(*os.Process)                          {}
func killGroup(int)                                  {}
func waitUntilDead(int) bool                         { return false }
func howEnded(s *os.ProcessState) (int, string, int) { return s.ExitCode(), "", 0 }
func isBusy(error) bool                              { return false }

func isFormat(error) bool { return false }
