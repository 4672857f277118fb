//go:build cgo

package dataframe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"sheaf"
	"sheaf/dataframe/internal/plan"
	"sheaf/fn"
	"sheaf/graph"
	"sheaf/internal/blockio"
	"sheaf/internal/kernel/frame"
)

// ToParquet writes one Parquet file a partition. The path is a directory, which gets part-0.parquet and so on and which [ReadParquet] reads as
// one table; or it has a * that stands for the number of the partition; or, with [SingleFile], it is one file, for which all rows must fit
// into memory. Nothing is left under a final name unless all partitions have been written.
//
// A directory that has other files of that kind is refused, as they would be read as part of the table; [Overwrite] removes them.
// Options also: [Compression] (snappy by default, zstd, gzip, brotli, lz4, none), [RowGroupRows].
func (f *Frame) ToParquet(path string, opts ...Option) *sheaf.Action {
	return f.write("write parquet", path, ".parquet", opts, "Compression", "RowGroupRows", "Overwrite", "SingleFile")
}

// ToCSV writes one CSV file a partition, each with a header; see [Frame.ToParquet] for the path. A path that ends with .csv, .csv.gz and
// the like is one file, written partition by partition. The extension or [Compression] compresses.
// Options also: [Separator], [NoHeader], [Overwrite], [SingleFile].
func (f *Frame) ToCSV(path string, opts ...Option) *sheaf.Action {
	return f.write("write csv", path, ".csv", opts, "Compression", "Separator", "NoHeader", "Overwrite", "SingleFile")
}

// ToJSON writes one file of JSON lines a partition; see [Frame.ToCSV] for the path. Options: [Compression], [Overwrite], [SingleFile].
func (f *Frame) ToJSON(path string, opts ...Option) *sheaf.Action {
	return f.write("write json", path, ".json", opts, "Compression", "Overwrite", "SingleFile")
}

func (f *Frame) write(op, path, ext string, opts []Option, takes ...string) *sheaf.Action {
	o, err := use(op, opts, takes...)
	if f.err == nil && err != nil {
		f = failed(op, err)
	}
	if f.err != nil {
		return sheaf.NewAction(sheaf.ActionSpec{Err: f.err})
	}
	w, err := newWriting(op, path, ext, o)
	if err != nil {
		return sheaf.NewAction(sheaf.ActionSpec{Err: mistake(op, err)})
	}
	if w.single && ext == ".parquet" {
		f = f.Repartition(1)
	}
	spec := w.action(f.lower())
	spec.Elsewhere = func(where sheaf.Place) sheaf.ActionSpec {
		w := *w
		if w.Pattern, err = filepath.Abs(w.Pattern); err != nil { // other processes have other working directories
			return sheaf.ActionSpec{Err: mistake(op, err)}
		}
		return w.action(f.lowerElsewhere(where.MemoryBytes))
	}
	return sheaf.NewAction(spec)
}

// action is the writing of the partitions of a plan.
func (w writing) action(l *lowered, err error) sheaf.ActionSpec {
	if err != nil {
		return sheaf.ActionSpec{Err: err}
	}
	w.Staging = filepath.Join(filepath.Dir(w.Pattern), ".sheaf-"+graph.Unique().String()[16:])
	w.name(l.root.Len())
	layer, err := graph.New(graph.Spec{
		Name: w.Op, Op: &w, Space: []int{l.root.Len()}, Edges: []graph.Edge{{From: l.root, Map: graph.Each{}}}, Token: graph.Unique(),
	})
	if err != nil {
		return sheaf.ActionSpec{Err: err}
	}
	return sheaf.ActionSpec{Graph: graph.Of(layer), Before: w.before, After: w.after}
}

// writing writes partitions into a staging directory beside the final names, where they come at the end.
type writing struct {
	Op, Ext   string
	Pattern   string // final path, with a * for the number
	Names     []string
	Staging   string
	Final     string // of a single file, of which the names are pieces
	Options   writeOptions
	single    bool
	overwrite bool
	site      fn.Source
}

type writeOptions struct {
	Compression string
	Text        blockio.Compression
	Comma       byte
	NoHeader    bool
	RowGroup    int64
}

func newWriting(op, path, ext string, o *options) (*writing, error) {
	if path == "" {
		return nil, plan.Argument("the path is empty")
	}
	w := &writing{Op: op, Ext: ext, Pattern: path, overwrite: o.overwrite, site: callSite(op)}
	w.Options = writeOptions{Compression: o.compress, Comma: o.comma, NoHeader: o.noHeader, RowGroup: int64(o.rowGroup)}
	if ext != ".parquet" {
		var err error
		if w.Options.Text, err = blockio.ParseCompression(o.compress); err != nil {
			return nil, err
		}
		if o.compress == "" {
			w.Options.Text = blockio.Infer
		}
	}
	base := filepath.Base(path)
	switch stars := strings.Count(path, "*"); {
	case stars > 1 || stars == 1 && !strings.Contains(base, "*"):
		return nil, plan.Argument("the path %q needs one * in the name of the file, for the number of the partition", path)
	case stars == 1:
		w.single = o.singleFile
	case strings.Contains(base, ext) && ext != ".parquet" || o.singleFile:
		w.single = true
	default:
		if w.Options.Text > blockio.None && ext != ".parquet" {
			ext += suffixOf[w.Options.Text]
		}
		w.Pattern = filepath.Join(path, "part-*"+ext)
	}
	return w, nil
}

var suffixOf = map[blockio.Compression]string{blockio.Gzip: ".gz", blockio.Zstd: ".zst", blockio.XZ: ".xz", blockio.LZ4: ".lz4"}

// name lists the names of n files, whose numbers have as many digits as the largest, so that their order is that of the partitions.
func (w *writing) name(n int) {
	digits := len(strconv.Itoa(max(n-1, 0)))
	if w.single {
		w.Final, w.Pattern = w.Pattern, strings.Replace(w.Pattern, filepath.Base(w.Pattern), "*-"+filepath.Base(w.Pattern), 1)
		defer func() { w.Pattern = w.Final }()
	}
	for i := range n {
		w.Names = append(w.Names, strings.Replace(w.Pattern, "*", fmt.Sprintf("%0*d", digits, i), 1))
	}
}

func (w *writing) before(context.Context) error {
	if err := os.MkdirAll(w.Staging, 0o777); err != nil {
		return fmt.Errorf("dataframe: %s: %w", w.Op, err)
	}
	stale, err := w.stale()
	if err == nil && len(stale) > 0 && !w.overwrite {
		err = fmt.Errorf("dataframe: %s: %w: %s and %d more that would stand beside the new ones; use dataframe.Overwrite() to remove them",
			w.Op, ErrExists, stale[0], len(stale)-1)
	}
	if err != nil {
		os.RemoveAll(w.Staging)
	}
	return err
}

// stale lists files of an earlier run that this one does not replace.
func (w *writing) stale() ([]string, error) {
	if !strings.Contains(w.Pattern, "*") {
		return nil, nil
	}
	found, err := filepath.Glob(w.Pattern)
	if err != nil {
		return nil, fmt.Errorf("dataframe: %s: %w", w.Op, err)
	}
	ours := map[string]bool{}
	for _, n := range w.Names {
		ours[filepath.Clean(n)] = true
	}
	var stale []string
	for _, f := range found {
		if !ours[filepath.Clean(f)] {
			stale = append(stale, f)
		}
	}
	return stale, nil
}

// after gives the files their names, or removes them.
func (w *writing) after(_ context.Context, _ []any, err error) error {
	defer os.RemoveAll(w.Staging)
	if err != nil {
		return err
	}
	if w.overwrite {
		stale, err := w.stale()
		if err != nil {
			return err
		}
		for _, f := range stale {
			if err := os.Remove(f); err != nil {
				return fmt.Errorf("dataframe: %s: %w", w.Op, err)
			}
		}
	}
	if w.single {
		return w.join()
	}
	for _, n := range w.Names {
		if e := os.Rename(w.staged(n), n); e != nil {
			err = errors.Join(err, fmt.Errorf("dataframe: %s: %w", w.Op, e))
		}
	}
	return err
}

// join appends the pieces of a single file to the first, which gets the name. Compressed ones may follow each other too.
func (w *writing) join() error {
	wrong := func(err error) error { return fmt.Errorf("dataframe: %s: %w", w.Op, err) }
	first := w.staged(w.Names[0])
	out, err := os.OpenFile(first, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return wrong(err)
	}
	for _, n := range w.Names[1:] {
		in, err := os.Open(w.staged(n))
		if err == nil {
			_, err = io.Copy(out, in)
			in.Close()
		}
		if err != nil {
			out.Close()
			return wrong(err)
		}
	}
	if err := out.Close(); err != nil {
		return wrong(err)
	}
	if err := os.Rename(first, w.Final); err != nil {
		return wrong(err)
	}
	return nil
}

func (w *writing) staged(name string) string { return filepath.Join(w.Staging, filepath.Base(name)) }

// Source names the call, for errors of tasks.
func (w *writing) Source(int) fn.Source { return w.site }

// ReadsOnly says that the tables are not kept.
func (w *writing) ReadsOnly() {}

// Run writes a partition and returns the number of its rows.
func (w *writing) Run(ctx context.Context, t *graph.Task) (any, error) {
	x, ok := t.In(0)[0].(*Table)
	if !ok {
		return nil, fmt.Errorf("dataframe: %w: a partition is a %T", errInternal, t.In(0)[0])
	}
	path := w.staged(w.Names[t.Index])
	var info frame.WriteInfo
	var err error
	switch o := w.Options; w.Ext {
	case ".parquet":
		info, err = frame.WriteParquet(ctx, path, x.Schema(), frame.Seq(x.batches...), frame.ParquetWriteOptions{Compression: o.Compression, RowGroupRows: o.RowGroup})
	case ".csv":
		info, err = frame.WriteCSV(ctx, path, x.Schema(), frame.Seq(x.batches...), frame.CSVWriteOptions{Comma: o.Comma, NoHeader: o.NoHeader || w.single && t.Index > 0, Compression: o.Text})
	default:
		info, err = frame.WriteJSON(ctx, path, x.Schema(), frame.Seq(x.batches...), frame.JSONWriteOptions{Compression: o.Text})
	}
	if err != nil {
		return nil, fmt.Errorf("dataframe: %w", err)
	}
	return info.Rows, nil
}
