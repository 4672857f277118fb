package progress

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mattn/go-runewidth"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"sheaf/internal/event"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// screen is a writer that several goroutines use, as a terminal is.
type screen struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// rows plays what was written like a terminal and returns the rows that can be seen.
func (s *screen) rows() []string {
	rows, at := []string{""}, 0
	text := s.String()
	for text != "" {
		switch {
		case strings.HasPrefix(text, "\x1b[2K"):
			rows[at], text = "", text[4:]
		case strings.HasPrefix(text, "\x1b[J"):
			rows, text = rows[:at+1], text[3:]
			rows[at] = ""
		case strings.HasPrefix(text, "\x1b["):
			var n int
			_, _ = fmt.Sscanf(text, "\x1b[%dA", &n)
			at -= n
			text = text[strings.IndexByte(text, 'A')+1:]
		case text[0] == '\r':
			text = text[1:]
		case text[0] == '\n':
			at++
			if at == len(rows) {
				rows = append(rows, "")
			}
			text = text[1:]
		default:
			end := strings.IndexAny(text, "\x1b\r\n")
			if end < 0 {
				end = len(text)
			}
			rows[at], text = rows[at]+text[:end], text[end:]
		}
	}
	return rows
}

func started(run uint64, layers ...event.Layer) event.Event {
	total := 0
	for _, l := range layers {
		total += l.Tasks
	}
	return event.Event{Kind: event.RunStarted, Time: time.Now(), Run: run, Layers: layers, Total: total}
}

func done(layer, tasks int, bytes int64, busy time.Duration) event.Event {
	return event.Event{Kind: event.TasksDone, Time: time.Now(), Counts: []event.Count{{Layer: layer, Tasks: tasks, Bytes: bytes, Busy: busy}}}
}

func TestOnATerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &screen{}
		d := New(Config{Out: out, Terminal: true, Width: func() int { return 160 }})
		r := d.Listener(2 * time.Second)
		r.Handle(started(1, event.Layer{Name: "read_csv", Tasks: 100}, event.Layer{Name: "groupby", Tasks: 100}))
		time.Sleep(1900 * time.Millisecond)
		synctest.Wait()
		if got := out.String(); got != "" {
			t.Errorf("before the delay: got %q", got)
		}
		for range 40 {
			r.Handle(done(0, 1, 30e6, 50*time.Millisecond))
			r.Handle(event.Event{Kind: event.Memory, Used: 12e8, Limit: 2e9, Spilled: 9e8})
			time.Sleep(100 * time.Millisecond)
		}
		r.Handle(done(1, 10, 10, 100*time.Millisecond))
		time.Sleep(200 * time.Millisecond)
		synctest.Wait()
		got := out.rows()
		want := "read_csv  ▓▓▓▓▓░░░░░░░░ 40/100  255 MB/s      groupby  ▓░░░░░░░░░░░░ 10/100      35%  6.1s  ETA 11s  mem 1.2/2.0 GB  spill 900 MB"
		if len(got) != 2 || !sameShape(got[0], want) {
			t.Errorf("got  %q\nwant %q", got, want)
		}
		r.Handle(event.Event{Kind: event.RunDone, Time: time.Now()})
		time.Sleep(time.Second)
		synctest.Wait()
		if rows := out.rows(); len(rows) != 1 || rows[0] != "" {
			t.Errorf("after the end: got %q", rows)
		}
	})
}

// sameShape compares lines up to their digits.
func sameShape(a, b string) bool {
	blank := func(s string) string {
		s = strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' || r == '.' {
				return -1
			}
			return r
		}, s)
		return s
	}
	return blank(a) == blank(b)
}

func TestShortRunsAreNotShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &screen{}
		d := New(Config{Out: out, Terminal: true})
		for k := range uint64(100) {
			r := d.Listener(2 * time.Second)
			r.Handle(started(k, event.Layer{Name: "a", Tasks: 1}))
			r.Handle(done(0, 1, 0, 0))
			r.Handle(event.Event{Kind: event.RunDone, Time: time.Now()})
		}
		time.Sleep(time.Minute)
		if got := out.String(); got != "" {
			t.Errorf("got %q", got)
		}
	})
}

func TestSeveralRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &screen{}
		d := New(Config{Out: out, Terminal: true, Keep: true, Width: func() int { return 120 }})
		var runs []event.Listener
		for k := range 6 {
			r := d.Listener(time.Second)
			r.Handle(started(uint64(k), event.Layer{Name: fmt.Sprintf("job%d", k), Tasks: 10}))
			r.Handle(done(0, k, 0, time.Second))
			runs = append(runs, r)
		}
		time.Sleep(1500 * time.Millisecond)
		synctest.Wait()
		if rows := out.rows(); len(rows) != 6 || !strings.HasPrefix(rows[3], "job3  ▓▓▓░") || rows[4] != "… and 2 more runs" {
			t.Errorf("got %q", rows)
		}
		for k, r := range runs {
			var err error
			if k == 2 {
				err = errors.New("boom")
			}
			r.Handle(event.Event{Kind: event.RunDone, Time: time.Now(), Err: err})
		}
		synctest.Wait()
		rows := out.rows()
		if len(rows) != 7 || !strings.Contains(rows[0], "job0") || !strings.Contains(rows[2], "failed after 1.5s") || rows[6] != "" {
			t.Errorf("got %q", rows)
		}
	})
}

func TestLogRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &screen{}
		plain := slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		}}))
		d := New(Config{Out: out, Log: plain})
		r := d.Listener(2 * time.Second)
		r.Handle(started(1, event.Layer{Name: "sum-partial", Tasks: 50}, event.Layer{Name: "sum-partial", Tasks: 10}, event.Layer{Name: "sum", Tasks: 1}))
		r.Handle(done(0, 30, 0, 30*time.Second))
		time.Sleep(70 * time.Second)
		r.Handle(event.Event{Kind: event.RunDone, Time: time.Now()})
		time.Sleep(time.Hour)
		want := `level=INFO msg="sheaf: progress" percent=49 done=30 tasks=61 elapsed=32s eta=33s layers="sum-partial 30/60, sum 0/1"
level=INFO msg="sheaf: progress" percent=49 done=30 tasks=61 elapsed=1m02s eta=1m04s layers="sum-partial 30/60, sum 0/1"
`
		if got := out.String(); got != want {
			t.Errorf("got\n%swant\n%s", got, want)
		}
	})
}

// TestLineFits: no line is wider than the terminal, whatever it shows.
func TestLineFits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := look{
			share: rapid.Float64Range(0, 1).Draw(t, "share"), elapsed: time.Duration(rapid.Int64Range(0, 1<<60).Draw(t, "elapsed")),
			eta: time.Duration(rapid.Int64Range(-1, 1<<60).Draw(t, "eta")), used: rapid.Int64Range(0, 1<<50).Draw(t, "used"),
			limit: rapid.Int64Range(0, 1<<50).Draw(t, "limit"), spilled: rapid.Int64Range(0, 1<<50).Draw(t, "spilled"),
		}
		for range rapid.IntRange(0, 5).Draw(t, "layers") {
			g := groupLook{name: rapid.StringN(1, 40, 80).Draw(t, "name"), total: rapid.IntRange(0, 1e9).Draw(t, "total")}
			g.done = rapid.IntRange(0, g.total).Draw(t, "done")
			g.rate = rapid.Float64Range(0, 1e12).Draw(t, "rate")
			l.groups = append(l.groups, g)
		}
		width := rapid.IntRange(1, 200).Draw(t, "width")
		if got := line(l, width); runewidth.StringWidth(got) >= max(width, 1) {
			t.Fatalf("%q has %d cells of %d", got, runewidth.StringWidth(got), width)
		}
	})
}

func TestShortDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0.0s", 830 * time.Millisecond: "0.8s", 42 * time.Second: "42s", 59900 * time.Millisecond: "1m00s", 252 * time.Second: "4m12s",
		3*time.Hour + 5*time.Minute: "3h05m", 1 << 62: "very long",
	} {
		if got := short(d); got != want {
			t.Errorf("short(%v) = %q, want %q", d, got, want)
		}
	}
}

func BenchmarkHandle(b *testing.B) {
	r := New(Config{Out: &screen{}}).Listener(time.Hour)
	r.Handle(started(1, event.Layer{Name: "a", Tasks: 1 << 30}))
	e := done(0, 1, 8, time.Microsecond)
	for b.Loop() {
		r.Handle(e)
	}
	r.Handle(event.Event{Kind: event.RunDone, Time: time.Now()})
}
