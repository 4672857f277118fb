package frame

// #include "frame.h"
import "C"

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
)

// ParquetSource is a table of Parquet files or some of their row groups, which DuckDB reads: only the columns that the query uses, without the row
// groups that a filter rules out.
type ParquetSource struct {
	Parts      []ParquetPart
	Schema     *arrow.Schema // the columns of the table, all or some of the files'
	FileColumn string        // name of a further column with the file's path; none when empty
	As         []string      // the columns' names in SQL; the schema's when nil
}

// ParquetPart is a file, or some of its row groups.
type ParquetPart struct {
	Path string
	Rows [][2]int64 // ranges of rows [from, to), such as those of row groups ([ParquetFile.RowRange]); nil means the whole file
}

type parquetInput struct{ src ParquetSource }

// Parquet makes a table of Parquet files.
func Parquet(src ParquetSource) Input { return parquetInput{src} }

func (parquetInput) prepare(*query, *arena) (*C.sf_input, error) {
	return nil, errors.New("frame: internal error: a view is not scanned")
}

// view writes one SELECT for whole files that follow each other, and one for each range of rows. DuckDB pushes columns and filters
// through UNION ALL, and skips row groups outside of a range of file_row_number.
func (in parquetInput) view() (string, error) {
	src := in.src
	if src.As != nil && len(src.As) != src.Schema.NumFields() {
		return "", fmt.Errorf("frame: read parquet: %d names are given for %d columns", len(src.As), src.Schema.NumFields())
	}
	var columns []string
	for i, f := range src.Schema.Fields() {
		c := Quote(f.Name)
		if src.As != nil {
			c += " AS " + Quote(src.As[i])
		}
		columns = append(columns, c)
	}
	if src.FileColumn != "" {
		columns = append(columns, "filename AS "+Quote(src.FileColumn))
	}
	if len(columns) == 0 {
		columns = []string{"1 AS no_column"}
	}
	from := func(paths []string, where string) string {
		options := ", hive_partitioning = false"
		if src.FileColumn != "" {
			options += ", filename = true"
		}
		if where != "" {
			options += ", file_row_number = true"
		}
		return "SELECT " + strings.Join(columns, ", ") + " FROM read_parquet([" + strings.Join(paths, ", ") + "]" + options + ")" + where
	}
	var selects, whole []string
	flush := func() {
		if len(whole) > 0 {
			selects = append(selects, from(whole, ""))
		}
		whole = nil
	}
	for _, p := range src.Parts {
		if p.Rows == nil {
			whole = append(whole, Literal(p.Path))
			continue
		}
		flush()
		for _, r := range join(p.Rows) {
			where := fmt.Sprintf(" WHERE file_row_number BETWEEN %d AND %d", r[0], r[1]-1)
			selects = append(selects, from([]string{Literal(p.Path)}, where))
		}
	}
	flush()
	if len(selects) == 0 {
		return src.empty()
	}
	return strings.Join(selects, "\nUNION ALL "), nil
}

// empty is a table without rows, when every row group was ruled out.
func (src ParquetSource) empty() (string, error) {
	var columns []string
	for i, f := range src.Schema.Fields() {
		t, err := SQLType(f.Type)
		if err != nil {
			return "", err
		}
		name := f.Name
		if src.As != nil {
			name = src.As[i]
		}
		columns = append(columns, "CAST(NULL AS "+t+") AS "+Quote(name))
	}
	if src.FileColumn != "" {
		columns = append(columns, "'' AS "+Quote(src.FileColumn))
	}
	if len(columns) == 0 {
		columns = []string{"1 AS no_column"}
	}
	return "SELECT " + strings.Join(columns, ", ") + " WHERE false", nil
}

// join sorts ranges and joins those that touch.
func join(ranges [][2]int64) [][2]int64 {
	var out [][2]int64
	for _, r := range slices.SortedFunc(slices.Values(ranges), func(a, b [2]int64) int { return int(a[0] - b[0]) }) {
		switch n := len(out); {
		case r[0] >= r[1]:
		case n > 0 && r[0] <= out[n-1][1]:
			out[n-1][1] = max(out[n-1][1], r[1])
		default:
			out = append(out, r)
		}
	}
	return out
}
