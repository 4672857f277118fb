package sim

import (
	"flag"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var (
	seedFlag   = flag.Uint64("sim.seed", 0, "run only this seed of TestSeeds, and write its events with -v")
	eventsFlag = flag.Bool("sim.events", false, "with -v, write the events of scenarios")
	briefFlag  = flag.Bool("sim.brief", false, "TestSeeds goes on after failures, and tells only the first violation of each seed")
	seedsFlag  = flag.Int("sim.seeds", 0, "how many seeds TestSeeds runs; 0 means as many as fit into its time")
)

// replay is the command that repeats a seed of TestSeeds.
func replay(seed uint64) string {
	return fmt.Sprintf("go run ./cmd/sheaf sim -small -seed %d -v", seed)
}

// TestSeeds runs many small clusters, each with its own load and faults. None may break a rule.
func TestSeeds(t *testing.T) {
	if *seedFlag != 0 {
		c := Small(*seedFlag)
		if testing.Verbose() {
			c.Log = writer{t}
		}
		r := Run(c)
		t.Log(r)
		if r.Broken > 0 {
			t.Fail()
		}
		return
	}
	n := *seedsFlag
	limit := 10 * time.Minute
	if n == 0 {
		n, limit = 3000, 75*time.Second
	}
	if testing.Short() {
		n, limit = 300, 10*time.Second
	}
	begun := time.Now()
	var next, ran, tasks, broken atomic.Int64
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for (broken.Load() < 5 || *briefFlag) && time.Since(begun) < limit {
				seed := next.Add(1)
				if seed > int64(n) {
					return
				}
				r := Run(Small(uint64(seed)))
				ran.Add(1)
				tasks.Add(int64(r.Tasks))
				if r.Broken > 0 {
					broken.Add(1)
					if *briefFlag {
						t.Errorf("seed %d: %v at %v: %s", seed, r.Violations[0].Rule, r.Violations[0].At, r.Violations[0].Text)
						continue
					}
					r.Command = replay(uint64(seed))
					t.Errorf("%v", r)
				}
			}
		})
	}
	wg.Wait()
	t.Logf("%d seeds with %d tasks in %v", ran.Load(), tasks.Load(), time.Since(begun).Round(time.Millisecond))
}

// writer writes to the log of a test.
type writer struct{ t *testing.T }

func (w writer) Write(b []byte) (int, error) {
	w.t.Log(strings.TrimSuffix(string(b), "\n"))
	return len(b), nil
}

// TestOneSeedIsOneRun runs seeds twice and compares everything.
func TestOneSeedIsOneRun(t *testing.T) {
	for seed := uint64(1); seed <= 20; seed++ {
		a, b := Run(Small(seed)), Run(Small(seed))
		if a.String() != b.String() {
			t.Fatalf("seed %d gave\n%v\nand then\n%v", seed, a, b)
		}
	}
	if a, b := Run(Small(1)), Run(Small(2)); a.Hash == b.Hash {
		t.Error("two seeds have one hash")
	}
}

// plantSeeds is within how many seeds each planted bug must be found.
const plantSeeds = 30

// TestPlantedBugsAreFound plants bugs of every kind, and wants the auditor to find them by the rule that they break.
func TestPlantedBugsAreFound(t *testing.T) {
	rules := map[Rule]bool{}
	for _, make := range plants {
		p := make()
		rules[p.rule] = true
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			for seed := uint64(1); seed <= plantSeeds; seed++ {
				r := Run(plantConfig(seed, p.name))
				for _, v := range r.Violations {
					if v.Rule == p.rule {
						t.Logf("%s is found by %v with seed %d: %s", p.about, v.Rule, seed, v.Text)
						return
					}
				}
			}
			t.Errorf("%s: %v finds nothing in %d seeds", p.about, p.rule, plantSeeds)
		})
	}
	for r := rule1; r <= rule8; r++ {
		if !rules[r] {
			t.Errorf("no planted bug breaks %v", r)
		}
	}
}

// plantConfig is that of a run with a bug: faults come, but not so many that the bug hides among them.
func plantConfig(seed uint64, name string) Config {
	c := Small(seed)
	c.Plant = name
	c.Workers = max(c.Workers, 3)
	c.Mix.Resources, c.Mix.Poison, c.Mix.Fails = 0.3, 0, 20
	c.Faults = Faults{Kill: 2, Pause: 1}
	c.Weather = calm
	return c
}

// TestThePlantsNeedTheirBugs runs the same without the bugs.
func TestThePlantsNeedTheirBugs(t *testing.T) {
	for seed := uint64(1); seed <= plantSeeds; seed++ {
		if r := Run(plantConfig(seed, "")); r.Broken > 0 {
			t.Errorf("%v", r)
		}
	}
}
