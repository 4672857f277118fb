package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// A Config describes the workers of an agent. Its zero value is one worker that runs this process's own executable.
type Config struct {
	// Executable is the path of the program; the running one if empty.
	Executable string
	// Hash is the content that the program must have. If Executable has another one, or is not there, the program is taken from the cache.
	Hash  string
	Fetch Fetch // where the cache gets what it does not have
	// CacheDir is the directory of a cache, which the agents of a process share, and CacheBytes its limit (see OpenCache). It may be
	// empty if Executable has the right content.
	CacheDir   string
	CacheBytes int64

	Args    []string // of the program
	Env     []string // added to this process's environment; never secrets, which belong into the document
	HideEnv []string // names of variables that are kept from the workers
	Dir     string   // where they run; here if empty

	Name      string // workers are called Name-0, Name-1, …; "worker" if empty
	Processes int    // how many; 1 if not positive
	// Document makes the configuration of one process of a worker. It goes over a pipe. Nil for none.
	Document func(Identity) ([]byte, error)

	MemoryBytes int64  // the limit of each process, 0 for none
	Cgroup      string // a control group to divide, see package cgroup
	Slots       int    // attempts at once that are told apart; 1024 if not positive
	LogLines    int    // of the log that an Exit has; 20 if not positive
	// Stdout and Stderr get what the workers print, line by line, each with its worker's name before it. Nil for nowhere. They
	// may be the same; writes do not overlap.
	Stdout, Stderr io.Writer

	InitTimeout  time.Duration // for the call of cluster.Init; 20 s
	ReadyTimeout time.Duration // from there to being ready; 60 s
	Grace        time.Duration // from being asked to stop to being killed; 5 s
	Policy       Policy

	// The agent calls these one at a time. They must not block, and must not call Stop or Scale.
	OnReady  func(Ready)
	OnExit   func(*Exit)
	OnGiveUp func(*Exit) // after OnExit, when a worker that is wanted is not started again

	noDeathSignal bool // for tests of what works without
}

// Ready says that a worker's process works.
type Ready struct {
	Identity
	PID     int
	Payload []byte        // what the worker gave to Worker.Ready
	Took    time.Duration // from its start
}

func (c Config) withDefaults() Config {
	c.Processes = max(c.Processes, 1)
	if c.Name == "" {
		c.Name = "worker"
	}
	if c.Slots <= 0 {
		c.Slots = 1024
	}
	if c.LogLines <= 0 {
		c.LogLines = 20
	}
	for _, d := range []struct {
		at *time.Duration
		to time.Duration
	}{{&c.InitTimeout, 20 * time.Second}, {&c.ReadyTimeout, time.Minute}, {&c.Grace, 5 * time.Second}} {
		if *d.at <= 0 {
			*d.at = d.to
		}
	}
	c.Policy = c.Policy.withDefaults()
	return c
}

// executable finds the program to run: Executable itself if its content is right, otherwise the one in the cache.
func (c Config) executable(ctx context.Context) (path string, release func(), err error) {
	release = func() {}
	var found Executable
	if c.Executable == "" {
		found, err = Self()
	} else {
		found.Path = c.Executable
		if c.Hash != "" {
			found.Hash, err = HashOf(c.Executable)
		} else {
			_, err = os.Stat(c.Executable)
		}
	}
	switch {
	case err == nil && (c.Hash == "" || c.Hash == found.Hash):
		return found.Path, release, nil
	case c.Hash == "":
		return "", nil, fmt.Errorf("agent: the executable: %w", err)
	case c.CacheDir != "":
		cache, err := sharedCache(c.CacheDir, c.CacheBytes)
		if err != nil {
			return "", nil, err
		}
		return cache.Get(ctx, c.Hash, c.Fetch)
	case err != nil:
		return "", nil, err
	}
	return "", nil, fmt.Errorf("agent: executable %s, wanted %.12s…: %w", found.Path, c.Hash, ErrHash)
}

// errStopped is the end of a start that was overtaken by a stop.
var errStopped = errors.New("agent: stopped")
