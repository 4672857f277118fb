package blockio

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// File is one input file as it was found.
type File struct {
	Path        string
	Size        int64 // bytes on disk
	ModTime     int64 // nanoseconds since 1970, to notice a file that changes under a running plan
	Compression Compression
}

// ErrNoFiles marks a pattern that matches no file.
var ErrNoFiles = errors.New("no file matches")

// Expand finds the files of the patterns: plain paths, and globs with *, ?, [a-z], {a,b} and ** for any depth.
//
// The matches of one pattern come sorted by name, byte by byte as Dask sorts them; the patterns stay in the given order. Wildcards do
// not match names that begin with a dot, nor directories. A pattern that is the name of an existing file is that file,
// whatever characters it has. A pattern without a match is an error that wraps [ErrNoFiles] and names the directory that was
// searched.
func Expand(patterns ...string) ([]File, error) {
	if len(patterns) == 0 {
		return nil, fmt.Errorf("blockio: %w: no path was given", ErrNoFiles)
	}
	var files []File
	for _, p := range patterns {
		got, err := expandOne(p)
		if err != nil {
			return nil, err
		}
		files = append(files, got...)
	}
	return files, nil
}

func expandOne(pattern string) ([]File, error) {
	if pattern == "" {
		return nil, fmt.Errorf("blockio: %w: the path is empty", ErrNoFiles)
	}
	info, err := os.Stat(pattern)
	switch {
	case err == nil && info.IsDir():
		return nil, fmt.Errorf("blockio: %s is a directory; name its files, for example %s", pattern, filepath.Join(pattern, "*"))
	case err == nil:
		return []File{fileOf(pattern, info)}, nil
	case !hasMeta(pattern):
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("blockio: %w %s: %w", ErrNoFiles, pattern, explainMissing(pattern))
		}
		return nil, fmt.Errorf("blockio: %w", err)
	}
	if !doublestar.ValidatePathPattern(pattern) {
		return nil, fmt.Errorf("blockio: pattern %q: unbalanced brackets or braces", pattern)
	}
	names, err := doublestar.FilepathGlob(pattern, doublestar.WithNoHidden())
	if err != nil {
		return nil, fmt.Errorf("blockio: pattern %q: %w", pattern, err)
	}
	slices.Sort(names)
	var files []File
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil {
			return nil, fmt.Errorf("blockio: pattern %q: %w", pattern, err)
		}
		if !info.IsDir() {
			files = append(files, fileOf(name, info))
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("blockio: %w %q: %w", ErrNoFiles, pattern, explainMissing(pattern))
	}
	return files, nil
}

func fileOf(path string, info fs.FileInfo) File {
	return File{Path: path, Size: info.Size(), ModTime: info.ModTime().UnixNano(), Compression: CompressionOf(path)}
}

func hasMeta(pattern string) bool { return strings.ContainsAny(pattern, `*?[{`) }

// explainMissing says where a pattern was looked for: the longest directory before its first wildcard, and whether that exists.
func explainMissing(pattern string) error {
	base := filepath.Dir(pattern)
	if hasMeta(pattern) {
		base, _ = doublestar.SplitPattern(filepath.ToSlash(pattern))
	}
	abs, err := filepath.Abs(base)
	if err != nil {
		abs = base
	}
	entries, err := os.ReadDir(abs)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("directory %s does not exist", abs)
	case err != nil:
		return fmt.Errorf("directory %s: %w", abs, err)
	}
	return fmt.Errorf("directory %s exists and has %d entries", abs, len(entries))
}
