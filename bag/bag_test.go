package bag_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"sheaf"
	"sheaf/bag"
	"sheaf/cluster/clustertest"
	"sheaf/delayed"
	"sheaf/fn"
	"sheaf/internal/blockio"
	"sheaf/internal/config"
	"sheaf/internal/testexec"
	"sheaf/internal/travel/traveltest"
)

func TestMain(m *testing.M) {
	clustertest.Executors(m)
	traveltest.Main()
	goleak.VerifyTestMain(m, goleak.IgnoreCurrent())
}

var ctx = context.Background()

func compute[T any](t testing.TB, x sheaf.Lazy[T]) T {
	t.Helper()
	v, err := sheaf.Compute(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestPartitioningChangesNothing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		data := rapid.SliceOf(rapid.IntRange(-20, 20)).Draw(rt, "data")
		parts := bag.Partitions(rapid.IntRange(1, 9).Draw(rt, "partitions"))
		every := bag.SplitEvery(rapid.IntRange(2, 5).Draw(rt, "every"))
		b := bag.FromSlice(data, parts)
		switch rapid.IntRange(0, 3).Draw(rt, "shape") {
		case 1:
			b = b.Repartition(rapid.IntRange(1, 12).Draw(rt, "to"))
		case 2:
			b = bag.Concat(b.Partition(slices.Collect(upTo(b.NPartitions()))...), bag.FromSlice([]int{}))
		case 3:
			values := func(data []int, yield func(int) bool) { slices.Values(data)(yield) }
			b = bag.FromSeq(fn.BindFunc[iter.Seq[int]](values, data)).Repartition(rapid.IntRange(1, 5).Draw(rt, "to"))
		}
		if got := compute[[]int](t, b); !slices.Equal(got, data) {
			rt.Fatalf("got %v, want %v", got, data)
		}
		sum, freq := 0, map[int]int{}
		for _, v := range data {
			sum += v
			freq[v]++
		}
		if got := compute(t, bag.Sum(b, every)); got != sum {
			rt.Fatalf("sum: got %d, want %d", got, sum)
		}
		got := map[int]int{}
		for _, kv := range compute[[]bag.KV[int, int]](t, bag.Frequencies(b, every)) {
			got[kv.Key] = kv.Value
		}
		if !maps.Equal(got, freq) {
			rt.Fatalf("frequencies: got %v, want %v", got, freq)
		}
		seen := map[int]bool{}
		distinct := slices.DeleteFunc(slices.Clone(data), func(v int) bool {
			had := seen[v]
			seen[v] = true
			return had
		})
		if got := compute[[]int](t, bag.Distinct(b, every)); !slices.Equal(got, distinct) {
			rt.Fatalf("distinct: got %v, want %v", got, distinct)
		}
		k := rapid.IntRange(0, 8).Draw(rt, "k")
		top := slices.Clone(data)
		slices.SortFunc(top, func(a, b int) int { return b - a })
		if got := compute[[]int](t, bag.TopK(b, k, every)); !slices.Equal(got, top[:min(k, len(top))]) {
			rt.Fatalf("topk: got %v, want %v", got, top)
		}
		groups := map[int][]int{}
		for _, g := range compute[[]bag.Group[int, int]](t, bag.GroupBy(b, mod(5), parts)) {
			if _, twice := groups[g.Key]; twice {
				rt.Fatalf("key %d is in two groups", g.Key)
			}
			groups[g.Key] = g.Values
		}
		wantGroups := map[int][]int{}
		for _, v := range data {
			wantGroups[v%5] = append(wantGroups[v%5], v)
		}
		if diff := cmp.Diff(groups, wantGroups); diff != "" {
			rt.Fatalf("groupby: %s", diff)
		}
	})
}

func upTo(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

func TestLongTopK(t *testing.T) {
	b := bag.Range(100_000, bag.Partitions(3)).Map(func(i int) int { return i * 7919 % 100_003 })
	all := compute[[]int](t, b)
	slices.SortFunc(all, func(a, b int) int { return b - a })
	for _, k := range []int{0, 1, 3, 500} {
		if got := compute[[]int](t, bag.TopK(b, k)); !slices.Equal(got, all[:k]) {
			t.Errorf("k = %d: got %v…", k, got[:min(5, len(got))])
		}
	}
}

func TestMapsOfAllKinds(t *testing.T) {
	b := bag.Range(5, bag.Partitions(2))
	pairs := bag.Zip(b, b.Map(func(i int) int { return i * i }))
	left, right := bag.Unzip(pairs)
	check := func(name string, got, want any) {
		t.Helper()
		if diff := cmp.Diff(got, want); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	check("Unzip", [][]int{compute[[]int](t, left), compute[[]int](t, right)}, [][]int{{0, 1, 2, 3, 4}, {0, 1, 4, 9, 16}})
	check("StarMap", compute[[]int](t, bag.StarMap(pairs, plus)), []int{0, 2, 6, 12, 20})
	check("Map2", compute[[]int](t, bag.Map2(b, b, plus)), []int{0, 2, 4, 6, 8})
	check("MapWith", compute[[]int](t, b.MapWith(bag.Sum(b), plus)), []int{10, 11, 12, 13, 14})
	check("FlatMap", compute[[]int](t, b.FlatMap(upTo)), []int{0, 0, 1, 0, 1, 2, 0, 1, 2, 3})
	check("MapPartitions", compute[[]int](t, b.MapPartitions(func(in iter.Seq[int]) iter.Seq[int] {
		return func(yield func(int) bool) {
			n := 0
			for range in {
				n++
			}
			yield(n)
		}
	})), []int{2, 3})
	check("TryMapPartitions", compute[[]int](t, b.TryMapPartitions(func(in []int) ([]int, error) { return in[:1], nil })), []int{0, 2})
	check("Reduction", compute(t, b.Reduction(
		func(in iter.Seq[int]) ([]int, error) { return slices.Collect(in), nil },
		func(parts iter.Seq[[]int]) ([]int, error) { return slices.Concat(slices.Collect(parts)...), nil })), []int{0, 1, 2, 3, 4})
	check("Reduce", compute(t, b.Reduce(plus)), 10)
	check("FoldFrom", compute(t, b.FoldFrom(func() map[int]bool { return map[int]bool{} },
		func(m map[int]bool, v int) map[int]bool { m[v%2] = true; return m },
		func(a, b map[int]bool) map[int]bool { maps.Copy(a, b); return a })), map[int]bool{0: true, 1: true})
	check("Limit", compute[[]int](t, b.Limit(1)), []int{0, 2})
	check("Apply", compute(t, bag.Sum(b).Apply(func(s int) string { return fmt.Sprint(s) })), "10")
	check("Pluck", compute[[]int](t, pairs.Pluck[int]("Second")), []int{0, 1, 4, 9, 16})
	check("Product after Map", len(compute[[]bag.Pair[int, int]](t, bag.Product(left, right))), 25)
	words := bag.FromSlice([]string{" a-b ", "c"})
	check("Split", compute[[][]string](t, bag.Str(bag.Str(words).Strip()).Split("-")), [][]string{{"a", "b"}, {"c"}})
	check("Match", compute[[]string](t, bag.Str(words).Match("?")), []string{"c"})
	check("Replace", compute[[]string](t, bag.Str(words).Replace("c", "d")), []string{" a-b ", "d"})
}

func TestConversions(t *testing.T) {
	parts, err := bag.Range(6, bag.Partitions(3)).ToDelayed()
	if err != nil || len(parts) != 3 {
		t.Fatal(parts, err)
	}
	if got := compute(t, parts[1]); !slices.Equal(got, []int{2, 3}) {
		t.Errorf("got %v", got)
	}
	slice := delayed.Call1(func([]int) []int { return []int{7} }, parts[0])
	if got := compute[[]int](t, bag.FromDelayed(slice, parts[2])); !slices.Equal(got, []int{7, 4, 5}) {
		t.Errorf("got %v", got)
	}
	d, err := bag.Sum(bag.Range(4)).ToDelayed()
	if err != nil {
		t.Fatal(err)
	}
	if got := compute(t, bag.ItemFromDelayed(d).Apply(func(i int) int { return -i })); got != -6 {
		t.Errorf("got %v", got)
	}
}

func TestPersistRunsOnce(t *testing.T) {
	testexec.LocalOnly(t, "it counts calls in this process")
	runs := 0
	b := bag.FromSeq(func(yield func(int) bool) { runs++; yield(1) })
	p, err := sheaf.Persist(ctx, b)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if got := compute(t, bag.Sum(p)); got != 1 {
			t.Errorf("got %d", got)
		}
	}
	if runs != 1 {
		t.Errorf("the source ran %d times, want once", runs)
	}
}

func TestSharedWorkRunsOnce(t *testing.T) {
	testexec.LocalOnly(t, "it counts calls in this process")
	runs, parsed := 0, 0
	source := bag.FromSeq(func(yield func(int) bool) {
		runs++
		for i := 0; i < 2000 && yield(i); i++ {
		}
	})
	b := source.Map(func(i int) int { parsed++; return i * 2 })
	small := b.Filter(func(i int) bool { return i < 100 })
	sum, top, all, first := bag.Sum(b), bag.TopK(small, 2), small, bag.Any(b.Map(func(i int) bool { return i == 0 }))
	s, tp, a, f, err := sheaf.Compute4[int, []int, []int, bool](ctx, sum, top, all, first)
	if err != nil || s != 1999*2000 || !slices.Equal(tp, []int{98, 96}) || len(a) != 50 || !f {
		t.Errorf("got %v, %v, %d elements, %v, %v", s, tp, len(a), f, err)
	}
	if runs != 1 || parsed != 2000 {
		t.Errorf("the source ran %d times and %d elements were mapped, want once and 2000", runs, parsed)
	}
	if vs, err := sheaf.ComputeAll[*bag.Item[bool], bool](ctx, first, bag.All(b.Map(func(i int) bool { return i < 0 }))); err != nil || !vs[0] || vs[1] {
		t.Errorf("got %v, %v", vs, err)
	}
	if parsed > 2000+512 {
		t.Errorf("%d elements were mapped though nobody wanted them", parsed-2000)
	}
	p, err := sheaf.Persist(ctx, sum)
	if err != nil {
		t.Fatal(err)
	}
	if x, y, err := sheaf.Compute2[int, int](ctx, p, p.Apply(func(i int) int { return -i })); err != nil || x != -y {
		t.Errorf("got %d, %d, %v", x, y, err)
	}
}

func TestSharedWorkFailsAsAlone(t *testing.T) {
	file := write(t, filepath.Join(t.TempDir(), "r.json"), strings.Repeat(`{"name":"x","balance":1}`+"\n", 700)+`{"name":"bad"}`+"\n")
	records := bag.ReadText(file).TryMap(bag.JSON[record])
	_, _, err := sheaf.Compute2[float64, int](ctx, bag.Sum(records.Map(explode)), records.Count())
	for _, part := range []string{"bag_test.explode (", file + ":701: panic: boom"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("got %v, want …%s…", err, part)
		}
	}
	broken := bag.ReadText(write(t, filepath.Join(t.TempDir(), "b.json"), "{}\n{]\n")).TryMap(bag.JSON[record])
	_, _, err = sheaf.Compute2[int, int](ctx, broken.Count(), broken.Filter(func(record) bool { return true }).Count())
	if err == nil || !strings.Contains(err.Error(), "b.json:2: json: column 2") {
		t.Errorf("got %v", err)
	}
}

func TestTakeStopsEarly(t *testing.T) {
	testexec.LocalOnly(t, "it counts calls in this process")
	n := 0
	endless := bag.FromSeq(func(yield func(int) bool) {
		for yield(n) {
			n++
		}
	})
	got, err := endless.Filter(even).Take(ctx, 3)
	if err != nil || !slices.Equal(got, []int{0, 2, 4}) || n > 10 {
		t.Errorf("got %v, %v after %d elements", got, err, n)
	}
	for v, err := range endless.Limit(2).All(ctx) {
		if err != nil || v < 0 {
			t.Error(v, err)
		}
	}
}

func write(t testing.TB, name, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	var w io.WriteCloser
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if w, err = blockio.Compress(f, blockio.CompressionOf(name)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestReadText(t *testing.T) {
	dir := t.TempDir()
	long := strings.Repeat("x", 700_000)
	write(t, filepath.Join(dir, "a.txt"), "one\r\ntwo\n\nfour")
	write(t, filepath.Join(dir, "b.txt.gz"), "five\n"+long+"\n")
	write(t, filepath.Join(dir, "c.txt"), "")
	all := []string{"one", "two", "", "four", "five", long}
	check := func(b *bag.Bag[string], want []string, parts int) {
		t.Helper()
		got, err := b.Compute(ctx)
		if err != nil || !slices.Equal(got, want) || b.NPartitions() != parts {
			t.Errorf("got %.80q in %d partitions, %v, want %.80q in %d", got, b.NPartitions(), err, want, parts)
		}
	}
	pattern := filepath.Join(dir, "*.txt*")
	check(bag.ReadText(pattern), all, 3)
	check(bag.ReadText(pattern, bag.FilesPerPartition(2)), all, 2)
	check(bag.ReadText(filepath.Join(dir, "a.txt"), bag.BlockSize(4)), all[:4], 3)
	check(bag.ReadText(filepath.Join(dir, "a.txt"), bag.Delimiter("o")), []string{"", "ne\r\ntw", "\n\nf", "ur"}, 1)
	check(bag.ReadText(filepath.Join(dir, "a.txt"), bag.KeepDelimiter()), []string{"one\r\n", "two\n", "\n", "four"}, 1)
	check(bag.ReadTextFiles([]string{filepath.Join(dir, "c.txt"), filepath.Join(dir, "a.txt")}), all[:4], 2)
	pairs := compute[[]bag.Pair[string, string]](t, bag.ReadTextPaths(pattern))
	if len(pairs) != 6 || filepath.Base(pairs[4].First) != "b.txt.gz" || pairs[4].Second != "five" {
		t.Errorf("got %.200v", pairs)
	}
	for _, bad := range []*bag.Bag[string]{
		bag.ReadText(filepath.Join(dir, "none*")), bag.ReadText(pattern, bag.BlockSize(2)), bag.ReadText(pattern, bag.Compression("rar")),
		bag.ReadText(pattern, bag.BlockSize(2), bag.FilesPerPartition(2)),
	} {
		if _, err := bad.Compute(ctx); err == nil || !strings.Contains(err.Error(), "bag: ReadText at bag_test.go:") {
			t.Errorf("got %v", err)
		}
	}
}

func TestBlockSizesReadTheSameLines(t *testing.T) {
	file := filepath.Join(t.TempDir(), "t")
	rapid.Check(t, func(rt *rapid.T) {
		lines := rapid.SliceOfN(rapid.StringMatching("[a\n]{0,3}b"), 1, 40).Draw(rt, "lines")
		text := strings.Join(lines, "\n")
		write(t, file, text)
		size := rapid.Int64Range(0, 30).Draw(rt, "size")
		got := compute[[]string](t, bag.ReadText(file, bag.BlockSize(size)))
		if !slices.Equal(got, strings.Split(text, "\n")) {
			rt.Fatalf("blocks of %d: got %q from %q", size, got, text)
		}
	})
}

type record struct {
	Name    string
	Balance float64
}

func explode(r record) float64 {
	if r.Name == "bad" {
		panic("boom")
	}
	return r.Balance
}

func refuse(r record) (float64, error) {
	if r.Name == "bad" {
		return 0, errors.New("refused")
	}
	return r.Balance, nil
}

func TestErrorsNameFunctionAndLine(t *testing.T) {
	dir := t.TempDir()
	good := `{"name":"x","balance":1}` + "\n"
	file := write(t, filepath.Join(dir, "r.json"), strings.Repeat(good, 300)+`{"name":"bad","balance":2}`+"\n"+strings.Repeat(good, 100))
	broken := write(t, filepath.Join(dir, "broken.json.gz"), strings.Repeat(good, 41)+`{"name":"x","balance":"much"}`+"\n")
	records := bag.ReadText(file, bag.BlockSize(1000)).TryMap(bag.JSON[record])
	for _, tc := range []struct {
		x    sheaf.Lazy[float64]
		want []string
	}{
		{bag.Sum(records.Map(explode)), []string{"bag_test.explode (", "bag_test.go:", file + ":301: panic: boom"}},
		{bag.Sum(records.TryMap(refuse)), []string{"bag_test.refuse (", "bag_test.go:", file + ":301: refused"}},
		{bag.Sum(bag.ReadText(broken).TryMap(bag.JSON[record]).Map(explode)), []string{
			"bag.JSON", broken + `:42: json: column 23: "much" does not fit float64 in balance`,
		}},
		{bag.Sum(bag.Range(10).Map(func(i int) float64 { return []float64{1}[i] })), []string{
			"bag_test.TestErrorsNameFunctionAndLine.func", "panic: runtime error: index out of range",
		}},
		{bag.Mean(bag.FromSlice([]int{})), []string{"mean: the bag is empty"}},
		{bag.Range(3).Map(func(int) float64 { return 1 }).Reduce(func(a, b float64) float64 { panic("joined") }), []string{"panic: joined", "func"}},
	} {
		_, err := sheaf.Compute(ctx, tc.x)
		var te *sheaf.TaskError
		if !errors.As(err, &te) {
			t.Errorf("got %v, want a TaskError", err)
			continue
		}
		for _, part := range tc.want {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("got %q, want …%s…", err, part)
			}
		}
		if strings.Contains(err.Error(), "panic: boom") && !strings.Contains(te.Stack, "explode") {
			t.Errorf("the stack does not show the function: %s", te.Stack)
		}
	}
}

func TestMistakesStayWithTheBag(t *testing.T) {
	b := bag.Range(10, bag.Partitions(2))
	type point struct{ X, Y int }
	for _, tc := range []struct {
		x    interface{ Err() error }
		want string
	}{
		{bag.Range(-1), "bag: Range at bag_test.go:"},
		{bag.FromSlice([]int{1}, bag.Partitions(2), bag.PartitionSize(1)), "both Partitions and PartitionSize"},
		{bag.Zip(b, bag.Range(10, bag.Partitions(3))), "bags of 2 and 3 partitions; Repartition one of them"},
		{bag.FromSlice([]point{{1, 2}}).Pluck[int]("Z"), "point has no field Z; it has X, Y"},
		{bag.FromSlice([]point{{1, 2}}).Pluck[string]("X"), "field X of bag_test.point is a int, not a string"},
		{b.Repartition(0).Map(strconvs).Filter(func(string) bool { return true }), "bag: Repartition at bag_test.go:"},
		{b.Partition(5), "partition 5 of 2"},
		{bag.Sum(b, bag.SplitEvery(1)), "SplitEvery(1): want at least 2"},
		{bag.GroupBy(b, func(i int) *int { return &i }), "a key of type *int has no value that means the same elsewhere"},
		{b.RandomSample(2, 1), "probability 2 is not between 0 and 1"},
		{(*bag.Bag[int])(nil), "a nil *Bag"},
		{(*bag.Bag[int])(nil).Map(square), "a nil *Bag"},
		{bag.ToAvro(b, "x", ""), "a schema is needed for elements of type int"},
		{bag.Concat[int](), "no bags given"},
	} {
		if err := tc.x.Err(); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("got %v, want …%s…", err, tc.want)
		}
	}
	if _, err := bag.Map2(b, b.Filter(even), plus).Compute(ctx); err == nil || !strings.Contains(err.Error(), " has 5 and ") {
		t.Errorf("got %v", err)
	}
}

func strconvs(i int) string { return fmt.Sprint(i) }

func TestEqualBagsHaveEqualKeys(t *testing.T) {
	make1 := func() *bag.Bag[int] { return bag.Range(100, bag.Partitions(4)).Map(square).Filter(even) }
	a, err := make1().Graph()
	if err != nil {
		t.Fatal(err)
	}
	b, _ := make1().Graph()
	c, _ := bag.Range(100, bag.Partitions(4)).Map(square).Remove(even).Graph()
	if a.Outputs[0].Layer.Token() != b.Outputs[0].Layer.Token() || a.Outputs[0].Layer.Token() == c.Outputs[0].Layer.Token() {
		t.Error("keys do not follow content")
	}
}

func square(i int) int { return i * i }

func TestGroupByLargerThanMemory(t *testing.T) {
	testexec.LocalOnly(t, "it measures the memory of this process")
	// 40 MB of strings under a limit of 8 MB.
	const n, keys = 400_000, 5000
	dir := t.TempDir()
	small := config.TemporaryDirectory.With(config.MemoryLimit.With(ctx, 8<<20), dir)
	b := bag.Range(n, bag.Partitions(6)).Map(func(i int) string { return fmt.Sprintf("%0100d", i) })
	sizes := bag.GroupBy(b, func(s string) string { return fmt.Sprint(len(s[95:]), s[95:] < "50000", s[96:]) }, bag.Partitions(3)).
		Map(func(g bag.Group[string, string]) int { return len(g.Values) })
	runtime.GC()
	before := heap()
	total, err := bag.Sum(sizes).Compute(small)
	if err != nil || total != n {
		t.Fatalf("got %d, %v, want %d", total, err, n)
	}
	if grown := int64(heap()) - int64(before); grown > 64<<20 {
		t.Errorf("the heap grew by %d bytes", grown)
	}
	count, err := sizes.Count().Compute(small)
	if err != nil || count < keys {
		t.Errorf("got %d groups, %v", count, err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 && runtime.GOOS != "windows" {
		t.Errorf("files are left: %v, %v", left, err)
	}
	_, err = bag.Sum(sizes).Compute(config.TemporaryDirectory.With(small, filepath.Join(dir, "missing")))
	if !errors.Is(err, sheaf.ErrSpill) || !strings.Contains(err.Error(), "SHEAF_TEMPORARY_DIRECTORY") {
		t.Errorf("got %v, want ErrSpill", err)
	}
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestGroupByKeys(t *testing.T) {
	type key struct {
		A string
		B float64
		C any
	}
	zero := 0.0
	data := []key{{"a", 0, 1}, {"a", -zero, 1}, {"a", 0, "1"}, {"b", 1, nil}, {"a", 0, 1}}
	got := compute[[]bag.Group[key, key]](t, bag.GroupBy(bag.FromSlice(data, bag.Partitions(5)), func(k key) key { return k }))
	if len(got) != 3 {
		t.Errorf("got %d groups, want 3: %v", len(got), got)
	}
}

func TestToTextFiles(t *testing.T) {
	dir := t.TempDir()
	b := bag.Range(25, bag.Partitions(11)).Map(strconvs)
	for _, path := range []string{"out/*.txt", "dir", "z/part-*.txt.zst"} {
		if err := bag.ToTextFiles(b, filepath.Join(dir, path)).Run(ctx); err != nil {
			t.Fatal(err)
		}
	}
	for pattern, names := range map[string]string{"out/*": "00.txt", "dir/*": "00.part", "z/*": "part-00.txt.zst"} {
		back := bag.ReadText(filepath.Join(dir, pattern))
		if got := compute[[]string](t, back); !slices.Equal(got, compute[[]string](t, b)) || back.NPartitions() != 11 {
			t.Errorf("%s: got %v", pattern, got)
		}
		if _, err := os.Stat(filepath.Join(dir, filepath.Dir(pattern), names)); err != nil {
			t.Error(err)
		}
	}
	bad := b.Map(func(s string) string {
		if s == "20" {
			panic("no")
		}
		return s
	})
	if err := bag.ToTextFiles(bad, filepath.Join(dir, "bad")).Run(ctx); err == nil {
		t.Error("a failing function wrote files")
	}
	if left, err := os.ReadDir(filepath.Join(dir, "bad")); err != nil || len(left) > 0 {
		t.Errorf("files are left: %v, %v", left, err)
	}
	if err := bag.ToTextFiles(b, filepath.Join(dir, "out/00.txt/x")).Run(ctx); err == nil || !strings.Contains(err.Error(), "bag: to_textfiles: mkdir") {
		t.Errorf("got %v", err)
	}
}

func TestJSONRoundTrip(t *testing.T) {
	dir := t.TempDir()
	data := []record{{"Alice", 1.5}, {"Böb \"x\"", -2}, {"", 0}}
	b := bag.FromSlice(data, bag.Partitions(2))
	if err := bag.ToTextFiles(b.TryMap(bag.EncodeJSON[record]), dir+"/*.json").Run(ctx); err != nil {
		t.Fatal(err)
	}
	if got := compute[[]record](t, bag.ReadText(dir+"/*.json").TryMap(bag.JSON[record])); !slices.Equal(got, data) {
		t.Errorf("got %v", got)
	}
}

func TestAvro(t *testing.T) {
	type user struct {
		Name string   `avro:"name"`
		Age  int      `avro:"age"`
		Tags []string `avro:"tags"`
	}
	dir := t.TempDir()
	data := []user{{"Alice", 30, []string{"a"}}, {"Bob", -1, []string{}}, {"Ü", 5, []string{"x", "y"}}}
	for _, codec := range []string{"null", "deflate", "snappy", "zstandard"} {
		path := filepath.Join(dir, codec)
		if err := bag.ToAvro(bag.FromSlice(data, bag.Partitions(2)), path, "", bag.AvroCodec(codec)).Run(ctx); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(compute[[]user](t, bag.ReadAvro[user](path+"/*.avro")), data); diff != "" {
			t.Error(codec, diff)
		}
		maps := compute[[]map[string]any](t, bag.ReadAvro[map[string]any](path+"/*.avro"))
		if len(maps) != 3 || maps[0]["name"] != "Alice" {
			t.Errorf("got %v", maps)
		}
	}
	file := write(t, filepath.Join(dir, "bad.avro"), "Obj\x01 this is no avro")
	if _, err := bag.ReadAvro[user](file).Compute(ctx); err == nil || !strings.Contains(err.Error(), "bag: read avro "+file) {
		t.Errorf("got %v", err)
	}
}

func TestRepartitionBytes(t *testing.T) {
	b := bag.Concat(bag.Range(1000, bag.Partitions(10)), bag.Range(5000, bag.Partitions(1)), bag.FromSlice([]int{}))
	r, err := b.RepartitionBytes(ctx, 4000)
	if err != nil || !slices.Equal(compute[[]int](t, r), compute[[]int](t, b)) || r.NPartitions() < 14 || r.NPartitions() > 20 {
		t.Errorf("got %v, %v", r, err)
	}
	if _, err := b.RepartitionBytes(ctx, 0); err == nil {
		t.Error("0 bytes were taken")
	}
}

func TestRandomSample(t *testing.T) {
	b := bag.Range(10_000, bag.Partitions(4))
	x, y := compute[[]int](t, b.RandomSample(0.3, 1)), compute[[]int](t, b.RandomSample(0.3, 1))
	other := compute[[]int](t, b.RandomSample(0.3, 2))
	if !slices.Equal(x, y) || slices.Equal(x, other) || len(x) < 2800 || len(x) > 3200 || !slices.IsSorted(x) {
		t.Errorf("got %d and %d of 10000, want about 3000", len(x), len(y))
	}
	if n := len(compute[[]int](t, b.RandomSample(1, 1))); n != 10_000 {
		t.Errorf("got %d of all", n)
	}
}

func TestSampleAndChoices(t *testing.T) {
	// Partitions of very different lengths: every element must still be as likely as every other.
	b := bag.Concat(bag.Range(3), bag.Range(0), bag.Range(17, bag.Partitions(1)).Map(func(i int) int { return i + 3 }))
	const runs, k = 4000, 5
	sampled, chosen := make([]int, 20), make([]int, 20)
	for seed := range uint64(runs) {
		s, c, err := sheaf.Compute2[[]int, []int](ctx, b.Sample(k, seed), b.Choices(k, seed, bag.SplitEvery(2)))
		if err != nil {
			t.Fatal(err)
		}
		seen := map[int]bool{}
		for _, v := range s {
			sampled[v]++
			seen[v] = true
		}
		if len(s) != k || len(seen) != k || len(c) != k {
			t.Fatalf("seed %d: got %v and %v", seed, s, c)
		}
		for _, v := range c {
			chosen[v]++
		}
	}
	for v := range 20 { // mean 1000, deviation about 30
		if sampled[v] < 850 || sampled[v] > 1150 || chosen[v] < 850 || chosen[v] > 1150 {
			t.Errorf("%d was sampled %d and chosen %d times of %d", v, sampled[v], chosen[v], runs*k/20)
		}
	}
	if x, y := compute[[]int](t, b.Sample(9, 7)), compute[[]int](t, b.Sample(9, 7)); !slices.Equal(x, y) {
		t.Errorf("one seed gave %v and %v", x, y)
	}
	if _, err := b.Sample(21, 1).Compute(ctx); err == nil || !strings.Contains(err.Error(), "sample of 21 elements of a bag of 20") {
		t.Errorf("got %v", err)
	}
	if _, err := bag.Range(0).Choices(1, 1).Compute(ctx); !errors.Is(err, bag.ErrEmpty) {
		t.Errorf("got %v", err)
	}
}

func TestVisualize(t *testing.T) {
	file := filepath.Join(t.TempDir(), "g.dot")
	b := bag.Range(10, bag.Partitions(3)).Map(square)
	if err := sheaf.Visualize(file, bag.Sum(b), bag.Max(b)); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(text), "range-map-sum") || !strings.Contains(string(text), "max") {
		t.Errorf("got %s, %v", text, err)
	}
}

func TestFoldFromLeavesPartsAlone(t *testing.T) {
	b := bag.Range(40, bag.Partitions(20))
	p, err := sheaf.Persist(ctx, b)
	if err != nil {
		t.Fatal(err)
	}
	grouped := p.FoldByFrom(mod(2), func() map[int]bool { return map[int]bool{} },
		func(m map[int]bool, v int) map[int]bool { m[v] = true; return m },
		func(a, b map[int]bool) map[int]bool { maps.Copy(a, b); return a }, bag.SplitEvery(3))
	for range 3 {
		got := compute[[]bag.KV[int, map[int]bool]](t, grouped)
		if len(got) != 2 || len(got[0].Value) != 20 || len(got[1].Value) != 20 {
			t.Errorf("got %v", got)
		}
	}
}

func TestCancel(t *testing.T) {
	testexec.LocalOnly(t, "its function cancels a context of this process")
	stop, cancel := context.WithCancel(ctx)
	endless := bag.FromSeq(func(yield func(int) bool) {
		for i := 0; yield(i); i++ {
			if i == 100_000 {
				cancel()
			}
		}
	})
	if _, err := bag.Sum(endless).Compute(stop); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestKeptLinesDoNotKeepTheText(t *testing.T) {
	testexec.LocalOnly(t, "it measures the memory of this process")
	file := write(t, filepath.Join(t.TempDir(), "big"), strings.Repeat(strings.Repeat("y", 99)+"\n", 400_000))
	n := 0
	b := bag.ReadText(file).Filter(func(string) bool { n++; return n%1000 == 0 })
	runtime.GC()
	before := heap()
	got := compute[[]string](t, b)
	runtime.GC()
	if grown := int64(heap()) - int64(before); grown > 8<<20 || len(got) != 400 {
		t.Errorf("%d lines keep %d bytes alive", len(got), grown)
	}
}
