package frame

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"sheaf/internal/blockio"
)

// seedFiles are the files of one of the seed's cases, whose directory the variable names (the bench makes them).
func seedFiles(b *testing.B, variable, pattern string) (files []blockio.File, bytes int64) {
	dir := os.Getenv(variable)
	if dir == "" {
		b.Skipf("%s names no directory with the seed's files", variable)
	}
	files, err := blockio.Expand(filepath.Join(dir, pattern))
	if err != nil {
		b.Fatal(err)
	}
	for _, f := range files {
		bytes += f.Size
	}
	return files, bytes
}

// perFile runs one query a file on two databases of one thread.
func perFile(b *testing.B, n int, bytes int64, query func(i int) (string, map[string]Input)) {
	p := pool(b, Options{Databases: 2})
	b.SetBytes(bytes)
	for b.Loop() {
		var wg sync.WaitGroup
		work := make(chan int)
		for range 2 {
			wg.Go(func() {
				for i := range work {
					sql, in := query(i)
					if _, err := p.Query(b.Context(), sql, in, nil); err != nil {
						b.Error(err)
					}
				}
			})
		}
		for i := range n {
			work <- i
		}
		close(work)
		wg.Wait()
	}
}

const seedSQL = `SELECT name, sum(balance) AS s, count(balance) AS n FROM t GROUP BY name`

// BenchmarkSeedCSV is the seed's group-by: one query a file on one-thread databases, against one query over all files, against DuckDB's reader.
func BenchmarkSeedCSV(b *testing.B) {
	files, bytes := seedFiles(b, "SHEAF_SEEDCSV", "2018-*.csv")
	format, err := SniffCSV(b.Context(), files, CSVOptions{})
	if err != nil {
		b.Fatal(err)
	}
	blocks := blockio.Blocks(files, 0, "")
	ours := func(sql string) func(b *testing.B) {
		return func(b *testing.B) {
			perFile(b, len(files), bytes, func(i int) (string, map[string]Input) {
				return sql, map[string]Input{"t": CSV(CSVSource{Blocks: blocks[i : i+1], Format: format})}
			})
		}
	}
	b.Run("perfile", ours(seedSQL))
	b.Run("count", ours("SELECT count(*) FROM t"))
	b.Run("sum", ours("SELECT sum(balance) FROM t"))
	b.Run("names", ours("SELECT max(name) FROM t"))
	b.Run("hours", ours("SELECT hour(timestamp) AS h, count(*) FROM t GROUP BY h"))
	b.Run("duckdb-read_csv", func(b *testing.B) {
		perFile(b, len(files), bytes, func(i int) (string, map[string]Input) {
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

// BenchmarkSeedJSON is the seed's filter and sum, and DuckDB's own reader on the same two databases.
func BenchmarkSeedJSON(b *testing.B) {
	files, bytes := seedFiles(b, "SHEAF_SEEDJSON", "*.json")
	format, err := SniffJSON(b.Context(), files, JSONOptions{})
	if err != nil {
		b.Fatal(err)
	}
	blocks := blockio.Blocks(files, 0, "")
	const sql = "SELECT sum(balance) AS s FROM t WHERE name = 'Alice'"
	b.Run("perfile", func(b *testing.B) {
		perFile(b, len(files), bytes, func(i int) (string, map[string]Input) {
			return sql, map[string]Input{"t": JSON(JSONSource{Blocks: blocks[i : i+1], Format: format})}
		})
	})
	b.Run("all-columns", func(b *testing.B) {
		perFile(b, len(files), bytes, func(i int) (string, map[string]Input) {
			return "SELECT max(id), max(name), max(balance), max(len(tags)), max(address.zip) FROM t", map[string]Input{"t": JSON(JSONSource{Blocks: blocks[i : i+1], Format: format})}
		})
	})
	b.Run("duckdb-read_json", func(b *testing.B) {
		perFile(b, len(files), bytes, func(i int) (string, map[string]Input) {
			return "SELECT sum(balance) AS s FROM read_json(" + Literal(files[i].Path) + ", format='newline_delimited', columns={name:'VARCHAR', balance:'DOUBLE'}) WHERE name = 'Alice'", nil
		})
	})
}

// BenchmarkResult moves a million rows of each type from DuckDB to Arrow.
func BenchmarkResult(b *testing.B) {
	p := pool(b, Options{Databases: 1})
	c, err := p.Acquire(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	defer c.Release()
	if err := c.Exec(b.Context(), "CREATE TABLE t AS SELECT range AS i, range::DOUBLE AS f, 'text ' || range % 1000 AS s, 'a longer text of ' || range AS l, range % 2 = 0 AS b, [range, range] AS li FROM range(1_000_000)"); err != nil {
		b.Fatal(err)
	}
	for _, col := range []string{"i", "f", "s", "l", "b", "li"} {
		b.Run(col, func(b *testing.B) {
			for b.Loop() {
				if _, err := c.Query(b.Context(), "SELECT "+col+" FROM t", nil, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkArrowScan reads a million rows of Arrow.
func BenchmarkArrowScan(b *testing.B) {
	schema, batches := numbers(b, 1_000_000, 250_000)
	p := pool(b, Options{Databases: 1})
	for name, sql := range map[string]string{
		"count": "SELECT count(*) FROM t", "sum": "SELECT sum(a) FROM t", "filter": "SELECT sum(a) FROM t WHERE a % 3 = 1", "group": "SELECT a % 100 AS k, count(*) FROM t GROUP BY k",
		"text": "SELECT max(s) FROM t", "trivial": "SELECT 1",
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := p.Query(b.Context(), sql, map[string]Input{"t": Batches(schema, batches...)}, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkSniffCSV reads the sample of one of the seed's files.
func BenchmarkSniffCSV(b *testing.B) {
	files, _ := seedFiles(b, "SHEAF_SEEDCSV", "2018-*.csv")
	for b.Loop() {
		if _, err := SniffCSV(b.Context(), files, CSVOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}
