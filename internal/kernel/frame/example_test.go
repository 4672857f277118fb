package frame_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"sheaf/internal/blockio"
	"sheaf/internal/kernel/frame"
)

var people = arrow.NewSchema([]arrow.Field{{Name: "name", Type: arrow.BinaryTypes.String}, {Name: "balance", Type: arrow.PrimitiveTypes.Float64}}, nil)

// example runs do with a pool and a directory, and prints its error.
func example(do func(ctx context.Context, pool *frame.Pool, dir string) error) {
	dir, err := os.MkdirTemp("", "frame")
	if err == nil {
		defer os.RemoveAll(dir)
		var pool *frame.Pool
		if pool, err = frame.Open(frame.Options{Databases: 1}); err == nil {
			defer pool.Close()
			err = do(context.Background(), pool, dir)
		}
	}
	if err != nil {
		fmt.Println(err)
	}
}

func rows(text string) (arrow.RecordBatch, error) {
	b, _, err := array.RecordFromJSON(memory.DefaultAllocator, people, strings.NewReader(text))
	return b, err
}

func show(batches []arrow.RecordBatch) {
	for _, b := range batches {
		for i := range int(b.NumRows()) {
			cells := make([]string, b.NumCols())
			for c := range cells {
				cells[c] = b.ColumnName(c) + "=" + b.Column(c).ValueStr(i)
			}
			fmt.Println(strings.Join(cells, " "))
		}
	}
}

func save(dir, name, text string) ([]blockio.Block, []blockio.File, error) {
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return nil, nil, err
	}
	files, err := blockio.Expand(path)
	return blockio.Blocks(files, 0, "\n"), files, err
}

func ExamplePool() {
	example(func(ctx context.Context, pool *frame.Pool, _ string) error {
		b, err := rows(`[{"name":"Ann","balance":1.5},{"name":"Bob","balance":2},{"name":"Ann","balance":3}]`)
		if err != nil {
			return err
		}
		got, err := pool.Query(ctx, "SELECT name, sum(balance) AS total FROM t GROUP BY name ORDER BY name", map[string]frame.Input{"t": frame.Batches(people, b)}, nil)
		show(got)
		return err
	})
	// Output:
	// name=Ann total=4.5
	// name=Bob total=2
}

func ExampleInput() {
	example(func(ctx context.Context, pool *frame.Pool, _ string) error {
		b, err := rows(`[{"name":"Ann","balance":1.5}]`)
		if err != nil {
			return err
		}
		in := map[string]frame.Input{"t": frame.Batches(people, b), "names": frame.SQL("SELECT upper(name) AS name FROM t")}
		got, err := pool.Query(ctx, "SELECT names.name, t.balance FROM names, t", in, nil)
		show(got)
		return err
	})
	// Output: name=ANN balance=1.5
}

func ExampleConn() {
	example(func(ctx context.Context, pool *frame.Pool, _ string) error {
		c, err := pool.Acquire(ctx)
		if err != nil {
			return err
		}
		defer c.Release()
		schema, err := c.Describe(ctx, "SELECT sum(range) AS s FROM range(10)", nil)
		fmt.Println(schema.Field(0))
		return err
	})
	// Output: s: type=decimal(38, 0), nullable
}

func ExampleOptions() {
	_, err := frame.Open(frame.Options{Threads: -1})
	fmt.Println(strings.HasPrefix(err.Error(), "frame: negative option"))
	// Output: true
}

func ExampleError() {
	example(func(ctx context.Context, pool *frame.Pool, _ string) error {
		_, err := pool.Query(ctx, "SELECT zonee FROM (SELECT 1 AS zone)", nil, nil)
		var e *frame.Error
		fmt.Println(errors.As(err, &e), e.Kind)
		return nil
	})
	// Output: true Binder
}

func ExampleCSVSource() {
	example(func(ctx context.Context, pool *frame.Pool, dir string) error {
		blocks, files, err := save(dir, "people.csv", "name,balance,since\nAnn,1.5,2018-01-02\n\"B,ob\",,2018-02-03\n")
		if err != nil {
			return err
		}
		format, err := frame.SniffCSV(ctx, files, frame.CSVOptions{})
		if err != nil {
			return err
		}
		fmt.Println(format.Schema.Field(2))
		got, err := pool.Query(ctx, "FROM t", map[string]frame.Input{"t": frame.CSV(frame.CSVSource{Blocks: blocks, Format: format})}, nil)
		show(got)
		return err
	})
	// Output:
	// since: type=date32, nullable
	// name=Ann balance=1.5 since=2018-01-02
	// name=B,ob balance=(null) since=2018-02-03
}

func ExampleCSVOptions() {
	fmt.Printf("%+v\n", frame.CSVOptions{Comma: ';', SkipRows: 2}.Dialect())
	// Output: {Comma:59 Quote:0 NoQuotes:false Comment:0 SkipRows:2 Header:true}
}

func ExampleDataError() {
	example(func(ctx context.Context, pool *frame.Pool, dir string) error {
		blocks, files, err := save(dir, "people.csv", "name,balance\nAnn,1.5\nBob,N539UA\n")
		if err != nil {
			return err
		}
		format, err := frame.SniffCSV(ctx, files, frame.CSVOptions{SampleRows: 1})
		if err != nil {
			return err
		}
		_, err = pool.Query(ctx, "FROM t", map[string]frame.Input{"t": frame.CSV(frame.CSVSource{Blocks: blocks, Format: format})}, nil)
		fmt.Println(strings.ReplaceAll(err.Error(), dir+string(filepath.Separator), ""))
		return nil
	})
	// Output: read csv: people.csv:3 column balance: "N539UA" is not a float64 (type guessed from the first 1 rows)
}

func ExampleJSONSource() {
	example(func(ctx context.Context, pool *frame.Pool, dir string) error {
		blocks, files, err := save(dir, "people.json", `{"name": "Ann", "tags": ["a", "b"], "address": {"city": "Geneva"}}`+"\n")
		if err != nil {
			return err
		}
		format, err := frame.SniffJSON(ctx, files, frame.JSONOptions{})
		if err != nil {
			return err
		}
		got, err := pool.Query(ctx, "SELECT name, tags[2] AS tag, address.city AS city FROM t", map[string]frame.Input{"t": frame.JSON(frame.JSONSource{Blocks: blocks, Format: format})}, nil)
		show(got)
		return err
	})
	// Output: name=Ann tag=b city=Geneva
}

func ExampleParquetSource() {
	example(func(ctx context.Context, pool *frame.Pool, dir string) error {
		b, err := rows(`[{"name":"Ann","balance":1.5},{"name":"Bob","balance":2},{"name":"Cyd","balance":3}]`)
		if err != nil {
			return err
		}
		path := filepath.Join(dir, "people.parquet")
		if _, err := frame.WriteParquet(ctx, path, people, frame.Seq(b), frame.ParquetWriteOptions{RowGroupRows: 2}); err != nil {
			return err
		}
		meta, err := frame.ReadParquetMeta(ctx, []string{path})
		if err != nil {
			return err
		}
		fmt.Printf("%+v\n", meta.Files[0].RowGroups[0].Stats["balance"])
		second := frame.ParquetPart{Path: path, Rows: [][2]int64{meta.Files[0].RowRange(1)}}
		got, err := pool.Query(ctx, "FROM t", map[string]frame.Input{"t": frame.Parquet(frame.ParquetSource{Parts: []frame.ParquetPart{second}, Schema: meta.Schema})}, nil)
		show(got)
		return err
	})
	// Output:
	// {Min:1.5 Max:2 HasMinMax:true Nulls:0}
	// name=Cyd balance=3
}

func ExampleWriteInfo() {
	example(func(ctx context.Context, _ *frame.Pool, dir string) error {
		b, err := rows(`[{"name":"Ann","balance":1},{"name":null,"balance":2.5}]`)
		if err != nil {
			return err
		}
		path := filepath.Join(dir, "people.csv")
		info, err := frame.WriteCSV(ctx, path, people, frame.Seq(b), frame.CSVWriteOptions{})
		if err != nil {
			return err
		}
		text, err := os.ReadFile(path)
		fmt.Printf("%d rows, %d bytes\n%s", info.Rows, info.Bytes, text)
		return err
	})
	// Output:
	// 2 rows, 26 bytes
	// name,balance
	// Ann,1.0
	// ,2.5
}

func ExamplePartition() {
	b, err := rows(`[{"name":"Ann","balance":1},{"name":"Bob","balance":2},{"name":"Ann","balance":3}]`)
	if err != nil {
		fmt.Println(err)
		return
	}
	parts, err := frame.Partition(b, []string{"name"}, 3)
	for _, p := range parts {
		fmt.Println(p.NumRows(), err)
	}
	// Output:
	// 2 <nil>
	// 0 <nil>
	// 1 <nil>
}
