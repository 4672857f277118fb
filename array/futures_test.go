package array_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"sheaf"
	"sheaf/array"
	"sheaf/delayed"
	"sheaf/dtype"
	"sheaf/graph"
	"sheaf/ndarray"
)

// kept is a future of an array: a lazy value that is being computed.
type kept struct {
	v *delayed.Value[*ndarray.Array]
}

func (k kept) Pending() graph.Pending {
	g := must(k.v.Graph())
	return g.Outputs[0].Layer.Pending(g.Outputs[0].At(0))
}

func (k kept) Result(ctx context.Context) (*ndarray.Array, error) { return k.v.Compute(ctx) }

// futuresOf starts to compute the blocks of an array.
func futuresOf(t *testing.T, x *array.Array) []kept {
	t.Helper()
	var out []kept
	for _, v := range must(x.ToDelayed()) {
		out = append(out, kept{must(sheaf.Persist(ctx, v))})
	}
	return out
}

func TestFromFutures(t *testing.T) {
	x := grid(6, 7, 4, 3)
	fs := futuresOf(t, x.Add(1))
	y := array.FromFutures(fs, dtype.Float64, x.Chunks()...)
	same(t, "from futures", y.Sub(x), must(ndarray.Ones(dtype.Float64, 6, 7)), nil)

	wrong := array.FromFutures(fs, dtype.Float64, []int{4, 2}, []int{3, 4, 0})
	_, err := wrong.Compute(ctx)
	if !errors.Is(err, array.ErrShape) || !strings.Contains(err.Error(), "array: block (") || !strings.Contains(err.Error(), "declared was (") {
		t.Errorf("got %v", err)
	}
	if _, err := array.FromFutures(fs, dtype.Float32, x.Chunks()...).Compute(ctx); !errors.Is(err, array.ErrDType) || !strings.Contains(err.Error(), "block (") {
		t.Errorf("got %v", err)
	}
	if err := array.FromFutures(fs[1:], dtype.Float64, x.Chunks()...).Err(); !errors.Is(err, array.ErrChunks) {
		t.Errorf("got %v", err)
	}
	if err := array.FromFutures([]kept{}, dtype.Float64).Err(); !errors.Is(err, array.ErrChunks) {
		t.Errorf("got %v", err)
	}
}

func ExampleFromFutures() {
	x := array.Ones(array.Size(4, 4), array.Chunks(2, 2))
	blocks, err := x.ToDelayed()
	if err != nil {
		fmt.Println(err)
		return
	}
	var futures []kept // *client.Future[*ndarray.Array] in programs
	for _, b := range blocks {
		p, err := sheaf.Persist(context.Background(), b)
		if err != nil {
			fmt.Println(err)
			return
		}
		futures = append(futures, kept{p})
	}
	y := array.FromFutures(futures, x.DType(), x.Chunks()...)
	fmt.Println(y.Sum().Compute(context.Background()))
	// Output: 16.0 <nil>
}
