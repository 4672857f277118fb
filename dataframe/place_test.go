//go:build cgo

package dataframe

import (
	"testing"

	"sheaf"
)

// cuts counts the layers of a plan for other processes that cut tables into pieces.
func cuts(t *testing.T, f *Frame, memory int64) (n int) {
	t.Helper()
	gs, err := planner{}.PlanDistributed([]sheaf.Collection{f}, sheaf.Place{Distributed: true, MemoryBytes: memory})
	if err != nil {
		t.Fatal(err)
	}
	layers, err := gs[0].Layers()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range layers {
		if f, ok := l.Op().(*fragment); ok && f.Cut != nil {
			n++
		}
	}
	return n
}

// TestPlannedForTheSmallestWorker: what a worker with much memory takes at once is shuffled where the smallest has little, whatever this
// process has.
func TestPlannedForTheSmallestWorker(t *testing.T) {
	big := fromTable("x", oneColumn(make([]int64, 1_300_000)), 6)
	f := big.Merge(big.Rename(map[string]string{"a": "b"}), LeftOn("a"), RightOn("b"))
	const little, much = 128 << 20, 64 << 30
	for range 2 { // each plan is made once and kept
		if n := cuts(t, f, much); n != 0 {
			t.Errorf("with much memory there are %d cuts, want none", n)
		}
		if n := cuts(t, f, little); n != 2 {
			t.Errorf("with little memory there are %d cuts, want 2", n)
		}
	}
	a, err := f.lowerElsewhere(little)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := f.lowerElsewhere(little); err != nil || a != b {
		t.Errorf("a plan is made twice: %v", err)
	}
	for k := range int64(20) {
		if _, err := f.lowerElsewhere(little + k); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(f.elsewhere.by); n > plansMax {
		t.Errorf("%d plans are kept", n)
	}
	own, none := distributed(0), defaults()
	if own.memory != none.memory || own.gather != none.gather || own.broadcast != none.broadcast {
		t.Errorf("where the memory is not known this process's counts: %+v, want %+v", own, none)
	}
}
