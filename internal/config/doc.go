// Package config holds sheaf's settings: what they are, where their values come from, and how to read them.
//
// A value is taken from the first of: an option given in code or [With] on the context, the environment (SHEAF_ARRAY_CHUNK_SIZE is
// array.chunk-size), a YAML file, the default. Files are the one, or all of the directory, that SHEAF_CONFIG names, then ./sheaf.yaml,
// then sheaf/*.yaml in the user's configuration directory (~/.config on Linux), of which later names win.
//
// Nothing here changes while a process runs: files and environment are read once, into a [Snapshot], when they are first asked
// for. A name that does not exist and a value that does not fit are errors that say what was meant.
//
// All keys are in keys.go, and a package reads one through its variable: config.ArrayChunkSize.Get(ctx).
package config
