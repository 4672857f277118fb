// Package testexec lets the test-suites of the collections run on other executors than the goroutines of their process: a test
// package that links one by name is run with it as the default by
//
//	SHEAF_TEST_EXECUTOR=name go test …
//
// No program that is no test links an executor here, so nothing but tests is affected.
package testexec

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
)

// Variable is the environment variable that names the executor.
const Variable = "SHEAF_TEST_EXECUTOR"

var registry struct {
	sync.Mutex
	open map[string]func() (any, error)
}

// Register makes an executor known; call it from an init function. What open returns is a sheaf.Executor.
func Register(name string, open func() (any, error)) {
	registry.Lock()
	defer registry.Unlock()
	if registry.open == nil {
		registry.open = map[string]func() (any, error){}
	}
	registry.open[name] = open
}

// Name returns the name of the executor that was asked for, and "" for the ordinary one.
func Name() string {
	registry.Lock()
	defer registry.Unlock()
	if registry.open == nil {
		return ""
	}
	return os.Getenv(Variable)
}

// Open returns the executor that was asked for, and nil for the ordinary one.
func Open() (any, error) {
	name := Name()
	if name == "" {
		return nil, nil //nolint:nilnil // the ordinary one
	}
	registry.Lock()
	open := registry.open[name]
	var known []string
	for k := range registry.open {
		known = append(known, k)
	}
	registry.Unlock()
	if open == nil {
		slices.Sort(known)
		return nil, fmt.Errorf("testexec: %s=%s, but this test links only %s", Variable, name, strings.Join(known, ", "))
	}
	return open()
}

// SameProcess reports whether tasks run in this process, where tests can watch them.
func SameProcess() bool {
	name := Name()
	return name == "" || name == "travel"
}

// TB is what is needed of a testing.TB.
type TB interface {
	Helper()
	Skip(args ...any)
}

// LocalOnly skips a test of what only makes sense in one process, for the reason given, if another executor was asked for.
func LocalOnly(t TB, reason string) {
	t.Helper()
	if name := Name(); name != "" {
		t.Skip("not on executor " + name + ": " + reason)
	}
}
