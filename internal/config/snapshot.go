package config

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// An Entry is a setting with its value.
type Entry struct {
	Key     string
	Value   any    // of the key's type
	Text    string // as it was written
	Source  string // "default", "code", "environment SHEAF_…", or a file's path
	Default string
	Kind    string // what values look like
	Doc     string
}

// A Snapshot is the configuration as it was when it was read. It does not change.
type Snapshot struct {
	entries map[string]Entry
	Files   []string // that were read, the strongest first
}

// A Location says where to look. The zero value finds nothing.
type Location struct {
	Environ []string // "NAME=value"
	Dir     string   // of ./sheaf.yaml
	UserDir string   // the directory of the user's *.yaml files
}

// Process is the location of this process.
func Process() Location {
	l := Location{Environ: os.Environ(), Dir: "."}
	if dir, err := os.UserConfigDir(); err == nil {
		l.UserDir = filepath.Join(dir, "sheaf")
	}
	return l
}

// Load reads a configuration.
func Load(l Location) (*Snapshot, error) {
	s := &Snapshot{entries: map[string]Entry{}}
	for _, k := range keys {
		if err := s.set(k, k.fallback, "default"); err != nil {
			return nil, err
		}
	}
	files, err := findFiles(l)
	if err != nil {
		return nil, err
	}
	for _, file := range files { // the weakest first
		if err := s.readFile(file); err != nil {
			return nil, err
		}
		s.Files = append([]string{file}, s.Files...)
	}
	if err := s.readEnviron(l.Environ); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Snapshot) set(k *key, text, source string) error {
	v, err := k.kind.parse(text)
	if err != nil {
		return fmt.Errorf("config: %s: %s: %w; it takes %s", source, k.name, err, k.kind.name)
	}
	s.entries[k.name] = k.entry(v, text, source)
	return nil
}

func (k *key) entry(v any, text, source string) Entry {
	return Entry{k.name, v, text, source, k.fallback, k.kind.name, k.doc}
}

// List returns all entries, in the order of the table.
func (s *Snapshot) List() []Entry {
	out := make([]Entry, 0, len(keys))
	for _, k := range keys {
		out = append(out, s.entries[k.name])
	}
	return out
}

var process = sync.OnceValues(func() (*Snapshot, error) { return Load(Process()) })

type contextKey struct{}

// override is a chain of entries set on contexts.
type override struct {
	key   *key
	entry Entry
	outer *override
}

func withEntry(ctx context.Context, k *key, e Entry) context.Context {
	outer, _ := ctx.Value(contextKey{}).(*override)
	e.Default, e.Kind, e.Doc = k.fallback, k.kind.name, k.doc
	return context.WithValue(ctx, contextKey{}, &override{k, e, outer})
}

func lookup(ctx context.Context, k *key) (Entry, error) {
	if ctx != nil {
		for o, _ := ctx.Value(contextKey{}).(*override); o != nil; o = o.outer {
			if o.key == k {
				return o.entry, nil
			}
		}
	}
	s, err := process()
	if err != nil {
		return Entry{}, err
	}
	return s.entries[k.name], nil
}

// With returns a context in which the named key has another value, given as text or as a value that prints as such: With(ctx, "memory.limit",
// "2GiB"). A wrong name or value is an error, and the context is then ctx itself.
func With(ctx context.Context, name string, value any) (context.Context, error) {
	k, err := find(name)
	if err != nil {
		return ctx, fmt.Errorf("config: %w", err)
	}
	text := fmt.Sprint(value)
	v, err := k.kind.parse(text)
	if err != nil {
		return ctx, fmt.Errorf("config: %s: %w; it takes %s", k.name, err, k.kind.name)
	}
	return withEntry(ctx, k, Entry{Key: k.name, Value: v, Text: text, Source: "code"}), nil
}

// Lookup returns the named setting as it holds for ctx.
func Lookup(ctx context.Context, name string) (Entry, error) {
	k, err := find(name)
	if err != nil {
		return Entry{}, fmt.Errorf("config: %w", err)
	}
	return lookup(ctx, k)
}

// List returns every setting as it holds for ctx, in the order of the table.
func List(ctx context.Context) ([]Entry, error) {
	out := make([]Entry, 0, len(keys))
	for _, k := range keys {
		e, err := lookup(ctx, k)
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

// find returns the key of a name; underscores are as good as dashes.
func find(name string) (*key, error) {
	normal := strings.ToLower(strings.ReplaceAll(name, "_", "-"))
	if k, ok := byName[normal]; ok {
		return k, nil
	}
	return nil, fmt.Errorf("unknown key %q%s", name, suggest(normal))
}

// suggest names the keys that may have been meant.
func suggest(name string) string {
	type candidate struct {
		name string
		far  int
	}
	var near []candidate
	for _, k := range keys {
		far := distance(name, k.name)
		if strings.HasSuffix(k.name, "."+name) || len(name) > 2 && strings.HasPrefix(k.name, name) {
			far = 1
		}
		if far <= max(2, len(name)/3) {
			near = append(near, candidate{k.name, far})
		}
	}
	if len(near) == 0 {
		return "; `sheaf config` lists all"
	}
	slices.SortStableFunc(near, func(a, b candidate) int { return a.far - b.far })
	names := []string{}
	for _, c := range near[:min(3, len(near))] {
		names = append(names, c.name)
	}
	return "; did you mean " + strings.Join(names, " or ") + "?"
}

// distance is the number of letters to change, insert or remove to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost++
			}
			diagonal = row[j]
			row[j] = min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}
