//go:build cgo

package dataframe

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/apache/arrow-go/v18/arrow"

	"sheaf/dataframe/internal/plan"
	"sheaf/fn"
	"sheaf/graph"
	"sheaf/internal/blockio"
	"sheaf/internal/kernel/frame"
)

// ReadParquet reads the Parquet files that a pattern names: a path, a glob, or a directory, of which all .parquet files are read. The footers are
// read now: all files must have the same columns. Partitions are groups of row groups of about [BlockSize] bytes. Only columns that are
// used are read, and row groups whose statistics exclude the conditions of a [Frame.Filter] are not read at all.
//
// Options: [Columns], [BlockSize], [IncludePath].
func ReadParquet(pattern string, opts ...Option) *Frame {
	const op = "read parquet"
	o, err := use(op, opts, "Columns", "BlockSize", "IncludePath")
	if err != nil {
		return failed(op, err)
	}
	if info, err := os.Stat(pattern); err == nil && info.IsDir() {
		pattern = filepath.Join(pattern, "*.parquet")
	}
	files, err := blockio.Expand(pattern)
	if err != nil {
		return failed(op, plainly(err, "blockio"))
	}
	paths := make([]string, len(files))
	for i, f := range files {
		paths[i] = f.Path
	}
	meta, err := frame.ReadParquetMeta(context.Background(), paths)
	if err != nil {
		return failed(op, plainly(err, op))
	}
	src := &parquetSource{pattern: pattern, meta: meta, path: o.fileCol, site: callSite("ReadParquet")}
	src.schema = parquetSchema(meta, o.fileCol)
	src.cut(o.blockSize)
	h := graph.NewHasher(op)
	h.Any(files)
	h.Any(src.groups)
	h.String(src.schema.String())
	src.token = h.Sum()
	if err := plan.CheckNames(src.schema); err != nil {
		return failed(op, err)
	}
	f := newFrame(plan.NewScan(src, nil, nil))
	if o.columns != nil {
		return f.Select(o.columns)
	}
	return f
}

// parquetSchema gives columns the types in which frames hold them, and marks those without nulls.
func parquetSchema(meta *frame.ParquetMeta, path string) *arrow.Schema {
	fields := meta.Schema.Fields()
	for i, f := range fields {
		full := true
		for _, file := range meta.Files {
			for _, g := range file.RowGroups {
				s, ok := g.Stats[f.Name]
				full = full && ok && s.Nulls == 0
			}
		}
		fields[i] = arrow.Field{Name: f.Name, Type: plan.Plain(f.Type), Nullable: f.Nullable && !full}
	}
	if path != "" {
		fields = append(fields, arrow.Field{Name: path, Type: arrow.BinaryTypes.String})
	}
	return arrow.NewSchema(fields, nil)
}

// parquetSource is a set of Parquet files in partitions of whole row groups.
type parquetSource struct {
	pattern string
	meta    *frame.ParquetMeta
	schema  *arrow.Schema
	path    string
	groups  [][]rowGroup // by partition
	bytes   int64        // uncompressed
	skipped int          // row groups that conditions rule out
	token   graph.Token
	site    fn.Source
}

// A rowGroup is one of a file's.
type rowGroup struct{ File, Group int }

// The size of partitions follows that of the files, so that small tables can be read in parallel and large ones do not
// become too many tasks.
const (
	parquetParts    = 32
	parquetPartLow  = 8 << 20
	parquetPartHigh = 128 << 20
)

// cut divides the row groups among partitions.
func (s *parquetSource) cut(size int64) {
	for _, f := range s.meta.Files {
		for _, g := range f.RowGroups {
			s.bytes += g.Bytes
		}
	}
	if size < 0 {
		size = min(max(s.bytes/parquetParts, parquetPartLow), parquetPartHigh, max(memoryLimit()/64, parquetPartLow))
	}
	held := int64(0)
	for i, f := range s.meta.Files {
		for k, g := range f.RowGroups {
			if n := len(s.groups); n == 0 || held > 0 && held+g.Bytes/2 > size {
				s.groups = append(s.groups, nil)
				held = 0
			}
			n := len(s.groups) - 1
			s.groups[n] = append(s.groups[n], rowGroup{i, k})
			held += g.Bytes
		}
	}
	if len(s.groups) == 0 {
		s.groups = [][]rowGroup{nil}
	}
}

func (s *parquetSource) Schema() *arrow.Schema { return s.schema }

func (s *parquetSource) Token() graph.Token { return s.token }

func (s *parquetSource) String() string {
	text := "read parquet " + filepath.Base(s.pattern)
	if s.skipped > 0 {
		text += fmt.Sprintf(" without %d row groups", s.skipped)
	}
	return text
}

// SizeBytes takes text to be four times as wide as numbers.
func (s *parquetSource) SizeBytes(columns []string) int64 {
	if columns == nil {
		return s.bytes
	}
	weight := func(t arrow.DataType) int64 {
		if f, ok := t.(arrow.FixedWidthDataType); ok {
			return int64(f.BitWidth()/8) + 1
		}
		return 32
	}
	all, some := int64(1), int64(1)
	for _, f := range s.schema.Fields() {
		all += weight(f.Type)
	}
	for _, c := range columns {
		some += weight(plan.TypeIn(s.schema, c))
	}
	return s.bytes * some / all
}

func (s *parquetSource) parts() int { return len(s.groups) }

func (s *parquetSource) boundaries() (*graph.Layer, []int32) { return nil, nil }

func (s *parquetSource) call() fn.Source { return s.site }

// rows counts all rows, by the footers.
func (s *parquetSource) rows() int64 {
	n := int64(0)
	for _, f := range s.meta.Files {
		n += f.Rows
	}
	return n
}

// restrict leaves out row groups in which no row can meet the conditions. The partitions stay, if only as empty ones.
func (s *parquetSource) restrict(conds []plan.Expr) fileSource {
	out := *s
	out.groups = make([][]rowGroup, len(s.groups))
	for i, part := range s.groups {
		for _, g := range part {
			stats := s.meta.Files[g.File].RowGroups[g.Group]
			if plan.MayHold(conds, s.schema, func(column string) (plan.Range, bool) {
				st, ok := stats.Stats[column]
				return plan.Range{Min: st.Min, Max: st.Max, Known: st.HasMinMax, Nulls: st.Nulls, Rows: stats.Rows}, ok
			}) {
				out.groups[i] = append(out.groups[i], g)
				continue
			}
			out.skipped++
		}
	}
	h := graph.NewHasher("restricted")
	h.Token(s.token)
	h.Any(out.groups)
	out.token = h.Sum()
	if s.bytes > 0 && out.skipped > 0 {
		all := 0
		for _, p := range s.groups {
			all += len(p)
		}
		out.bytes = s.bytes * int64(all-out.skipped) / int64(all)
	}
	return &out
}

func (s *parquetSource) open(_ context.Context, parts []int32, _ []any) (frame.Input, error) {
	src := frame.ParquetSource{Schema: s.schema, FileColumn: s.path}
	if s.path != "" {
		src.Schema = arrow.NewSchema(s.schema.Fields()[:s.schema.NumFields()-1], nil)
	}
	for _, p := range parts {
		for _, g := range s.groups[p] {
			f := s.meta.Files[g.File]
			if n := len(src.Parts); n == 0 || src.Parts[n-1].Path != f.Path {
				src.Parts = append(src.Parts, frame.ParquetPart{Path: f.Path, Rows: [][2]int64{}})
			}
			last := &src.Parts[len(src.Parts)-1]
			last.Rows = append(last.Rows, f.RowRange(g.Group))
		}
	}
	for i, p := range src.Parts {
		if k := s.fileOf(p.Path); k >= 0 && len(p.Rows) == len(s.meta.Files[k].RowGroups) {
			src.Parts[i].Rows = nil
		}
	}
	return frame.Parquet(src), nil
}

func (s *parquetSource) fileOf(path string) int {
	for i, f := range s.meta.Files {
		if f.Path == path {
			return i
		}
	}
	return -1
}
