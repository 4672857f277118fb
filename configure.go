package sheaf

import (
	"context"

	"sheaf/internal/config"
)

// A Setting is one key of the configuration with its value and where that came from.
type Setting = config.Entry

// Configure returns a context in which the setting has the given value, above environment and files. Settings that are
// read when a collection is built, such as array.chunk-size, and those of the default executor, such as memory.limit, are
// not affected: the former have options, the latter [NewLocal]. Unknown keys and values that do not fit are errors that say
// what was meant.
//
// Same as dask.config.set as a context manager.
func Configure(ctx context.Context, key string, value any) (context.Context, error) {
	return config.With(ctx, key, value)
}

// Settings returns every key of the configuration, as `sheaf config` prints them. Same as dask.config.config.
func Settings(ctx context.Context) ([]Setting, error) { return config.List(ctx) }

// LookupSetting returns one key of the configuration. Same as dask.config.get.
func LookupSetting(ctx context.Context, key string) (Setting, error) { return config.Lookup(ctx, key) }

// ParseBytes reads a number of bytes as the configuration does: "128MiB" is 128·2²⁰, "1.5 GB" is 1.5·10⁹.
// Same as dask.utils.parse_bytes.
func ParseBytes(s string) (int64, error) { return config.ParseBytes(s) }
