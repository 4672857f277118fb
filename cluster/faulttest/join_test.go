//go:build linux

package faulttest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"sheaf/bag"
)

// senders is the partitions of each side of the join, receivers those of each shuffle.
const senders, receivers = 6, 8

// A piece is what a sender makes its elements of.
type piece struct {
	Dir  string // of the marks; none are left where it is empty
	Side string
	Part int
}

// An item is an element of one side.
type item struct {
	Dir    string
	Side   string
	Number int
}

// sign leaves word that this process has done something; how often it has is part of the name.
func sign(dir, what string) error {
	if dir == "" {
		return nil
	}
	f, err := os.CreateTemp(dir, fmt.Sprintf("%s@%d@*", what, os.Getpid()))
	if err != nil {
		return err
	}
	return f.Close()
}

// A signature is something that a process has done.
type signature struct {
	what string
	pid  int
}

func signatures(t testing.TB, dir, prefix string) []signature {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, prefix+"*@*@*"))
	if err != nil {
		t.Fatal(err)
	}
	all := make([]signature, len(files))
	for i, f := range files {
		p := strings.Split(filepath.Base(f), "@")
		pid, err := strconv.Atoi(p[1])
		if err != nil {
			t.Fatal(err)
		}
		all[i] = signature{p[0], pid}
	}
	return all
}

// sent makes the elements of a partition that is to be shuffled.
func sent(ps []piece) ([]item, error) {
	var out []item
	for _, p := range ps {
		if p.Dir != "" {
			time.Sleep(30 * time.Millisecond)
		}
		for k := range 2000 {
			out = append(out, item{p.Dir, p.Side, (p.Part*2000 + k) * 7})
		}
		if err := sign(p.Dir, fmt.Sprint("send-", p.Side, p.Part)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// received waits until the test lets it pass: with all of a shuffle's senders behind it.
func received(gs []bag.Group[int, item]) ([]bag.Group[int, int], error) {
	out := make([]bag.Group[int, int], len(gs))
	for i, g := range gs {
		out[i].Key = g.Key
		for _, v := range g.Values {
			out[i].Values = append(out[i].Values, v.Number)
		}
	}
	if len(gs) == 0 || gs[0].Values[0].Dir == "" {
		return out, nil
	}
	first := gs[0].Values[0]
	if err := sign(first.Dir, "receive-"+first.Side); err != nil {
		return nil, err
	}
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(filepath.Join(first.Dir, "open")); err == nil {
			break
		}
		if time.Now().After(end) {
			return nil, fmt.Errorf("%s: nobody opened the gate", first.Side)
		}
	}
	time.Sleep(30 * time.Millisecond)
	return out, nil
}

func keyOf(i item) int { return i.Number % 97 }

func groupKey(g bag.Group[int, int]) int { return g.Key }

// joined is a line of the result, which tells the order of the values too.
func joined(p bag.Pair[bag.Group[int, int], bag.Group[int, int]]) string {
	sum := 0
	for _, v := range slices.Concat(p.First.Values, p.Second.Values) {
		sum = sum*31 + v
	}
	return fmt.Sprint(p.First.Key, p.Second.Key, len(p.First.Values), len(p.Second.Values), sum)
}

// twoShuffles is a join of two bags that are both shuffled.
func twoShuffles(dir string) *bag.Bag[string] {
	side := func(name string) *bag.Bag[bag.Group[int, int]] {
		ps := make([]piece, senders)
		for i := range ps {
			ps[i] = piece{dir, name, i}
		}
		items := bag.FromSlice(ps, bag.Partitions(senders)).TryMapPartitions(sent)
		return bag.GroupBy(items, keyOf, bag.Partitions(receivers)).TryMapPartitions(received)
	}
	return bag.Join(side("left"), side("right"), groupKey, groupKey).Map(joined)
}

// joinInBetween runs the join; once a receiver of the first shuffle runs, and so all its senders have, a third worker joins, and then
// happens what the test wants.
func joinInBetween(t *testing.T, then func(r *rig)) (r *rig, newcomer int) {
	r = newRig(t, quick(2))
	want, err := twoShuffles("").Compute(context.Background())
	if err != nil || len(want) != 97 {
		t.Fatalf("in one process: %d lines, want 97, %v", len(want), err)
	}
	type result struct {
		lines []string
		err   error
	}
	done := make(chan result, 1)
	ctx := r.c.Context(within(t, 60*time.Second))
	go func() {
		lines, err := twoShuffles(r.marks).Compute(ctx)
		done <- result{lines, err}
	}()
	until(t, 20*time.Second, "a shuffle has been received", func() bool { return len(signatures(t, r.marks, "receive-")) > 0 })
	if n := len(signatures(t, r.marks, "send-")); n < senders {
		t.Errorf("%d senders have run, want the %d of a shuffle", n, senders)
	}
	r.Scale(3)
	until(t, 20*time.Second, "a third worker is there", func() bool { return len(r.info().Workers) == 3 })
	newcomer = r.pid("local-2")
	if err := os.WriteFile(filepath.Join(r.marks, "open"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	then(r)
	got := <-done
	if got.err != nil {
		t.Fatal(got.err)
	}
	if !slices.Equal(got.lines, want) {
		t.Errorf("%d lines differ from the %d of one process", len(got.lines), len(want))
	}
	return r, newcomer
}

// ran counts what a process has done.
func ran(all []signature, pid int) int {
	n := 0
	for _, s := range all {
		if s.pid == pid {
			n++
		}
	}
	return n
}

// Two shuffles feed one join, and a worker joins between them: it gets its share, and what was sent is not sent again.
func TestCase25WorkerJoinsBetweenShuffles(t *testing.T) {
	t.Parallel()
	r, newcomer := joinInBetween(t, func(*rig) {})
	sends, all := signatures(t, r.marks, "send-"), signatures(t, r.marks, "")
	if len(sends) != 2*senders {
		t.Errorf("%d senders ran, want %d: nothing was lost", len(sends), 2*senders)
	}
	if n := ran(all, newcomer); n == 0 {
		t.Error("the worker that joined has run nothing")
	} else {
		t.Logf("the worker that joined ran %d of %d", n, len(all))
	}
	r.healthy()
}

// The same, and then one of the two workers dies that have sent: no more is sent again than it had.
func TestCase25AndAnotherDies(t *testing.T) {
	t.Parallel()
	victim := 0
	r, newcomer := joinInBetween(t, func(r *rig) {
		until(t, 20*time.Second, "the worker that joined runs something", func() bool {
			return ran(signatures(t, r.marks, ""), r.pid("local-2")) > 0
		})
		victim = r.pid("local-0")
		r.kill("local-0")
	})
	sends, all := signatures(t, r.marks, "send-"), signatures(t, r.marks, "")
	lost := ran(sends, victim)
	if again := len(sends) - 2*senders; again > lost {
		t.Errorf("%d senders ran again, and the worker that died had run %d", again, lost)
	}
	t.Logf("%d senders ran, %d of them where a worker died; the worker that joined ran %d of %d", len(sends), lost, ran(all, newcomer), len(all))
	r.back("local-0", victim)
	r.healthy()
}
