package frame

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"sheaf/internal/blockio"
)

// seedFiles are the files of the seed's CSV case, whose directory SHEAF_SEEDCSV names (the bench makes them).
func seedFiles(b *testing.B) []blockio.File {
	dir := os.Getenv("SHEAF_SEEDCSV")
	if dir == "" {
		b.Skip("SHEAF_SEEDCSV names no directory with the seed's CSV files")
	}
	files, err := blockio.Expand(filepath.Join(dir, "2018-*.csv"))
	if err != nil {
		b.Fatal(err)
	}
	return files
}

const seedSQL = `SELECT name, sum(balance) AS s, count(balance) AS n FROM t GROUP BY name`

// BenchmarkSeedCSV is the seed's group-by: one query a file on one-thread databases, against one query over all files, against DuckDB's reader.
func BenchmarkSeedCSV(b *testing.B) {
	files := seedFiles(b)
	format, err := SniffCSV(b.Context(), files, CSVOptions{})
	if err != nil {
		b.Fatal(err)
	}
	blocks := blockio.Blocks(files, 0, "")
	bytes := int64(0)
	for _, f := range files {
		bytes += f.Size
	}
	each := func(b *testing.B, sql func(i int) (string, map[string]Input)) {
		p := pool(b, Options{Databases: 2})
		b.SetBytes(bytes)
		for b.Loop() {
			var wg sync.WaitGroup
			work := make(chan int)
			for range 2 {
				wg.Go(func() {
					for i := range work {
						s, in := sql(i)
						if _, err := p.Query(b.Context(), s, in, nil); err != nil {
							b.Error(err)
						}
					}
				})
			}
			for i := range files {
				work <- i
			}
			close(work)
			wg.Wait()
		}
	}
	b.Run("perfile", func(b *testing.B) {
		each(b, func(i int) (string, map[string]Input) {
			return seedSQL, map[string]Input{"t": CSV(CSVSource{Blocks: blocks[i : i+1], Format: format})}
		})
	})
	b.Run("count", func(b *testing.B) {
		each(b, func(i int) (string, map[string]Input) {
			return "SELECT count(*) FROM t", map[string]Input{"t": CSV(CSVSource{Blocks: blocks[i : i+1], Format: format})}
		})
	})
	b.Run("sum", func(b *testing.B) {
		each(b, func(i int) (string, map[string]Input) {
			return "SELECT sum(balance) FROM t", map[string]Input{"t": CSV(CSVSource{Blocks: blocks[i : i+1], Format: format})}
		})
	})
	b.Run("names", func(b *testing.B) {
		each(b, func(i int) (string, map[string]Input) {
			return "SELECT max(name) FROM t", map[string]Input{"t": CSV(CSVSource{Blocks: blocks[i : i+1], Format: format})}
		})
	})
	b.Run("duckdb-read_csv", func(b *testing.B) {
		each(b, func(i int) (string, map[string]Input) {
			return `SELECT name, sum(balance) AS s, count(balance) AS n FROM read_csv(` + Literal(files[i].Path) + `, header=true, auto_detect=false, delim=',',
				columns={timestamp:'TIMESTAMP', id:'BIGINT', name:'VARCHAR', balance:'DOUBLE', x:'DOUBLE'}) GROUP BY name`, nil
		})
	})
	b.Run("onequery", func(b *testing.B) {
		p := pool(b, Options{Databases: 1, Threads: 2})
		b.SetBytes(bytes)
		for b.Loop() {
			got, err := p.Query(b.Context(), seedSQL, map[string]Input{"t": CSV(CSVSource{Blocks: blocks, Format: format})}, nil)
			if err != nil || got[0].NumRows() != 26 {
				b.Fatal(got, err)
			}
		}
	})
}

var _ = []any{context.Background, time.Now, arrow.Null}
