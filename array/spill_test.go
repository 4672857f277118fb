package array_test

import (
	"testing"

	"sheaf"
	"sheaf/array"
	"sheaf/array/random"
)

// TestUnderAMemoryLimit computes what needs four times the limit: blocks go to disk and come back.
func TestUnderAMemoryLimit(t *testing.T) {
	local := must(sheaf.NewLocal(sheaf.LocalConfig{MemoryLimitBytes: 16 << 20, TemporaryDir: t.TempDir()}))
	defer local.Close()
	x := random.New(5).Normal(0, 1, array.Size(4000, 2000), array.Chunks(500, 500)) // 64 MB that two uses keep
	y := x.Sub(x.Mean(array.Axis(0))).Square().Sum().Add(x.Rechunk(4000, 100).Std(array.Axis(0)).Sum())
	want, err := y.Compute(ctx)
	if err != nil {
		t.Fatal(err)
	}
	got, err := y.Compute(ctx, sheaf.On(local))
	if err != nil {
		t.Fatal(err)
	}
	if must(got.Float64()) != must(want.Float64()) {
		t.Errorf("got %v, want %v", got, want)
	}
	kept, err := sheaf.Persist(ctx, x, sheaf.On(local))
	if err != nil {
		t.Fatal(err)
	}
	if err := sheaf.Wait(ctx, kept); err != nil {
		t.Fatal(err)
	}
	same(t, "persisted and spilled", kept.Sum(), must(x.Sum().Compute(ctx)), nil)
}
