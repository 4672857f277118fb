package zarr

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"sheaf/ndarray"
)

// Read returns the elements [lo, hi) of the array in a directory, from the stored chunks that overlap them. Errors name the
// file of the chunk.
func (m *Meta) Read(ctx context.Context, dir string, lo, hi []int) (*ndarray.Array, error) {
	shape := make([]int, len(m.Shape))
	for a := range shape {
		if lo[a] < 0 || hi[a] < lo[a] || hi[a] > m.Shape[a] {
			return nil, fmt.Errorf("zarr: elements %v to %v of an array of shape %v", lo, hi, m.Shape)
		}
		shape[a] = hi[a] - lo[a]
	}
	out, err := ndarray.NewUninit(m.DType, shape...)
	if err != nil || out.Size() == 0 {
		return out, err
	}
	return out, eachBlock(m.Chunks, lo, hi, func(b block) error {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		part, err := boxOf(out, b.lo, b.hi)
		if err != nil {
			return err
		}
		path := filepath.Join(dir, filepath.FromSlash(m.Key(b.coords)))
		if err := m.readFile(path, part, b); err != nil {
			return fmt.Errorf("zarr: %s: %w", path, err)
		}
		return nil
	})
}

func (m *Meta) readFile(path string, part *ndarray.Array, b block) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return part.Assign(m.Fill)
	}
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	return m.codecs.readPart(f, info.Size(), part, b, m.Fill)
}

// readPart copies the part of a chunk that a block says to dst. The chunk's bytes are the size bytes of r.
func (p *pipeline) readPart(r io.ReaderAt, size int64, dst *ndarray.Array, b block, fill *ndarray.Array) error {
	if p.shard != nil {
		return p.readShard(r, size, dst, b.from, b.to(), fill)
	}
	whole := slices.Equal(dst.Shape(), p.shape)
	want := int64(product(p.shape) * p.elem.t.Size())
	if len(p.bytes) == 0 && size != want {
		return bad("a chunk has %d bytes, want %d", size, want)
	}
	if size > want+want/8+1<<16 {
		return bad("%d bytes for a chunk of %d bytes", size, want)
	}
	if whole && len(p.bytes) == 0 && p.perm == nil && dst.IsContiguous() {
		mem := bytesOf(dst)
		if err := readFull(r, mem); err != nil {
			return err
		}
		return p.elem.settle(mem)
	}
	if err := p.plausible(int(size), int(want)); err != nil {
		return err
	}
	data := make([]byte, size)
	if err := readFull(r, data); err != nil {
		return err
	}
	var into *ndarray.Array
	if whole {
		into = dst
	}
	chunk, err := p.decode(data, into)
	if err != nil || chunk == dst {
		return err
	}
	if chunk, err = boxOf(chunk, b.from, b.to()); err != nil {
		return err
	}
	return dst.Assign(chunk)
}

func readFull(r io.ReaderAt, b []byte) error {
	n, err := r.ReadAt(b, 0)
	if n < len(b) {
		return bad("the data ends after %d of %d bytes: %v", n, len(b), err)
	}
	return nil
}

// block is the part of a box that one chunk has.
type block struct {
	coords []int // of the chunk
	from   []int // where the part begins in the chunk
	lo, hi []int // where the part is in the box
}

// to returns where the part ends in the chunk.
func (b block) to() []int {
	out := make([]int, len(b.from))
	for a, f := range b.from {
		out[a] = f + b.hi[a] - b.lo[a]
	}
	return out
}

// eachBlock calls f for each chunk that overlaps the box [lo, hi), which is not empty, in C order.
func eachBlock(chunks, lo, hi []int, f func(block) error) error {
	n := len(chunks)
	first, last := make([]int, n), make([]int, n)
	for a, c := range chunks {
		first[a], last[a] = lo[a]/c, (hi[a]-1)/c
	}
	at := slices.Clone(first)
	for {
		b := block{slices.Clone(at), make([]int, n), make([]int, n), make([]int, n)}
		for a, c := range chunks {
			start := at[a] * c
			b.from[a] = max(lo[a]-start, 0)
			b.lo[a], b.hi[a] = max(start-lo[a], 0), min(start+c, hi[a])-lo[a]
		}
		if err := f(b); err != nil {
			return err
		}
		a := n - 1
		for ; a >= 0; a-- {
			if at[a]++; at[a] <= last[a] {
				break
			}
			at[a] = first[a]
		}
		if a < 0 {
			return nil
		}
	}
}

// boxOf returns the view [lo, hi) of an array.
func boxOf(x *ndarray.Array, lo, hi []int) (*ndarray.Array, error) {
	whole := true
	items := make([]any, len(lo))
	for a := range lo {
		whole = whole && lo[a] == 0 && hi[a] == x.Dim(a)
		items[a] = ndarray.S(lo[a], hi[a])
	}
	if whole {
		return x, nil
	}
	return x.Index(items...)
}
