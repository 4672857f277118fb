package client

import (
	"crypto/tls"
	"time"

	"sheaf"
	"sheaf/internal/remote"
)

// An Option is an argument of [Local], or of Submit, Map, Scatter, Compute and the like, where it may stand among the
// function's own arguments.
type Option struct{ apply func(*settings) }

type settings struct {
	processes int
	local     sheaf.LocalConfig
	run       sheaf.RunOptions
	impure    bool
	key       string
	name      string
	err       error
	skip      bool

	token   string // of Dial
	tls     *tls.Config
	cluster string

	scatter remote.ScatterOptions
	first   bool
	coord   coordSettings
}

// Workers sets how many functions run at a time; the default is GOMAXPROCS.
func Workers(n int) Option { return Option{func(s *settings) { s.local.Workers = n }} }

// MemoryLimit sets how many bytes of results may be in memory; what exceeds it is spilled to disk.
func MemoryLimit(bytes int64) Option {
	return Option{func(s *settings) { s.local.MemoryLimitBytes = bytes }}
}

// TemporaryDir sets where results are spilled to.
func TemporaryDir(dir string) Option { return Option{func(s *settings) { s.local.TemporaryDir = dir }} }

// Grace sets how long a cancelled function that ignores its context is waited for.
func Grace(d time.Duration) Option { return Option{func(s *settings) { s.local.Grace = d }} }

// Priority puts a task before those with a lower priority; the default is 0.
func Priority(p int) Option { return Option{func(s *settings) { s.run.Priority = p }} }

// Retries runs a function that failed again, up to n times.
func Retries(n int) Option { return Option{func(s *settings) { s.run.Retries = n }} }

// Pure says whether equal calls may share one run. The default is true, as in Dask; functions that capture variables are
// never shared.
func Pure(pure bool) Option { return Option{func(s *settings) { s.impure = !pure }} }

// Key names the task: submitting the same call under the key of a live future returns that future's result, also if the function captures
// variables, which are not compared then. Another call under that key fails with sheaf.ErrClash. Another client's call is told apart by the
// function only.
func Key(key string) Option { return Option{func(s *settings) { s.key = key }} }

// Name gives the task a name for people.
func Name(name string) Option { return Option{func(s *settings) { s.name = name }} }

// SkipErrors makes [Client.Gather] leave out the results of futures that failed, instead of returning the first error.
func SkipErrors() Option { return Option{func(s *settings) { s.skip = true }} }

// FirstCompleted makes [Client.Wait] return when one future is done, instead of when all are.
func FirstCompleted() Option { return Option{func(s *settings) { s.first = true }} }

// split takes the options out of a call's arguments.
func split(args []any) ([]any, settings) {
	var s settings
	plain := args
	copied := false
	for i, a := range args {
		o, ok := a.(Option)
		if ok && !copied {
			plain, copied = append([]any(nil), args[:i]...), true
		}
		switch {
		case ok:
			o.apply(&s)
		case copied:
			plain = append(plain, a)
		}
	}
	return plain, s
}
