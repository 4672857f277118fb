package flight

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"

	"sheaf/array"
	"sheaf/client"
	"sheaf/dtype"
	"sheaf/internal/codec"
	server "sheaf/internal/transport/flight"
	"sheaf/ndarray"
)

func init() { // so that a server knows them which does nothing else with arrays
	codec.RegisterTypeOf[*array.Array]()
	codec.RegisterTypeOf[*ndarray.Array]()
	codec.RegisterTypeOf[*client.Future[*ndarray.Array]]()
}

// readArray is the reader of arrays, lazy or in memory.
func readArray(ctx context.Context, c *client.Client, v any, block []int) (*server.Table, bool, error) {
	var t *server.Table
	var err error
	switch v := v.(type) {
	default:
		return nil, false, nil
	case *array.Array:
		if err = v.Err(); err != nil {
			return nil, true, err
		}
		if block != nil {
			t, err = blockTable(c, v, block)
		} else {
			t, err = arrayTable(c, v)
		}
		return t, true, err
	case *ndarray.Array:
		t, err = server.ArrayTable(v.Shape(), v.DType(), func(context.Context) iter.Seq2[*ndarray.Array, error] {
			return func(yield func(*ndarray.Array, error) bool) { yield(v, nil) }
		})
	case *client.Future[*ndarray.Array]:
		t, err = futureTable(ctx, c, v)
	}
	if block != nil {
		err = errors.New("it has no blocks")
	}
	return t, true, err
}

// form is what a table of an array is made of.
type form struct {
	Shape []int
	Type  string
}

func formOf(x *ndarray.Array) form { return form{x.Shape(), x.DType().String()} }

// futureTable reads an n-d array that is somewhere on the cluster. It stays there until it is read.
func futureTable(ctx context.Context, c *client.Client, f *client.Future[*ndarray.Array]) (*server.Table, error) {
	asked := c.Submit[form](formOf, f)
	defer asked.Release()
	x, err := asked.Result(ctx)
	if err != nil {
		return nil, err
	}
	t, err := dtype.Parse(x.Type)
	if err != nil {
		return nil, err
	}
	return server.ArrayTable(x.Shape, t, func(ctx context.Context) iter.Seq2[*ndarray.Array, error] {
		return func(yield func(*ndarray.Array, error) bool) { yield(f.Result(ctx)) }
	})
}

// arrayTable reads an array from one row of blocks to the next.
func arrayTable(c *client.Client, x *array.Array) (*server.Table, error) {
	shape, err := known(x)
	if err != nil {
		return nil, err
	}
	t, err := server.ArrayTable(shape, x.DType(), func(ctx context.Context) iter.Seq2[*ndarray.Array, error] {
		return func(yield func(*ndarray.Array, error) bool) { slabs(ctx, c, x, yield) }
	})
	if err != nil {
		return nil, err
	}
	return withMetadata(t, map[string]string{"sheaf.chunks": asJSON(x.Chunks())}), nil
}

// known returns the shape, or an error if only the data tell it.
func known(x *array.Array) ([]int, error) {
	for axis, lengths := range x.Chunks() {
		for _, n := range lengths {
			if n < 0 {
				return nil, fmt.Errorf("chunk sizes along axis %d are unknown; publish what x.ComputeChunkSizes(ctx) returns", axis)
			}
		}
	}
	return x.Shape(), nil
}

// slabs computes the blocks of x on the cluster and yields them row by row, those of a row joined along the other axes.
func slabs(ctx context.Context, c *client.Client, x *array.Array, yield func(*ndarray.Array, error) bool) {
	blocks, err := x.ToDelayed()
	if err != nil {
		yield(nil, err)
		return
	}
	futures, err := client.Compute(c, blocks...)
	if err != nil {
		yield(nil, err)
		return
	}
	defer c.Release(futures)
	grid := x.NumBlocks()
	rows, width := 1, 1
	if len(grid) > 0 {
		rows, width = grid[0], len(futures)/max(grid[0], 1)
		grid = grid[1:]
	}
	for i := range rows {
		part := futures[i*width : (i+1)*width]
		parts, err := c.Gather(ctx, part)
		var slab *ndarray.Array
		if err == nil {
			slab, err = joined(parts, grid)
		}
		if !yield(slab, err) || err != nil {
			return
		}
		c.Release(part)
	}
}

// joined joins the blocks of a grid, in C order, whose axes are the last ones of the blocks.
func joined(blocks []*ndarray.Array, grid []int) (*ndarray.Array, error) {
	if len(blocks) == 1 {
		return blocks[0], nil
	}
	each := len(blocks) / grid[0]
	along := make([]*ndarray.Array, grid[0])
	for i := range along {
		var err error
		if along[i], err = joined(blocks[i*each:(i+1)*each], grid[1:]); err != nil {
			return nil, err
		}
	}
	return ndarray.Concatenate(along, -len(grid))
}

// blockTable reads one block of an array.
func blockTable(c *client.Client, x *array.Array, coords []int) (*server.Table, error) {
	whole, err := known(x)
	if err != nil {
		return nil, err
	}
	chunks := x.Chunks()
	if len(coords) != len(chunks) {
		return nil, fmt.Errorf("block %v: it has %d axes", coords, len(chunks))
	}
	offset, shape := make([]int, len(coords)), make([]int, len(coords))
	for axis, k := range coords {
		if k < 0 || k >= len(chunks[axis]) {
			return nil, fmt.Errorf("block %v: along axis %d there are %d blocks", coords, axis, len(chunks[axis]))
		}
		for _, n := range chunks[axis][:k] {
			offset[axis] += n
		}
		shape[axis] = chunks[axis][k]
	}
	t, err := server.ArrayTable(shape, x.DType(), func(ctx context.Context) iter.Seq2[*ndarray.Array, error] {
		return func(yield func(*ndarray.Array, error) bool) { yield(x.Block(coords...).Compute(c.Context(ctx))) }
	})
	if err != nil {
		return nil, err
	}
	return withMetadata(t, map[string]string{"sheaf.offset": asJSON(offset), "sheaf.whole": asJSON(whole)}), nil
}

// asJSON writes lengths.
func asJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil { // of integers there is none
		return ""
	}
	return string(b)
}
