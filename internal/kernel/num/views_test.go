package num

import (
	"context"
	"math"
	"testing"
	"unsafe"

	"pgregory.net/rapid"

	"sheaf/dtype"
)

// layoutOf draws a view that broadcasts to the shape: axes permuted, reversed, with gaps, or repeated.
func layoutOf(t *rapid.T, name string, shape []int, broadcast bool) (View, []float64) {
	perm := rapid.Permutation(indexes(len(shape))).Draw(t, name+" order")
	strides, outShape := make([]int, len(shape)), append([]int(nil), shape...)
	n, off := 1, 0
	for _, d := range perm {
		step := rapid.IntRange(1, 2).Draw(t, name+" gap")
		switch {
		case broadcast && rapid.IntRange(0, 3).Draw(t, name+" repeat") == 0:
			if rapid.Bool().Draw(t, name+" one") {
				outShape[d] = 1
			} else {
				strides[d] = 0
			}
			continue
		case rapid.IntRange(0, 4).Draw(t, name+" reverse") == 0:
			strides[d] = -n * step
			off += n * step * (shape[d] - 1)
		default:
			strides[d] = n * step
		}
		n *= step * shape[d]
	}
	data := random(n+1, uint64(n))
	return View{Type: dtype.Float64, Data: unsafe.Pointer(&data[off]), Shape: outShape, Strides: strides}, data
}

func indexes(n int) []int {
	v := make([]int, n)
	for i := range v {
		v[i] = i
	}
	return v
}

// each calls f with every index of the shape, in C order.
func each(shape []int, f func(at []int)) {
	at := make([]int, len(shape))
	for range product(shape) {
		f(at)
		for d := len(at) - 1; d >= 0; d-- {
			if at[d]++; at[d] < shape[d] {
				break
			}
			at[d] = 0
		}
	}
}

func element(v View, shape, at []int) float64 {
	s, err := v.broadcast(shape)
	if err != nil {
		panic(err)
	}
	return *(*float64)(unsafe.Add(v.Data, 8*dot(at, s)))
}

// TestViewsAndReductions evaluates (a+b)*a-2 over views of all kinds and reduces it over random axes, against loops over
// indexes. The tiles have a random size.
func TestViewsAndReductions(t *testing.T) {
	defer func(n, m int) { tileElements, bareElements = n, m }(tileElements, bareElements)
	rapid.Check(t, func(t *rapid.T) {
		tileElements = rapid.SampledFrom([]int{8, 64, 100, 2048}).Draw(t, "tile")
		bareElements = tileElements * 4
		shape := rapid.SliceOfN(rapid.IntRange(1, 23), 0, 4).Draw(t, "shape")
		a, _ := layoutOf(t, "a", shape, true)
		b, _ := layoutOf(t, "b", shape, true)
		out, _ := layoutOf(t, "out", shape, false)
		var axes []int
		for i := range shape {
			if rapid.Bool().Draw(t, "axis") {
				axes = append(axes, i)
			}
		}
		var bl Builder
		x, y := bl.Input(dtype.Float64), bl.Input(dtype.Float64)
		v := bl.Apply(Sub, bl.Apply(Mul, bl.Apply(Add, x, y), x), bl.Float(dtype.Float64, 2))
		bl.Store(v)
		kinds := []Reduction{Sum, Prod, Min, Max, Moments, Count, ArgMax}
		if len(axes) == 0 {
			kinds = nil
		} else if len(axes) > 1 && len(axes) < len(shape) {
			kinds = kinds[:len(kinds)-1]
		}
		keep, ones := reducedShape(shape, axes)
		outs := []View{out}
		results := map[Reduction][]float64{}
		for _, k := range kinds {
			bl.Reduce(k, v, len(shape), axes...)
			for i := range k.Results() {
				data, s := make([]float64, product(keep)), keep
				if rapid.Bool().Draw(t, "keepdims") {
					s = ones
				}
				outs = append(outs, ViewOf(dtype.Float64, data, s...))
				if i == k.Results()-1 {
					results[k] = data
				}
			}
		}
		p, err := bl.Build()
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Run(context.Background(), Args{Shape: shape, Inputs: []View{a, b}, Outputs: outs}); err != nil {
			t.Fatal(err)
		}
		groups := make([][]float64, product(keep))
		flat := make([][]int, product(keep))
		i := 0
		each(shape, func(at []int) {
			x := element(a, shape, at)
			want := (x+element(b, shape, at))*x - 2
			if got := element(out, shape, at); got != want {
				t.Fatalf("at %v: got %v want %v", at, got, want)
			}
			g, ax := 0, axes
			along := i
			for d, n := range shape {
				if len(ax) > 0 && ax[0] == d {
					ax = ax[1:]
					if len(axes) == 1 && len(shape) != 1 {
						along = at[d]
					}
					continue
				}
				g = g*n + at[d]
			}
			groups[g], flat[g] = append(groups[g], want), append(flat[g], along)
			i++
		})
		for k, got := range results {
			for g, vs := range groups {
				if want := reduceNaive(k, vs, flat[g]); math.Abs(got[g]-want) > 1e-11*(1+math.Abs(want)) {
					t.Fatalf("%s over %v of %v, group %d: got %v want %v", k, axes, shape, g, got[g], want)
				}
			}
		}
	})
}

// reduceNaive is the last result of a reduction: the value, the index, the sum of squared deviations.
func reduceNaive(k Reduction, vs []float64, flat []int) float64 {
	sum, prod, lo, hi, best, count := 0.0, 1.0, math.Inf(1), math.Inf(-1), 0, 0.0
	for i, v := range vs {
		sum, prod, lo = sum+v, prod*v, min(lo, v)
		if v > hi {
			hi, best = v, flat[i]
		}
		if v != 0 {
			count++
		}
	}
	switch k {
	case Sum:
		return sum
	case Prod:
		return prod
	case Min:
		return lo
	case Max:
		return hi
	case Count:
		return count
	case ArgMax:
		return float64(best)
	}
	mean, m2 := sum/float64(len(vs)), 0.0
	for _, v := range vs {
		m2 += (v - mean) * (v - mean)
	}
	return m2
}

// TestGather assembles chunks and takes them out again.
func TestGather(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shape := rapid.SliceOfN(rapid.IntRange(1, 40), 1, 3).Draw(t, "shape")
		shape[len(shape)-1] *= rapid.SampledFrom([]int{1, 40}).Draw(t, "long")
		src, _ := layoutOf(t, "src", shape, false)
		dst, _ := layoutOf(t, "dst", shape, false)
		if err := Gather(dst, src); err != nil {
			t.Fatal(err)
		}
		each(shape, func(at []int) {
			if got, want := element(dst, shape, at), element(src, shape, at); got != want {
				t.Fatalf("at %v: got %v want %v", at, got, want)
			}
		})
	})
}
