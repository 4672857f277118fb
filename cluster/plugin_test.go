package cluster_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sheaf/client"
	"sheaf/cluster"
	"sheaf/cluster/clustertest"
)

// diary is a plugin that writes down what it is told.
type diary struct {
	mu    sync.Mutex
	lines []string
}

func (d *diary) add(format string, args ...any) {
	d.mu.Lock()
	d.lines = append(d.lines, fmt.Sprintf(format, args...))
	d.mu.Unlock()
}

func (d *diary) has(parts ...string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.ContainsFunc(d.lines, func(l string) bool {
		return !slices.ContainsFunc(parts, func(p string) bool { return !strings.Contains(l, p) })
	})
}

func (d *diary) text() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return strings.Join(d.lines, "\n")
}

func (d *diary) plugin() cluster.SchedulerPlugin {
	return cluster.SchedulerPlugin{
		Start: func(ctx context.Context) error {
			i, err := client.SchedulerInfo(ctx)
			if err == nil {
				d.add("start %d", len(i.Workers))
			}
			return err
		},
		BeforeClose: func(ctx context.Context) {
			i, err := client.SchedulerInfo(ctx)
			if err == nil {
				d.add("before close %d", len(i.Workers))
			}
		},
		Close:        func(context.Context) { d.add("close") },
		AddWorker:    func(_ context.Context, e cluster.WorkerAdded) { d.add("worker %s %d", e.Worker.Name, e.Worker.Threads) },
		RemoveWorker: func(_ context.Context, e cluster.WorkerRemoved) { d.add("no worker %s: %s", e.Worker.Name, e.Reason) },
		AddClient: func(_ context.Context, e cluster.ClientAdded) {
			d.add("client %d %s", e.Client.Number, e.Client.Process)
		},
		RemoveClient: func(_ context.Context, e cluster.ClientRemoved) { d.add("no client %d: %s", e.Client.Number, e.Reason) },
		UpdateGraph: func(_ context.Context, e cluster.GraphAdded) {
			d.add("graph %d of %d: %d tasks %v retries %d priority %d at %s", e.Graph, e.Client.Number, e.Tasks, e.Layers, e.Retries, e.Priority, e.Time.Format(time.DateOnly))
		},
		RemoveGraph: func(_ context.Context, e cluster.GraphRemoved) { d.add("no graph %d", e.Graph) },
		Transition: func(_ context.Context, e cluster.Transition) {
			d.add("%s of %d: %s to %s at %s (%d)", e.Key, e.Graph, e.From, e.To, e.Worker, e.Attempt)
		},
		LogEvent: func(_ context.Context, e cluster.EventLogged) {
			d.add("%s: %v %v %v", e.Topic, e.Value, e.Err, e.Client != nil)
		},
		Restart: func(_ context.Context, e cluster.Restarted) { d.add("restart by %d", e.Client.Number) },
	}
}

// TestSchedulerPlugin: a plugin of a scheduler is told everything, from the first worker to the end.
func TestSchedulerPlugin(t *testing.T) {
	ctx := t.Context()
	var d diary
	p, err := cluster.StartInProcess(ctx, cluster.Config{Workers: 2, Threads: 3, Scheduler: cluster.SchedulerConfig{
		Plugins: map[string]cluster.SchedulerPlugin{"diary": d.plugin()},
	}})
	if err != nil {
		t.Fatal(err)
	}
	c, err := p.Client(ctx)
	if err != nil {
		t.Fatal(err)
	}
	f := c.Submit[int](inc, 1, client.Retries(2), client.Priority(7))
	if v, err := f.Result(ctx); v != 2 || err != nil {
		t.Fatal(v, err)
	}
	if err := c.LogEvent(ctx, "news", 42); err != nil {
		t.Fatal(err)
	}
	f.Release()
	if err := c.Restart(ctx); err != nil {
		t.Logf("restart: %v", err) // there are no processes to be started again
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	within(t, "the client's end was told", func() bool { return d.has("no client 1:") })
	if err := p.Register(ctx, "diary", cluster.SchedulerPlugin{}); err == nil || !strings.Contains(err.Error(), "unregister it first") {
		t.Errorf("two plugins of one name: %v", err)
	}
	if err := p.Close(ctx); err != nil {
		t.Error(err)
	}
	for _, want := range [][]string{
		{"start 0"},
		{"worker worker-0 3"},
		{"worker worker-1 3"},
		{"client 1 ", ":"},
		{"graph 1 of 1: 1 tasks", "retries 2 priority 7 at 2"},
		{"inc-", "of 1: queued to processing at worker-", "(1)"},
		{"inc-", "of 1: processing to memory at worker-"},
		{"inc-", "memory to released at  (1)"},
		{"news: 42 <nil> true"},
		{"cluster: worker worker-0 joined", "false"},
		{"no graph 1"},
		{"restart by 1"},
		{"before close"},
		{"no worker worker-1"},
		{"close"},
	} {
		if !d.has(want...) {
			t.Errorf("was not told of %q", want)
		}
	}
	if t.Failed() {
		t.Log(d.text())
	}
	if err := p.Register(ctx, "late", cluster.SchedulerPlugin{}); err == nil {
		t.Error("a plugin was added to a scheduler that is closed")
	}
}

// TestSchedulerPluginLater: plugins come and go while the cluster runs.
func TestSchedulerPluginLater(t *testing.T) {
	ctx := t.Context()
	l := clustertest.Local(t, cluster.Config{Workers: 1})
	c := clustertest.ClientOf(t, l)
	var d diary
	s := l.Scheduler()
	if err := s.Register(ctx, "diary", d.plugin()); err != nil {
		t.Fatal(err)
	}
	boom := errors.New("boom")
	if err := s.Register(ctx, "bad", cluster.SchedulerPlugin{Start: func(context.Context) error { return boom }}); !errors.Is(err, boom) {
		t.Errorf("got %v", err)
	}
	if v, err := c.Submit[int](inc, 1).Result(ctx); v != 2 || err != nil {
		t.Fatal(v, err)
	}
	if i := s.Plugins(); len(i) != 1 || i[0].Name != "diary" {
		t.Errorf("plugins: %+v", i)
	}
	if err := s.Unregister(ctx, "diary"); err != nil {
		t.Fatal(err)
	}
	if !d.has("processing to memory at local-0") || !strings.HasSuffix(d.text(), "close") {
		t.Errorf("it was told\n%s", d.text())
	}
	before := d.text()
	if v, err := c.Submit[int](inc, 2).Result(ctx); v != 3 || err != nil {
		t.Fatal(v, err)
	}
	if d.text() != before {
		t.Error("it is told things after it was removed")
	}
	if err := s.Unregister(ctx, "diary"); err == nil {
		t.Error("a plugin that is not there was removed")
	}
}

// TestSchedulerPluginSlow: a plugin that hangs stalls nobody; what it misses is counted, logged and told.
func TestSchedulerPluginSlow(t *testing.T) {
	ctx := t.Context()
	var log safeBuffer
	go_, missed := make(chan struct{}), make(chan cluster.EventsMissed, 1)
	p, err := cluster.StartInProcess(ctx, cluster.Config{Workers: 2, Logger: slog.New(slog.NewTextHandler(&log, nil)), Scheduler: cluster.SchedulerConfig{
		Plugins: map[string]cluster.SchedulerPlugin{
			"slow": {
				Transition: func(context.Context, cluster.Transition) { <-go_ },
				Missed: func(_ context.Context, e cluster.EventsMissed) {
					select {
					case missed <- e:
					default:
					}
				},
			},
			"panics": {AddClient: func(context.Context, cluster.ClientAdded) { panic("no clients please") }},
		},
	}})
	if err != nil {
		t.Fatal(err)
	}
	c := clustertest.ClientOf(t, p)
	xs := make([]int, 20_000)
	if vs, err := c.Gather(ctx, c.Map[int](inc, xs, client.Pure(false))); err != nil || len(vs) != len(xs) {
		t.Fatal(len(vs), err)
	}
	infos := p.Plugins()
	if len(infos) != 2 || infos[0].Panics != 1 || infos[1].Missed == 0 || infos[1].Queued == 0 || infos[1].Told != 0 {
		t.Errorf("plugins: %+v", infos)
	}
	short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	if err := p.Unregister(short, "slow"); err == nil || !strings.Contains(err.Error(), "Transition") || !strings.Contains(err.Error(), "plugin_test.go:") {
		t.Errorf("the end of a plugin that hangs: %v", err)
	}
	close(go_)
	select {
	case m := <-missed:
		if m.Transitions == 0 || m.Others != 0 {
			t.Errorf("missed %+v", m)
		}
	case <-time.After(20 * time.Second):
		t.Error("it was not told that it has missed anything")
	}
	if err := p.Close(ctx); err != nil {
		t.Error(err)
	}
	for _, want := range []string{"too slow", "plugin=slow", "panics", "no clients please", "plugin_test.go:"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log does not say %q", want)
		}
	}
}

// TestSchedulerPluginHangs: what does not return in Start or Close is named, and waited for no longer than the caller wants.
func TestSchedulerPluginHangs(t *testing.T) {
	hang := make(chan struct{})
	defer close(hang)
	short := func() context.Context {
		ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
		t.Cleanup(cancel)
		return ctx
	}
	hangs := func(err error, hook string) {
		t.Helper()
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), `"stuck"`) || !strings.Contains(err.Error(), hook+", ") || !strings.Contains(err.Error(), "plugin_test.go:") {
			t.Errorf("%s: %v", hook, err)
		}
	}
	stuck := cluster.SchedulerPlugin{Start: func(context.Context) error { <-hang; return nil }}
	_, err := cluster.StartInProcess(short(), cluster.Config{Workers: 1, Scheduler: cluster.SchedulerConfig{
		Plugins: map[string]cluster.SchedulerPlugin{"a": {}, "stuck": stuck, "z": {}},
	}})
	hangs(err, "Start")
	p, err := cluster.StartInProcess(t.Context(), cluster.Config{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	hangs(p.Register(short(), "stuck", stuck), "Start")
	if err := p.Register(t.Context(), "stuck", cluster.SchedulerPlugin{Close: func(context.Context) { <-hang }}); err != nil {
		t.Fatal(err)
	}
	if err := p.Register(t.Context(), "panics", cluster.SchedulerPlugin{Start: func(context.Context) error { panic("no") }}); err == nil || !strings.Contains(err.Error(), "panicked") {
		t.Errorf("a Start that panics: %v", err)
	}
	hangs(p.Close(short()), "Close")
}

// safeBuffer is a buffer for several goroutines.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
