// Package frame is the dataframe kernel: it runs one SQL fragment over one or more partitions with an embedded
// DuckDB, takes Arrow record batches, CSV blocks, JSON-line blocks and Parquet files in, and gives Arrow record
// batches back. It knows nothing of plans, tasks or clusters; package dataframe writes the SQL.
//
// # Databases
//
//	type Options struct { Databases, Threads int; MemoryLimit int64; TempDir string; TimeZone string }
//	func Open(Options) (*Pool, error)                     // zero value works: GOMAXPROCS databases of one thread each
//	func (*Pool) Acquire(ctx) (*Conn, error)              // waits for a free database, or ctx
//	func (*Pool) Close() error                            // waits for nothing; running queries are interrupted
//	func (*Conn) Release()
//	func (*Pool) Query(ctx, sql, inputs, want)            // Acquire, Conn.Query, Release
//
// A query is given its tables by name; the SQL says FROM name:
//
//	func (*Conn) Query(ctx context.Context, sql string, inputs map[string]Input, want *arrow.Schema) ([]arrow.RecordBatch, error)
//	func (*Conn) Stream(ctx, sql, inputs, want) iter.Seq2[arrow.RecordBatch, error]
//	func (*Conn) Describe(ctx, sql, inputs) (*arrow.Schema, error)   // result schema without running it
//	func (*Conn) Exec(ctx, sql string) error                         // SET, COPY, DDL
//
// Query returns at least one batch (of zero rows when nothing matched), each of up to a million rows. Batches belong to the
// caller (Release them; forgetting costs nothing but time until the garbage collector comes, buffers are Go memory
// unless Options.Allocator says otherwise). When want is not nil, the result has exactly that schema, column by
// column in order: integers and hugeint sums are cast (overflow is an error), strings become dictionaries, time zones, units,
// names, nullability and metadata are restored. When want is nil, the schema is DuckDB's natural one (sum of
// integers: decimal128(38,0); timestamptz: timestamp[us, UTC]).
//
// # Inputs
//
//	func Batches(schema *arrow.Schema, batches ...arrow.RecordBatch) Input    // by reference; kept until the query ends
//	func CSV(CSVSource) Input                                                 // blocks parsed while they are scanned, only the used columns
//	func JSON(JSONSource) Input                                               // the same for JSON lines
//	func Parquet(ParquetSource) Input                                         // read_parquet: projection and filter pushdown
//	func SQL(query string) Input                                              // a named sub-query
//
//	type CSVSource  struct { Blocks []blockio.Block; Format *CSVFormat; FileColumn string }
//	type JSONSource struct { Blocks []blockio.Block; Format *JSONFormat; FileColumn string }
//	type ParquetSource struct { Parts []ParquetPart; Schema *arrow.Schema; FileColumn string }
//	type ParquetPart struct { Path string; RowGroups []int }                  // nil RowGroups = all of them
//
// Blocks come from package blockio: blockio.Expand → blockio.Blocks → (CSV only) blockio.CSVBlocks. Several blocks or files
// in one input are scanned one after the other on a one-thread database, in parallel on a database with more.
//
// # Formats
//
//	type CSVOptions struct { Comma, Quote, Comment byte; NoHeader bool; Names []string; SkipRows int;
//	    Types map[string]arrow.DataType; ParseDates []string; NullValues []string; KeepDefaultNulls *bool; SampleRows int;
//	    AllStrings bool }
//	func SniffCSV(ctx, files []blockio.File, CSVOptions) (*CSVFormat, error)  // header and types from a sample of the first file
//	type CSVFormat struct { Options CSVOptions; Schema *arrow.Schema; Guessed []bool; SampleRows int }
//
//	type JSONOptions struct { Types map[string]arrow.DataType; ParseDates []string; SampleRows int }
//	func SniffJSON(ctx, files []blockio.File, JSONOptions) (*JSONFormat, error)
//	type JSONFormat struct { Schema *arrow.Schema; Guessed []bool; SampleRows int }
//
//	func ReadParquetMeta(ctx, paths []string) (*ParquetMeta, error)           // schema of all (must agree), row groups, statistics
//	type ParquetMeta struct { Schema *arrow.Schema; Files []ParquetFile }
//	type ParquetFile struct { Path string; Rows int64; RowGroups []ParquetRowGroup }
//	type ParquetRowGroup struct { Rows, Bytes int64; Stats map[string]ParquetStats }
//	type ParquetStats struct { Min, Max any; Nulls int64; HasMinMax bool }
//	func ReadParquet(ctx, ParquetPart, columns []string) ([]arrow.RecordBatch, error)   // arrow-go, for what DuckDB cannot
//
// # Writers
//
// All write to a temporary name in the same directory and rename it at the end.
//
//	func WriteParquet(ctx, path string, schema *arrow.Schema, batches iter.Seq2[arrow.RecordBatch, error], ParquetWriteOptions) (WriteInfo, error)
//	func WriteCSV(ctx, path, schema, batches, CSVWriteOptions) (WriteInfo, error)
//	func WriteJSON(ctx, path, schema, batches, JSONWriteOptions) (WriteInfo, error)
//	func Seq(batches ...arrow.RecordBatch) iter.Seq2[arrow.RecordBatch, error]
//
// # Shuffle
//
//	func Partition(batch arrow.RecordBatch, keys []string, n int) ([]arrow.RecordBatch, error)
//	func HashRows(batch arrow.RecordBatch, keys []string) ([]uint64, error)   // stable across processes and machines
package frame
