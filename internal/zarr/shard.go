package zarr

import (
	"encoding/json"
	"io"
	"math"

	"sheaf/dtype"
	"sheaf/graph"
	"sheaf/ndarray"
)

// sharding is the codec sharding_indexed: a chunk that is a grid of smaller ones, with an index of where they are.
type sharding struct {
	inner pipeline
	grid  []int    // inner chunks along each axis
	index pipeline // of two numbers for each inner chunk: offset and length
	atEnd bool
}

func parseSharding(n named, e elem, shape []int, depth int) (*sharding, error) {
	var c struct {
		Shape    []int             `json:"chunk_shape"`
		Codecs   []json.RawMessage `json:"codecs"`
		Index    []json.RawMessage `json:"index_codecs"`
		Location string            `json:"index_location"`
	}
	if err := n.configure(&c); err != nil {
		return nil, err
	}
	if depth >= shardDepthMax {
		return nil, unsupported("shards in shards more than %d deep", shardDepthMax)
	}
	if len(c.Shape) != len(shape) {
		return nil, bad("shards of %d dimensions in an array of %d", len(c.Shape), len(shape))
	}
	s := &sharding{atEnd: c.Location != "start", grid: make([]int, len(shape))}
	if c.Location != "" && c.Location != "start" && c.Location != "end" {
		return nil, bad("index_location is %.20q", c.Location)
	}
	count := 1
	for a, k := range c.Shape {
		if k < 1 || shape[a]%k != 0 {
			return nil, bad("chunks of %v do not divide shards of %v", c.Shape, shape)
		}
		s.grid[a] = shape[a] / k
		if count *= s.grid[a]; count > 1<<30 {
			return nil, bad("more than %d chunks in a shard", 1<<30)
		}
	}
	var err error
	if s.inner, err = parseCodecs(c.Codecs, e, c.Shape, depth+1); err != nil {
		return nil, err
	}
	if s.index, err = parseCodecs(c.Index, elem{t: dtype.Uint64, unit: 1}, append(append([]int{}, s.grid...), 2), depth+1); err != nil {
		return nil, err
	}
	for _, b := range s.index.bytes {
		if b.name() != "crc32c" {
			return nil, unsupported("the codec %q for the index of a shard, whose length would not be known", b.name())
		}
	}
	if s.index.shard != nil {
		return nil, bad("the index of a shard is sharded")
	}
	return s, nil
}

// missing is the offset and length of an inner chunk that does not exist.
const missing = math.MaxUint64

// entries reads the index of a shard of which size bytes exist.
func (s *sharding) entries(r io.ReaderAt, size int64) ([]uint64, error) {
	n := product(s.index.shape)*8 + 4*len(s.index.bytes)
	if int64(n) > size {
		return nil, bad("a shard of %d bytes is shorter than its index of %d", size, n)
	}
	at := int64(0)
	if s.atEnd {
		at = size - int64(n)
	}
	b := make([]byte, n)
	if _, err := r.ReadAt(b, at); err != nil && err != io.EOF {
		return nil, err
	}
	a, err := s.index.decode(b, nil)
	if err != nil {
		return nil, err
	}
	return ndarray.Values[uint64](a)
}

// readShard copies the part [lo, hi) of a shard to dst.
func (p *pipeline) readShard(r io.ReaderAt, size int64, dst *ndarray.Array, lo, hi []int, fill *ndarray.Array) error {
	s := p.shard
	index, err := s.entries(r, size)
	if err != nil {
		return err
	}
	return eachBlock(s.inner.shape, lo, hi, func(b block) error {
		k := graph.Ravel(b.coords, s.grid)
		offset, length := index[2*k], index[2*k+1]
		part, err := boxOf(dst, b.lo, b.hi)
		if err != nil {
			return err
		}
		if offset == missing && length == missing {
			return part.Assign(fill)
		}
		if length > uint64(size) || offset > uint64(size)-length {
			return bad("chunk %v lies outside of its shard", b.coords)
		}
		return s.inner.readPart(io.NewSectionReader(r, int64(offset), int64(length)), int64(length), part, b, fill)
	})
}
