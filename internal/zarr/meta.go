package zarr

import (
	"errors"
	"fmt"
	"math"
	"path"
	"strconv"
	"strings"

	"sheaf/dtype"
)

// ErrFormat is matched by errors about metadata or chunks that are not what the format allows, or that this package does
// not read.
var ErrFormat = errors.New("bad Zarr data")

// Meta describes an array: everything that is needed to find and decode its chunks.
type Meta struct {
	Version   int // 2 or 3
	Shape     []int
	Chunks    []int // the lengths of every chunk; those at the end are stored whole
	Type      dtype.Type
	BigEndian bool
	Fill      []byte // one element, in the machine's byte order: the value of chunks that are not stored
	FortranC  bool   // chunks are stored with the first axis running fastest
	Codec     string // "", "gzip", "zlib" or "zstd"
	Level     int
	CRC       bool // a CRC-32C follows the chunk's bytes (version 3)
	Separator string
	V2Keys    bool // version 3 with the key encoding of version 2
}

// Files that hold the metadata, by version.
const (
	FileV2 = ".zarray"
	FileV3 = "zarr.json"
)

// File returns the name of the file of the metadata.
func (m *Meta) File() string {
	if m.Version == 2 {
		return FileV2
	}
	return FileV3
}

// Key returns the path of a chunk below the array's directory, with slashes.
func (m *Meta) Key(coords []int) string {
	parts := make([]string, len(coords))
	for i, c := range coords {
		parts[i] = strconv.Itoa(c)
	}
	if m.Version == 2 || m.V2Keys {
		if len(parts) == 0 {
			return "0"
		}
		return strings.Join(parts, m.Separator)
	}
	return path.Join("c", strings.Join(parts, m.Separator))
}

// ChunkSize returns the number of elements of a chunk.
func (m *Meta) ChunkSize() int {
	n := 1
	for _, c := range m.Chunks {
		n *= c
	}
	return n
}

// bad is an error about the format.
func bad(format string, args ...any) error {
	return fmt.Errorf("zarr: "+format+": %w", append(args, ErrFormat)...)
}

// chunkBytesMax bounds the size of one chunk: a file that claims more is not believed.
const chunkBytesMax = 1 << 33

// Check reports what is impossible about the description.
func (m *Meta) Check() error {
	if len(m.Shape) != len(m.Chunks) {
		return bad("%d lengths and %d chunk lengths", len(m.Shape), len(m.Chunks))
	}
	if len(m.Shape) > 32 {
		return bad("%d dimensions; the limit is 32", len(m.Shape))
	}
	if !m.Type.IsArray() {
		return bad("no element type")
	}
	bytes := float64(m.Type.Size())
	for a, n := range m.Shape {
		if n < 0 || n > math.MaxInt32*1024 {
			return bad("axis %d has length %d", a, n)
		}
		if m.Chunks[a] < 1 {
			return bad("chunks of length %d along axis %d", m.Chunks[a], a)
		}
		bytes *= float64(m.Chunks[a])
	}
	if bytes > chunkBytesMax {
		return bad("chunks of %.0f bytes; the limit is %d", bytes, chunkBytesMax)
	}
	if m.Separator != "." && m.Separator != "/" {
		return bad("separator %q of chunk keys; want \".\" or \"/\"", m.Separator)
	}
	if len(m.Fill) != m.Type.Size() {
		return bad("a fill value of %d bytes for elements of %d", len(m.Fill), m.Type.Size())
	}
	return nil
}
