package zarr

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"

	"sheaf/dtype"
	"sheaf/ndarray"
)

// Compressions are the names of what arrays can be written with; the first is the default.
var Compressions = []string{"zstd", "gzip", "none"}

// New describes an array that is to be written: in version 2 or 3 of the format, elements in C order and least significant
// byte first, fill value zero. The compression is one of [Compressions]; its level is 1 to 22 for zstd and 0 to 9 for gzip.
func New(version int, t dtype.Type, shape, chunks []int, compression string, level int) (*Meta, error) {
	switch {
	case version != 2 && version != 3:
		return nil, unsupported("version %d of Zarr; 2 and 3 are known", version)
	case !t.IsArray():
		return nil, unsupported("elements of type %v", t)
	case !slices.Contains(Compressions, compression):
		return nil, unsupported("compression %q; zstd, gzip and none are known", compression)
	case compression == "zstd" && (level < 1 || level > 22), compression == "gzip" && (level < 0 || level > 9):
		return nil, unsupported("level %d of %s", level, compression)
	}
	e := elem{t: t, unit: 1}
	m := &Meta{
		Version: version, Shape: append([]int{}, shape...), Chunks: append([]int{}, chunks...), DType: t, stored: e,
		keys: keys{prefix: true, separator: "/"},
	}
	if version == 2 {
		m.keys = keys{separator: "."}
	}
	if err := m.check(); err != nil {
		return nil, err
	}
	var err error
	if m.Fill, err = parseFill(json.RawMessage("null"), e); err != nil {
		return nil, err
	}
	m.codecs = pipeline{elem: e, shape: m.Chunks}
	switch compression {
	case "zstd":
		m.codecs.bytes = []byteCodec{zstdCodec{level: level}}
	case "gzip":
		m.codecs.bytes = []byteCodec{gzipCodec{level}}
	}
	if version == 2 {
		m.Text, err = m.text2(compression, level)
	} else {
		m.Text, err = m.text3(compression, level)
	}
	return m, err
}

// Create writes the metadata into a directory.
func (m *Meta) Create(dir string) error {
	name := "zarr.json"
	if m.Version == 2 {
		name = ".zarray"
	}
	return os.WriteFile(filepath.Join(dir, name), m.Text, 0o644)
}

// Write writes one chunk into a directory, which must exist and is not made anew. The chunk has the stored length along each
// axis, or less at the end of the array. It appears under its name only when it is complete, and a chunk of zeros not at
// all.
func (m *Meta) Write(ctx context.Context, dir string, coords []int, a *ndarray.Array) error {
	if a.DType() != m.DType || a.Ndim() != len(m.Chunks) {
		return fmt.Errorf("zarr: a chunk of %v %v for an array of %v %v", a.DType(), a.Shape(), m.DType, m.Chunks)
	}
	if !a.IsContiguous() {
		a = a.Copy()
	}
	if isZero(a) {
		return nil
	}
	if !slices.Equal(a.Shape(), m.Chunks) {
		full, err := ndarray.Zeros(m.DType, m.Chunks...)
		if err != nil {
			return err
		}
		part, err := boxOf(full, make([]int, a.Ndim()), a.Shape())
		if err != nil {
			return err
		}
		if err := part.Assign(a); err != nil {
			return err
		}
		a = full
	}
	data, err := m.codecs.encode(a)
	if err != nil {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return put(dir, m.Key(coords), data)
}

// isZero reports whether all bits of a contiguous array are 0.
func isZero(a *ndarray.Array) bool {
	b := bytesOf(a)
	for len(b) >= 8 {
		if [8]byte(b) != [8]byte{} {
			return false
		}
		b = b[8:]
	}
	for _, v := range b {
		if v != 0 {
			return false
		}
	}
	return true
}

// put writes a file inside of a directory under a temporary name and renames it.
func put(dir, key string, data []byte) (err error) {
	root, err := os.OpenRoot(dir) // a directory that was removed meanwhile does not come back
	if err != nil {
		return err
	}
	defer root.Close()
	parent, name := path.Split(key)
	if parent != "" {
		if err := root.MkdirAll(filepath.FromSlash(parent[:len(parent)-1]), 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	temp := filepath.FromSlash(parent + "." + name + "." + strconv.FormatUint(rand.Uint64(), 36))
	if err := root.WriteFile(temp, data, 0o644); err != nil {
		return errors.Join(err, gone(root.Remove(temp)))
	}
	if err := root.Rename(temp, filepath.FromSlash(key)); err != nil {
		return errors.Join(err, gone(root.Remove(temp)))
	}
	return nil
}

// gone drops the error that there is nothing to remove.
func gone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
