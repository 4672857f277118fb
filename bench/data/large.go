package data

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
)

const (
	groupFiles = 32
	groupRows  = 2_000_000 // a file; 4 columns of 8 bytes make 2 GB of all of them
	groupKeys  = 16_000_000

	recordFiles = 8
	recordRows  = 2_000_000 // a file
	recordKeys  = 100_000
)

// Groups writes part-00.parquet … with the int64 columns key and a, and the float64 columns b and c.
// A key occurs about four times, anywhere in the files, so that the state of a group-by is as large as the table.
func Groups(ctx context.Context, dir string) error {
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "key", Type: arrow.PrimitiveTypes.Int64},
		{Name: "a", Type: arrow.PrimitiveTypes.Int64},
		{Name: "b", Type: arrow.PrimitiveTypes.Float64},
		{Name: "c", Type: arrow.PrimitiveTypes.Float64},
	}, nil)
	for file := range groupFiles {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := groupFile(filepath.Join(dir, fmt.Sprintf("part-%02d.parquet", file)), schema, uint64(file)); err != nil {
			return err
		}
	}
	return nil
}

func groupFile(path string, schema *arrow.Schema, stream uint64) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w, err := pqarrow.NewFileWriter(schema, f, nil, pqarrow.DefaultWriterProps())
	if err != nil {
		return errors.Join(err, f.Close())
	}
	defer func() { err = errors.Join(err, w.Close()) }() // closes f too
	rng := rand.New(rand.NewPCG(32, stream))
	const batch = 250_000
	for range groupRows / batch {
		b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
		for range batch {
			b.Field(0).(*array.Int64Builder).Append(rng.Int64N(groupKeys))
			b.Field(1).(*array.Int64Builder).Append(rng.Int64N(1000))
			b.Field(2).(*array.Float64Builder).Append(rng.Float64())
			b.Field(3).(*array.Float64Builder).Append(rng.NormFloat64())
		}
		rec := b.NewRecordBatch()
		err := w.Write(rec)
		rec.Release()
		b.Release()
		if err != nil {
			return err
		}
	}
	return nil
}

// Records writes part-0.txt … part-7.txt: lines "key<TAB>value<TAB>padding" of 64 bytes.
func Records(ctx context.Context, dir string) error {
	const pad = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz"
	for file := range recordFiles {
		if err := ctx.Err(); err != nil {
			return err
		}
		rng := rand.New(rand.NewPCG(64, uint64(file)))
		err := writeFile(filepath.Join(dir, fmt.Sprintf("part-%d.txt", file)), func(w *bufio.Writer) error {
			line := make([]byte, 0, 64)
			for range recordRows {
				line = strconv.AppendInt(append(line[:0], 'k'), rng.Int64N(recordKeys), 10)
				line = strconv.AppendInt(append(line, '\t'), rng.Int64N(1000), 10)
				line = append(line, '\t')
				line = append(append(line, pad[:63-len(line)]...), '\n')
				if _, err := w.Write(line); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// ErrNoTPCH says that the generator of the TPC-H tables is not installed.
var ErrNoTPCH = errors.New("tpchgen-cli is not on PATH: run `go run ./bench -install`")

// TPCH has tpchgen-cli write the eight tables of scale factor 1, one Parquet file each.
func TPCH(ctx context.Context, dir string) error {
	tool, err := exec.LookPath("tpchgen-cli")
	if err != nil {
		return ErrNoTPCH
	}
	cmd := exec.CommandContext(ctx, tool, "parquet", "-s", "1", "--output-dir", dir)
	cmd.Stderr = os.Stderr
	return cmd.Run()
}
