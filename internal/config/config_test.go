package config

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sheaf/internal/machine"
)

func TestTable(t *testing.T) {
	s, err := Load(Location{})
	if err != nil {
		t.Fatal(err)
	}
	variables := map[string]string{}
	for _, e := range s.List() {
		if e.Source != "default" || e.Doc == "" || e.Kind == "" || !strings.HasSuffix(e.Doc, ".") {
			t.Errorf("entry %+v is incomplete", e)
		}
		if other, twice := variables[VariableOf(e.Key)]; twice {
			t.Errorf("%s and %s have one variable", e.Key, other)
		}
		variables[VariableOf(e.Key)] = e.Key
		for _, f := range s.List() {
			if strings.HasPrefix(f.Key, e.Key+".") {
				t.Errorf("%s is a key and a section of %s", e.Key, f.Key)
			}
		}
	}
	want := int64(0.6 * float64(machine.MemoryOf().LimitBytes))
	if got := s.entries["memory.limit"].Value.(int64); got < want-1 || got > want+1 {
		t.Errorf("memory.limit = %d, want %d", got, want)
	}
}

func TestPrecedence(t *testing.T) {
	dir := t.TempDir()
	user, named := filepath.Join(dir, "user"), filepath.Join(dir, "named.yaml")
	writeFile(t, filepath.Join(user, "a.yaml"), "workers: 1\nbag:\n  split-every: 3\nprogress:\n  delay: 1s\n")
	writeFile(t, filepath.Join(user, "b.yaml"), "workers: 2\nscheduler:\n")
	writeFile(t, filepath.Join(dir, "sheaf.yaml"), "workers: 3\narray.chunk-size: 1MiB\nbag: {block_size: 5 kB}\n")
	writeFile(t, named, "workers: 4\n")
	l := Location{Dir: dir, UserDir: user}
	check := func(key string, value any, source string) {
		t.Helper()
		s, err := Load(l)
		if err != nil {
			t.Fatal(err)
		}
		if e := s.entries[key]; e.Value != value || e.Source != source {
			t.Errorf("%s = %v from %s, want %v from %s", key, e.Value, e.Source, value, source)
		}
	}
	check("workers", 3, filepath.Join(dir, "sheaf.yaml"))
	check("bag.split-every", 3, filepath.Join(user, "a.yaml"))
	check("bag.block-size", int64(5000), filepath.Join(dir, "sheaf.yaml"))
	check("array.chunk-size", int64(1<<20), filepath.Join(dir, "sheaf.yaml"))
	check("progress.delay", time.Second, filepath.Join(user, "a.yaml"))
	check("scheduler", "goroutines", "default")
	l.Environ = []string{"SHEAF_CONFIG=" + named, "PATH=x"}
	check("workers", 4, named)
	l.Environ = append(l.Environ, "SHEAF_WORKERS=5", "SHEAF_TOKEN=secret", "SHEAF_BAG__SPLIT_EVERY=9", "SHEAF_SERVICE_HOST=10.0.0.1", "SHEAF_PORT_80_TCP=tcp://x", "SHEAF_PORT=tcp://x:80", "SHEAF_WORKER=")
	check("workers", 5, "environment SHEAF_WORKERS")
	check("bag.split-every", 9, "environment SHEAF_BAG__SPLIT_EVERY")
	l.Environ = []string{"SHEAF_CONFIG=" + user}
	check("workers", 2, filepath.Join(user, "b.yaml"))
}

func TestMistakes(t *testing.T) {
	dir := t.TempDir()
	for i, tc := range []struct {
		yaml, env, want string
	}{
		{"array:\n  chunksize: 1MB\n", "", `unknown key "array.chunksize"; did you mean array.chunk-size?`},
		{"chunk-size: 1MB\n", "", `unknown key "chunk-size"; did you mean array.chunk-size?`},
		{"zzzzqqqq: 1\n", "", "unknown key \"zzzzqqqq\"; `sheaf config` lists all"},
		{"workers: many\n", "", `workers: "many" is no whole number; it takes a whole number from 0`},
		{"workers: [1, 2]\n", "", `workers: a list or mapping; it takes a whole number from 0`},
		{"workers: -1\n", "", `-1 is not between 0 and`},
		{"scheduler: threads\n", "", `"threads" is not one of goroutines, synchronous`},
		{"a: b: c\n", "", "mapping values are not allowed"},
		{"", "SHEAF_MEMORY_LIMITS=1GB", "unknown variable SHEAF_MEMORY_LIMITS; did you mean SHEAF_MEMORY_LIMIT?"},
		{"", "SHEAF_MEMORY_LIMIT=120%", `"120%" is no share between 0% and 100%`},
		{"", "SHEAF_MEMORY_LIMIT=1 parsec", `"1 parsec" has no unit of bytes`},
		{"", "SHEAF_PROGRESS_DELAY=soon", `environment SHEAF_PROGRESS_DELAY: progress.delay: "soon" is no time`},
		{"", "SHEAF_CONFIG=" + filepath.Join(dir, "none.yaml"), "none.yaml"},
	} {
		d := filepath.Join(dir, fmt.Sprint(i))
		writeFile(t, filepath.Join(d, "sheaf.yaml"), tc.yaml)
		_, err := Load(Location{Dir: d, Environ: []string{tc.env}})
		if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.HasPrefix(err.Error(), "config: ") {
			t.Errorf("got %v, want …%s…", err, tc.want)
		}
	}
}

func TestContext(t *testing.T) {
	ctx, err := With(context.Background(), "array.chunk_size", "1 MiB")
	if err != nil {
		t.Fatal(err)
	}
	inner := ArrayChunkSize.With(Workers.With(ctx, 7), 5)
	for _, tc := range []struct {
		ctx  context.Context
		want int64
	}{{context.Background(), 128 << 20}, {ctx, 1 << 20}, {inner, 5}} {
		if got, err := ArrayChunkSize.Get(tc.ctx); err != nil || got != tc.want {
			t.Errorf("got %d, %v, want %d", got, err, tc.want)
		}
	}
	list, err := List(inner)
	if err != nil || list[0].Key != "workers" || list[0].Value != 7 || list[0].Source != "code" || list[0].Doc == "" {
		t.Errorf("got %+v, %v", list[0], err)
	}
	if e, err := Lookup(ctx, "array.chunk-size"); err != nil || e.Text != "1 MiB" {
		t.Errorf("got %+v, %v", e, err)
	}
	if _, err := With(ctx, "array.chunk", 1); err == nil || !strings.Contains(err.Error(), "did you mean") {
		t.Errorf("got %v", err)
	}
	if _, err := With(ctx, "workers", "x"); err == nil {
		t.Error("a wrong value was taken")
	}
}

func TestParseBytes(t *testing.T) {
	for s, want := range map[string]int64{
		"100": 100, "100 MB": 100e6, "100M": 100e6, "5kB": 5000, "5.4 kB": 5400, "1kiB": 1024, "1e6": 1e6, "1e6 kB": 1e9, "MB": 1e6, "128MiB": 128 << 20,
		"1_000": 1000, "0": 0, "2Gi": 2 << 30,
	} {
		if got, err := ParseBytes(s); err != nil || got != want {
			t.Errorf("ParseBytes(%q) = %d, %v, want %d", s, got, err, want)
		}
	}
	for _, s := range []string{"", "5 foos", "-1", "1e40", "nan", "1.2.3", "1 2x"} {
		if got, err := ParseBytes(s); err == nil {
			t.Errorf("ParseBytes(%q) = %d, want an error", s, got)
		}
	}
}

func TestDistanceIsAMetric(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching("[ab]{0,6}")
		a, b, c := word.Draw(t, "a"), word.Draw(t, "b"), word.Draw(t, "c")
		if distance(a, b) != distance(b, a) || (distance(a, b) == 0) != (a == b) || distance(a, c) > distance(a, b)+distance(b, c) {
			t.Fatal(a, b, c)
		}
	})
}

func writeFile(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
