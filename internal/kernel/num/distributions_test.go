package num

import (
	"context"
	"strings"
	"testing"

	"sheaf/dtype"
	"sheaf/internal/kernel/rng"
)

// TestNamed draws from every law through a program and directly: the same numbers.
func TestNamed(t *testing.T) {
	params := map[string][]float64{"triangular": {-1, 0, 2}, "noncentral_f": {3, 4, 1}, "hypergeometric": {20, 30, 10}, "binomial": {50, 0.3}, "negative_binomial": {5, 0.5}, "geometric": {0.3}, "logseries": {0.6}}
	for i, l := range laws {
		p, ok := params[l.name]
		if !ok {
			p = []float64{2.5, 1.5, 3}[:len(l.params)]
		}
		d, err := Named(l.name, p...)
		if err != nil {
			t.Fatal(err)
		}
		var b Builder
		v := b.Draw(d)
		b.Store(b.Cast(v, dtype.Float64))
		prog, err := b.Build()
		if err != nil {
			t.Fatal(err)
		}
		const n = 3000
		got := make([]float64, n)
		seed := rng.NewSeedSequence(uint64(i))
		if err := prog.Run(context.Background(), Args{Shape: []int{n}, Draws: []*rng.Generator{rng.New(seed)}, Outputs: []View{ViewOf(dtype.Float64, got, n)}}); err != nil {
			t.Fatal(err)
		}
		g := rng.New(seed)
		for k, x := range got {
			want := 0.0
			if l.whole != nil {
				want = float64(l.whole(g, &d.Params))
			} else {
				want = l.real(g, &d.Params)
			}
			if x != want {
				t.Fatalf("%s: draw %d: got %v want %v", l.name, k, x, want)
			}
		}
	}
}

func TestNamedErrors(t *testing.T) {
	for _, c := range []struct {
		name   string
		params []float64
		want   string
	}{
		{"poissson", nil, "unknown distribution"},
		{"gamma", []float64{1}, "[shape scale]"},
		{"poisson", []float64{-1}, "0 <= lam"},
		{"binomial", []float64{2.5, 0.5}, "whole number"},
	} {
		if _, err := Named(c.name, c.params...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s%v: got %v want …%s…", c.name, c.params, err, c.want)
		}
	}
}
