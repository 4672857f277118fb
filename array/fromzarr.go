package array

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"sheaf/graph"
	"sheaf/internal/zarr"
	"sheaf/ndarray"
)

// FromZarr makes an array of a Zarr array in a directory, of version 2 or 3. Its metadata are read at once, its elements when
// the array is computed. It takes [Chunks]; the default are the stored chunks (the shards, if there are), and automatic sizes
// join whole stored chunks. A block reads every stored chunk that it overlaps, so blocks that cut chunks read them again.
//
// Same as dask.array.from_zarr. A member of a group is named by its path; remote stores are not supported.
func FromZarr(path string, opts ...Option) *Array {
	o, err := parseOptions("from zarr", takesChunks, opts)
	if err != nil {
		return &Array{err: err}
	}
	src, err := openZarr(path)
	if err != nil {
		return at("from zarr", zarrError(path, err))
	}
	stored := make([][]int, len(src.meta.Shape))
	for a, n := range src.meta.Shape {
		if count := n / src.meta.Chunks[a]; o.chunks == nil && count > blocksMax {
			return failed("from zarr", ErrChunks, "%s has %d chunks along axis %d; give larger ones with array.Chunks", path, count, a)
		}
		if n/src.meta.Chunks[a] <= blocksMax {
			stored[a] = uniform(n, src.meta.Chunks[a])
		} else {
			stored[a] = []int{n}
		}
	}
	chunks := stored
	if o.chunks != nil {
		if chunks, err = normalize(o.chunks, src.meta.Shape, src.meta.DType.Size(), stored); err != nil {
			return at("from zarr", err)
		}
	}
	return wrap(newBlocks("from zarr", src, src.meta.DType, chunks))
}

// blocksMax bounds the blocks along one axis that are made without being asked for.
const blocksMax = 1 << 22

// zarrSource reads blocks of a Zarr array.
type zarrSource struct {
	dir   string
	meta  *zarr.Meta
	stamp int64 // when the metadata changed last
}

func openZarr(path string) (*zarrSource, error) {
	dir, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	m, err := zarr.Open(dir)
	if err != nil {
		return nil, err
	}
	s := &zarrSource{dir: dir, meta: m}
	for _, name := range []string{"zarr.json", ".zarray"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err == nil {
			s.stamp = info.ModTime().UnixNano()
			break
		}
	}
	return s, nil
}

// HashToken implements graph.Tokener: an array that was written anew is another one.
func (s *zarrSource) HashToken(h *graph.Hasher) {
	h.String("zarr")
	h.String(s.dir)
	h.Bytes(s.meta.Text)
	h.Int(int(s.stamp))
}

// Block implements BlockSource.
func (s *zarrSource) Block(ctx context.Context, b Block) (*ndarray.Array, error) {
	hi := make([]int, len(b.Start))
	for a := range hi {
		hi[a] = b.Start[a] + b.Shape[a]
	}
	v, err := s.meta.Read(ctx, s.dir, b.Start, hi)
	if err != nil {
		return nil, fmt.Errorf("array: %w", zarrError("", err))
	}
	return v, nil
}

// zarrError makes an error of the format one of this package.
func zarrError(path string, err error) error {
	if !errors.Is(err, zarr.ErrFormat) && !errors.Is(err, zarr.ErrUnsupported) {
		return err
	}
	if path != "" {
		return wrong(ErrFormat, "%s: %v", path, err)
	}
	return wrong(ErrFormat, "%v", err)
}
