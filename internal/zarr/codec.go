package zarr

import (
	"encoding/json"
	"unsafe"

	"sheaf/ndarray"
)

// pipeline is how a chunk becomes bytes: its axes are permuted, its elements laid out in a byte order, the bytes coded.
type pipeline struct {
	elem  elem
	shape []int       // of the chunk
	perm  []int       // the elements are those of chunk.Transpose(perm…) in C order; nil: as they are
	shard *sharding   // in place of the layout of elements
	bytes []byteCodec // in the order of writing
}

// byteCodec makes bytes of bytes.
type byteCodec interface {
	name() string
	// decode appends what src stands for to dst, which is empty. It must not need more than the capacity of dst.
	decode(dst, src []byte) ([]byte, error)
	// ratio bounds how many bytes one byte can stand for; 0 if the bytes say it themselves.
	ratio() int
	// encode returns src as it is stored.
	encode(src []byte) ([]byte, error)
}

// shardDepthMax bounds shards within shards.
const shardDepthMax = 4

// parseCodecs reads the codecs of version 3 for chunks of a shape.
func parseCodecs(list []json.RawMessage, e elem, shape []int, depth int) (pipeline, error) {
	p := pipeline{elem: e, shape: shape}
	laid := false
	for _, raw := range list {
		n, err := parseNamed(raw)
		if err != nil {
			return p, bad("a codec is %.60q", raw)
		}
		switch n.Name {
		case "transpose":
			if laid {
				return p, bad("codec transpose after the one that makes bytes")
			}
			err = p.transpose(n)
		case "bytes", "endian":
			if laid {
				return p, bad("two codecs make bytes of elements")
			}
			laid = true
			err = p.endian(n)
		case "sharding_indexed":
			if laid {
				return p, bad("two codecs make bytes of elements")
			}
			laid = true
			p.shard, err = parseSharding(n, e, p.storedShape(), depth)
		default:
			if !laid {
				return p, bad("codec %.40q before the one that makes bytes", n.Name)
			}
			var c byteCodec
			if c, err = parseByteCodec(n); c != nil {
				p.bytes = append(p.bytes, c)
			}
		}
		if err != nil {
			return p, err
		}
	}
	switch {
	case !laid:
		return p, bad("no codec makes bytes of elements")
	case p.shard != nil && (p.perm != nil || len(p.bytes) > 0):
		return p, unsupported("codecs around sharding_indexed")
	}
	return p, nil
}

func (p *pipeline) transpose(n named) error {
	var c struct {
		Order json.RawMessage `json:"order"`
	}
	if err := n.configure(&c); err != nil {
		return err
	}
	var order []int
	if json.Unmarshal(c.Order, &order) != nil || len(order) != len(p.shape) || !isPermutation(order) {
		return bad("codec transpose: order %.60q for %d dimensions", c.Order, len(p.shape))
	}
	if p.perm != nil {
		for i, a := range order {
			order[i] = p.perm[a]
		}
	}
	p.perm = order
	return nil
}

func (p *pipeline) endian(n named) error {
	var c struct {
		Endian *string `json:"endian"`
	}
	if err := n.configure(&c); err != nil {
		return err
	}
	switch {
	case c.Endian == nil && p.elem.t.Size() > 1:
		return bad("codec bytes has no endian")
	case c.Endian == nil:
	case *c.Endian == "big":
		p.elem.big = p.elem.t.Size() > 1
	case *c.Endian != "little":
		return bad("codec bytes: endian is %.20q", *c.Endian)
	}
	return nil
}

// parseByteCodec reads a codec of bytes of version 3.
func parseByteCodec(n named) (byteCodec, error) {
	c := struct {
		Level    int  `json:"level"`
		Checksum bool `json:"checksum"`
	}{Level: levelDefault}
	if err := n.configure(&c); err != nil {
		return nil, err
	}
	switch n.Name {
	case "gzip":
		return gzipCodec{c.Level}, nil
	case "zstd":
		return zstdCodec{c.Level, c.Checksum}, nil
	case "crc32c":
		return crcCodec{}, nil
	case "blosc":
		return bloscCodec{}, nil
	case "numcodecs.zlib":
		return zlibCodec{c.Level}, nil
	case "numcodecs.lz4":
		return lz4Codec{}, nil
	}
	return nil, unsupported("the codec %.40q; blosc, bytes, crc32c, gzip, sharding_indexed, transpose and zstd are known", n.Name)
}

// storedShape is the shape of the chunk's elements in the order in which they are stored.
func (p *pipeline) storedShape() []int {
	if p.perm == nil {
		return p.shape
	}
	out := make([]int, len(p.perm))
	for i, a := range p.perm {
		out[i] = p.shape[a]
	}
	return out
}

// back returns a chunk as it was before its axes were permuted: a view.
func (p *pipeline) back(a *ndarray.Array) (*ndarray.Array, error) {
	if p.perm == nil {
		return a, nil
	}
	inverse := make([]int, len(p.perm))
	for i, axis := range p.perm {
		inverse[axis] = i
	}
	return a.Transpose(inverse...)
}

// decode makes a chunk of its bytes. into is memory of the chunk's shape that may be used, or nil.
func (p *pipeline) decode(data []byte, into *ndarray.Array) (*ndarray.Array, error) {
	shape := p.storedShape()
	size := product(shape) * p.elem.t.Size()
	if err := p.plausible(len(data), size); err != nil {
		return nil, err
	}
	a := into
	if a == nil || p.perm != nil || !a.IsContiguous() {
		var err error
		if a, err = ndarray.NewUninit(p.elem.t, shape...); err != nil {
			return nil, err
		}
	}
	mem := bytesOf(a)
	b, err := p.unpack(mem, data)
	if err != nil {
		return nil, err
	}
	if len(b) != size {
		return nil, bad("a chunk has %d bytes, want %d", len(b), size)
	}
	if size > 0 && unsafe.SliceData(b) != unsafe.SliceData(mem) {
		copy(mem, b)
	}
	if err := p.elem.settle(mem); err != nil {
		return nil, err
	}
	return p.back(a)
}

// slack is what codecs may add to bytes: headers and the like.
const slack = 1 << 10

// plausible reports chunks that cannot have as many bytes as their shape says, before memory is taken for them.
func (p *pipeline) plausible(have, want int) error {
	most := have
	for _, c := range p.bytes {
		most = min(most*max(1, c.ratio())+slack, chunkBytesMax)
	}
	if most < want {
		return bad("%d bytes of data for a chunk of %d bytes", have, want)
	}
	return nil
}

// unpack undoes the codecs of bytes; mem is memory for the result.
func (p *pipeline) unpack(mem, data []byte) ([]byte, error) {
	for i := len(p.bytes) - 1; i >= 0; i-- {
		c := p.bytes[i]
		dst := mem[:0:len(mem)]
		if i > 0 { // coded again: a little longer than what it stands for, at most
			room := len(mem) + len(mem)/8 + slack
			if r := c.ratio(); r > 0 {
				room = min(room, r*len(data)+slack)
			}
			dst = make([]byte, 0, room)
		}
		var err error
		if data, err = c.decode(dst, data); err != nil {
			return nil, err
		}
	}
	return data, nil
}

// encode makes bytes of a chunk, which has the full shape.
func (p *pipeline) encode(a *ndarray.Array) ([]byte, error) {
	b := bytesOf(a)
	for _, c := range p.bytes {
		var err error
		if b, err = c.encode(b); err != nil {
			return nil, err
		}
	}
	return b, nil
}
