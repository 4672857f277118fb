package array_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"sheaf"
	"sheaf/array"
	"sheaf/array/random"
	"sheaf/dtype"
	"sheaf/ndarray"
)

// TestMistakes checks that wrong calls say what is wrong, where, and match their sentinel.
func TestMistakes(t *testing.T) {
	x := array.Ones(array.Size(4, 6), array.Chunks(2, 3))
	v := array.Arange(0, 6, 1, array.Chunks(2))
	masked := v.Index(v.Gt(2))
	i8 := x.AsType(dtype.Int8)
	for _, c := range []struct {
		x    *array.Array
		want error
		text string
	}{
		{x.Add(array.Ones(array.Size(5))), array.ErrShape, "add at errors_test.go:"},
		{x.Add(array.Ones(array.Size(5))), array.ErrShape, "shapes (4, 6) and (5,) do not broadcast together"},
		{x.Sum(array.Axis(2)), array.ErrAxis, "axis 2 is out of bounds for an array of 2 dimensions"},
		{x.Sum(array.Axis(0, -2)), array.ErrAxis, "axis -2 is given twice"},
		{x.Sum(array.Ddof(1)), array.ErrValue, "sum at errors_test.go:"},
		{x.Sum(array.SplitEvery(1)), array.ErrValue, "at least 2"},
		{x.Reshape(5, 5), array.ErrShape, "24 elements of shape (4, 6) do not fit in shape (5, 5)"},
		{masked.Reshape(1, -1), array.ErrUnknownChunks, "chunk sizes along axis 0 are unknown; call x.ComputeChunkSizes(ctx) first"},
		{masked.Index(0), array.ErrUnknownChunks, "x.ComputeChunkSizes(ctx)"},
		{masked.Rechunk(2), array.ErrUnknownChunks, "x.ComputeChunkSizes(ctx)"},
		{masked.ArgMax(), array.ErrUnknownChunks, "positions are too"},
		{masked.Add(v), array.ErrUnknownChunks, "unknown lengths"},
		{x.Index(4), array.ErrIndex, "index 4 is out of bounds for axis 0 with length 4"},
		{x.Index(0, 0, 0), array.ErrIndex, "3 indices for an array of 2 dimensions"},
		{x.Index([]int{0}, []int{0}), array.ErrIndex, "one axis at a time"},
		{x.Index("a"), array.ErrIndex, "no index"},
		{x.Index([]bool{true}), array.ErrIndex, "1 bools for axis 0 with length 4"},
		{x.Rechunk([]int{1, 1}, 6), array.ErrChunks, "chunks (1, 1) along axis 0 add up to 2, the axis has 4"},
		{x.Rechunk(1, 2, 3), array.ErrChunks, "3 chunks given for 2 dimensions"},
		{array.Zeros(array.Size(3), array.Chunks("many")), array.ErrChunks, "no size in bytes"},
		{array.Zeros(array.Size(3), array.Chunks(1.5)), array.ErrChunks, "float64"},
		{array.Zeros(), array.ErrShape, "array.Size"},
		{array.Zeros(array.Size(-3)), array.ErrShape, "negative length"},
		{x.Gt(0).Sub(x.Gt(1)), array.ErrDType, "not defined for bool"},
		{i8.Add(300), array.ErrValue, "300 does not fit in int8"},
		{i8.Pow(-1), array.ErrValue, "negative integer powers"},
		{x.Transpose(0), array.ErrAxis, "1 axes given for 2 dimensions"},
		{x.MatMul(x), array.ErrShape, "axis 1 of the first has length 6, axis 0 of the second 4"},
		{x.Squeeze(0), array.ErrShape, "axis 0 has length 4, not 1"},
		{array.Concatenate([]*array.Array{x, v}, 0), array.ErrShape, "2 and 1"},
		{array.Concatenate(nil, 0), array.ErrValue, "no arrays"},
		{array.Stack([]*array.Array{v, v.Index(array.S(1, 3))}, 0), array.ErrShape, "(6,) and (2,)"},
		{x.Add(nil), array.ErrDType, "operand 2"},
		{x.Min(array.Axis(0)).Index(array.S(0, 0)).Min(), array.ErrValue, "length 0"},
		{x.MapBlocks(nil), array.ErrValue, "nil"},
		{array.Arange(0, 5, 0), array.ErrValue, "step is zero"},
		{array.From(struct{}{}), array.ErrDType, "from at errors_test.go"},
	} {
		err := c.x.Err()
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) || !strings.Contains(err.Error(), "errors_test.go:") {
			t.Errorf("got error %v, want one of %q with %q", err, c.want, c.text)
		}
		if _, e := c.x.Compute(ctx); e != err {
			t.Errorf("Compute: got error %v, want %v", e, err)
		}
	}
}

// TestFirstMistakeStays checks that what is done with a broken array keeps the error and its line.
func TestFirstMistakeStays(t *testing.T) {
	bad := array.Ones(array.Size(3)).Sum(array.Axis(7))
	first := bad.Err()
	ok := array.Ones(array.Size(3))
	for name, x := range map[string]*array.Array{
		"add": bad.Add(1), "added": ok.Add(bad), "index": bad.Index(0), "sum": bad.Sum(), "T": bad.T(), "reshape": bad.Reshape(-1),
		"rechunk": bad.Rechunk(1), "concatenate": array.Concatenate([]*array.Array{ok, bad}, 0), "where": array.Where(ok, bad, 1),
		"matmul": ok.MatMul(bad), "astype": bad.AsType(dtype.Int8), "map": array.MapBlocks(sumOf, []*array.Array{ok, bad}),
		"clip": bad.Clip(0, 1), "like": array.ZerosLike(bad), "round": bad.Round(1), "mask": ok.Index(bad), "from": array.From(bad),
	} {
		if x.Err() != first {
			t.Errorf("%s: got error %v, want %v", name, x.Err(), first)
		}
	}
	if bad.Shape() != nil || bad.Ndim() != 0 || bad.DType() != dtype.Invalid || !strings.Contains(bad.String(), "axis 7") {
		t.Errorf("got %v", bad)
	}
	if _, err := sheaf.Persist(ctx, bad); err != first {
		t.Errorf("Persist: got error %v", err)
	}
}

func sumOf(_ context.Context, blocks ...*ndarray.Array) (*ndarray.Array, error) {
	return blocks[0].Add(blocks[1])
}

var errBoom = errors.New("boom")

// TestFunctionsThatFail checks that errors, panics and wrong blocks of user functions name the function.
func TestFunctionsThatFail(t *testing.T) {
	x := array.Ones(array.Size(4), array.Chunks(2))
	for _, c := range []struct {
		name string
		f    func(context.Context, *ndarray.Array) (*ndarray.Array, error)
		want string
	}{
		{"error", func(_ context.Context, b *ndarray.Array) (*ndarray.Array, error) { return nil, errBoom }, "boom"},
		{"panic", func(_ context.Context, b *ndarray.Array) (*ndarray.Array, error) { panic("ouch") }, "panic: ouch"},
		{"shape", func(_ context.Context, b *ndarray.Array) (*ndarray.Array, error) { return b.Reshape(-1, 1) }, "block of shape (2, 1), declared was (2,)"},
		{"nil", func(_ context.Context, b *ndarray.Array) (*ndarray.Array, error) { return nil, nil }, "no block"},
	} {
		_, err := x.MapBlocks(c.f, array.DType(dtype.Float64)).Compute(ctx)
		var te *sheaf.TaskError
		if !errors.As(err, &te) || !strings.Contains(err.Error(), c.want) || !strings.Contains(te.Func.File, "errors_test.go") {
			t.Errorf("%s: got error %v", c.name, err)
		}
	}
	_, err := x.MapBlocks(func(_ context.Context, b *ndarray.Array) (*ndarray.Array, error) { return b.Gt(0) }, array.DType(dtype.Float64)).Compute(ctx)
	if !errors.Is(err, array.ErrDType) || !strings.Contains(err.Error(), "say array.DType(dtype.Bool)") {
		t.Errorf("dtype: got error %v", err)
	}
}

func TestCancelled(t *testing.T) {
	c, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := random.New(1).Normal(0, 1, array.Size(1000, 1000)).Sum().Compute(c); !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v", err)
	}
}
