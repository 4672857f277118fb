package bag

import (
	"bytes"
	"fmt"
	"io"

	"sheaf/internal/codec"
)

// A shard is what one task of a shuffle made: encoded elements by bucket, in memory or in a scratch file. It does not change.
type shard struct {
	Bytes []int64 // by bucket
	parts [][]span
	file  *scratchFile
}

// A span is a run of checksummed elements of one bucket: bytes in memory, or a place in the file.
type span struct {
	mem    []byte
	offset int64
	size   int64
}

// SizeBytes returns the bytes in memory.
func (s *shard) SizeBytes() int64 {
	n := int64(8*len(s.Bytes)) + 24*int64(len(s.parts))
	for _, spans := range s.parts {
		for _, sp := range spans {
			n += int64(cap(sp.mem)) + 48
		}
	}
	return n
}

// segments calls use with a reader of each span of a bucket.
func (s *shard) segments(bucket int, use func(r io.Reader) error) error {
	for _, sp := range s.parts[bucket] {
		var r io.Reader = bytes.NewReader(sp.mem)
		if sp.mem == nil {
			r = io.NewSectionReader(s.file.f, sp.offset, sp.size)
		}
		if err := use(codec.NewFrameReader(r)); err != nil {
			return err
		}
	}
	return nil
}

// A scatter collects elements by bucket. Beyond limit bytes everything collected goes to a scratch file.
type scatter[E any] struct {
	shard    *shard
	encoders []*codec.Encoder
	held     int64
	limit    int64
	dir      string
}

func newScatter[E any](buckets int, dir string, limit int64) *scatter[E] {
	return &scatter[E]{
		shard:    &shard{Bytes: make([]int64, buckets), parts: make([][]span, buckets)},
		encoders: make([]*codec.Encoder, buckets), limit: min(max(limit, 256<<10), 256<<20), dir: dir,
	}
}

func (s *scatter[E]) add(bucket int, v E) error {
	e := s.encoders[bucket]
	if e == nil {
		e = codec.NewEncoder(nil)
		s.encoders[bucket] = e
	}
	before := len(e.Bytes())
	if err := codec.EncodeTo(e, v); err != nil {
		return fmt.Errorf("bag: shuffle: %w", err)
	}
	if s.held += int64(len(e.Bytes()) - before); s.held > s.limit {
		return s.flush()
	}
	return nil
}

// flush writes everything collected as one write.
func (s *scatter[E]) flush() error {
	var out bytes.Buffer
	type written struct {
		bucket     int
		start, end int
	}
	var places []written
	for b, e := range s.encoders {
		if e == nil || len(e.Bytes()) == 0 {
			continue
		}
		start := out.Len()
		if err := s.frame(&out, b, e); err != nil {
			return err
		}
		places = append(places, written{b, start, out.Len()})
	}
	if len(places) == 0 {
		return nil
	}
	if s.shard.file == nil {
		f, err := openScratch(s.dir)
		if err != nil {
			return err
		}
		s.shard.file = f
	}
	at, err := s.shard.file.append(out.Bytes())
	if err != nil {
		return err
	}
	for _, p := range places {
		s.shard.parts[p.bucket] = append(s.shard.parts[p.bucket], span{offset: at + int64(p.start), size: int64(p.end - p.start)})
	}
	s.held = 0
	return nil
}

// frame moves what bucket b has collected into a frame.
func (s *scatter[E]) frame(w io.Writer, b int, e *codec.Encoder) error {
	s.shard.Bytes[b] += int64(len(e.Bytes()))
	fw := codec.NewFrameWriter(w)
	if _, err := fw.Write(e.Bytes()); err != nil {
		return err
	}
	e.Reset()
	return fw.Close()
}

// finish returns the shard. What is left stays in memory when nothing went to the file before.
func (s *scatter[E]) finish() (*shard, error) {
	if s.shard.file != nil {
		err := s.flush()
		return s.shard, err
	}
	for b, e := range s.encoders {
		if e == nil || len(e.Bytes()) == 0 {
			continue
		}
		var out bytes.Buffer
		out.Grow(len(e.Bytes()) + 64)
		if err := s.frame(&out, b, e); err != nil {
			return nil, err
		}
		s.shard.parts[b] = append(s.shard.parts[b], span{mem: out.Bytes(), size: int64(out.Len())})
		s.encoders[b] = nil
	}
	return s.shard, nil
}

// A shard that is spilled or sent takes its elements along.
func init() {
	codec.Register(writeShard, readShard)
}

type shardHeader struct {
	Bytes []int64
	Sizes [][]int64
}

func writeShard(w io.Writer, s *shard) error {
	h := shardHeader{s.Bytes, make([][]int64, len(s.parts))}
	for b, spans := range s.parts {
		for _, sp := range spans {
			h.Sizes[b] = append(h.Sizes[b], sp.size)
		}
	}
	if err := codec.EncodeFrameAs(w, h); err != nil {
		return err
	}
	for _, spans := range s.parts {
		for _, sp := range spans {
			var r io.Reader = bytes.NewReader(sp.mem)
			if sp.mem == nil {
				r = io.NewSectionReader(s.file.f, sp.offset, sp.size)
			}
			if _, err := io.CopyN(w, r, sp.size); err != nil {
				return err
			}
		}
	}
	return nil
}

func readShard(r io.Reader) (*shard, error) {
	h, err := codec.DecodeFrameAs[shardHeader](r)
	if err != nil {
		return nil, err
	}
	if len(h.Sizes) != len(h.Bytes) {
		return nil, fmt.Errorf("bag: shard of %d and %d buckets: %w", len(h.Sizes), len(h.Bytes), codec.ErrCorrupt)
	}
	s := &shard{Bytes: h.Bytes, parts: make([][]span, len(h.Bytes))}
	for b, sizes := range h.Sizes {
		for _, size := range sizes {
			var mem bytes.Buffer
			if _, err := io.CopyN(&mem, r, size); err != nil {
				return nil, err
			}
			s.parts[b] = append(s.parts[b], span{mem: mem.Bytes(), size: size})
		}
	}
	return s, nil
}
