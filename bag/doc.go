// Package bag has lazy lists of any Go type, in partitions: logs, JSON records, words, whatever does not fit an array or a table.
//
// A [Bag] is built by [ReadText], [FromSlice] and others, transformed by Map, Filter, GroupBy and their kin, and computed at the end:
//
//	total, err := bag.Sum(bag.ReadText("*.json").TryMap(bag.JSON[Record]).Filter(isAlice).Map(balance)).Compute(ctx)
//
// Building does nothing but note what is to be done; the first mistake stays with the bag and Compute returns it. A chain of
// element-wise steps runs as one pass over each partition, element by element, and stores nothing in between; a reduction at its end is
// part of the pass. So memory does not depend on the length of the data, and files are read as far as they are needed.
//
// Order is kept: elements come in the order of their partitions, until a GroupBy. Functions may be called from several goroutines at
// once, and are called anew when a bag is computed again; use sheaf.Persist for what is used more than once. A function that returns an
// error or panics stops the run, and the error names the function, its file and line, and for text the file and line that
// it was given.
//
// Same as dask.bag.
package bag
