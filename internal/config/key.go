package config

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"sheaf/internal/machine"
)

// A Key is a setting whose values are of type T.
type Key[T any] struct{ *key }

// key is what is known of a setting without its type.
type key struct {
	name     string
	fallback string // the default, as text
	kind     kind
	doc      string
}

// A kind reads a value of some type from its text.
type kind struct {
	name  string // for people: "bytes", "one of a, b"
	parse func(string) (any, error)
}

var (
	keys   []*key              // in the order of keys.go
	byName = map[string]*key{} // by normal name
)

// define adds a key to the table. A default that does not parse is found by the test of the table.
func define[T any](name, fallback string, k kind, doc string) Key[T] {
	d := &key{name, fallback, k, doc}
	keys = append(keys, d)
	byName[name] = d
	return Key[T]{d}
}

// Name returns the key's name.
func (k Key[T]) Name() string { return k.name }

// Get returns the value that holds for ctx: one set by [With], otherwise the process's. The error is that of the configuration as a
// whole, which is the same for every key.
func (k Key[T]) Get(ctx context.Context) (T, error) {
	e, err := lookup(ctx, k.key)
	if err != nil {
		var zero T
		return zero, err
	}
	return e.Value.(T), nil
}

// With returns a context in which the key has another value.
func (k Key[T]) With(ctx context.Context, value T) context.Context {
	return withEntry(ctx, k.key, Entry{Key: k.name, Value: value, Text: fmt.Sprint(value), Source: "code"})
}

var boolean = kind{"true or false", func(s string) (any, error) {
	switch strings.ToLower(s) {
	case "true", "yes", "on", "1":
		return true, nil
	case "false", "no", "off", "0":
		return false, nil
	}
	return nil, fmt.Errorf("%q is neither true nor false", s)
}}

var duration = kind{"a time such as 2s or 1m30s", func(s string) (any, error) {
	d, err := time.ParseDuration(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		return nil, fmt.Errorf("%q is no time such as 500ms, 2s or 1m30s", s)
	}
	if d < 0 {
		return nil, fmt.Errorf("%q is negative", s)
	}
	return d, nil
}}

var bytes = kind{"bytes such as 128MiB", func(s string) (any, error) { return ParseBytes(s) }}

var path = kind{"a path", func(s string) (any, error) {
	if rest, ok := strings.CutPrefix(s, "~/"); ok {
		home, err := os.UserHomeDir()
		if err != nil {
			return nil, err
		}
		return filepath.Join(home, rest), nil
	}
	return os.ExpandEnv(s), nil
}}

// memory is bytes, or a share of what this process may use.
var memory = kind{"bytes such as 2GiB, or a share such as 60%", func(s string) (any, error) {
	share, ok := strings.CutSuffix(s, "%")
	if !ok {
		return ParseBytes(s)
	}
	p, err := strconv.ParseFloat(strings.TrimSpace(share), 64)
	if err != nil || !(p > 0 && p <= 100) {
		return nil, fmt.Errorf("%q is no share between 0%% and 100%%", s)
	}
	return int64(p / 100 * float64(machine.MemoryOf().LimitBytes)), nil
}}

func number(low, high int) kind {
	return kind{fmt.Sprintf("a whole number from %d", low), func(s string) (any, error) {
		n, err := strconv.Atoi(strings.ReplaceAll(s, "_", ""))
		if err != nil {
			return nil, fmt.Errorf("%q is no whole number", s)
		}
		if n < low || n > high {
			return nil, fmt.Errorf("%d is not between %d and %d", n, low, high)
		}
		return n, nil
	}}
}

func choice(names ...string) kind {
	return kind{"one of " + strings.Join(names, ", "), func(s string) (any, error) {
		for _, name := range names {
			if strings.EqualFold(s, name) {
				return name, nil
			}
		}
		return nil, fmt.Errorf("%q is not one of %s", s, strings.Join(names, ", "))
	}}
}

var units = map[string]float64{
	"": 1, "b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12, "pb": 1e15, "k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12, "p": 1e15,
	"kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40, "pib": 1 << 50, "ki": 1 << 10, "mi": 1 << 20, "gi": 1 << 30, "ti": 1 << 40,
}

// ParseBytes reads a number of bytes as Dask writes them: "128MiB", "1.5 GB", "64e6", "100". Units with an i are powers of 1024.
func ParseBytes(s string) (int64, error) {
	text := strings.ToLower(strings.ReplaceAll(strings.ReplaceAll(s, " ", ""), "_", ""))
	end := len(text)
	for end > 0 && (text[end-1] >= 'a' && text[end-1] <= 'z') {
		end--
	}
	unit, ok := units[text[end:]]
	if !ok {
		return 0, fmt.Errorf("%q has no unit of bytes such as kB, MB, MiB or GiB", s)
	}
	if end == 0 && text != "" {
		text, end = "1"+text, 1 // "MB" is one megabyte
	}
	n, err := strconv.ParseFloat(text[:end], 64)
	if err != nil {
		return 0, fmt.Errorf("%q is no number of bytes such as 128MiB", s)
	}
	if n *= unit; n < 0 || n >= 1<<63 || n != n {
		return 0, fmt.Errorf("%q is no number of bytes that can be", s)
	}
	return int64(n), nil
}
