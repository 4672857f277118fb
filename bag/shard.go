package bag

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"sheaf"
	"sheaf/internal/codec"
)

// A shard is what one task of a shuffle made: encoded elements by bucket, in memory or in a scratch file. It does not change. Another
// process gets a shard with just the bucket that it asks for.
type shard struct {
	Bytes []int64 // by bucket
	parts [][]span
	only  *single // if it has one bucket only, which is the first of Bytes and parts
}

// single says which bucket of how many the only one is.
type single struct {
	bucket, of int
	leaving    bool // it is about to be sent
}

// A span is a run of checksummed elements of one bucket: bytes in memory, or a place in a file.
type span struct {
	mem    []byte
	file   *scratchFile
	offset int64
	size   int64
}

func (sp *span) reader() io.Reader {
	if sp.file == nil {
		return bytes.NewReader(sp.mem)
	}
	return io.NewSectionReader(sp.file.f, sp.offset, sp.size)
}

// Only returns a shard of one bucket, of which nothing is read before it is sent.
func (s *shard) Only(bucket int) any {
	one := &shard{only: &single{bucket: bucket, of: s.buckets(), leaving: true}, Bytes: []int64{0}, parts: make([][]span, 1)}
	if at, err := s.at(bucket); err == nil {
		one.Bytes[0], one.parts[0] = s.Bytes[at], s.parts[at]
	}
	return one
}

func (s *shard) buckets() int {
	if s.only != nil {
		return s.only.of
	}
	return len(s.Bytes)
}

// at returns where a bucket stands.
func (s *shard) at(bucket int) (int, error) {
	switch {
	case bucket < 0 || bucket >= s.buckets() || s.only != nil && s.only.bucket != bucket:
		return 0, fmt.Errorf("bag: shuffle: bucket %d is not here: %w", bucket, sheaf.ErrInternal)
	case s.only != nil:
		return 0, nil
	}
	return bucket, nil
}

// SizeBytes returns the bytes in memory, of a shard that is about to be sent those that it is going to take.
func (s *shard) SizeBytes() int64 {
	n := int64(8*len(s.Bytes)) + 24*int64(len(s.parts))
	for _, spans := range s.parts {
		for _, sp := range spans {
			n += int64(cap(sp.mem)) + 56
			if sp.file != nil && s.only != nil && s.only.leaving {
				n += sp.size
			}
		}
	}
	return n
}

// merged returns a shard with one bucket of how many, of which it has what some shards have, in their order.
func merged(shards []*shard, bucket, of int) (*shard, error) {
	one := &shard{only: &single{bucket: bucket, of: of}, Bytes: []int64{0}, parts: make([][]span, 1)}
	for _, s := range shards {
		at, err := s.at(bucket)
		if err != nil {
			return nil, err
		}
		one.Bytes[0] += s.Bytes[at]
		one.parts[0] = append(one.parts[0], s.parts[at]...)
	}
	return one, nil
}

// segments calls use with a reader of each span of a bucket.
func (s *shard) segments(bucket int, use func(r io.Reader) error) error {
	at, err := s.at(bucket)
	if err != nil {
		return err
	}
	for _, sp := range s.parts[at] {
		if err := use(codec.NewFrameReader(sp.reader())); err != nil {
			return err
		}
	}
	return nil
}

// A scatter collects elements by bucket. Beyond limit bytes everything collected goes to a scratch file.
type scatter[E any] struct {
	shard    *shard
	file     *scratchFile
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
	if s.file == nil {
		f, err := openScratch(s.dir)
		if err != nil {
			return err
		}
		s.file = f
	}
	at, err := s.file.append(out.Bytes())
	if err != nil {
		return err
	}
	for _, p := range places {
		s.shard.parts[p.bucket] = append(s.shard.parts[p.bucket], span{file: s.file, offset: at + int64(p.start), size: int64(p.end - p.start)})
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
	if s.file != nil {
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
	Bytes  []int64
	Sizes  [][]int64
	Bucket int // of the only one, if Of is not 0
	Of     int
}

func writeShard(w io.Writer, s *shard) error {
	h := shardHeader{Bytes: s.Bytes, Sizes: make([][]int64, len(s.parts))}
	if s.only != nil {
		if h.Bucket, h.Of = s.only.bucket, s.only.of; h.Bucket < 0 || h.Bucket >= h.Of {
			return fmt.Errorf("bag: shuffle: bucket %d of %d: %w", h.Bucket, h.Of, sheaf.ErrInternal)
		}
	}
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
			if _, err := io.CopyN(w, sp.reader(), sp.size); err != nil {
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
	if len(h.Sizes) != len(h.Bytes) || h.Of != 0 && (len(h.Bytes) != 1 || h.Bucket < 0 || h.Bucket >= h.Of) {
		return nil, fmt.Errorf("bag: shard of %d and %d buckets, bucket %d of %d: %w", len(h.Sizes), len(h.Bytes), h.Bucket, h.Of, codec.ErrCorrupt)
	}
	s := &shard{Bytes: h.Bytes, parts: make([][]span, len(h.Bytes))}
	if h.Of != 0 {
		s.only = &single{bucket: h.Bucket, of: h.Of}
	}
	for b, sizes := range h.Sizes {
		for _, size := range sizes {
			sp, err := readSpan(r, size)
			if err != nil {
				return nil, err
			}
			s.parts[b] = append(s.parts[b], sp)
		}
	}
	return s, nil
}

// readSpan keeps what was sent in memory, or in a scratch file if it is large, so that a receiver can get more than fits in memory.
func readSpan(r io.Reader, size int64) (span, error) {
	if size < 0 {
		return span{}, fmt.Errorf("bag: %d bytes of a shard: %w", size, codec.ErrCorrupt)
	}
	limit, dir, err := shuffleSettings(context.Background())
	if err != nil {
		return span{}, err
	}
	if size <= min(max(limit/spanShare, spanLeast), spanMost) {
		var mem bytes.Buffer
		_, err := io.CopyN(&mem, r, size)
		return span{mem: mem.Bytes(), size: size}, err
	}
	f, err := openScratch(dir)
	if err != nil {
		return span{}, err
	}
	sp := span{file: f, size: size}
	sp.offset, err = f.copy(r, size)
	return sp, err
}

// Of what is received, what stays in memory: at most this share of the limit for each span, and these numbers of bytes.
const (
	spanShare = 1024
	spanLeast = 64 << 10
	spanMost  = 16 << 20
)
