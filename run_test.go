package sheaf_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"sheaf"
	"sheaf/graph"
	"sheaf/internal/event"
)

// layered is a collection that is the sum of its graph's outputs.
type layered struct{ g graph.Graph }

func (l layered) Graph() (graph.Graph, error) { return l.g, nil }

func (l layered) Finish(_ context.Context, parts []any) (int, error) {
	sum := 0
	for _, p := range parts {
		sum += p.(int)
	}
	return sum, nil
}

func (l layered) Rebuild(leaves []*graph.Layer) layered { return layered{graph.Of(leaves...)} }

type op func(ctx context.Context, t *graph.Task) (any, error)

func (f op) Run(ctx context.Context, t *graph.Task) (any, error) { return f(ctx, t) }

func layer(name string, n int, f op, edges ...graph.Edge) *graph.Layer {
	return graph.Must(graph.Spec{Name: name, Op: f, Space: []int{n}, Edges: edges})
}

// chain is n numbers, each increased twice.
func chain(n int) layered {
	inc := func(_ context.Context, t *graph.Task) (any, error) { return t.In(0)[0].(int) + 1, nil }
	a := layer("a", n, func(_ context.Context, t *graph.Task) (any, error) { return t.Index, nil })
	b := layer("b", n, inc, graph.Edge{From: a, Map: graph.Each{}})
	return layered{graph.Of(layer("c", n, inc, graph.Edge{From: b, Map: graph.Each{}}))}
}

func TestVisualize(t *testing.T) {
	dir := t.TempDir()
	c := chain(3)
	for path, want := range map[string][]string{"a.dot": {"a.dot"}, "b.svg": {"b.svg"}, "c": {"c.dot", "c.svg"}} {
		if err := sheaf.Visualize(filepath.Join(dir, path), c, chain(2)); err != nil {
			t.Fatal(err)
		}
		for _, name := range want {
			text, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			if start := map[string]string{".dot": "digraph", ".svg": "<svg"}[filepath.Ext(name)]; !bytes.Contains(text, []byte(start)) {
				t.Errorf("%s: got %.80s", name, text)
			}
		}
	}
	if err := sheaf.Visualize(filepath.Join(dir, "d.png"), c); err == nil || !strings.Contains(err.Error(), ".svg, .dot") {
		t.Errorf("got %v", err)
	}
	if err := sheaf.Visualize(filepath.Join(dir, "none", "e.svg"), c); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 4 {
		t.Errorf("got %v", left)
	}
}

func TestExplain(t *testing.T) {
	want := "6 tasks in 3 layers\na (2) sheaf_test.op\nb (2) sheaf_test.op <- a[each]\nc (2) sheaf_test.op <- b[each] => output\n"
	if got := sheaf.Explain(chain(2)); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if got := sheaf.Explain(explained{chain(1)}); got != "as I say\n" {
		t.Errorf("got %q", got)
	}
	if got := sheaf.ExplainGraph(explained{chain(1)}); !strings.HasPrefix(got, "3 tasks in 3 layers\n") {
		t.Errorf("got %q", got)
	}
}

type explained struct{ layered }

func (explained) Explain() string { return "as I say\n" }

// counter counts tasks.
type counter struct{ total, tasks int }

func (c *counter) Handle(e event.Event) {
	if e.Kind == event.RunStarted {
		c.total = e.Total
	}
	for _, n := range e.Counts {
		c.tasks += n.Tasks
	}
}

func TestFusion(t *testing.T) {
	for value, want := range map[string]int{"true": 5, "false": 15} {
		ctx, err := sheaf.Configure(t.Context(), "optimization.fuse", value)
		if err != nil {
			t.Fatal(err)
		}
		var c counter
		if got, err := sheaf.Compute(ctx, chain(5), sheaf.Listen(&c)); got != 20 || err != nil {
			t.Errorf("got %d, %v", got, err)
		}
		if c.total != want || c.tasks != want {
			t.Errorf("optimization.fuse=%s: got %d of %d tasks, want %d", value, c.tasks, c.total, want)
		}
	}
}

// TestPersistedBesideItsOrigin: a collection and the same one persisted meet in one graph.
func TestPersistedBesideItsOrigin(t *testing.T) {
	c := chain(4)
	p, err := sheaf.Persist(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	a, b, err := sheaf.Compute2(t.Context(), c, p)
	if a != 14 || b != 14 || err != nil {
		t.Errorf("got %d, %d, %v, want 14", a, b, err)
	}
}

// TestWaitInATask: a task that waits for persisted values gives its place to those who compute them.
func TestWaitInATask(t *testing.T) {
	e, err := sheaf.NewLocal(sheaf.LocalConfig{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	ctx, cancel := context.WithTimeout(sheaf.With(t.Context(), sheaf.On(e)), 20*time.Second)
	defer cancel()
	outer := layered{graph.Of(layer("outer", 1, func(ctx context.Context, _ *graph.Task) (any, error) {
		p, err := sheaf.Persist(ctx, chain(3))
		if err != nil {
			return nil, err
		}
		if err := sheaf.Wait(ctx, p); err != nil {
			return nil, err
		}
		return sheaf.Compute(ctx, p)
	}))}
	if got, err := sheaf.Compute(ctx, outer); got != 9 || err != nil {
		t.Errorf("got %d, %v, want 9", got, err)
	}
}

func TestProgressInTheLog(t *testing.T) {
	var log bytes.Buffer
	slow := layered{graph.Of(layer("slow", 4, func(context.Context, *graph.Task) (any, error) {
		time.Sleep(40 * time.Millisecond)
		return 1, nil
	}))}
	const asked = "TEST_SHEAF_PROGRESS"
	if os.Getenv(asked) == "" { // the display belongs to the process: another one shows it with a short interval
		cmd := exec.Command(os.Args[0], "-test.run=^TestProgressInTheLog$")
		for enabled, want := range map[string]bool{"auto": true, "false": false} {
			cmd = exec.Command(cmd.Path, cmd.Args[1:]...)
			cmd.Env = append(os.Environ(), asked+"=1", "SHEAF_PROGRESS_DELAY=10ms", "SHEAF_PROGRESS_INTERVAL=20ms", "SHEAF_PROGRESS_ENABLED="+enabled, "SHEAF_WORKERS=1")
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if got := strings.Contains(string(out), "LOG level=INFO msg=\"sheaf: progress\""); got != want {
				t.Errorf("progress.enabled=%s: got\n%s", enabled, out)
			}
		}
		return
	}
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}})))
	if _, err := sheaf.Compute(t.Context(), slow); err != nil {
		t.Fatal(err)
	}
	if _, err := sheaf.Compute(t.Context(), slow, sheaf.Progress(false)); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(log.String()) {
		_, _ = io.WriteString(os.Stdout, "LOG "+line)
	}
}

// TestConfiguredLocal reads the executor's settings in another process, which has them in its environment.
func TestConfiguredLocal(t *testing.T) {
	const asked = "TEST_SHEAF_LOCAL"
	big := layered{graph.Of(layer("sum", 1, func(_ context.Context, t *graph.Task) (any, error) { return len(t.Inputs()), nil },
		graph.Edge{From: layer("big", 40, func(context.Context, *graph.Task) (any, error) { return make([]byte, 1<<20), nil }), Map: graph.All{N: 40}}))}
	if os.Getenv(asked) != "" {
		if _, err := sheaf.Compute(t.Context(), big); err != nil {
			t.Log("ERROR", err)
		}
		return
	}
	child := func(env ...string) string {
		cmd := exec.Command(os.Args[0], "-test.run=^TestConfiguredLocal$", "-test.v")
		cmd.Env = append(append(os.Environ(), asked+"=1"), env...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return string(out)
	}
	if out := child(); strings.Contains(out, "ERROR") {
		t.Errorf("got %s", out)
	}
	missing := filepath.Join(t.TempDir(), "none")
	out := child("SHEAF_MEMORY_LIMIT=8MiB", "SHEAF_TEMPORARY_DIRECTORY="+missing)
	if !strings.Contains(out, "ERROR") || !strings.Contains(out, missing) {
		t.Errorf("the limit or the directory is not heeded: %s", out)
	}
	if out := child("SHEAF_MEMORY_LIMIT=0", "SHEAF_TEMPORARY_DIRECTORY="+missing); strings.Contains(out, "ERROR") {
		t.Errorf("without a limit: %s", out)
	}
	if out := child("SHEAF_WORKRES=3"); !strings.Contains(out, "did you mean SHEAF_WORKERS") {
		t.Errorf("got %s", out)
	}
	if out := child("SHEAF_SCHEDULER=synchronous"); strings.Contains(out, "ERROR") {
		t.Errorf("got %s", out)
	}
}

// TestGarbageUnderALimit: while values are spilled the collector is told to keep the heap near the limit, and afterwards not.
func TestGarbageUnderALimit(t *testing.T) {
	if os.Getenv("GOMEMLIMIT") != "" || debug.SetMemoryLimit(-1) != math.MaxInt64 {
		t.Skip("the collector has a limit already")
	}
	e, err := sheaf.NewLocal(sheaf.LocalConfig{Workers: 2, MemoryLimitBytes: 64 << 20, TemporaryDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	defer debug.SetMemoryLimit(math.MaxInt64)
	var told int64
	values := layer("value", 256, func(_ context.Context, t *graph.Task) (any, error) {
		b := make([]byte, 1<<20)
		for k := range b {
			b[k] = byte(k * t.Index)
		}
		return b, nil
	})
	all := layered{graph.Of(layer("all", 1, func(_ context.Context, t *graph.Task) (any, error) {
		told = debug.SetMemoryLimit(-1)
		return len(t.Inputs()), nil
	}, graph.Edge{From: layer("len", 256, func(_ context.Context, t *graph.Task) (any, error) { return t.In(0)[0].([]byte)[1], nil },
		graph.Edge{From: values, Map: graph.Each{}}, graph.Edge{From: barrier(values), Map: graph.Table{Start: ramp(256), Index: make([]int32, 256)}}), Map: graph.All{N: 256}}))}
	if got, err := sheaf.Compute(t.Context(), all, sheaf.On(e)); got != 256 || err != nil {
		t.Fatal(got, err)
	}
	if told < 64<<20 || told > 200<<20 {
		t.Errorf("the collector's limit was %d MiB, want a little more than 64", told>>20)
	}
}

func barrier(in *graph.Layer) *graph.Layer {
	touch := layer("touch", in.Len(), func(context.Context, *graph.Task) (any, error) { return 0, nil }, graph.Edge{From: in, Map: graph.Each{}})
	return layer("barrier", 1, func(context.Context, *graph.Task) (any, error) { return 0, nil }, graph.Edge{From: touch, Map: graph.All{N: in.Len()}})
}

func ramp(n int) []int32 {
	r := make([]int32, n+1)
	for i := range r {
		r[i] = int32(i)
	}
	return r
}

// BenchmarkFan is N independent tasks and one that sums them, from building to result, with all defaults, progress included.
func BenchmarkFan(b *testing.B) {
	const n = 100_000
	for _, progress := range []bool{false, true} {
		b.Run("progress="+strconv.FormatBool(progress), func(b *testing.B) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			for b.Loop() {
				in := layer("inc", n, func(_ context.Context, t *graph.Task) (any, error) { return t.Index + 1, nil })
				c := layered{graph.Of(layer("sum", 1, func(_ context.Context, t *graph.Task) (any, error) {
					s := 0
					for _, v := range t.Inputs() {
						s += v.(int)
					}
					return s, nil
				}, graph.Edge{From: in, Map: graph.All{N: n}}))}
				got, err := sheaf.Compute(context.Background(), c, sheaf.Progress(progress))
				if err != nil || got != n*(n+1)/2 {
					b.Fatal(got, err)
				}
			}
			runtime.ReadMemStats(&after)
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/task")
			b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/float64(b.N)/n, "B/task")
		})
	}
}
