package array_test

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sheaf"
	"sheaf/array"
	"sheaf/array/random"
	"sheaf/dtype"
	"sheaf/ndarray"
)

var rewrite = flag.Bool("rewrite", false, "write the plans of testdata/plans anew")

// TestPlans compares plans with those in testdata/plans: the trees before and after rewriting and the lowered layers.
func TestPlans(t *testing.T) {
	size, blocks := array.Size(100, 100), array.Chunks(10, 20)
	x := random.New(1).Uniform(0, 1, size, array.Chunks(10, 10))
	n := random.New(2).Normal(0, 1, size, array.Chunks(10, 10))
	p := array.FromFunction(blockOfOnes, size, array.Chunks(10, 10))
	q := array.FromFunction(blockOfOnes, size, blocks)
	e := p.Exp()
	cases := map[string]*array.Array{
		"creation":            array.Ones(size, blocks),
		"creation fused":      array.Ones(size, blocks).Add(2).Mul(array.Arange(0, 100, 1, array.Chunks(20))),
		"seed":                x.Add(x.T()).Sub(x.Mean(array.Axis(0))).Sum(),
		"normal is kept":      n.Add(n.T()).Sub(n.Mean(array.Axis(0))),
		"uniform sum":         x.Sum(),
		"sum by axis":         p.Sum(array.Axis(0)),
		"split every":         p.Sum(array.SplitEvery(16)),
		"mean and variance":   p.Mean(array.Axis(0)).Add(p.Var(array.Axis(0))),
		"same operand twice":  e.Div(e.Add(1)).Sum(),
		"cheap used twice":    p.Add(1).Sum().Add(p.Add(1).T().Sum(array.Axis(0))),
		"costly used twice":   e.Sum().Add(e.T().Max(array.Axis(0))),
		"costly row":          p.Mul(p.Index(0).Exp()),
		"transpose":           p.T(),
		"transpose twice":     p.T().T().Add(1),
		"slice of sum":        p.Add(q.T()).Index(array.S(5, 25), 3),
		"slice of slice":      p.Index(array.S(5, 95)).Index(array.S(array.None, array.None, -3)),
		"different chunks":    p.Add(q),
		"rechunk finer":       p.Rechunk(5, 10).Sum(),
		"rechunk coarser":     p.Rechunk(100, 25).Sum(array.Axis(0)),
		"rechunk twice":       p.Rechunk(100, 25).Rechunk(50, 50),
		"rechunk of creation": array.Ones(size, blocks).Add(1).Rechunk(50, 50),
		"matmul":              p.MatMul(p.T()),
		"concatenate":         array.Concatenate([]*array.Array{p, q}, 0).Sum(array.Axis(1)),
		"take":                p.Index([]int{99, 1, 50}),
		"take of sum":         p.Add(p.T()).Mul(2).Index([]int{3, 4, 95}),
		"mask":                p.Index(p.Gt(0.5)),
		"reshape":             p.Reshape(10, 10, 100),
		"argmax":              p.ArgMax(),
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if c.Err() != nil {
				t.Fatal(c.Err())
			}
			got := sheaf.Explain(c)
			path := filepath.Join("testdata", "plans", name+".txt")
			if *rewrite {
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("plan differs (-want +got):\n%s", diff)
			}
		})
	}
}

func blockOfOnes(_ context.Context, b array.Block) (*ndarray.Array, error) {
	return ndarray.Ones(dtype.Float64, b.Shape...)
}
