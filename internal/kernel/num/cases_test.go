package num

import (
	"context"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"
	"unsafe"

	"sheaf/dtype"
	"sheaf/internal/kernel/rng"
)

// TestCases times the array cases of the benchmark suite over 100 chunks of 1000×1000 on all cores, when SHEAF_CASES is
// set. It is for comparing kernels without the runtime around them.
func TestCases(t *testing.T) {
	if os.Getenv("SHEAF_CASES") == "" {
		t.Skip("SHEAF_CASES is not set")
	}
	const n, grid = 1000, 10
	f := dtype.Float64
	ctx := context.Background()
	workers := runtime.GOMAXPROCS(0)
	each := func(do func(k int)) {
		var wg sync.WaitGroup
		next := make(chan int, grid*grid)
		for k := range grid * grid {
			next <- k
		}
		close(next)
		for range workers {
			wg.Go(func() {
				for k := range next {
					do(k)
				}
			})
		}
		wg.Wait()
	}
	build := func(define func(b *Builder)) *Program {
		var b Builder
		define(&b)
		p, err := b.Build()
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	run := func(p *Program, a Args) {
		if err := p.Run(ctx, a); err != nil {
			t.Error(err)
		}
	}
	shape := []int{n, n}
	seed := rng.NewSeedSequence(42)
	gen := func(k int) []*rng.Generator { return []*rng.Generator{rng.New(seed.Child(uint32(k)))} }
	x := make([][]float64, grid*grid)
	for k := range x {
		buf := Buffers.Get(8 * n * n)
		x[k] = unsafe.Slice((*float64)(unsafe.Pointer(&buf[0])), n*n)
	}
	uniform := build(func(b *Builder) { b.Store(b.Draw(Uniform(0, 10))) })
	timed := func(name string, f func()) {
		best, cpu := time.Hour, time.Hour
		for range 5 {
			start, used := time.Now(), cpuTime()
			f()
			best, cpu = min(best, time.Since(start)), min(cpu, cpuTime()-used)
		}
		t.Logf("%-32s %.4f s, %.4f s of processor time", name, best.Seconds(), cpu.Seconds())
	}
	one := func() []View { return []View{ViewOf(f, make([]float64, 1))} }
	for _, d := range []struct {
		name string
		d    Distribution
	}{{"uniform(1e8).sum()", Uniform(0, 10)}, {"normal(1e8).sum()", Normal(0, 1)}} {
		p := build(func(b *Builder) { b.Reduce(Sum, b.Draw(d.d), 2) })
		timed(d.name, func() { each(func(k int) { run(p, Args{Shape: shape, Draws: gen(k), Outputs: one()}) }) })
	}
	timed("fill 800 MB uniform", func() {
		each(func(k int) { run(uniform, Args{Shape: shape, Draws: gen(k), Outputs: []View{ViewOf(f, x[k], n, n)}}) })
	})
	view := func(k int) View { return ViewOf(f, x[k], n, n) }
	sum := build(func(b *Builder) { b.Reduce(Sum, b.Input(f), 2) })
	timed("x.sum()", func() { each(func(k int) { run(sum, Args{Shape: shape, Inputs: []View{view(k)}, Outputs: one()}) }) })
	col := build(func(b *Builder) { b.Reduce(Sum, b.Input(f), 2, 0) })
	timed("x.sum(axis=0)", func() {
		each(func(k int) {
			run(col, Args{Shape: shape, Inputs: []View{view(k)}, Outputs: []View{ViewOf(f, make([]float64, n), n)}})
		})
	})
	moments := build(func(b *Builder) { b.Reduce(Moments, b.Input(f), 2, 0) })
	timed("x.std(axis=0)", func() {
		each(func(k int) {
			o := []View{ViewOf(f, make([]float64, n), n), ViewOf(f, make([]float64, n), n), ViewOf(f, make([]float64, n), n)}
			run(moments, Args{Shape: shape, Inputs: []View{view(k)}, Outputs: o})
		})
	})
	mean := random(n, 1)
	seedSum := build(func(b *Builder) {
		a, c, m := b.Input(f), b.Input(f), b.Input(f)
		b.Reduce(Sum, b.Apply(Sub, b.Apply(Add, a, c), m), 2)
	})
	timed("(x + x.T - m).sum()", func() {
		each(func(k int) {
			i, j := k/grid, k%grid
			run(seedSum, Args{Shape: shape, Inputs: []View{view(k), view(j*grid + i).Transpose(), ViewOf(f, mean, n)}, Outputs: one()})
		})
	})
	exps := build(func(b *Builder) {
		a := b.Input(f)
		b.Reduce(Sum, b.Apply(Add, b.Apply(Mul, b.Apply(Exp, b.Apply(Negative, a)), b.Apply(Sin, a)), b.Apply(Sqrt, a)), 2)
	})
	timed("(exp(-x)*sin(x)+sqrt(x)).sum()", func() {
		each(func(k int) { run(exps, Args{Shape: shape, Inputs: []View{view(k)}, Outputs: one()}) })
	})
}
