// Package array is the chunked n-dimensional array: NumPy's interface over blocks that are computed in parallel and need
// not fit in memory together.
//
// An [Array] is lazy and immutable. Its methods only describe the computation; [Array.Compute] runs it and returns an
// ndarray.Array, sheaf.Persist runs it and keeps the blocks, writers such as [Array.ToZarr] run it block by block.
//
//	rng := random.New(42)
//	x := rng.Uniform(0, 10, array.Size(10000, 10000), array.Chunks(1000, 1000))
//	y := x.Add(x.T()).Sub(x.Mean(array.Axis(0)))
//	out, err := y.Compute(ctx)
//
// The first mistake in a chain of calls travels inside the array with the file and line of the call, and Compute returns it;
// [Array.Err] shows it at once. Errors match [ErrShape], [ErrAxis], [ErrChunks], [ErrDType] or [ErrUnknownChunks].
//
// Operands are arrays, ndarrays, nested slices and Go numbers. Go's untyped constants and ints, floats and complex numbers of
// default size are weak, as Python's are in NumPy: they take the array's dtype. Shapes broadcast; chunks of operands that
// differ are brought to their common refinement.
//
// # How it runs
//
// Expressions of elementwise operations, broadcasts, transposes, slices, new arrays, random numbers and the first step of a
// reduction on top run as one task per output block, in tiles that stay in the cache: no temporary of the size of a block
// is made. Reductions are trees of [SplitEvery] blocks a step. What several parts of a computation share is
// computed once where it is expensive, and again where that costs less than keeping it. [Array.Explain] shows the plan.
package array
