package cluster

import (
	"context"
	"fmt"
	"io"
	"log"
	"log/slog"
	"strings"
	"testing"
	"time"

	"sheaf/client"
)

func sayHello(ctx context.Context) bool {
	slog.InfoContext(ctx, "hello")
	return true
}

// TestForwardingEndsWithTheClient: workers forward for as long as a client is there that wants it, those that come later too.
func TestForwardingEndsWithTheClient(t *testing.T) {
	before := log.Writer()
	log.SetOutput(io.Discard)
	defer log.SetOutput(before)
	ctx := t.Context()
	l, err := StartInProcess(ctx, Config{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close(context.Background()) }()
	first, err := l.Client(ctx)
	if err != nil {
		t.Fatal(err)
	}
	out := &records{}
	if _, err := first.ForwardLogging(ctx, slog.LevelInfo, slog.NewTextHandler(out, nil)); err != nil {
		t.Fatal(err)
	}
	late, err := startWorker(ctx, document{
		Name: "late", Host: "127.0.0.1", Threads: 1, Executable: l.hash, Security: Security{Token: l.token},
	}, l.hub, nil, true)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		late.end("the test is over", false)
		late.close(context.Background())
	}()
	second, err := l.Client(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = second.Close() }()
	if err := second.WaitForWorkers(ctx, 2); err != nil {
		t.Fatal(err)
	}
	soon(t, "the records of a late worker come, whoever's task it is", func() bool {
		if _, err := second.Run[bool](ctx, sayHello); err != nil { // of no task
			t.Error(err)
		}
		if _, err := second.Submit[bool](sayHello, client.OnWorkers("late"), client.Pure(false)).Result(ctx); err != nil {
			t.Error(err)
		}
		return strings.Contains(out.String(), "worker=late")
	})
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	soon(t, "nobody listens any more", func() bool { return fmt.Sprintf("%T", slog.Default().Handler()) == "*slog.defaultHandler" })
	if text := out.String(); strings.Contains(text, "worker=worker-0") {
		t.Errorf("what is no task's was forwarded from a process that is not the worker's alone:\n%s", text)
	}
}

func soon(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("it did not come to pass that %s", what)
}
