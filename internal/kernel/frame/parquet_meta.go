package frame

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/metadata"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
)

// ParquetMeta is what the footers of some Parquet files say.
type ParquetMeta struct {
	Schema *arrow.Schema // of every file; the first file's order and metadata
	Files  []ParquetFile
}

// ParquetFile is one footer.
type ParquetFile struct {
	Path      string
	Rows      int64
	RowGroups []ParquetRowGroup
}

// ParquetRowGroup is a piece of a file that can be skipped by its statistics.
type ParquetRowGroup struct {
	FirstRow, Rows int64
	Bytes          int64                   // uncompressed
	Stats          map[string]ParquetStats // by column, columns without children only
}

// ParquetStats bound a column's values in one row group.
type ParquetStats struct {
	Min, Max  any   // int64 (also dates in days, times and timestamps in the unit of the schema's type), uint64, float64, string, bool
	HasMinMax bool  // false: nothing is known of the values
	Nulls     int64 // -1: not known
}

// RowRange is where a row group lies in its file: [from, to).
func (f ParquetFile) RowRange(group int) [2]int64 {
	g := f.RowGroups[group]
	return [2]int64{g.FirstRow, g.FirstRow + g.Rows}
}

// ReadParquetMeta reads the footers of the files, several at a time. Files whose columns differ in name or type are an error that
// names a file and its columns; a different order and different nullability are not.
func ReadParquetMeta(ctx context.Context, paths []string) (*ParquetMeta, error) {
	if len(paths) == 0 {
		return nil, fmt.Errorf("read parquet: no files")
	}
	files := make([]ParquetFile, len(paths))
	schemas := make([]*arrow.Schema, len(paths))
	errs := make([]error, len(paths))
	var wg sync.WaitGroup
	next := make(chan int)
	for range min(len(paths), 2*runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for i := range next {
				if errs[i] = ctx.Err(); errs[i] == nil {
					files[i], schemas[i], errs[i] = readFooter(paths[i])
				}
			}
		})
	}
	for i := range paths {
		next <- i
	}
	close(next)
	wg.Wait()
	for i, err := range errs {
		if err != nil {
			return nil, fmt.Errorf("read parquet: %s: %w", paths[i], err)
		}
	}
	for i := range paths[1:] {
		if diff := schemaDifference(schemas[0], schemas[i+1]); diff != "" {
			return nil, fmt.Errorf("read parquet: %s differs from %s: %s", paths[i+1], paths[0], diff)
		}
	}
	return &ParquetMeta{Schema: schemas[0], Files: files}, nil
}

// schemaDifference says in words which columns differ.
func schemaDifference(a, b *arrow.Schema) string {
	var parts []string
	for _, f := range a.Fields() {
		g, ok := b.FieldsByName(f.Name)
		switch {
		case !ok:
			parts = append(parts, "column "+f.Name+" is missing")
		case !arrow.TypeEqual(f.Type, g[0].Type) && !sameLogical(f.Type, g[0].Type):
			parts = append(parts, fmt.Sprintf("column %s is %v, not %v", f.Name, g[0].Type, f.Type))
		}
	}
	for _, f := range b.Fields() {
		if !a.HasField(f.Name) {
			parts = append(parts, "column "+f.Name+" is new")
		}
	}
	return strings.Join(parts, "; ")
}

// sameLogical holds for types that differ in their Arrow encoding only, such as a dictionary and its values.
func sameLogical(a, b arrow.DataType) bool {
	x, errA := SQLType(a)
	y, errB := SQLType(b)
	return errA == nil && errB == nil && x == y
}

func readFooter(path string) (f ParquetFile, schema *arrow.Schema, err error) {
	r, err := file.OpenParquetFile(path, false)
	if err != nil {
		return f, nil, err
	}
	defer r.Close()
	ar, err := pqarrow.NewFileReader(r, pqarrow.ArrowReadProperties{}, memory.DefaultAllocator)
	if err != nil {
		return f, nil, err
	}
	if schema, err = ar.Schema(); err != nil {
		return f, nil, err
	}
	f = ParquetFile{Path: path, Rows: r.NumRows()}
	first := int64(0)
	for i := range r.NumRowGroups() {
		g := r.MetaData().RowGroup(i)
		group := ParquetRowGroup{FirstRow: first, Rows: g.NumRows(), Bytes: g.TotalByteSize(), Stats: map[string]ParquetStats{}}
		first += group.Rows
		for c := range g.NumColumns() {
			col := g.Schema.Column(c)
			if len(col.ColumnPath()) != 1 || col.MaxRepetitionLevel() > 0 {
				continue
			}
			chunk, err := g.ColumnChunk(c)
			if err != nil {
				return f, nil, err
			}
			field, ok := schema.FieldsByName(col.Name())
			if set, err := chunk.StatsSet(); ok && err == nil && set {
				if st, err := chunk.Statistics(); err == nil && st != nil {
					group.Stats[col.Name()] = statsOf(st, field[0].Type)
				}
			}
		}
		f.RowGroups = append(f.RowGroups, group)
	}
	return f, schema, nil
}

// statsOf turns the bounds into Go values. Bounds in a form whose order is not the values' (decimals in bytes, nanosecond casts) stay unknown.
func statsOf(st metadata.TypedStatistics, dt arrow.DataType) ParquetStats {
	out := ParquetStats{Nulls: -1}
	if st.HasNullCount() {
		out.Nulls = st.NullCount()
	}
	if !st.HasMinMax() {
		return out
	}
	dt = stored(dt)
	switch s := st.(type) {
	case *metadata.BooleanStatistics:
		out.Min, out.Max, out.HasMinMax = s.Min(), s.Max(), true
	case *metadata.Int32Statistics:
		out.integers(int64(s.Min()), int64(s.Max()), dt)
		if dt.ID() == arrow.UINT32 {
			out.Min, out.Max = uint64(uint32(s.Min())), uint64(uint32(s.Max()))
		}
	case *metadata.Int64Statistics:
		out.integers(s.Min(), s.Max(), dt)
		if dt.ID() == arrow.UINT64 {
			out.Min, out.Max = uint64(s.Min()), uint64(s.Max())
		}
	case *metadata.Float32Statistics:
		out.floats(float64(s.Min()), float64(s.Max()))
	case *metadata.Float64Statistics:
		out.floats(s.Min(), s.Max())
	case *metadata.ByteArrayStatistics:
		if dt.ID() == arrow.STRING || dt.ID() == arrow.LARGE_STRING {
			out.Min, out.Max, out.HasMinMax = string(s.Min()), string(s.Max()), true
		}
	}
	return out
}

func (s *ParquetStats) integers(lo, hi int64, dt arrow.DataType) {
	switch dt.ID() {
	case arrow.INT8, arrow.INT16, arrow.INT32, arrow.INT64, arrow.DATE32, arrow.TIME32, arrow.TIME64, arrow.TIMESTAMP:
		s.Min, s.Max, s.HasMinMax = lo, hi, true
	case arrow.UINT8, arrow.UINT16, arrow.UINT32, arrow.UINT64:
		s.Min, s.Max, s.HasMinMax = uint64(lo), uint64(hi), true
	}
}

// floats keeps bounds that are numbers. A NaN among the values is not seen in them, so they bound the other values only.
func (s *ParquetStats) floats(lo, hi float64) {
	if lo <= hi {
		s.Min, s.Max, s.HasMinMax = lo, hi, true
	}
}

// ReadParquet reads columns (nil: all) of row groups (nil: all) with the Arrow library, for what DuckDB's reader cannot give: the exact Arrow
// types of a column, or a file while no database is at hand.
func ReadParquet(ctx context.Context, path string, rowGroups []int, columns []string) ([]arrow.RecordBatch, error) {
	out, err := readParquet(ctx, path, rowGroups, columns)
	if err != nil {
		return nil, fmt.Errorf("read parquet: %s: %w", path, err)
	}
	return out, nil
}

func readParquet(ctx context.Context, path string, rowGroups []int, columns []string) (out []arrow.RecordBatch, err error) {
	r, err := file.OpenParquetFile(path, false)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	ar, err := pqarrow.NewFileReader(r, pqarrow.ArrowReadProperties{Parallel: true, BatchSize: batchRows}, memory.DefaultAllocator)
	if err != nil {
		return nil, err
	}
	schema, err := ar.Schema()
	if err != nil {
		return nil, err
	}
	var leaves []int
	if columns != nil {
		leaves = []int{}
		wanted := map[string]bool{}
		for _, c := range columns {
			if !schema.HasField(c) {
				return nil, fmt.Errorf("there is no column %q", c)
			}
			wanted[c] = true
		}
		for i := range r.MetaData().Schema.NumColumns() {
			if wanted[r.MetaData().Schema.Column(i).ColumnPath()[0]] {
				leaves = append(leaves, i)
			}
		}
	}
	rr, err := ar.GetRecordReader(ctx, leaves, rowGroups)
	if err != nil {
		return nil, err
	}
	defer rr.Release()
	for rr.Next() {
		b := rr.RecordBatch()
		if columns != nil {
			if b, err = inOrder(b, columns); err != nil {
				return nil, err
			}
		} else {
			b.Retain()
		}
		out = append(out, b)
	}
	return out, rr.Err()
}

// inOrder gives a batch's columns in the asked order.
func inOrder(b arrow.RecordBatch, columns []string) (arrow.RecordBatch, error) {
	fields := make([]arrow.Field, len(columns))
	arrays := make([]arrow.Array, len(columns))
	for i, name := range columns {
		at := b.Schema().FieldIndices(name)
		if len(at) != 1 {
			return nil, fmt.Errorf("there are %d columns %q", len(at), name)
		}
		fields[i], arrays[i] = b.Schema().Field(at[0]), b.Column(at[0])
	}
	return array.NewRecordBatch(arrow.NewSchema(fields, nil), arrays, b.NumRows()), nil
}
