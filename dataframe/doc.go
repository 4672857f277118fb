// Package dataframe has partitioned tables with pandas' verbs, column expressions, and Arrow in memory.
//
// A [Frame] is a lazy relational plan. Building one reads no data (readers look at a sample of the first file for its
// columns), chains, and takes no context; the first mistake travels inside, with the file and line of the call, and Compute
// returns it. The plan is cut at exchanges (group-by merges, shuffles, joins, user functions) into fragments, and each fragment is one SQL
// query that an embedded DuckDB runs over one or more partitions.
//
//	df := dataframe.ReadCSV("2018-*-*.csv", dataframe.ParseDates("timestamp"), dataframe.BlockSize(64e6))
//	table, err := df.GroupBy("name").Col("balance").Mean().Compute(ctx)
//	alice := df.Filter(dataframe.Col("name").Eq("Alice"))
//	for rec, err := range alice.Rows[Record](ctx) { … }
//
// # Semantics
//
// Values are Arrow's: nulls are nulls and not NaN, text is UTF-8. Null compared with anything is null, and filters keep only rows
// that are true. NaN follows IEEE 754 in comparisons. Aggregates skip nulls; group-by drops null keys and sorts the others unless told otherwise;
// var and std divide by n-1; first and last follow the order of the partitions; merges match null keys. Integer sums are 64 bits
// wide, and overflow is an error. 0/0 is NaN, x/0 is infinite, % and // follow Python's floor rule. Nulls sort last.
// Column names that differ only in the case of their letters cannot stand in one frame.
//
// Rows have an order, that of the partitions and within them. Filters, projections, sorts, concatenation and DropDuplicates keep it; merges do not
// promise one. There is no row label: an index is a column by which the partitions are sorted, see [Frame.SetIndex].
//
// The package needs cgo; without it, it is empty.
package dataframe
