package sim

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"sheaf/graph"
	"sheaf/internal/wire"
)

// A crowd is a cluster on which one client has submitted very many tasks that all threads are busy with, and 199 others have nothing yet.
type crowd struct {
	*scenario
	greedy []*story
	others []*client
}

// Of the crowd's cluster and of the greedy client's tasks.
const (
	crowdClients = 199
	crowdWorkers = 4
	crowdThreads = 4
	longTask     = 50 * time.Millisecond // on average; the lengths are exponentially distributed
)

func newCrowd(t *testing.T, length, warm time.Duration) *crowd {
	n := 1_000_000
	if testing.Short() {
		n = 20_000
	}
	s := &crowd{scenario: play(t, Config{Workers: crowdWorkers, Threads: crowdThreads, CheckEvery: 1 << 30})}
	for k := range crowdClients {
		s.others = append(s.others, s.client(fmt.Sprintf("other%d", k+1)))
	}
	s.run(2 * time.Second)
	s.greedy = s.submit(wire.Options{}, ops("greedy", n, op{Micros: length.Microseconds()})).stories
	s.run(warm)
	if got, most := s.begun(), int(warm/length)*crowdWorkers*crowdThreads; got < most/4 {
		t.Fatalf("only %d tasks of the greedy client have begun", got)
	}
	return s
}

// begun counts the greedy client's tasks that began to run.
func (s *crowd) begun() (n int) {
	for _, st := range s.greedy {
		if st.runs > 0 {
			n++
		}
	}
	return n
}

// over has the greedy client give up, and the run end.
func (s *crowd) over() {
	s.c.release(slices.Clone(s.c.list))
	s.end()
}

// p99 sorts.
func p99(ds []time.Duration) time.Duration {
	slices.Sort(ds)
	return ds[len(ds)*99/100]
}

// One of 200 clients has a million tasks, the others call a small function now and then: it starts as soon as a thread of a worker has
// ended its task, and does not wait for what the greedy client has waiting at the scheduler or at the worker.
func TestCase36GreedyClient(t *testing.T) {
	s := newCrowd(t, longTask, 5*time.Second)
	delays := s.calls(5, 4*time.Second)
	worst := p99(delays)
	t.Logf("%d of %d tasks of the greedy client have begun; start delays of %d others: median %v, p99 %v, most %v",
		s.begun(), len(s.greedy), len(delays), delays[len(delays)/2], worst, delays[len(delays)-1])
	if worst > 2*longTask {
		t.Errorf("the p99 of start delays is %v beside tasks of %v", worst, longTask)
	}
	s.over()
}

// The same beside tasks that are so short that workers are sent many of them ahead: the others do not wait for those either.
func TestCase36GreedyClientShortTasks(t *testing.T) {
	const short = 200 * time.Microsecond
	s := newCrowd(t, short, 300*time.Millisecond)
	delays := s.calls(1, 700*time.Millisecond)
	worst := p99(delays)
	t.Logf("%d of %d tasks of the greedy client have begun; start delays of %d others: median %v, p99 %v, most %v",
		s.begun(), len(s.greedy), len(delays), delays[len(delays)/2], worst, delays[len(delays)-1])
	if worst > 4*time.Millisecond {
		t.Errorf("the p99 of start delays is %v beside tasks of %v", worst, short)
	}
	s.over()
}

// calls has each of the others call a small function in each of some rounds, and returns how long they took to begin.
func (s *crowd) calls(rounds int, round time.Duration) []time.Duration {
	s.t.Helper()
	var subs []*submission
	for n := range rounds {
		for k, c := range s.others {
			s.at(s.now+s.rng.span(0, round), func() {
				subs = append(subs, c.submit(graph.Of(ops("small", 1, op{Micros: 1000, Seed: uint64(1000*n + k)})), wire.Options{}))
			})
		}
		s.run(round)
	}
	s.run(time.Second)
	var delays []time.Duration
	for _, sub := range subs {
		st := sub.stories[0]
		if st.runs == 0 {
			s.t.Fatalf("%v of %s has not begun", st.name, sub.c.name)
		}
		delays = append(delays, st.begun-sub.sent)
	}
	return delays
}

// All others want more than there is at the same time: everybody gets a share, the greedy client one too.
func TestCase36FairShares(t *testing.T) {
	const each = 5
	s := newCrowd(t, longTask, 5*time.Second)
	before := s.begun()
	subs := make([]*submission, len(s.others))
	for k, c := range s.others {
		subs[k] = c.submit(graph.Of(ops("long", each, op{Micros: longTask.Microseconds(), Seed: uint64(k)})), wire.Options{})
	}
	share := longTask * (crowdClients + 1) / (crowdWorkers * crowdThreads) // in which everybody has a task run
	s.run(2 * share)
	served := s.begun() - before
	s.run((each + 1) * share)
	var starts [each][]time.Duration
	for _, sub := range subs {
		var ds []time.Duration
		for _, st := range sub.stories {
			if st.runs == 0 {
				t.Fatalf("%v of %s has not begun", st.name, sub.c.name)
			}
			ds = append(ds, st.begun-sub.sent)
		}
		slices.Sort(ds)
		for k, d := range ds {
			starts[k] = append(starts[k], d)
		}
	}
	for k := range starts {
		worst, fair := p99(starts[k]), time.Duration(k+1)*share
		t.Logf("task %d of each: p99 of its start %v, shares %v", k+1, worst, fair)
		if worst > fair+share {
			t.Errorf("the p99 of the start of task %d of each is %v, a fair share and one more are %v", k+1, worst, fair+share)
		}
	}
	t.Logf("in two shares the greedy client had %d tasks begun", served)
	if most := 2 + 3*crowdWorkers*crowdThreads; served < 2 || served > most {
		t.Errorf("the greedy client had %d tasks begun in two shares, want 2 to %d with what had been sent to workers before", served, most)
	}
	s.over()
}
