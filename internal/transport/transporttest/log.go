package transporttest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"sheaf/internal/transport"
)

// RunLog runs the suite for logs. open opens the same log again each time it is called within a test.
func RunLog(t *testing.T, open func(t *testing.T) func() (transport.Log, error)) {
	t.Run("append and replay", func(t *testing.T) { appendAndReplay(t, open(t)) })
	t.Run("concurrent", func(t *testing.T) { concurrentAppends(t, open(t)) })
	t.Run("truncate", func(t *testing.T) { truncate(t, open(t)) })
}

func must(t *testing.T, open func() (transport.Log, error)) transport.Log {
	t.Helper()
	l, err := open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func record(n int) []byte { return bytes.Repeat([]byte(fmt.Sprintf("record %d ", n)), n%50) }

// check replays a log and compares.
func check(t *testing.T, l transport.Log, from, to int) {
	t.Helper()
	next := from
	err := l.Replay(t.Context(), uint64(from), func(number uint64, r []byte) error {
		if number != uint64(next) || !bytes.Equal(r, record(next)) {
			return fmt.Errorf("got record %d of %d bytes, want %d", number, len(r), next)
		}
		next++
		return nil
	})
	if err != nil || next != to {
		t.Errorf("replay from %d ended before %d, want %d: %v", from, next, to, err)
	}
}

func appendAndReplay(t *testing.T, open func() (transport.Log, error)) {
	ctx := context.Background()
	next := 1
	for range 3 { // lives
		l := must(t, open)
		if l.Next() != uint64(next) {
			t.Fatalf("next is %d, want %d", l.Next(), next)
		}
		check(t, l, 1, next)
		for _, n := range []int{1, 0, 200, 3} {
			var records [][]byte
			for i := range n {
				records = append(records, record(next+i))
			}
			first, err := l.Append(ctx, records)
			if err != nil || first != uint64(next) {
				t.Fatalf("append: got %d, %v, want %d", first, err, next)
			}
			next += n
		}
		check(t, l, 1, next)
		check(t, l, next-150, next)
		stop := errors.New("enough")
		if err := l.Replay(ctx, 5, func(uint64, []byte) error { return stop }); !errors.Is(err, stop) {
			t.Errorf("got %v, want the error of the function", err)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		if _, err := l.Append(ctx, [][]byte{nil}); !errors.Is(err, transport.ErrLogClosed) {
			t.Errorf("append after Close: got %v", err)
		}
	}
}

// concurrentAppends: batches of several goroutines are whole and each knows its number.
func concurrentAppends(t *testing.T, open func() (transport.Log, error)) {
	l := must(t, open)
	var (
		wg sync.WaitGroup
		mu sync.Mutex
	)
	want := make(map[uint64]string)
	for g := range 8 {
		wg.Go(func() {
			for i := range 20 {
				records := [][]byte{fmt.Appendf(nil, "%d.%d a", g, i), fmt.Appendf(nil, "%d.%d b", g, i)}
				first, err := l.Append(t.Context(), records)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				want[first], want[first+1] = string(records[0]), string(records[1])
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	n := 0
	err := l.Replay(t.Context(), 1, func(number uint64, r []byte) error {
		if n++; want[number] != string(r) {
			return fmt.Errorf("record %d is %q, want %q", number, r, want[number])
		}
		return nil
	})
	if err != nil || n != 320 {
		t.Errorf("got %d records, %v", n, err)
	}
}

// truncate: what is older may go, the rest and the numbers stay.
func truncate(t *testing.T, open func() (transport.Log, error)) {
	l := must(t, open)
	for next := 1; next <= 300; next += 10 {
		var records [][]byte
		for i := range 10 {
			records = append(records, record(next+i))
		}
		if _, err := l.Append(t.Context(), records); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Truncate(t.Context(), 155); err != nil {
		t.Fatal(err)
	}
	check(t, l, 155, 301)
	if err := l.Truncate(t.Context(), 1000); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = must(t, open)
	if l.Next() != 301 {
		t.Errorf("next is %d, want 301", l.Next())
	}
	if _, err := l.Append(t.Context(), [][]byte{record(301)}); err != nil {
		t.Fatal(err)
	}
	check(t, l, 301, 302)
}
