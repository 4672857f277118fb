package rng_test

import (
	"fmt"

	"sheaf/dtype"
	"sheaf/internal/kernel/rng"
)

// The numbers of numpy.random.default_rng(42).
func ExampleGenerator() {
	g := rng.New(rng.NewSeedSequence(42))
	v := make([]float64, 3)
	g.FillFloat64(v)
	fmt.Println(v)
	b, err := rng.IntegerBounds(0, 10, dtype.Int64, false)
	ints := make([]int64, 5)
	rng.FillIntegers(g, ints, b)
	fmt.Println(ints, err)
	// Output:
	// [0.7739560485559633 0.4388784397520523 0.8585979199113825]
	// [0 6 2 0 5] <nil>
}

// Each block of an array has a child of the seed.
func ExampleSeedSequence() {
	s := rng.NewSeedSequence(42)
	for _, child := range s.Spawn(2) {
		fmt.Println(child.Key, child.State32(2))
	}
	fmt.Println("again", s.Child(1).State32(2))
	// Output:
	// [0] [2684470948 3757501821]
	// [1] [4091952314 31242083]
	// again [4091952314 31242083]
}

func ExamplePCG64() {
	p := rng.NewPCG64(rng.NewSeedSequence(1))
	q := p
	for range 1000 {
		p.Uint64()
	}
	q.Advance(1000)
	fmt.Println(p == q)
	// Output: true
}
