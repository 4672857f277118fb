package zarr

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"sheaf/dtype"
	"sheaf/ndarray"
)

// Meta describes an array as its metadata does. It is not changed after it was made and may be used concurrently.
type Meta struct {
	Version int // of the format, 2 or 3
	Shape   []int
	Chunks  []int // lengths of the stored chunks, of those at the end too; each at least 1
	DType   dtype.Type
	Fill    *ndarray.Array // 0-d, of DType
	Names   []string       // of the dimensions, if they have names
	Text    []byte         // the metadata file

	keys   keys
	stored elem
	codecs pipeline
}

// keys says how the files of chunks are named.
type keys struct {
	prefix    bool // "c" before the coordinates
	separator string
}

// metaBytesMax bounds the metadata that is read.
const metaBytesMax = 16 << 20

// Open reads the metadata of the array in a directory. For a group the error names the arrays in it.
func Open(dir string) (*Meta, error) {
	v3, err := readSmall(filepath.Join(dir, "zarr.json"))
	if err == nil {
		m, err := Parse(v3)
		return m, inGroup(dir, err)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	v2, err := readSmall(filepath.Join(dir, ".zarray"))
	if err == nil {
		return Parse2(v2)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(dir, ".zgroup")); err == nil {
		return nil, inGroup(dir, errGroup)
	}
	if _, err := os.Stat(dir); err != nil {
		return nil, err
	}
	return nil, bad("%s has neither zarr.json nor .zarray; is it a Zarr array?", dir)
}

var errGroup = bad("it is a group of arrays")

// inGroup adds the names of the members to the error about a group.
func inGroup(dir string, err error) error {
	if !errors.Is(err, errGroup) {
		return err
	}
	var names []string
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		for _, f := range []string{"zarr.json", ".zarray", ".zgroup"} {
			if _, err := os.Stat(filepath.Join(dir, e.Name(), f)); err == nil {
				names = append(names, e.Name())
				break
			}
		}
	}
	if len(names) == 0 {
		return bad("%s is a group without arrays", dir)
	}
	return bad("%s is a group; name one of its members: %s", dir, strings.Join(names[:min(20, len(names))], ", "))
}

func readSmall(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, metaBytesMax+1))
	if err == nil && len(b) > metaBytesMax {
		err = bad("%s is longer than %d MiB", path, metaBytesMax>>20)
	}
	return b, err
}

// chunkBytesMax is the largest chunk that is attempted.
const chunkBytesMax = 1 << 40

// check holds shape and chunks to what can be.
func (m *Meta) check() error {
	if len(m.Shape) != len(m.Chunks) {
		return bad("%d dimensions in shape, %d in chunks", len(m.Shape), len(m.Chunks))
	}
	if len(m.Shape) > 64 {
		return bad("%d dimensions; 64 is the limit", len(m.Shape))
	}
	bytes, count := m.DType.Size(), 1
	for a, n := range m.Shape {
		c := m.Chunks[a]
		if c == 0 && n == 0 {
			m.Chunks[a], c = 1, 1
		}
		if n < 0 || n > 1<<56 || c < 1 {
			return bad("shape %v and chunks %v", m.Shape, m.Chunks)
		}
		if c > chunkBytesMax/bytes {
			return bad("chunks of shape %v are too large", m.Chunks)
		}
		bytes *= c
		blocks := max(1, (n-1)/c+1)
		if blocks > 1<<40/count {
			return bad("an array of shape %v in chunks of %v has too many chunks", m.Shape, m.Chunks)
		}
		count *= blocks
	}
	return nil
}

// Key returns the name of a chunk's file relative to the array's directory, with slashes.
func (m *Meta) Key(coords []int) string {
	var b []byte
	if m.keys.prefix {
		b = append(b, 'c')
	}
	for a, c := range coords {
		if a > 0 || m.keys.prefix {
			b = append(b, m.keys.separator...)
		}
		b = strconv.AppendInt(b, int64(c), 10)
	}
	if len(b) == 0 {
		return "0"
	}
	return string(b)
}

// Compression names the codecs that make chunks smaller, for messages.
func (m *Meta) Compression() string {
	var names []string
	for _, c := range m.codecs.bytes {
		names = append(names, c.name())
	}
	if m.codecs.shard != nil {
		names = append(names, "sharding_indexed")
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, "+")
}

func product(ns []int) int {
	p := 1
	for _, n := range ns {
		p *= n
	}
	return p
}

// named is how version 3 writes everything that can be extended.
type named struct {
	Name          string          `json:"name"`
	Configuration json.RawMessage `json:"configuration,omitempty"`
}

// parseNamed reads {"name": …, "configuration": …} or only the name.
func parseNamed(raw json.RawMessage) (named, error) {
	var n named
	if json.Unmarshal(raw, &n.Name) == nil && n.Name != "" {
		return n, nil
	}
	err := json.Unmarshal(raw, &n)
	if err == nil && n.Name == "" {
		err = errors.New("no name")
	}
	return n, err
}

// configure reads the configuration of something named, which may be missing.
func (n named) configure(into any) error {
	if len(n.Configuration) == 0 {
		return nil
	}
	if err := json.Unmarshal(n.Configuration, into); err != nil {
		return bad("%s: configuration %.80q", n.Name, n.Configuration)
	}
	return nil
}

// reversed returns the permutation of order F.
func reversed(n int) []int {
	p := make([]int, n)
	for i := range p {
		p[i] = n - 1 - i
	}
	return p
}

// isPermutation reports whether p has every axis once.
func isPermutation(p []int) bool {
	s := slices.Clone(p)
	slices.Sort(s)
	for i, v := range s {
		if i != v {
			return false
		}
	}
	return true
}

// String describes the array for people.
func (m *Meta) String() string {
	return fmt.Sprintf("zarr v%d %v %v in chunks of %v, %s", m.Version, m.DType, m.Shape, m.Chunks, m.Compression())
}
