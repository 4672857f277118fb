package logs

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"sheaf/internal/task"
)

// taken gathers records.
type taken struct {
	mu  sync.Mutex
	all []Record
}

func (t *taken) listener(l slog.Level, instead bool) *Listener {
	return &Listener{Level: l, Wants: func(task.Place) bool { return true }, Take: func(_ context.Context, r Record) bool {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.all = append(t.all, r)
		return instead
	}}
}

// text writes records as one TextHandler writes them, without their times.
func text(all []Record) string {
	var b bytes.Buffer
	h := slog.NewTextHandler(&b, &slog.HandlerOptions{Level: slog.Level(-100), ReplaceAttr: func(g []string, a slog.Attr) slog.Attr {
		if len(g) == 0 && a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}})
	for i := range all {
		_ = h.Handle(context.Background(), all[i].Slog())
	}
	return b.String()
}

// restore keeps a test's loggers from others.
func restore(t *testing.T) {
	d, w, f, p := slog.Default(), log.Writer(), log.Flags(), log.Prefix()
	t.Cleanup(func() {
		slog.SetDefault(d)
		log.SetOutput(w)
		log.SetFlags(f)
		log.SetPrefix(p)
	})
}

func say() {
	slog.Info("hello", "n", 1, "msg", "own", slog.Group("g", "a", 2.5, "b", true))
	slog.With("x", time.Second).WithGroup("h").Warn("in a group", "err", errors.New("bad"))
	slog.Debug("nobody")
	log.Printf("from %s", "log")
}

// stamp is the time that package log writes.
var stamp = regexp.MustCompile(`\d{4}/\d\d/\d\d \d\d:\d\d:\d\d(\.\d{6})? `)

// TestDefaultLoggers: with the loggers that every program has, what is written stays the same, and is heard.
func TestDefaultLoggers(t *testing.T) {
	restore(t)
	for _, flags := range []int{0, log.LstdFlags, log.LstdFlags | log.Lmsgprefix | log.Lmicroseconds, log.Lshortfile} {
		var before, during, after bytes.Buffer
		log.SetFlags(flags)
		log.SetPrefix("app: ")
		log.SetOutput(&before)
		say()
		log.SetOutput(&during)
		var got taken
		stop := Listen(got.listener(slog.LevelInfo, false))
		say()
		stop()
		log.SetOutput(&after)
		say()
		strip := func(s string) string { return stamp.ReplaceAllString(s, "") }
		if strip(during.String()) != strip(before.String()) || strip(after.String()) != strip(before.String()) {
			t.Errorf("flags %d: before\n%swhile somebody listens\n%safterwards\n%s", flags, before.String(), during.String(), after.String())
		}
		const want = "level=INFO msg=hello n=1 msg=own g.a=2.5 g.b=true\nlevel=WARN msg=\"in a group\" x=1s h.err=bad\nlevel=INFO msg=\"from log\"\n"
		if s := text(got.all); s != want {
			t.Errorf("flags %d: got\n%swant\n%s", flags, s, want)
		}
		for _, r := range got.all {
			if d := time.Since(time.Unix(0, r.Time)); d < 0 || d > time.Minute {
				t.Errorf("a record of %v ago", d)
			}
		}
	}
}

// TestOwnLogger: a program's own default logger goes on, and package log writes to it.
func TestOwnLogger(t *testing.T) {
	restore(t)
	var out bytes.Buffer
	slog.SetDefault(slog.New(slog.NewJSONHandler(&out, nil)))
	own, linked := slog.Default(), log.Writer()
	var got, errs taken
	stop := Listen(got.listener(slog.LevelInfo, false))
	stopErrs := Listen(errs.listener(slog.LevelError, true))
	say()
	slog.Error("claimed")
	stop()
	stop()
	slog.Info("not heard any more")
	stopErrs()
	if slog.Default() != own || log.Writer() != linked {
		t.Error("the loggers are not as before")
	}
	log.Print("to slog")
	if n := strings.Count(out.String(), "\n"); n != 5 || strings.Contains(out.String(), "claimed") {
		t.Errorf("%d lines were written:\n%s", n, out.String())
	}
	if s := text(got.all); strings.Count(s, "\n") != 4 || !strings.Contains(s, "from log") || !strings.Contains(s, "claimed") || len(errs.all) != 1 {
		t.Errorf("got\n%s", s)
	}
}

// TestLevelBelow: who listens to more than is written hears it, and nothing more is written.
func TestLevelBelow(t *testing.T) {
	restore(t)
	var out bytes.Buffer
	log.SetOutput(&out)
	var got taken
	defer Listen(got.listener(slog.LevelDebug, false))()
	slog.Debug("fine", "k", "v")
	if text(got.all) != "level=DEBUG msg=fine k=v\n" || out.Len() > 0 {
		t.Errorf("got %q, written %q", text(got.all), out.String())
	}
}

// TestOldLoggers: a logger that was made before somebody listened is heard by way of package log.
func TestOldLoggers(t *testing.T) {
	restore(t)
	log.SetOutput(io.Discard)
	old := slog.With("k", "v")
	var got taken
	defer Listen(got.listener(slog.LevelInfo, false))()
	old.Warn("old")
	if s := text(got.all); s != "level=WARN msg=\"old k=v\"\n" {
		t.Errorf("got %q", s)
	}
}

// TestReplacedMeanwhile: who replaces the loggers while somebody listens keeps them.
func TestReplacedMeanwhile(t *testing.T) {
	restore(t)
	var got taken
	stop := Listen(got.listener(slog.LevelInfo, false))
	var out, plainOut bytes.Buffer
	theirs := slog.New(slog.NewTextHandler(&out, nil))
	slog.SetDefault(theirs)
	log.SetOutput(&plainOut)
	stop()
	slog.Info("a")
	log.Print("b")
	if slog.Default() != theirs || !strings.Contains(out.String(), "msg=a") || !strings.Contains(plainOut.String(), "b") || len(got.all) != 0 {
		t.Errorf("written %q and %q, heard %v", out.String(), plainOut.String(), got.all)
	}
}

// place is of a task.
type place struct{ task.Place }

func (place) Info() task.Info { return task.Info{Key: "inc-1"} }

func TestTasks(t *testing.T) {
	restore(t)
	log.SetOutput(io.Discard)
	var got taken
	l := got.listener(slog.LevelInfo, false)
	l.Wants = func(p task.Place) bool { return p != nil }
	defer Listen(l)()
	slog.Info("outside")
	ctx := task.With(context.Background(), place{})
	slog.InfoContext(ctx, "inside")
	slog.InfoContext(PassOn(ctx), "handed on")
	me := task.Goroutine()
	task.RegisterFinder(func(n uint64) (task.Place, bool) { return place{}, n == me })
	slog.Info("by its goroutine")
	if s := text(got.all); s != "level=INFO msg=inside\nlevel=INFO msg=\"by its goroutine\"\n" || got.all[0].Task != "inc-1" {
		t.Errorf("got %s", s)
	}
}

type panics struct{}

func (panics) MarshalText() ([]byte, error) { panic("no text") }

// TestLimits: whatever is logged, a record is small and can be read.
func TestLimits(t *testing.T) {
	r := slog.NewRecord(time.Now(), slog.LevelInfo, strings.Repeat("m\xff", 10_000), 0)
	deep := slog.Int("n", 1)
	for range 20 {
		deep = slog.Group("g", deep)
	}
	r.AddAttrs(deep, slog.Any("p", panics{}), slog.Any("huge", make([]int, 100_000)), slog.Attr{}, slog.Group("empty"), slog.Uint64("u", 1<<63), slog.Time("t", time.Unix(5, 0).UTC()))
	for i := range 1000 {
		r.AddAttrs(slog.Int(fmt.Sprint("k", i), i))
	}
	out := newRecord(&r, &scope{outer: &scope{attrs: []slog.Attr{slog.Int("a", 1)}}, group: "in"})
	b := (&Batch{Worker: "w", First: 1, Records: []Record{out}}).Encode()
	if len(b) > 40<<10 || !out.Cut {
		t.Errorf("%d bytes, cut: %v", len(b), out.Cut)
	}
	back, err := ParseBatch(b)
	if err != nil {
		t.Fatal(err)
	}
	s := text(back.Records)
	for _, want := range []string{"a=1 ", `in.p="!PANIC: no text"`, "in.u=9223372036854775808", "in.t=1970-01-01T00:00:05.000Z", "cut=true"} {
		if !strings.Contains(s, want) {
			t.Errorf("%q is not in %.300s … %s", want, s, s[max(0, len(s)-2000):])
		}
	}
}

func TestQueue(t *testing.T) {
	q := NewQueue()
	if q.Take("w") != nil {
		t.Error("an empty queue has something")
	}
	const n = 3 * queueRecords
	for i := range n {
		q.Put(Record{Message: fmt.Sprint(i)})
	}
	var out bytes.Buffer
	reader := Reader{Handler: slog.NewJSONHandler(&out, nil), Level: slog.LevelInfo}
	for b := q.Take("w"); b != nil; b = q.Take("w") {
		if n := len(b.Encode()); n > 60<<10 {
			t.Errorf("a batch of %d bytes", n)
		}
		reader.Read(t.Context(), b)
		q.Put(Record{Message: "late", Task: "t"})
		if strings.Count(out.String(), "late") > 3 {
			break
		}
	}
	dropped, lines := 0, 0
	for line := range strings.Lines(out.String()) {
		var m struct {
			Dropped int
			Worker  string
		}
		if err := json.Unmarshal([]byte(line), &m); err != nil || m.Worker != "w" {
			t.Fatalf("%v: %s", err, line)
		}
		dropped += m.Dropped
		lines++
	}
	if dropped != n-queueRecords {
		t.Errorf("%d records were said to be dropped, want %d; %d lines", dropped, n-queueRecords, lines)
	}
	if !q.Put(Record{}) || q.Put(Record{Message: strings.Repeat("x", queueBytes)}) {
		t.Error("a record that is larger than a queue was taken")
	}
	q.Take("w")
	for q.Take("w") != nil {
	}
	q.Put(Record{Message: strings.Repeat("x", queueBytes)})
	if b := q.Take("w"); b == nil || b.Dropped != 1 || len(b.Records) != 0 {
		t.Errorf("what was dropped last is not told: %+v", b)
	}
}

// TestReaderCounts: records that are missing between batches are said to be; a worker that begins anew is not missing any.
func TestReaderCounts(t *testing.T) {
	var out bytes.Buffer
	r := Reader{Handler: slog.NewTextHandler(&out, nil), Level: slog.LevelWarn}
	one := []Record{{Level: 4, Message: "x"}, {Message: "too low"}}
	for _, b := range []*Batch{{Worker: "a", First: 100, Records: one}, {Worker: "a", First: 102, Records: one}, {Worker: "a", First: 109, Dropped: 2, Records: one}, {Worker: "a", First: 1, Records: one}} {
		r.Read(t.Context(), b)
	}
	r.End(errors.New("the scheduler has gone"))
	if !strings.HasSuffix(out.String(), "level=WARN msg=\"the log records of workers do not come any more\" error=\"the scheduler has gone\"\n") {
		t.Errorf("at the end: %s", out.String())
	}
	if s := out.String(); strings.Count(s, "msg=x") != 4 || strings.Count(s, "dropped=") != 1 || !strings.Contains(s, "dropped=5") || strings.Contains(s, "too low") {
		t.Errorf("got\n%s", s)
	}
}

func FuzzParseBatch(f *testing.F) {
	f.Add((&Batch{Worker: "w", First: 3, Records: []Record{{Message: "m", Attrs: []Attr{{Key: "k", Kind: kindGroup, Group: []Attr{{Key: "n", Kind: kindInt, Text: "1"}}}}}}}).Encode())
	f.Add([]byte(`{"w":"a","n":18446744073709551615,"r":[{"t":-9223372036854775808,"a":[{"t":116,"v":"x"},{"t":103,"g":[{"t":100,"v":"9e9"}]}]}]}`))
	f.Add([]byte("{"))
	f.Fuzz(func(t *testing.T, b []byte) {
		batch, err := ParseBatch(b)
		if err != nil {
			if !errors.Is(err, ErrBatch) {
				t.Errorf("got %v", err)
			}
			return
		}
		r := Reader{Handler: slog.NewTextHandler(io.Discard, nil), Level: slog.Level(-1 << 62)}
		r.Read(context.Background(), batch)
		r.Read(context.Background(), batch)
	})
}

func ExampleListen() {
	stop := Listen(&Listener{Level: slog.LevelInfo, Wants: func(task.Place) bool { return true }, Take: func(_ context.Context, r Record) bool {
		fmt.Println("heard:", r.Message)
		return true // and not written
	}})
	slog.Info("hello")
	stop()
	fmt.Fprintln(os.Stdout, "silence")
	// Output:
	// heard: hello
	// silence
}
