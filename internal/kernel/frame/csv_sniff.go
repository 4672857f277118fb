package frame

// #include <stdlib.h>
// #include "text.h"
//
// int sf_guess(const char *p, int64_t n);
import "C"

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"

	"sheaf/internal/blockio"
)

// What a text can be read as, by the same functions that will read it.
const (
	guessInt = 1 << iota
	guessFloat
	guessBool
	guessDate
	guessTime  // a timestamp without zone; a date is one too
	guessZoned // a timestamp with zone
	guessNanos // it has more than six digits behind the second
	guessWide  // a whole number beyond int64
	guessFraction
)

func guess(s string) int {
	if s == "" {
		return 0
	}
	return int(C.sf_guess((*C.char)(unsafe.Pointer(unsafe.StringData(s))), C.int64_t(len(s))))
}

const (
	sampleRows  = 10_000
	sampleBytes = 32 << 20 // a sample row may be long, but not the whole file
)

// SniffCSV reads the header of the first file that is not empty, and the types of its columns from the first rows.
//
// A column is guessed as the first of these that fits all of its values that are not null: bool (true and false in any case), int64, float64,
// date (yyyy-mm-dd), timestamp[us] ([ns] when there are more than six digits behind the second), timestamp[us, UTC] when all values
// have a zone, string. Columns of whole numbers beyond int64, and columns of nulls, are strings.
func SniffCSV(ctx context.Context, files []blockio.File, o CSVOptions) (*CSVFormat, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	for _, f := range files {
		if f.Size == 0 {
			continue
		}
		format, err := sniffCSV(ctx, f, o)
		if err != nil {
			return nil, fmt.Errorf("read csv: %s: %w", f.Path, err)
		}
		return format, nil
	}
	if len(files) == 0 {
		return nil, errors.New("read csv: no files")
	}
	return nil, fmt.Errorf("read csv: %s: the file is empty, so it has no columns", files[0].Path)
}

func sniffCSV(ctx context.Context, f blockio.File, o CSVOptions) (*CSVFormat, error) {
	r, err := blockio.Open(f)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	br := bufio.NewReaderSize(r, 1<<16)
	_, head, err := blockio.SkipHead(br, o.Dialect())
	if err != nil {
		return nil, err
	}
	format := &CSVFormat{Options: o}
	if !o.NoHeader {
		if len(bytes.TrimSpace(head)) == 0 {
			return nil, errors.New("there is no header")
		}
		format.Header, _, _ = o.split(head, true)
	}
	rows, err := o.sample(ctx, br)
	if err != nil {
		return nil, err
	}
	names, err := o.names(format.Header, rows)
	if err != nil {
		return nil, err
	}
	return format, format.types(names, rows)
}

// sample reads the first records.
func (o CSVOptions) sample(ctx context.Context, r io.Reader) ([][]string, error) {
	limit := o.SampleRows
	if limit == 0 {
		limit = sampleRows
	}
	var rows [][]string
	var data []byte
	buf := make([]byte, 256<<10)
	for read, all := 0, false; len(rows) < limit && !all && read < sampleBytes; {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		n, err := r.Read(buf)
		read += n
		data = append(data, buf[:n]...)
		if all = errors.Is(err, io.EOF); err != nil && !all {
			return nil, err
		}
		for len(data) > 0 && len(rows) < limit {
			if o.Comment != 0 && data[0] == o.Comment {
				i := bytes.IndexByte(data, '\n')
				if i < 0 {
					break
				}
				data = data[i+1:]
				continue
			}
			fields, rest, complete := o.split(data, all)
			if !complete {
				break
			}
			if blank := len(fields) == 1 && fields[0] == "" && data[0] != cmpOr(o.Quote, '"'); !blank {
				rows = append(rows, fields)
			}
			data = rest
		}
	}
	return rows, nil
}

// names are the columns' names: the option's, or the header's with pandas' rules for empty and repeated ones, or numbers.
func (o CSVOptions) names(header []string, rows [][]string) ([]string, error) {
	width := len(header)
	if o.NoHeader && len(rows) > 0 {
		width = len(rows[0])
	}
	if o.Names != nil {
		if width > 0 && len(o.Names) != width {
			return nil, fmt.Errorf("%d names are given for %d columns", len(o.Names), width)
		}
		header = o.Names
	}
	if header == nil {
		for i := range width {
			header = append(header, fmt.Sprint(i))
		}
	}
	names := make([]string, len(header))
	seen := map[string]bool{}
	for _, h := range header {
		seen[h] = false
	}
	for i, h := range header {
		if h == "" {
			h = fmt.Sprintf("Unnamed: %d", i)
		}
		name := h
		for k := 1; seen[name]; k++ {
			name = fmt.Sprintf("%s.%d", h, k)
		}
		names[i], seen[name] = name, true
	}
	return names, nil
}

func (f *CSVFormat) types(names []string, rows [][]string) error {
	o := f.Options
	for _, name := range slices.Concat(slices.Sorted(maps.Keys(o.Types)), o.ParseDates) {
		if !slices.Contains(names, name) {
			return fmt.Errorf("there is no column %q to give a type; the columns are %s", name, strings.Join(names, ", "))
		}
	}
	nulls := map[string]bool{"": true}
	for _, s := range o.nulls() {
		nulls[s] = true
	}
	fields := make([]arrow.Field, len(names))
	f.Guessed, f.SampleRows = make([]bool, len(names)), len(rows)
	for i, name := range names {
		fields[i] = arrow.Field{Name: name, Type: o.Types[name], Nullable: true}
		if fields[i].Type != nil {
			continue
		}
		fields[i].Type = arrow.BinaryTypes.String
		if o.AllStrings && !slices.Contains(o.ParseDates, name) {
			continue
		}
		f.Guessed[i] = true
		g, any := ^0, 0
		for _, row := range rows {
			if i < len(row) && !nulls[row[i]] {
				v := guess(row[i])
				g &= v
				any |= v
			}
		}
		if dt := guessedType(g, any, slices.Contains(o.ParseDates, name)); dt != nil {
			fields[i].Type = dt
		}
	}
	f.Schema = arrow.NewSchema(fields, nil)
	return nil
}

// guessedType is the type that all values (the bits of all) fit; nil for string. anyOf has the bits of every value.
func guessedType(all, anyOf int, asTime bool) arrow.DataType {
	if anyOf == 0 {
		if asTime {
			return &arrow.TimestampType{Unit: arrow.Microsecond}
		}
		return nil
	}
	unit := arrow.Microsecond
	if anyOf&guessNanos != 0 {
		unit = arrow.Nanosecond
	}
	switch {
	case asTime && all&guessZoned != 0, all&guessZoned != 0:
		return &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}
	case asTime:
		return &arrow.TimestampType{Unit: unit}
	case all&guessBool != 0:
		return arrow.FixedWidthTypes.Boolean
	case all&guessInt != 0:
		return arrow.PrimitiveTypes.Int64
	case all&guessFloat != 0 && (anyOf&guessWide == 0 || anyOf&guessFraction != 0):
		return arrow.PrimitiveTypes.Float64
	case all&guessDate != 0:
		return arrow.FixedWidthTypes.Date32
	case all&guessTime != 0:
		return &arrow.TimestampType{Unit: unit}
	}
	return nil
}
