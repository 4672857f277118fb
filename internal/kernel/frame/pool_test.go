package frame

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// numbers makes batches with columns a = 0 … n-1 and s = its text.
func numbers(t testing.TB, n, perBatch int) (*arrow.Schema, []arrow.RecordBatch) {
	t.Helper()
	schema := schemaOf(field("a", arrow.PrimitiveTypes.Int64), field("s", arrow.BinaryTypes.String))
	var out []arrow.RecordBatch
	for i := 0; i < n; i += perBatch {
		b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
		for k := i; k < min(i+perBatch, n); k++ {
			b.Field(0).(*array.Int64Builder).Append(int64(k))
			b.Field(1).(*array.StringBuilder).Append(fmt.Sprint("some text with number ", k))
		}
		out = append(out, b.NewRecordBatch())
	}
	return schema, out
}

func TestManyBatchesKeepTheirOrder(t *testing.T) {
	schema, batches := numbers(t, 300_000, 7_001)
	for _, threads := range []int{1, 2} {
		p := pool(t, Options{Databases: 1, Threads: threads})
		in := map[string]Input{"t": Batches(schema, batches...)}
		got, err := p.Query(t.Context(), "SELECT a, s FROM t WHERE a % 2 = 0", in, schema)
		if err != nil {
			t.Fatal(err)
		}
		i := int64(0)
		for _, b := range got {
			for k, v := range b.Column(0).(*array.Int64).Int64Values() {
				if v != i || b.Column(1).(*array.String).Value(k) != fmt.Sprint("some text with number ", i) {
					t.Fatalf("threads %d: row %d is %d %s", threads, i/2, v, b.Column(1).ValueStr(k))
				}
				i += 2
			}
		}
		if i != 300_000 {
			t.Errorf("threads %d: got %d rows", threads, i/2)
		}
		if got := p.show(t, "SELECT count(*) AS n, sum(x.a)::BIGINT AS s FROM t x JOIN t y USING (a)", in, nil); got != "{\"n\":300000,\"s\":44999850000}\n" {
			t.Errorf("self-join: got %s", got)
		}
	}
}

func TestConcurrentQueries(t *testing.T) {
	schema, batches := numbers(t, 50_000, 7_000)
	p := pool(t, Options{Databases: 3})
	var wg sync.WaitGroup
	for g := range 6 {
		wg.Go(func() {
			for i := range 15 {
				if g == 0 {
					runtime.GC()
				}
				mod := g*100 + i + 2
				sql := fmt.Sprintf("SELECT a %% %d AS k, count(*) AS n, max(s) AS s FROM t GROUP BY ALL ORDER BY k", mod)
				got, err := p.Query(context.Background(), sql, map[string]Input{"t": Batches(schema, batches...)}, nil)
				if err != nil {
					t.Error(err)
					return
				}
				total := int64(0)
				for _, n := range got[0].Column(1).(*array.Int64).Int64Values() {
					total += n
				}
				if total != 50_000 || int(got[0].NumRows()) != mod {
					t.Errorf("mod %d: got %d groups of %d rows", mod, got[0].NumRows(), total)
				}
			}
		})
	}
	wg.Wait()
}

func TestStreamIsLeftEarly(t *testing.T) {
	p := pool(t, Options{Databases: 1})
	for b, err := range streamOf(t, p, "SELECT range AS a FROM range(100_000_000)") {
		if err != nil {
			t.Fatal(err)
		}
		if b.NumRows() != batchRows {
			t.Errorf("got a batch of %d rows, want %d", b.NumRows(), batchRows)
		}
		break
	}
	if got := p.show(t, "SELECT 1 AS a", nil, nil); got != "{\"a\":1}\n" {
		t.Errorf("afterwards got %s", got)
	}
}

// streamOf keeps one connection for the length of a loop.
func streamOf(t *testing.T, p *Pool, sql string) func(func(arrow.RecordBatch, error) bool) {
	return func(yield func(arrow.RecordBatch, error) bool) {
		c, err := p.Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Release()
		c.Stream(t.Context(), sql, nil, nil)(yield)
	}
}

// slow are queries that run for minutes when nobody stops them.
var slow = map[string]string{
	"cross join":  "SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE (a.range * b.range) % 7 = 3",
	"sort":        "SELECT max(x) FROM (SELECT hash(range) AS x FROM range(2000000000) ORDER BY x OFFSET 10)",
	"arrow scan":  "SELECT count(*) FROM t, range(100000) WHERE (a + range) % 7 = 3",
	"csv scan":    "SELECT count(*) FROM c, range(10000000) WHERE (a + range) % 7 = 3",
	"rows coming": "SELECT a.range, b.range FROM range(10000000) a, range(10000) b",
}

func TestCancel(t *testing.T) {
	schema, batches := numbers(t, 200_000, 200_000)
	in := map[string]Input{"t": Batches(schema, batches...), "c": csvTable(t, save(t, ".csv", "a\n"+strings.Repeat("1\n", 20_000)), 0, CSVOptions{})}
	p := pool(t, Options{Databases: 1})
	cause := errors.New("the user left")
	for name, sql := range slow {
		ctx, cancel := context.WithCancelCause(t.Context())
		timer := time.AfterFunc(50*time.Millisecond, func() { cancel(cause) })
		start := time.Now()
		_, err := p.Query(ctx, sql, in, nil)
		timer.Stop()
		if !errors.Is(err, cause) {
			t.Errorf("%s: got %v", name, err)
		}
		if late := time.Since(start) - 50*time.Millisecond; late > 2*time.Second {
			t.Errorf("%s: stopped %v after the cancellation", name, late)
		}
		if got := p.show(t, "SELECT 1 AS a", nil, nil); got != "{\"a\":1}\n" {
			t.Errorf("%s: afterwards got %s", name, got)
		}
	}
	done, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Query(done, "SELECT 1", nil, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestCloseWhileRunning(t *testing.T) {
	p, err := Open(Options{Databases: 2})
	if err != nil {
		t.Fatal(err)
	}
	dir := p.opts.TempDir
	failed := make(chan error)
	go func() {
		_, err := p.Query(context.Background(), slow["cross join"], nil, nil)
		failed <- err
	}()
	time.Sleep(50 * time.Millisecond)
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if err := <-failed; !errors.Is(err, ErrClosed) {
		t.Errorf("got %v, want ErrClosed", err)
	}
	if _, err := p.Query(t.Context(), "SELECT 1", nil, nil); !errors.Is(err, ErrClosed) {
		t.Errorf("got %v, want ErrClosed", err)
	}
	if err := p.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
	for range 100 { // the running query's slot goes with its Release
		if _, err = os.Stat(dir); err != nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if !os.IsNotExist(err) {
		t.Errorf("%s is still there: %v", dir, err)
	}
}

func TestAcquireWaits(t *testing.T) {
	p := pool(t, Options{Databases: 1})
	c, err := p.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := p.Acquire(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	got := make(chan string)
	go func() { got <- p.show(t, "SELECT 2 AS a", nil, nil) }()
	c.Release()
	if s := <-got; s != "{\"a\":2}\n" {
		t.Errorf("got %s", s)
	}
}

func TestMemoryLimitSpills(t *testing.T) {
	dir := t.TempDir()
	p := pool(t, Options{Databases: 1, MemoryLimit: 100 << 20, TempDir: dir})
	got := p.show(t, "SELECT count(*) AS n, max(x)::BIGINT AS m FROM (SELECT range * 7 % 6000011 AS x, range AS y, hash(range) AS z FROM range(6_000_000) ORDER BY x, y, z)", nil, nil)
	if got != "{\"m\":6000010,\"n\":6000000}\n" {
		t.Errorf("got %s", got)
	}
	small := pool(t, Options{Databases: 1, MemoryLimit: 20 << 20, TempDir: dir})
	if _, err := small.Query(t.Context(), "SET max_temp_directory_size = '1MB'", nil, nil); err != nil {
		t.Fatal(err)
	}
	var e *Error
	_, err := small.Query(t.Context(), "SELECT list(range) FROM range(20_000_000)", nil, nil)
	if !errors.As(err, &e) || e.Kind != "Out of Memory" {
		t.Errorf("got %v, want an out-of-memory error", err)
	}
}

// TestDatabasesSpillApart lets two databases of one pool spill at the same time into the same directory.
func TestDatabasesSpillApart(t *testing.T) {
	dir := t.TempDir()
	p, err := Open(Options{Databases: 2, MemoryLimit: 70 << 20, TempDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	const query = "SELECT count(*) AS n, max(x)::BIGINT AS m FROM (SELECT range * 7 % 6000011 AS x, range AS y, hash(range) AS z FROM range(3_000_000) ORDER BY x, y, z)"
	failed := make(chan error)
	for range 2 {
		go func() {
			rows, err := p.Query(t.Context(), query, nil, nil)
			if err == nil && show(t, rows) != "{\"m\":6000009,\"n\":3000000}\n" {
				err = fmt.Errorf("got %v", rows)
			}
			failed <- err
		}()
	}
	for range 2 {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("got %v and %v, want nothing to be left of what was spilled", left, err)
	}
}

func TestDescribe(t *testing.T) {
	p := pool(t, Options{Databases: 1})
	c, err := p.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Release()
	schema, batches := numbers(t, 1, 1)
	got, err := c.Describe(t.Context(), "SELECT a / 2 AS half, sum(a) OVER () AS total, * FROM t", map[string]Input{"t": Batches(schema, batches...)})
	if err != nil {
		t.Fatal(err)
	}
	want := schemaOf(field("half", arrow.PrimitiveTypes.Float64), field("total", &arrow.Decimal128Type{Precision: 38}), field("a", arrow.PrimitiveTypes.Int64), field("s", arrow.BinaryTypes.String))
	if !got.Equal(want) {
		t.Errorf("got %v want %v", got, want)
	}
	if err := c.Exec(t.Context(), "CREATE TEMP TABLE kept AS SELECT 7 AS x"); err != nil {
		t.Fatal(err)
	}
	rows, err := c.Query(t.Context(), "SELECT x, t.a FROM kept, t, v", map[string]Input{"t": Batches(schema, batches...), "v": SQL("SELECT 1 AS one")}, nil)
	if err != nil || show(t, rows) != "{\"x\":7,\"a\":0}\n" && show(t, rows) != "{\"a\":0,\"x\":7}\n" {
		t.Errorf("got %v %v", rows, err)
	}
	if _, err := c.Query(t.Context(), "FROM v", nil, nil); err == nil {
		t.Error("the view of the last query is still there")
	}
}

func TestOptionErrors(t *testing.T) {
	if _, err := Open(Options{Threads: -1}); err == nil || !strings.Contains(err.Error(), "negative") {
		t.Errorf("got %v", err)
	}
	p := pool(t, Options{TimeZone: "Nowhere/Land"})
	if _, err := p.Query(t.Context(), "SELECT 1", nil, nil); err == nil || !strings.Contains(err.Error(), "Nowhere/Land") {
		t.Errorf("got %v", err)
	}
}
