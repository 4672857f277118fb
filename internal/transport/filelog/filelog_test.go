package filelog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"sheaf/internal/transport"
	"sheaf/internal/transport/transporttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	for name, conf := range map[string]Config{"default": {}, "small files": {SegmentBytes: 500}, "no sync": {Sync: transport.SyncNever}} {
		t.Run(name, func(t *testing.T) {
			transporttest.RunLog(t, func(t *testing.T) func() (transport.Log, error) {
				dir := t.TempDir()
				return func() (transport.Log, error) {
					l, err := Open(dir, conf)
					if err != nil {
						return nil, err
					}
					return l, nil
				}
			})
		})
	}
}

// written makes a log of some batches of records "1", "2", … and returns its directory.
func written(t testing.TB, conf Config, batches ...int) string {
	t.Helper()
	dir := t.TempDir()
	l, err := Open(dir, conf)
	if err != nil {
		t.Fatal(err)
	}
	next := 1
	for _, n := range batches {
		var records [][]byte
		for range n {
			records = append(records, fmt.Append(nil, next))
			next++
		}
		if _, err := l.Append(context.Background(), records); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// read opens the log and returns how many records it has, which must be the right ones.
func read(dir string) (int, error) {
	l, err := Open(dir, Config{})
	if err != nil {
		return 0, err
	}
	defer func() { _ = l.Close() }()
	n := 0
	err = l.Replay(context.Background(), 1, func(number uint64, record []byte) error {
		if n++; number != uint64(n) || string(record) != fmt.Sprint(n) {
			return fmt.Errorf("WRONG: record %d is %q", number, record)
		}
		return nil
	})
	if err == nil && l.Next() != uint64(n+1) {
		err = fmt.Errorf("WRONG: next is %d after %d records", l.Next(), n)
	}
	return n, err
}

// TestTornTail cuts the file at every byte: what is left is the batches before the cut, whole, and the log goes on from there.
func TestTornTail(t *testing.T) {
	dir := written(t, Config{}, 3, 1, 5)
	path := filepath.Join(dir, fmt.Sprintf("%020d.log", 1))
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	ends := []int{0, headerLen + 3*2, 2*headerLen + 4*2, len(data)} // of the batches; a record is a length and a digit
	for cut := range len(data) + 1 {
		for _, tail := range [][]byte{nil, make([]byte, 7)} { // blocks that were allotted and not written are zero
			if err := os.WriteFile(path, append(bytes.Clone(data[:cut]), tail...), 0o600); err != nil {
				t.Fatal(err)
			}
			want := 0
			for i, n := range []int{0, 3, 4, 9} {
				if cut >= ends[i] {
					want = n
				}
			}
			if got, err := read(dir); got != want || err != nil {
				t.Fatalf("cut at %d with %d zeros: got %d records, %v, want %d", cut, len(tail), got, err, want)
			}
		}
	}
}

// TestDamage changes every byte before the last batch: it is always noticed.
func TestDamage(t *testing.T) {
	for _, conf := range []Config{{}, {SegmentBytes: 1}} {
		dir := written(t, conf, 3, 1, 5)
		paths, err := filepath.Glob(filepath.Join(dir, "*.log"))
		if err != nil || len(paths) != map[int64]int{0: 1, 1: 3}[conf.SegmentBytes] {
			t.Fatalf("got files %v", paths)
		}
		data, err := os.ReadFile(paths[0])
		if err != nil {
			t.Fatal(err)
		}
		limit := min(len(data), 2*headerLen+8)
		for i := range limit {
			damaged := bytes.Clone(data)
			damaged[i] ^= 0x10
			if err := os.WriteFile(paths[0], damaged, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := read(dir); !errors.Is(err, transport.ErrLogDamaged) && !errors.Is(err, transport.ErrLogGap) {
				t.Fatalf("byte %d: got %v, want ErrLogDamaged or ErrLogGap", i, err)
			}
		}
		if err := os.WriteFile(paths[0], data, 0o600); err != nil {
			t.Fatal(err)
		}
		if n, err := read(dir); n != 9 || err != nil {
			t.Fatalf("restored: got %d, %v", n, err)
		}
	}
}

func TestMissingFile(t *testing.T) {
	dir := written(t, Config{SegmentBytes: 1}, 1, 1, 1)
	if err := os.Remove(filepath.Join(dir, fmt.Sprintf("%020d.log", 2))); err != nil {
		t.Fatal(err)
	}
	if _, err := read(dir); !errors.Is(err, transport.ErrLogGap) {
		t.Errorf("got %v, want ErrLogGap", err)
	}
}

func TestOneWriter(t *testing.T) {
	dir := t.TempDir()
	l, err := Open(dir, Config{RecordMax: 10})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	if other, err := Open(dir, Config{}); err == nil {
		_ = other.Close()
		t.Error("two writers at once")
	}
	if _, err := l.Append(t.Context(), [][]byte{make([]byte, 11)}); err == nil {
		t.Error("a record beyond the limit was taken")
	}
}

// TestWriteError: after a failed write nothing is appended any more, and what was there stays.
func TestWriteError(t *testing.T) {
	dir := written(t, Config{}, 2)
	l, err := Open(dir, Config{})
	if err != nil {
		t.Fatal(err)
	}
	_ = l.file.Close() // stands for a disk that fails
	_, err1 := l.Append(t.Context(), [][]byte{[]byte("3")})
	_, err2 := l.Append(t.Context(), [][]byte{[]byte("4")})
	if err1 == nil || err2 == nil {
		t.Errorf("got %v, %v, want errors", err1, err2)
	}
	n := 0
	if err := l.Replay(t.Context(), 1, func(uint64, []byte) error { n++; return nil }); err != nil || n != 2 {
		t.Errorf("replay: got %d, %v, want 2", n, err)
	}
	_ = l.Close()
	if n, err := read(dir); n != 2 || err != nil {
		t.Errorf("opened again: got %d, %v, want 2", n, err)
	}
}

// TestRandomLives appends, truncates, tears and reopens at random and compares with a list.
func TestRandomLives(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "filelog")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = os.RemoveAll(dir) }()
		conf := Config{SegmentBytes: int64(rapid.IntRange(1, 300).Draw(t, "segment")), Sync: transport.SyncNever}
		var want [][]byte
		first := 1 // what was truncated may be gone
		for range rapid.IntRange(1, 5).Draw(t, "lives") {
			l, err := Open(dir, conf)
			if err != nil {
				t.Fatal(err)
			}
			for range rapid.IntRange(0, 6).Draw(t, "steps") {
				records := rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 0, 60), 0, 5).Draw(t, "records")
				if _, err := l.Append(context.Background(), records); err != nil {
					t.Fatal(err)
				}
				want = append(want, records...)
				if rapid.IntRange(0, 4).Draw(t, "truncate") == 0 {
					first = max(first, rapid.IntRange(1, len(want)+1).Draw(t, "before"))
					if err := l.Truncate(context.Background(), uint64(first)); err != nil {
						t.Fatal(err)
					}
				}
			}
			from := rapid.IntRange(first, len(want)+1).Draw(t, "from")
			next := from
			err = l.Replay(context.Background(), uint64(from), func(number uint64, record []byte) error {
				if number != uint64(next) || !bytes.Equal(record, want[next-1]) {
					return fmt.Errorf("record %d is wrong", number)
				}
				next++
				return nil
			})
			if err != nil || next != len(want)+1 {
				t.Fatalf("replay from %d ended before %d of %d: %v", from, next, len(want), err)
			}
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// FuzzOpen opens a directory with anything as its file: it is refused or it can be read, and appended to.
func FuzzOpen(f *testing.F) {
	dir := written(f, Config{}, 2, 1)
	data, err := os.ReadFile(filepath.Join(dir, fmt.Sprintf("%020d.log", 1)))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add(data[:len(data)-1])
	f.Add([]byte("SFL1"))
	f.Fuzz(func(t *testing.T, data []byte) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%020d.log", 1)), data, 0o600); err != nil {
			t.Fatal(err)
		}
		l, err := Open(dir, Config{Sync: transport.SyncNever})
		if err != nil {
			return
		}
		defer func() { _ = l.Close() }()
		count := func() (n int) {
			if err := l.Replay(t.Context(), 1, func(uint64, []byte) error { n++; return nil }); err != nil {
				t.Fatal(err)
			}
			return n
		}
		before := count()
		if _, err := l.Append(t.Context(), [][]byte{[]byte("x")}); err != nil {
			t.Fatal(err)
		}
		if after := count(); after != before+1 {
			t.Fatalf("got %d records, want %d", after, before+1)
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	for name, policy := range map[string]transport.Sync{"fsync": transport.SyncAlways, "no fsync": transport.SyncNever} {
		b.Run(name, func(b *testing.B) {
			l, err := Open(b.TempDir(), Config{Sync: policy})
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = l.Close() }()
			b.SetParallelism(32)
			record := [][]byte{make([]byte, 100)}
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := l.Append(context.Background(), record); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}
