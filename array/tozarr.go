package array

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"sheaf"
	"sheaf/graph"
	"sheaf/internal/zarr"
	"sheaf/ndarray"
)

// ToZarr writes x as a Zarr array into a directory when the action is run, block by block: x need not fit in memory. It takes
// [ZarrVersion], [Compression], [Chunks] for other chunks than x's, and [Overwrite].
//
// Stored chunks have one length along each axis, the last may be shorter; other blocks are an error that matches
// [ErrChunks] unless chunks are given. The array appears under its name when all of it is written; a run that fails or is
// cancelled leaves nothing behind. Blocks of zeros are not stored: zero is the fill value.
//
// Same as dask.array.to_zarr; writing into a region of an array that exists, and remote stores, are not supported.
func (x *Array) ToZarr(path string, opts ...Option) *sheaf.Action {
	a, err := x.toZarr(path, opts)
	if err != nil {
		return sheaf.NewAction(sheaf.ActionSpec{Err: err})
	}
	return a
}

func (x *Array) toZarr(path string, opts []Option) (*sheaf.Action, error) {
	const op = "to zarr"
	if x.err != nil {
		return nil, x.err
	}
	o, err := parseOptions(op, takesChunks|takesFormat|takesOverwrite, opts)
	if err != nil {
		return nil, err
	}
	if o.chunks != nil {
		if x = x.Rechunk(o.chunks...); x.err != nil {
			return nil, x.err
		}
	}
	x, chunks, err := x.regular()
	if err != nil {
		return nil, at(op, err).err
	}
	meta, err := zarr.New(versionOf(o), x.DType(), x.Shape(), chunks, codecOf(o), levelOf(o))
	if err != nil {
		return nil, at(op, wrong(ErrValue, "%v", err)).err
	}
	s, err := newStaged(op, path, true, o.force)
	if err != nil {
		return nil, at(op, err).err
	}
	s.replaceable = isZarr
	return x.writeBlocks("write zarr", writeZarr{meta: meta, dir: s.temp}, s, func() error { return meta.Create(s.temp) })
}

func versionOf(o options) int {
	if o.version == 0 {
		return 3
	}
	return o.version
}

func codecOf(o options) string {
	if o.codec == "" {
		return zarr.Compressions[0]
	}
	return o.codec
}

func levelOf(o options) int {
	switch {
	case o.leveled:
		return o.level
	case o.codec == "gzip":
		return 5
	}
	return 1
}

// isZarr reports directories that are no Zarr array and must not be replaced by one.
func isZarr(path string) error {
	for _, name := range []string{"zarr.json", ".zarray", ".zgroup"} {
		if _, err := os.Stat(filepath.Join(path, name)); err == nil {
			return nil
		}
	}
	entries, err := os.ReadDir(path)
	if err == nil && len(entries) == 0 {
		return nil
	}
	return wrong(fs.ErrExist, "array: to zarr: %s exists and is no Zarr array; it is not overwritten", path)
}

// regular returns x without blocks of length 0 and the length of its blocks along each axis, which must be equal but for the
// last.
func (x *Array) regular() (*Array, []int, error) {
	have := x.chunksOf()
	want, sizes := make([][]int, len(have)), make([]int, len(have))
	for a, c := range have {
		n := total(c)
		if n == unknown {
			return nil, nil, wrong(ErrUnknownChunks, "chunk sizes along axis %d are unknown; %s", a, cure)
		}
		full := slices.DeleteFunc(slices.Clone(c), func(l int) bool { return l == 0 })
		if len(full) == 0 {
			want[a], sizes[a] = []int{0}, 1
			continue
		}
		sizes[a] = full[0]
		if want[a] = uniform(n, sizes[a]); !slices.Equal(want[a], full) {
			return nil, nil, wrong(ErrChunks, "chunks along axis %d are %s; Zarr stores equal ones, of which only the last may be shorter: "+
				"call x.Rechunk or say array.Chunks(…)", a, lengths(c))
		}
	}
	n, err := rechunked(x.node, want)
	if err != nil {
		return nil, nil, err
	}
	return wrap(n), sizes, nil
}

// writeBlocks makes the action that runs an operation on every block of x while s is staged.
func (x *Array) writeBlocks(name string, op graph.Op, s *staged, begin func() error) (*sheaf.Action, error) {
	g, err := x.Graph()
	if err != nil {
		return nil, err
	}
	from := g.Outputs[0].Layer
	l, err := graph.New(graph.Spec{
		Name: name, Op: op, Space: from.Space(), Edges: []graph.Edge{{From: from, Map: graph.Each{}}}, Token: graph.Unique(),
	})
	if err != nil {
		return nil, err
	}
	return sheaf.NewAction(sheaf.ActionSpec{
		Graph: graph.Of(l),
		Before: func(context.Context) error {
			if err := s.begin(); err != nil {
				return err
			}
			if err := begin(); err != nil {
				return errors.Join(fmt.Errorf("array: %s: %w", s.op, err), s.discard())
			}
			return nil
		},
		After: func(ctx context.Context, _ []any, err error) error { return s.end(ctx, err) },
	}), nil
}

// writeZarr writes one block.
type writeZarr struct {
	meta *zarr.Meta
	dir  string
}

// ReadsOnly implements graph.Reader.
func (writeZarr) ReadsOnly() {}

// OutBytes implements graph.Sized.
func (writeZarr) OutBytes(int) int64 { return 0 }

// Run implements graph.Op.
func (o writeZarr) Run(ctx context.Context, t *graph.Task) (any, error) {
	b, ok := t.In(0)[0].(*ndarray.Array)
	if !ok {
		return nil, wrongBlock(t, t.In(0)[0], o.meta.DType, len(o.meta.Shape))
	}
	if err := o.meta.Write(ctx, o.dir, t.Coords(nil), b); err != nil {
		return nil, fmt.Errorf("array: to zarr: %w", err)
	}
	return nil, nil
}
