package bag

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"sheaf"
	"sheaf/graph"
	"sheaf/internal/blockio"
)

// ToTextFiles writes each partition to a file of its own, one element a line. A * in path stands for the partition's number, with zeros in
// front so that names sort; without one, path is a directory that gets files named 0.part and so on. The files are compressed as their
// extension or [Compression] says. The last line has no newline unless [LastNewline] is given.
//
// The files get their names when all are complete; a run that fails leaves none.
//
// Same as dask.bag.Bag.to_textfiles.
func ToTextFiles(b *Bag[string], path string, opts ...Option) *sheaf.Action {
	o := apply(opts)
	return write(b, "to_textfiles", path, ".part", o, textFormat{o.compression, o.lastNewline})
}

// A format writes the elements of a partition. It is data, like a stage.
type format[T any] interface {
	write(p *part, s stage[T], file string, w io.Writer) error
}

type textFormat struct {
	Compression blockio.Compression
	LastNewline bool
}

func (f textFormat) write(p *part, s stage[string], file string, w io.Writer) error {
	c := f.Compression
	if c == blockio.Infer {
		c = blockio.CompressionOf(file)
	}
	z, err := blockio.Compress(w, c)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(z, 64<<10)
	first := true
	var failure error
	err = s.each(p, func(line string) bool {
		if !first {
			failure = out.WriteByte('\n')
		}
		first = false
		if failure == nil {
			_, failure = out.WriteString(line)
		}
		return failure == nil
	})
	if f.LastNewline && !first && failure == nil {
		failure = out.WriteByte('\n')
	}
	return errors.Join(failure, err, out.Flush(), z.Close())
}

// write makes the action that writes the partitions of b.
func write[T any](b *Bag[T], call, path, extension string, o options, f format[T]) *sheaf.Action {
	if err := b.Err(); err != nil {
		return sheaf.NewAction(sheaf.ActionSpec{Err: err})
	}
	if o.compressionErr != nil {
		return sheaf.NewAction(sheaf.ActionSpec{Err: mistake(call, "%w", o.compressionErr)})
	}
	files := fileNames(path, extension, b.n)
	if b.n > 1 && files[0] == files[1] {
		return sheaf.NewAction(sheaf.ActionSpec{Err: mistake(call, "the * must be in the file's name, not in its directory: %s", path)})
	}
	action := func(files []string) sheaf.ActionSpec {
		id := graph.Unique()
		op := writeOp[T]{b.in(), files, "." + id.Short() + ".tmp", f}
		l, err := graph.New(graph.Spec{Name: call, Op: op, Space: []int{b.n}, Edges: edges(b.links), Token: id})
		return sheaf.ActionSpec{
			Graph: graph.Of(l), Err: err,
			Before: func(context.Context) error { return op.prepare(call) },
			After:  func(_ context.Context, _ []any, err error) error { return op.publish(call, err) },
		}
	}
	spec := action(files)
	spec.Elsewhere = func(sheaf.Place) sheaf.ActionSpec { // other processes have other working directories
		full, err := filepath.Abs(path)
		if err != nil {
			return sheaf.ActionSpec{Err: mistake(call, "%w", err)}
		}
		return action(fileNames(full, extension, b.n))
	}
	return sheaf.NewAction(spec)
}

// fileNames returns the names of n files.
func fileNames(path, extension string, n int) []string {
	if !strings.Contains(path, "*") {
		path = filepath.Join(path, "*"+extension)
	}
	digits := len(strconv.Itoa(max(n-1, 0)))
	names := make([]string, n)
	for i := range names {
		dir, base := filepath.Split(path)
		names[i] = dir + strings.Replace(base, "*", fmt.Sprintf("%0*d", digits, i), 1)
	}
	return names
}

type writeOp[T any] struct {
	Stage  stage[T]
	Files  []string
	Suffix string // of files that are being written
	Format format[T]
}

// temporary is the name of file i while it is written: hidden, and in its directory, so that it can be renamed.
func (o writeOp[T]) temporary(i int) string {
	dir, base := filepath.Split(o.Files[i])
	return dir + "." + base + o.Suffix
}

func (o writeOp[T]) prepare(call string) error {
	if len(o.Files) == 0 {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(o.Files[0]), 0o777); err != nil {
		return fmt.Errorf("bag: %s: %w", call, err)
	}
	return nil
}

// Run writes a file under a name that no other attempt has: one that was given up may still run in another process.
func (o writeOp[T]) Run(ctx context.Context, t *graph.Task) (any, error) {
	return guard(ctx, t, o.Stage, func(p *part) (string, error) {
		mine := fmt.Sprintf("%s.%016x", o.temporary(t.Index), rand.Uint64())
		f, err := os.OpenFile(mine, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if err != nil {
			return "", fmt.Errorf("bag: %w", err)
		}
		defer os.Remove(mine) // unless it has its next name by then; also when a function panics
		defer f.Close()
		if err = errors.Join(o.Format.write(p, o.Stage, o.Files[t.Index], f), f.Close()); err != nil {
			return "", err
		}
		if ctx.Err() != nil {
			return "", context.Cause(ctx)
		}
		return o.Files[t.Index], os.Rename(mine, o.temporary(t.Index))
	})
}

// publish gives the files their names, or removes them when the run has failed.
func (o writeOp[T]) publish(call string, err error) error {
	for i := range o.Files {
		if err == nil {
			if e := os.Rename(o.temporary(i), o.Files[i]); e != nil {
				err = fmt.Errorf("bag: %s: %w", call, e)
			}
		}
		if err != nil {
			_ = os.Remove(o.temporary(i))
		}
	}
	return err
}
