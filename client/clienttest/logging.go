package clienttest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"sheaf/client"
)

// logged writes to the default loggers.
func logged(ctx context.Context, n int) int {
	slog.InfoContext(ctx, "with context", "n", n, slog.Group("g", "a", 2.5))
	slog.With("w", true).WithGroup("h").Warn("without", "took", time.Second)
	log.Printf("line %d", n)
	slog.Debug("too low")
	return n
}

// flood writes many records.
func flood(n int) int {
	for i := range n {
		slog.Error("flood", "i", i)
	}
	return n
}

var loud struct {
	sync.Mutex
	io.Writer
}

// quiet has the process write its log nowhere, or again where it was.
func quiet(on bool) bool {
	loud.Lock()
	defer loud.Unlock()
	switch {
	case on && loud.Writer == nil:
		loud.Writer = log.Writer()
		log.SetOutput(io.Discard)
	case !on && loud.Writer != nil:
		log.SetOutput(loud.Writer)
		loud.Writer = nil
	}
	return on
}

// defaultHandler says which handler the process logs to.
func defaultHandler() string { return fmt.Sprintf("%T", slog.Default().Handler()) }

// lines is a handler's output.
type lines struct {
	mu sync.Mutex // guards b
	b  bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// records reads what a JSON handler has written.
func (l *lines) records(t *testing.T) (all []map[string]any) {
	t.Helper()
	for line := range strings.Lines(l.String()) {
		m := map[string]any{}
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatal(err)
		}
		all = append(all, m)
	}
	return all
}

func testForwardLogging(t *testing.T, c *client.Client, has Features) {
	ctx, begin := t.Context(), time.Now().Add(-time.Second)
	set := func(on bool) {
		if _, err := c.Run[bool](context.WithoutCancel(ctx), quiet, on); err != nil {
			t.Error(err)
		}
	}
	set(true)
	defer set(false)
	var all, errs lines
	stop, err := c.ForwardLogging(ctx, slog.LevelInfo, slog.NewJSONHandler(&all, &slog.HandlerOptions{Level: slog.LevelDebug}))
	if err != nil {
		t.Fatal(err)
	}
	stopErrs, err := c.ForwardLogging(ctx, slog.LevelError, slog.NewJSONHandler(&errs, nil))
	if err != nil {
		t.Fatal(err)
	}
	fs := c.Map[int](logged, []int{1, 2, 3, 4})
	if _, err := c.Gather(ctx, fs); err != nil {
		t.Fatal(err)
	}
	eventually(t, "what tasks log arrives", func() bool { return strings.Count(all.String(), "\n") >= 12 })
	checkRecords(t, c, fs, all.records(t), begin)
	if has.Cluster && !has.Processes {
		slog.Info("of no task") // of a process that is not the workers' alone
	}

	const n = 4000
	result(t, c.Submit[int](flood, n), n)
	came, dropped := 0, 0
	eventually(t, "each record arrives, or is said to be dropped", func() bool {
		came, dropped = 0, 0
		for _, r := range errs.records(t) {
			if lost, ok := r["dropped"].(float64); ok {
				dropped += int(lost)
			} else if r["msg"] == "flood" {
				came++
			}
		}
		return came+dropped == n && came >= 1000
	})
	if text := errs.String(); came+dropped != n || strings.Contains(text, "without") {
		t.Errorf("%d records came and %d were dropped, want %d; %.300s", came, dropped, n, text)
	}
	stopErrs()
	stop()
	stop()
	eventually(t, "nothing is changed when nobody listens", func() bool {
		handlers, err := c.Run[string](ctx, defaultHandler)
		for _, h := range handlers {
			if h != "*slog.defaultHandler" {
				return false
			}
		}
		return err == nil
	})
	size := len(all.String())
	result(t, c.Submit[int](logged, 5), 5)
	time.Sleep(50 * time.Millisecond)
	if text := all.String(); len(text) != size || strings.Contains(text, "of no task") {
		t.Errorf("after stop came %s", text[size:])
	}
}

// checkRecords compares what arrived with what four tasks have logged.
func checkRecords(t *testing.T, c *client.Client, fs []*client.Future[int], all []map[string]any, begin time.Time) {
	t.Helper()
	threads, err := c.NThreads(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]bool{}
	for _, f := range fs {
		keys[f.Key()] = true
	}
	seen := map[string]int{}
	for _, r := range all {
		worker, _ := r["worker"].(string)
		key, _ := r["key"].(string)
		if threads[worker] == 0 || !keys[key] {
			t.Errorf("a record of %q on %q: %v", key, worker, r)
		}
		at, err := time.Parse(time.RFC3339Nano, fmt.Sprint(r["time"]))
		if err != nil || at.Before(begin) || time.Since(at) < 0 {
			t.Errorf("a record of %v, %v", r["time"], err)
		}
		text := fmt.Sprint(r["level"], " ", r["msg"])
		if strings.HasPrefix(text, "INFO line ") {
			text = "line"
		}
		seen[text]++
		want := map[string]string{"INFO with context": "map[a:2.5]", "WARN without": fmt.Sprint(map[string]any{"took": 1e9}), "line": "<nil>"}[text]
		got := fmt.Sprint(r["g"])
		if text == "WARN without" {
			got = fmt.Sprint(r["h"])
		}
		if got != want || text == "WARN without" && r["w"] != true {
			t.Errorf("%s: attributes %v", text, r)
		}
	}
	if len(all) != 12 || seen["INFO with context"] != 4 || seen["WARN without"] != 4 || seen["line"] != 4 {
		t.Errorf("came %v", seen)
	}
}
