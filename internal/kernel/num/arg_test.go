package num

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"sheaf/dtype"
)

// TestArgTies: with many equal elements and some NaN, the first extreme or the first NaN wins, over one axis or all, in
// C order also where the array is transposed.
func TestArgTies(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for trial := range 60 {
		rows, cols := 1+r.IntN(90), 1+r.IntN(90)
		x := make([]float64, rows*cols)
		for i := range x {
			x[i] = float64(r.IntN(5))
			if trial%3 == 0 && r.IntN(300) == 0 {
				x[i] = math.NaN()
			}
		}
		v := ViewOf(dtype.Float64, x, rows, cols)
		if trial%2 == 0 {
			v = ViewOf(dtype.Float64, x, cols, rows).Transpose()
		}
		at := func(i, j int) float64 { return element(v, []int{rows, cols}, []int{i, j}) }
		for _, red := range []Reduction{ArgMin, ArgMax} {
			better := func(a, b float64) bool {
				return b == b && (a != a || red == ArgMin && a < b || red == ArgMax && a > b)
			}
			flat, byCol, byRow := 0, make([]int, cols), make([]int, rows)
			for i := range rows {
				for j := range cols {
					y := at(i, j)
					if better(y, at(flat/cols, flat%cols)) {
						flat = i*cols + j
					}
					if better(y, at(byCol[j], j)) {
						byCol[j] = i
					}
					if better(y, at(i, byRow[i])) {
						byRow[i] = j
					}
				}
			}
			run := func(n int, axes ...int) []int64 {
				shape := []int{n}
				if len(axes) == 0 {
					shape = []int{}
				}
				index := make([]int64, n)
				out := []View{ViewOf(dtype.Float64, make([]float64, n), shape...), ViewOf(dtype.Int64, index, shape...)}
				if err := Reduce(context.Background(), red, v, out, axes...); err != nil {
					t.Fatal(err)
				}
				return index
			}
			if got := run(1)[0]; got != int64(flat) {
				t.Errorf("%s of %d×%d: got %d want %d", red, rows, cols, got, flat)
			}
			for j, got := range run(cols, 0) {
				if got != int64(byCol[j]) {
					t.Errorf("%s of %d×%d, column %d: got %d want %d", red, rows, cols, j, got, byCol[j])
				}
			}
			for i, got := range run(rows, 1) {
				if got != int64(byRow[i]) {
					t.Errorf("%s of %d×%d, row %d: got %d want %d", red, rows, cols, i, got, byRow[i])
				}
			}
		}
	}
}
