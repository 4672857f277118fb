// Package config reads and overrides sheaf's settings.
//
// A value is taken from the first of: an option given in code, [With] on the context, the environment (SHEAF_ARRAY_CHUNK_SIZE is
// array.chunk-size), a YAML file ($SHEAF_CONFIG, ./sheaf.yaml, ~/.config/sheaf/*.yaml), the default. `sheaf config` prints every key with its
// value and where it came from, as [List] does. There is nothing to set for the whole process: settings are read once, and
// a context carries what differs.
package config

import (
	"context"

	"sheaf/internal/config"
)

// An Entry is a setting with its value: Key, Value, Text, Source, Default, Kind, Doc.
type Entry = config.Entry

// With returns a context in which the named key has another value, given as text or a number: With(ctx, "memory.limit", "2GiB"). A wrong
// name or value is an error, and the context is then ctx itself.
func With(ctx context.Context, key string, value any) (context.Context, error) {
	return config.With(ctx, key, value)
}

// Lookup returns the named setting as it holds for ctx.
func Lookup(ctx context.Context, key string) (Entry, error) { return config.Lookup(ctx, key) }

// List returns every setting as it holds for ctx.
func List(ctx context.Context) ([]Entry, error) { return config.List(ctx) }

// ParseBytes reads a number of bytes such as "128MiB", "1.5 GB" or "64e6".
func ParseBytes(s string) (int64, error) { return config.ParseBytes(s) }
