package frame

import (
	"context"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
)

// ParquetWriteOptions are the writer's settings. The zero value is snappy and row groups of a million rows.
type ParquetWriteOptions struct {
	Compression  string // snappy, zstd, gzip, brotli, lz4, none
	Level        int    // of zstd, gzip and brotli; the codec's own choice when 0
	RowGroupRows int64  // 1 Mi when 0
}

var parquetCodecs = map[string]compress.Compression{
	"": compress.Codecs.Snappy, "snappy": compress.Codecs.Snappy, "zstd": compress.Codecs.Zstd, "gzip": compress.Codecs.Gzip,
	"brotli": compress.Codecs.Brotli, "lz4": compress.Codecs.Lz4Raw, "none": compress.Codecs.Uncompressed,
}

// WriteParquet writes batches of one schema into a Parquet file, with statistics and the Arrow schema, so that dictionaries, time zones and units
// come back. Types that Parquet does not have (durations, intervals) are an error.
func WriteParquet(ctx context.Context, path string, schema *arrow.Schema, batches iter.Seq2[arrow.RecordBatch, error], o ParquetWriteOptions) (WriteInfo, error) {
	const op = "write parquet"
	codec, ok := parquetCodecs[strings.ToLower(o.Compression)]
	if !ok {
		return WriteInfo{}, fmt.Errorf("%s: %s: unknown compression %q; use snappy, zstd, gzip, brotli, lz4 or none", op, path, o.Compression)
	}
	if o.RowGroupRows <= 0 {
		o.RowGroupRows = 1 << 20
	}
	for _, f := range schema.Fields() {
		if bad := notInParquet(f.Type); bad != nil {
			return WriteInfo{}, fmt.Errorf("%s: %s: column %s: Parquet has no type for %v; cast it first", op, path, f.Name, bad)
		}
	}
	props := []parquet.WriterProperty{parquet.WithCompression(codec), parquet.WithMaxRowGroupLength(o.RowGroupRows), parquet.WithCreatedBy("sheaf")}
	if o.Level != 0 {
		props = append(props, parquet.WithCompressionLevel(o.Level))
	}
	return atomically(op, path, func(w io.Writer) (n int64, err error) {
		pw, err := pqarrow.NewFileWriter(schema, onlyWriter{w}, parquet.NewWriterProperties(props...),
			pqarrow.NewArrowWriterProperties(pqarrow.WithStoreSchema(), pqarrow.WithAllocator(memory.DefaultAllocator)))
		if err != nil {
			return 0, err
		}
		defer func() {
			if err != nil {
				pw.Close() // frees its buffers; the file is thrown away
			}
		}()
		for b, err := range batches {
			if err == nil {
				err = ctx.Err()
			}
			if err == nil {
				err = sameTypes(schema, b.Schema())
			}
			if err != nil {
				return n, err
			}
			same := array.NewRecordBatch(schema, b.Columns(), b.NumRows()) // the writer compares names and metadata too
			err = pw.WriteBuffered(same)
			same.Release()
			if err != nil {
				return n, err
			}
			n += b.NumRows()
		}
		return n, pw.Close()
	})
}

// notInParquet finds a type that the format cannot hold.
func notInParquet(dt arrow.DataType) arrow.DataType {
	switch dt.ID() {
	case arrow.DURATION, arrow.INTERVAL_MONTHS, arrow.INTERVAL_DAY_TIME, arrow.INTERVAL_MONTH_DAY_NANO, arrow.RUN_END_ENCODED, arrow.SPARSE_UNION, arrow.DENSE_UNION:
		return dt
	}
	if n, ok := dt.(arrow.NestedType); ok {
		for _, f := range n.Fields() {
			if bad := notInParquet(f.Type); bad != nil {
				return bad
			}
		}
	}
	return nil
}
