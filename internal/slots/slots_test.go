package slots

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"sheaf/internal/wire"
)

// TestMain runs this binary as the process to be killed when it is asked to.
func TestMain(m *testing.M) {
	if os.Getenv("SLOTS_TEST_VICTIM") != "" {
		victim()
		os.Exit(2)
	}
	os.Exit(m.Run())
}

func attempt(layer uint64, index int32, n uint32) wire.Attempt {
	return wire.Attempt{ID: wire.ID{Layer: wire.LayerID(layer), Index: index}, Attempt: n}
}

// victim starts a hundred attempts on as many goroutines, ends all but the odd ones below ten, says so and waits to be killed.
func victim() {
	t, err := Open(os.NewFile(3, "slots"))
	if err != nil {
		fmt.Println(err)
		return
	}
	var wg sync.WaitGroup
	for i := range int32(100) {
		wg.Go(func() {
			s := t.Begin(wire.ID{Layer: 1<<63 | 5, Index: i}, uint32(i)+7)
			if i >= 10 || i%2 == 0 {
				t.End(s)
			}
		})
	}
	wg.Wait()
	fmt.Println("ready")
	io.Copy(io.Discard, os.Stdin) // until killed
}

func TestReadAfterKill(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("descriptors are inherited by number")
	}
	f, err := Create(128)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), "SLOTS_TEST_VICTIM=1")
	cmd.ExtraFiles = []*os.File{f.Descriptor()}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 6)
	if _, err := io.ReadFull(stdout, line); err != nil || string(line) != "ready\n" {
		t.Fatalf("got %q, %v", line, err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Fatalf("got %v, want killed", err)
	}
	s, err := f.Read()
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(s.Running, func(a, b wire.Attempt) int { return a.ID.Compare(b.ID) })
	want := Snapshot{Running: []wire.Attempt{
		attempt(1<<63|5, 1, 8), attempt(1<<63|5, 3, 10), attempt(1<<63|5, 5, 12), attempt(1<<63|5, 7, 14), attempt(1<<63|5, 9, 16),
	}}
	if diff := cmp.Diff(want, s); diff != "" {
		t.Error(diff)
	}
}

// TestModel holds a table against a map, with a table that is often full.
func TestModel(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		n := rapid.IntRange(1, 8).Draw(r, "slots")
		table := NewMemory(n)
		held := map[Slot]wire.Attempt{}
		more := 0
		for range rapid.IntRange(0, 60).Draw(r, "steps") {
			if rapid.Bool().Draw(r, "begin") {
				a := attempt(rapid.Uint64().Draw(r, "layer"), rapid.Int32().Draw(r, "index"), rapid.Uint32Range(0, 1<<31-1).Draw(r, "attempt"))
				switch s := table.Begin(a.ID, a.Attempt); {
				case s == none:
					if len(held) != n {
						r.Fatalf("no slot though only %d of %d are taken", len(held), n)
					}
					more++
				default:
					if _, ok := held[s]; ok {
						r.Fatalf("slot %d given twice", s)
					}
					held[s] = a
				}
			} else if more > 0 {
				table.End(none)
				more--
			} else {
				for s := range held {
					table.End(s)
					delete(held, s)
					break
				}
			}
			got := table.Read()
			if len(got.Running) != len(held) || got.More != more || got.Exact() != (more == 0) {
				r.Fatalf("got %+v, want %v and %d more", got, held, more)
			}
			for _, a := range held {
				if !slices.Contains(got.Running, a) {
					r.Fatalf("%v is missing in %+v", a, got)
				}
			}
		}
	})
}

// TestManyGoroutines begins and ends on many goroutines; nothing is left and no slot is given twice at once.
func TestManyGoroutines(t *testing.T) {
	table := NewMemory(16)
	var wg sync.WaitGroup
	for g := range 32 {
		wg.Go(func() {
			for i := range int32(2000) {
				s := table.Begin(wire.ID{Layer: wire.LayerID(g), Index: i}, 1)
				if s != none {
					if got := table.words[headerWords+int(s)*slotWords]; got != uint64(g) {
						t.Errorf("slot %d holds layer %d, want %d", s, got, g)
					}
				}
				table.End(s)
			}
		})
	}
	wg.Wait()
	if got := table.Read(); len(got.Running) != 0 || got.More != 0 {
		t.Errorf("got %+v, want nothing", got)
	}
}

// TestCaughtBetween reads a slot at each step of a start: before the last store nothing has started.
func TestCaughtBetween(t *testing.T) {
	table := NewMemory(1)
	at := headerWords
	table.words[at+1] = claimed
	if got := table.Read(); len(got.Running) != 0 {
		t.Errorf("claimed: got %+v", got)
	}
	table.words[at] = 9
	if got := table.Read(); len(got.Running) != 0 {
		t.Errorf("layer stored: got %+v", got)
	}
}

func TestOpenRefuses(t *testing.T) {
	for name, spoil := range map[string]func(*os.File){
		"empty":   func(f *os.File) { f.Truncate(0) },
		"magic":   func(f *os.File) { f.WriteAt([]byte{0xee}, 0) },
		"too few": func(f *os.File) { f.WriteAt([]byte{255}, 8) },
		"none":    func(f *os.File) { f.WriteAt(make([]byte, 8), 8) },
	} {
		f, err := os.CreateTemp(t.TempDir(), "")
		if err != nil {
			t.Fatal(err)
		}
		good, err := Create(4)
		if err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, bytes(4))
		good.Descriptor().ReadAt(buf, 0)
		good.Close()
		f.Write(buf)
		spoil(f)
		if table, err := Open(f); err == nil {
			t.Errorf("%s: opened %v", name, table)
		}
	}
}

// FuzzRead feeds any content, which a process gone mad may have written.
func FuzzRead(f *testing.F) {
	f.Add([]byte{})
	f.Add(make([]byte, 200))
	f.Add([]byte(strings.Repeat("\xff", 256)))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Create(4)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if _, err := file.f.WriteAt(data[:min(len(data), bytes(4))], 0); err != nil {
			t.Fatal(err)
		}
		s, err := file.Read()
		if err != nil || len(s.Running) > 4 || s.More < 0 {
			t.Errorf("got %+v, %v", s, err)
		}
	})
}

// TestHeld runs tasks one after another in slots that are kept, more of them than there are slots.
func TestHeld(t *testing.T) {
	table := NewMemory(2)
	held := []Held{table.Hold(), table.Hold(), table.Hold()}
	for i := range int32(3) {
		for _, h := range held {
			h.Begin(wire.ID{Layer: 1, Index: i}, 1)
		}
		want := Snapshot{Running: []wire.Attempt{attempt(1, i, 1), attempt(1, i, 1)}, More: 1}
		if diff := cmp.Diff(want, table.Read()); diff != "" {
			t.Error(diff)
		}
		for _, h := range held {
			h.End()
		}
		if got := table.Read(); len(got.Running) != 0 {
			t.Errorf("got %+v, want nothing running", got)
		}
	}
	for _, h := range held {
		h.Release()
	}
	if s := table.Begin(wire.ID{}, 0); s == none || table.Read().More != 0 {
		t.Errorf("got slot %d, %+v after all were released", s, table.Read())
	}
}

func TestClip(t *testing.T) {
	for in, want := range map[int]int{-1: 1, 0: 1, 5: 5, 1 << 20: slotsMax} {
		if got := len(NewMemory(in).words); got != headerWords+want*slotWords {
			t.Errorf("%d: got %d words", in, got)
		}
	}
}

func BenchmarkBeginEnd(b *testing.B) {
	f, err := Create(1024)
	if err != nil {
		b.Fatal(err)
	}
	t, err := Open(f.Descriptor())
	if err != nil {
		b.Fatal(err)
	}
	defer t.Close()
	for i := int32(0); b.Loop(); i++ {
		t.End(t.Begin(wire.ID{Layer: 3, Index: i}, 1))
	}
}

func BenchmarkHeld(b *testing.B) {
	f, err := Create(1024)
	if err != nil {
		b.Fatal(err)
	}
	t, err := Open(f.Descriptor())
	if err != nil {
		b.Fatal(err)
	}
	defer t.Close()
	h := t.Hold()
	for i := int32(0); b.Loop(); i++ {
		h.Begin(wire.ID{Layer: 3, Index: i}, 1)
		h.End()
	}
}
