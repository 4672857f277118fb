package bag

import "cmp"

// A Pair is two values that belong together.
type Pair[A, B any] struct {
	First  A
	Second B
}

// A KV is a key with its value, as in the results of FoldBy and Frequencies.
type KV[K, V any] struct {
	Key   K
	Value V
}

// A Group is a key with all elements that have it.
type Group[K, V any] struct {
	Key    K
	Values []V
}

// Number is what can be summed.
type Number interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr | ~float32 | ~float64
}

// Ordered is what Min, Max and TopK compare; NaN is less than every other number.
type Ordered = cmp.Ordered
