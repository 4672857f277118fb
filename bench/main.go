// Command bench compares sheaf with its peers: Dask, NumPy, numexpr, numba, JAX, pandas, Polars and DuckDB.
//
//	go run ./bench -install                    # peers from PyPI into a venv of the cache directory
//	go run ./bench -list                       # the cases and their goals
//	go run ./bench -run 'seed_.*'              # some of them; all without -run
//	go run ./bench -run csv -peers polars,duckdb -json
//	go run ./bench -compare old.jsonl new.jsonl  # two files that -results wrote
//	go run ./bench chaos -for 15m              # work on worker processes that are killed and cut off meanwhile
//
// Data are made once in the cache directory. Sheaf and every peer run in processes of their own, one after the other in
// several rounds, and the minimum counts. Answers are compared: a case in which they differ is not met. A goal is a ratio
// measured in one run; an absolute bar stands among the peers under the name "bar". A peer that is not installed, or not
// asked for, is said to be missing.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"sheaf/bench/cases"
	"sheaf/cluster"
)

// settings is what the command line says.
type settings struct {
	list, json, install, compare bool

	pattern, peers string
	cache, data    string
	results        string
	rounds, repeat int
	timeout        time.Duration
	child          string
}

func main() {
	cluster.Init() // copies of this program are the workers of the cluster cases
	if done, err := cases.Greedy(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "bench: the greedy client:", err)
		os.Exit(1)
	} else if done {
		return // this process was the greedy client of another
	}
	var s settings
	flag.BoolVar(&s.list, "list", false, "list the cases and stop")
	flag.StringVar(&s.pattern, "run", "", "run only cases whose name matches this regular expression")
	flag.StringVar(&s.peers, "peers", "all", "run only these peers, separated by commas; \"none\" for sheaf alone")
	flag.BoolVar(&s.json, "json", false, "print one JSON object per case instead of a table")
	flag.BoolVar(&s.install, "install", false, "install the peers from PyPI and stop")
	flag.BoolVar(&s.compare, "compare", false, "compare the two files of results named as arguments and stop")
	flag.StringVar(&s.cache, "cache", "", "directory of the peers' environment and the data (default: sheaf-bench in the user's cache directory)")
	flag.StringVar(&s.data, "data", "", "directory of the data sets (default: data in the cache directory)")
	flag.StringVar(&s.results, "results", "", "also merge the rows into this file of JSON lines, one line per case")
	flag.IntVar(&s.rounds, "rounds", 3, "rounds of processes per case")
	flag.IntVar(&s.repeat, "repeat", 3, "repetitions in a process")
	flag.DurationVar(&s.timeout, "timeout", 10*time.Minute, "limit for one process")
	flag.StringVar(&s.child, "child", "", "internal: run sheaf's side of the named case in this process")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	var err error
	if flag.Arg(0) == "chaos" {
		err = runChaos(ctx, flag.Args()[1:])
	} else {
		err = s.main(ctx)
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func (s *settings) main(ctx context.Context) error {
	if s.compare && flag.NArg() == 2 {
		return compare(os.Stdout, flag.Arg(0), flag.Arg(1))
	}
	if flag.NArg() > 0 || s.compare {
		return fmt.Errorf("bench: got arguments %q; only -compare takes any, the names of two files", flag.Args())
	}
	if err := s.directories(); err != nil {
		return err
	}
	chosen, err := choose(s.pattern)
	switch {
	case err != nil:
		return err
	case s.child != "":
		return child(ctx, os.Stdout, s.child, s.data, s.repeat)
	case s.list:
		return list(os.Stdout, chosen)
	case s.install:
		return install(ctx, s.cache)
	}
	r, err := newRunner(s)
	if err != nil {
		return err
	}
	defer r.close()
	return r.runAll(ctx, chosen)
}

// directories fills in where things are, and puts the peers' environment in front of PATH.
func (s *settings) directories() error {
	if s.cache == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return fmt.Errorf("bench: no cache directory, use -cache: %w", err)
		}
		s.cache = filepath.Join(cache, "sheaf-bench")
	}
	if s.data == "" {
		s.data = filepath.Join(s.cache, "data")
	}
	var err error
	if s.data, err = filepath.Abs(s.data); err != nil {
		return err
	}
	return os.Setenv("PATH", filepath.Dir(python(s.cache))+string(os.PathListSeparator)+os.Getenv("PATH"))
}

// choose returns the cases that match, in their order.
func choose(pattern string) ([]cases.Case, error) {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, fmt.Errorf("bench: -run: %w", err)
	}
	var chosen []cases.Case
	for _, c := range cases.All {
		if re.MatchString(c.Name) {
			chosen = append(chosen, c)
		}
	}
	if len(chosen) == 0 {
		return nil, fmt.Errorf("bench: no case matches %q; see -list", pattern)
	}
	return chosen, nil
}

// wanted is the set of peers to run: all of the case's, or those named.
func (s *settings) wanted(c cases.Case) map[string]bool {
	want := map[string]bool{}
	for _, p := range c.Peers {
		want[p] = s.peers == "all"
	}
	for p := range strings.SplitSeq(s.peers, ",") {
		if _, ok := want[p]; ok {
			want[p] = true
		}
	}
	return want
}

var errFailed = errors.New("bench: some cases failed, see above")
