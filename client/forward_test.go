package client_test

import (
	"context"
	"errors"
	"log"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"sheaf"
	"sheaf/client"
)

// output is what a process logs.
type output struct {
	mu sync.Mutex
	b  strings.Builder
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

func logs(ctx context.Context, n int) int {
	slog.InfoContext(ctx, "said", "n", n)
	return n
}

// TestForwardToOneself: what tasks of this process log is written once, with the task's attributes, when it is handed to the process's own
// handler; what others log is left alone.
func TestForwardToOneself(t *testing.T) {
	var out output
	before := log.Writer()
	log.SetOutput(&out)
	defer log.SetOutput(before)
	c, err := client.Local(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	stop, err := c.ForwardLogging(t.Context(), slog.LevelInfo, nil)
	if err != nil {
		t.Fatal(err)
	}
	f := c.Submit[int](logs, 7)
	if _, err := f.Result(t.Context()); err != nil {
		t.Fatal(err)
	}
	slog.Info("of no task")
	stop()
	if _, err := c.Submit[int](logs, 8).Result(t.Context()); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(5 * time.Second); !strings.Contains(out.String(), "n=7") && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	text := out.String()
	if strings.Count(text, "said") != 2 || !strings.Contains(text, "INFO said n=7 worker=local key="+f.Key()+"\n") || !strings.Contains(text, "INFO said n=8\n") || !strings.Contains(text, "INFO of no task\n") {
		t.Errorf("written:\n%s", text)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.ForwardLogging(t.Context(), slog.LevelInfo, nil); !errors.Is(err, sheaf.ErrClosed) {
		t.Errorf("a closed client: %v", err)
	}
	if _, err := c.Spans(t.Context()); !errors.Is(err, sheaf.ErrClosed) {
		t.Errorf("spans of a closed client: %v", err)
	}
}
