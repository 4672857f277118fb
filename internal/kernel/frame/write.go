package frame

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/apache/arrow-go/v18/arrow"

	"sheaf/internal/blockio"
)

// WriteInfo says what has been written.
type WriteInfo struct {
	Path        string
	Rows, Bytes int64
}

// Seq is a sequence of batches without error.
func Seq(batches ...arrow.RecordBatch) iter.Seq2[arrow.RecordBatch, error] {
	return func(yield func(arrow.RecordBatch, error) bool) {
		for _, b := range batches {
			if !yield(b, nil) {
				return
			}
		}
	}
}

// atomically writes a file under a temporary, hidden name in its directory and renames it when all went well; otherwise nothing remains.
func atomically(op, path string, write func(io.Writer) (rows int64, err error)) (info WriteInfo, err error) {
	temp := filepath.Join(filepath.Dir(path), fmt.Sprintf(".%s.%016x.tmp", filepath.Base(path), rand.Uint64()))
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return info, fmt.Errorf("%s: %s: %w", op, path, reason(err))
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(temp)
			err = fmt.Errorf("%s: %s: %w", op, path, reason(err))
		}
	}()
	info.Path = path
	if info.Rows, err = write(f); err != nil {
		return info, err
	}
	if info.Bytes, err = f.Seek(0, io.SeekEnd); err != nil {
		return info, err
	}
	if err = f.Close(); err != nil {
		return info, err
	}
	return info, os.Rename(temp, path)
}

// reason takes the temporary name out of a file error.
func reason(err error) error {
	if pe, ok := errors.AsType[*os.PathError](err); ok {
		return pe.Err
	}
	return err
}

// onlyWriter hides a file's Seek and Close from encoders which would use them.
type onlyWriter struct{ io.Writer }

// text writes batches row by row, through a compressor.
func writeText(ctx context.Context, op, path string, comp blockio.Compression, batches iter.Seq2[arrow.RecordBatch, error], head []byte,
	rows func(b arrow.RecordBatch, emit func([]byte) error) error,
) (WriteInfo, error) {
	if comp == blockio.Infer {
		comp = blockio.CompressionOf(path)
	}
	return atomically(op, path, func(w io.Writer) (n int64, err error) {
		enc, err := blockio.Compress(onlyWriter{w}, comp)
		if err != nil {
			return 0, err
		}
		buf := bufio.NewWriterSize(enc, 1<<18)
		emit := func(line []byte) error {
			_, err := buf.Write(line)
			return err
		}
		if err := emit(head); err != nil {
			return 0, err
		}
		for b, err := range batches {
			if err == nil {
				err = ctx.Err()
			}
			if err == nil {
				n += b.NumRows()
				err = rows(b, emit)
			}
			if err != nil {
				return n, err
			}
		}
		if err := buf.Flush(); err != nil {
			return n, err
		}
		return n, enc.Close()
	})
}
