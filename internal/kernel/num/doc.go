// Package num holds the loops over one chunk of an n-d array: element by element operations, reductions and copies for
// every dtype, and an evaluator that runs a whole expression of them in one pass.
//
// A [Builder] collects an expression as operations over inputs, constants and random draws, merges equal parts, and
// yields a [Program]: plain data that can be compared and sent. [Program.Run] evaluates it over one chunk, tile by tile:
// a tile is some thousand elements that stay in the cache, so that no temporary of the size of a chunk is made, and
// reductions on top of an expression (see [Reduction]) consume the tiles as they come. [Apply] and [Reduce] run a single
// operation.
//
// Operands are [View]s: a type, a pointer, a shape and strides, which may be broadcast (stride 0), transposed or reversed.
// The package knows nothing of who owns the memory, except for what comes from [Alloc].
//
// # Exactness
//
// Arithmetic gives NumPy's results bit for bit. exp, log, sin, cos, tanh and their relatives have kernels of their own
// with an error below 1.5 units of the last place. Every vector kernel (AVX2, AVX-512) has a portable twin that
// gives the same bits, sums included: a result depends on the chunk and the program, never on the machine, on the number
// of workers or on time. SHEAF_SIMD=off, avx2 or avx512 in the environment chooses the kernels.
package num

//go:generate go run ./loopgen
