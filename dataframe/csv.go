//go:build cgo

package dataframe

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"sheaf/dataframe/internal/plan"
	"sheaf/fn"
	"sheaf/graph"
	"sheaf/internal/blockio"
	"sheaf/internal/caller"
	"sheaf/internal/config"
	"sheaf/internal/kernel/frame"
)

// ReadCSV reads the CSV files that a pattern names: a path, or a glob with *, ?, [a-z], {a,b} and ** for any depth, in the order of the
// names. Files are cut into blocks of about [BlockSize] bytes at the boundaries of records, newlines in quotes respected; compressed
// files (.gz, .zst, .bz2, .xz, .lz4) are one partition each. Column names come from the header of the first file, and types from a
// sample of its rows, read now; a value that does not fit its column's type is an error when the frame is computed, which names the file,
// line and column. Only columns that are used are parsed.
//
// Options: [BlockSize], [Types], [ParseDates], [NullValues], [KeepDefaultNulls], [Separator], [Quote], [Comment], [NoHeader], [Names],
// [SkipRows], [SampleRows], [AllStrings], [IncludePath].
//
// Same as dask.dataframe.read_csv, except that text which means null is null in string columns too, dates are recognised, and
// quoted newlines never break a block.
func ReadCSV(pattern string, opts ...Option) *Frame { return ReadCSVs([]string{pattern}, opts...) }

// ReadCSVs is [ReadCSV] of several patterns, one after the other.
func ReadCSVs(patterns []string, opts ...Option) *Frame {
	const op = "read csv"
	o, err := use(op, opts, "BlockSize", "Types", "ParseDates", "NullValues", "KeepDefaultNulls", "Separator", "Quote", "Comment",
		"NoHeader", "Names", "SkipRows", "SampleRows", "AllStrings", "IncludePath")
	if err != nil {
		return failed(op, err)
	}
	files, size, err := textFiles(o, patterns)
	if err != nil {
		return failed(op, err)
	}
	format, err := frame.SniffCSV(context.Background(), files, frame.CSVOptions{
		Comma: o.comma, Quote: o.quote, NoQuotes: o.noQuotes, Comment: o.comment, NoHeader: o.noHeader, Names: o.columns,
		SkipRows: o.skipRows, Types: o.types, ParseDates: o.dates, NullValues: o.nulls, KeepDefaultNulls: o.keepNulls,
		SampleRows: o.sample, AllStrings: o.strings,
	})
	if err != nil {
		return failed(op, plainly(err, op))
	}
	src := &textSource{op: op, patterns: patterns, csv: format, schema: format.Schema, path: o.fileCol, site: callSite("ReadCSV")}
	src.cut(files, size)
	return src.frame()
}

// ReadJSON reads files of JSON lines, one object a line, that a pattern names. The members of the objects are the columns; their types are guessed
// from a sample of the first file. Members that an object does not have are null, and objects in objects are structs.
//
// Options: [BlockSize], [Types], [ParseDates], [SampleRows], [IncludePath].
func ReadJSON(pattern string, opts ...Option) *Frame {
	const op = "read json"
	o, err := use(op, opts, "BlockSize", "Types", "ParseDates", "SampleRows", "IncludePath")
	if err != nil {
		return failed(op, err)
	}
	files, size, err := textFiles(o, []string{pattern})
	if err != nil {
		return failed(op, err)
	}
	format, err := frame.SniffJSON(context.Background(), files, frame.JSONOptions{Types: o.types, ParseDates: o.dates, SampleRows: o.sample})
	if err != nil {
		return failed(op, plainly(err, op))
	}
	src := &textSource{op: op, patterns: []string{pattern}, json: format, schema: format.Schema, path: o.fileCol, site: callSite("ReadJSON")}
	src.cut(files, size)
	return src.frame()
}

// textFiles finds the files and the block size, and takes the sample's size from the configuration.
func textFiles(o *options, patterns []string) ([]blockio.File, int64, error) {
	files, err := blockio.Expand(patterns...)
	if err != nil {
		return nil, 0, plainly(err, "blockio")
	}
	ctx := context.Background()
	size := o.blockSize
	if size < 0 {
		if size, err = config.DataFrameBlockSize.Get(ctx); err != nil {
			return nil, 0, err
		}
	}
	if o.sample == 0 {
		o.sample, err = config.DataFrameSampleRows.Get(ctx)
	}
	return files, size, err
}

// trimmed is an error without the name of a package that its reader does not know.
type trimmed struct {
	err    error
	prefix string
}

func plainly(err error, prefixes ...string) error {
	for _, p := range prefixes {
		if strings.HasPrefix(err.Error(), p+": ") {
			return &trimmed{err, p + ": "}
		}
	}
	return err
}

func (t *trimmed) Error() string { return strings.TrimPrefix(t.err.Error(), t.prefix) }

func (t *trimmed) Unwrap() error { return t.err }

func callSite(name string) fn.Source {
	file, line := caller.Frame()
	return fn.Source{Name: "dataframe." + name, File: file, Line: line}
}

// textSource is a set of CSV or JSON-lines files in blocks.
type textSource struct {
	op       string
	patterns []string
	csv      *frame.CSVFormat
	json     *frame.JSONFormat
	schema   *arrow.Schema
	path     string // name of the column of paths
	site     fn.Source

	blocks []blockio.Block
	fileOf []int32 // by block
	first  []int32 // by file: its first block
	bytes  int64
	cuts   *graph.Layer // finds the exact boundaries of the blocks of each file; nil if they are known
	token  graph.Token
}

// cut divides the files into blocks.
func (s *textSource) cut(files []blockio.File, size int64) {
	s.blocks = blockio.Blocks(files, size, "\n")
	perFile := make([][]blockio.Block, 0, len(files))
	for i, b := range s.blocks {
		if i == 0 || b.Start == 0 && (s.blocks[i-1].Path != b.Path || s.blocks[i-1].End != 0 || b.End == 0) {
			s.first = append(s.first, int32(i))
			perFile = append(perFile, nil)
		}
		k := len(perFile) - 1
		perFile[k] = append(perFile[k], b)
		s.fileOf = append(s.fileOf, int32(k))
	}
	for _, f := range files {
		n := f.Size
		if f.Compression != blockio.None {
			n *= 4
		}
		s.bytes += n
	}
	if s.path != "" {
		fields := append(s.schema.Fields(), arrow.Field{Name: s.path, Type: arrow.BinaryTypes.String})
		s.schema = arrow.NewSchema(fields, nil)
	}
	if s.csv != nil && len(s.blocks) > len(perFile) {
		d := s.csv.Options.Dialect()
		s.cuts = graph.Must(graph.Spec{Name: "csv-boundaries", Op: &boundaries{perFile, d}, Space: []int{len(perFile)}})
	}
	h := graph.NewHasher(s.op)
	h.Any(s.blocks)
	h.String(s.schema.String())
	if s.csv != nil {
		o := s.csv.Options
		o.Types, o.KeepDefaultNulls = nil, nil
		h.Any(o)
		h.Any(s.csv.Header)
		h.Bool(s.csv.Options.KeepDefaultNulls == nil || *s.csv.Options.KeepDefaultNulls)
	}
	s.token = h.Sum()
}

func (s *textSource) frame() *Frame {
	if err := plan.CheckNames(s.schema); err != nil {
		return failed(s.op, err)
	}
	return newFrame(plan.NewScan(s, nil, nil))
}

func (s *textSource) Schema() *arrow.Schema { return s.schema }

func (s *textSource) Token() graph.Token { return s.token }

func (s *textSource) String() string {
	names := make([]string, len(s.patterns))
	for i, p := range s.patterns {
		names[i] = filepath.Base(p)
	}
	if len(names) > 3 {
		names = append(names[:2:2], "…")
	}
	return s.op + " " + strings.Join(names, ", ")
}

// SizeBytes takes the columns to be equally wide, and their text to be as large as their values.
func (s *textSource) SizeBytes(columns []string) int64 {
	if s.schema.NumFields() == 0 || columns == nil {
		return s.bytes
	}
	return s.bytes * int64(len(columns)) / int64(s.schema.NumFields())
}

func (s *textSource) parts() int { return len(s.blocks) }

func (s *textSource) boundaries() (*graph.Layer, []int32) { return s.cuts, s.fileOf }

func (s *textSource) restrict([]plan.Expr) fileSource { return s }

func (s *textSource) call() fn.Source { return s.site }

func (s *textSource) open(_ context.Context, parts []int32, known []any) (frame.Input, error) {
	blocks := make([]blockio.Block, len(parts))
	k, file := -1, int32(-1)
	for i, p := range parts {
		if s.cuts == nil {
			blocks[i] = s.blocks[p]
			continue
		}
		if f := s.fileOf[p]; f != file {
			file = f
			k++
		}
		exact, ok := known[k].([]blockio.Block)
		if !ok {
			return nil, fmt.Errorf("dataframe: %w: the boundaries of a file are a %T", errInternal, known[k])
		}
		blocks[i] = exact[p-s.first[file]]
	}
	if s.csv != nil {
		return frame.CSV(frame.CSVSource{Blocks: blocks, Format: s.csv, FileColumn: s.path}), nil
	}
	return frame.JSON(frame.JSONSource{Blocks: blocks, Format: s.json, FileColumn: s.path}), nil
}

// boundaries finds where the records of a file's blocks begin, newlines in quotes respected.
type boundaries struct {
	Files   [][]blockio.Block
	Dialect blockio.Dialect
}

// Run returns the file's blocks with exact bounds.
func (b *boundaries) Run(ctx context.Context, t *graph.Task) (any, error) {
	blocks, err := blockio.CSVBlocks(ctx, b.Files[t.Index], b.Dialect)
	if err != nil {
		return nil, plainly(err, "blockio")
	}
	return blocks, nil
}
