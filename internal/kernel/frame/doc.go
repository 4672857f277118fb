// Package frame is the dataframe kernel: it runs one SQL fragment over one or more partitions with an embedded
// DuckDB, takes Arrow record batches, CSV blocks, JSON-line blocks and Parquet files in, and gives Arrow record
// batches back. It knows nothing of plans, tasks or clusters; package dataframe writes the SQL.
//
// # Databases
//
// A [Pool] holds in-memory databases that are opened at first use. A query has one to itself: [Pool.Query], or [Pool.Acquire] and
// the methods of [Conn] when several statements belong together. One thread a database and as many databases as processors is
// the usual shape; one database with all threads runs a whole plan of files as one query.
//
// # Queries
//
//	got, err := pool.Query(ctx, `SELECT name, sum(balance) AS total FROM t GROUP BY name`,
//		map[string]frame.Input{"t": frame.Batches(schema, batches...)}, want)
//
// Tables are given by name. The result is at least one batch (of zero rows when there are none), each of up to a million
// rows. When want is not nil, the result has exactly that schema, column by column in order, whatever the query calls them: types are
// cast in SQL (overflow is an error), then dictionaries, time zones, units, nullability and metadata are restored. When it is nil,
// the schema is DuckDB's own: sums of integers are decimal128(38,0), timestamps with a zone are in UTC, dictionaries are strings.
// [Conn.Describe] gives that schema without running the query.
//
// Result buffers are Go memory unless [Options] names another allocator: releasing them is good, not releasing them costs nothing but
// the collector's time. Input buffers may come from anywhere; they are pinned for the length of the query and read in place, so
// slices with odd offsets and unused columns cost nothing.
//
// SQL names do not tell upper and lower case apart, Arrow's and pandas' do. A caller who wants to be safe gives the columns names of
// his own: the schema passed to [Batches], and the field As of the other sources, name the columns; the names inside the batches do not count.
//
// # Inputs
//
//   - [Batches]: Arrow record batches, by reference.
//   - [CSV] and [JSON]: blocks of text files, parsed while they are scanned, only the columns that the query uses. Blocks come from
//     package blockio (Expand, Blocks, for CSV also CSVBlocks); the types from [SniffCSV] and [SniffJSON].
//   - [Parquet]: whole files or ranges of rows, read by DuckDB with column and filter pushdown. [ReadParquetMeta] has the schema, the row
//     groups and their statistics.
//   - [SQL]: a named sub-query over the others.
//
// Several blocks, batches or files of one input are scanned one after the other by a one-thread database. One with more threads scans them
// in parallel where a query ends in an aggregate, a join or a sort; a plain selection keeps the order of its input, and one thread reads it.
//
// # Types
//
// [SQLType] tells in which DuckDB type an Arrow type is computed. Everything that Arrow has passes, except 256-bit decimals, unions, run-end
// encoded arrays and list views, which are refused by name; nanoseconds of times, durations and timestamps with a zone, which
// DuckDB keeps in microseconds, are refused when they are not zero.
//
// # Errors
//
// Data that does not parse is a [*DataError] with file, line and column. What DuckDB refuses is an [*Error] with its class. A cancelled
// context is the context's cause, a closed pool [ErrClosed].
//
// # Files out, and rows dealt out
//
// [WriteParquet], [WriteCSV] and [WriteJSON] write under a temporary name and rename at the end. [Partition] deals rows out by a hash
// that is the same in every process; [TakeRows] picks rows.
package frame
