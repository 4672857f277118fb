// Package rng makes NumPy's random numbers: the streams of numpy.random.Generator over PCG64 and SeedSequence.
//
// A [SeedSequence] turns a seed into words and spawns children, one for each chunk of an array; a [PCG64] seeded from it
// gives 64 random bits at a time; a [Generator] turns those into distributions. The numbers are equal bit for bit to
// those of NumPy 2 for random, uniform, integers, standard_normal, normal, standard_exponential and exponential, and
// for the distributions that are simple functions of them. The others follow the same algorithms where that was cheap;
// each method says what it promises.
//
// The bulk methods (Fill…) give the same numbers as repeated calls. They run several lanes of the one stream side by
// side: lane k holds the states k, k+L, k+2L, … and moves on by the map of L steps, with AVX-512 (52-bit integer
// multiply-add) where the machine has it.
package rng

//go:generate go run ./tables
//go:generate go run ./asmgen
