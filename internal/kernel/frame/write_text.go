package frame

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json/jsontext"
	"fmt"
	"iter"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"sheaf/internal/blockio"
)

// CSVWriteOptions are the settings of [WriteCSV]. The zero value is pandas' to_csv without the index.
type CSVWriteOptions struct {
	Comma       byte // ',' when 0
	NoHeader    bool
	QuoteAll    bool                // quote every value that is not null, not only where it is needed
	Null        string              // text of nulls
	Compression blockio.Compression // by the path's extension when Infer
}

// WriteCSV writes batches as CSV: whole floats as 1.0 and bools as True and False like pandas, times in ISO 8601 with a blank, lists and structs as
// JSON. A text that would be read as null, or holds separators, quotes or line ends, is quoted.
func WriteCSV(ctx context.Context, path string, schema *arrow.Schema, batches iter.Seq2[arrow.RecordBatch, error], o CSVWriteOptions) (WriteInfo, error) {
	comma := cmpOr(o.Comma, ',')
	if comma == '"' || comma == '\n' || comma == '\r' {
		return WriteInfo{}, fmt.Errorf("write csv: %s: %q cannot separate fields", path, comma)
	}
	special := string([]byte{comma, '"', '\n', '\r'})
	put := func(line, text []byte) []byte {
		if !o.QuoteAll && !bytes.ContainsAny(text, special) && string(text) != o.Null && !(len(text) > 0 && (text[0] == ' ' || text[len(text)-1] == ' ')) {
			return append(line, text...)
		}
		line = append(line, '"')
		for _, c := range text {
			if c == '"' {
				line = append(line, '"')
			}
			line = append(line, c)
		}
		return append(line, '"')
	}
	var head []byte
	if !o.NoHeader {
		for i, f := range schema.Fields() {
			if i > 0 {
				head = append(head, comma)
			}
			head = put(head, []byte(f.Name))
		}
		head = append(head, '\n')
	}
	var line, text []byte
	return writeText(ctx, "write csv", path, o.Compression, batches, head, func(b arrow.RecordBatch, emit func([]byte) error) error {
		cells, err := appenders(b, csvText)
		if err != nil {
			return err
		}
		for i := range int(b.NumRows()) {
			line = line[:0]
			for c, cell := range cells {
				if c > 0 {
					line = append(line, comma)
				}
				if isNull(b.Column(c), i) {
					line = append(line, o.Null...)
					continue
				}
				text = cell(text[:0], i)
				line = put(line, text)
			}
			if len(cells) == 1 && len(line) == 0 {
				line = append(line, '"', '"') // an empty line would be no row
			}
			if err := emit(append(line, '\n')); err != nil {
				return err
			}
		}
		return nil
	})
}

// JSONWriteOptions are the settings of [WriteJSON].
type JSONWriteOptions struct {
	Compression blockio.Compression // by the path's extension when Infer
}

// WriteJSON writes batches as JSON lines: one object a row with all columns in order, nulls as null, times as ISO 8601 strings, binary as
// base64; NaN and infinities, which JSON does not have, as null.
func WriteJSON(ctx context.Context, path string, schema *arrow.Schema, batches iter.Seq2[arrow.RecordBatch, error], o JSONWriteOptions) (WriteInfo, error) {
	keys := make([][]byte, schema.NumFields())
	for i, f := range schema.Fields() {
		key, err := jsontext.AppendQuote(nil, f.Name)
		if err != nil {
			return WriteInfo{}, fmt.Errorf("write json: %s: column %q: %w", path, f.Name, err)
		}
		keys[i] = append(key, ':')
	}
	var line []byte
	return writeText(ctx, "write json", path, o.Compression, batches, nil, func(b arrow.RecordBatch, emit func([]byte) error) error {
		cells, err := appenders(b, jsonText)
		if err != nil {
			return err
		}
		for i := range int(b.NumRows()) {
			line = append(line[:0], '{')
			for c, cell := range cells {
				if c > 0 {
					line = append(line, ',')
				}
				line = append(line, keys[c]...)
				if isNull(b.Column(c), i) {
					line = append(line, "null"...)
				} else {
					line = cell(line, i)
				}
			}
			if err := emit(append(line, '}', '\n')); err != nil {
				return err
			}
		}
		return nil
	})
}

// appendFunc appends the text of a value that is not null.
type appendFunc func(dst []byte, i int) []byte

type textKind int

const (
	csvText textKind = iota
	jsonText
)

func appenders(b arrow.RecordBatch, kind textKind) ([]appendFunc, error) {
	out := make([]appendFunc, b.NumCols())
	for c, col := range b.Columns() {
		var err error
		if out[c], err = appender(col, kind); err != nil {
			return nil, fmt.Errorf("column %s: %w", b.ColumnName(c), err)
		}
	}
	return out, nil
}

// isNull also knows arrays of the null type, and nulls among a dictionary's values.
func isNull(a arrow.Array, i int) bool {
	if d, ok := a.(*array.Dictionary); ok && a.IsValid(i) {
		return d.Dictionary().IsNull(d.GetValueIndex(i))
	}
	return a.IsNull(i) || a.DataType().ID() == arrow.NULL
}

// ints makes the function of integer arrays of any width.
func ints[T int8 | int16 | int32 | int64](values []T) appendFunc {
	return func(dst []byte, i int) []byte { return strconv.AppendInt(dst, int64(values[i]), 10) }
}

func uints[T uint8 | uint16 | uint32 | uint64](values []T) appendFunc {
	return func(dst []byte, i int) []byte { return strconv.AppendUint(dst, uint64(values[i]), 10) }
}

func appender(arr arrow.Array, kind textKind) (appendFunc, error) {
	switch a := arr.(type) {
	case *array.Null:
		return func(dst []byte, _ int) []byte { return dst }, nil
	case *array.Boolean:
		names := [2]string{"False", "True"}
		if kind == jsonText {
			names = [2]string{"false", "true"}
		}
		return func(dst []byte, i int) []byte {
			if a.Value(i) {
				return append(dst, names[1]...)
			}
			return append(dst, names[0]...)
		}, nil
	case *array.Int8:
		return ints(a.Int8Values()), nil
	case *array.Int16:
		return ints(a.Int16Values()), nil
	case *array.Int32:
		return ints(a.Int32Values()), nil
	case *array.Int64:
		return ints(a.Int64Values()), nil
	case *array.Uint8:
		return uints(a.Uint8Values()), nil
	case *array.Uint16:
		return uints(a.Uint16Values()), nil
	case *array.Uint32:
		return uints(a.Uint32Values()), nil
	case *array.Uint64:
		return uints(a.Uint64Values()), nil
	case *array.Float16:
		return func(dst []byte, i int) []byte { return appendFloat(dst, float64(a.Value(i).Float32()), 32, kind) }, nil
	case *array.Float32:
		return func(dst []byte, i int) []byte { return appendFloat(dst, float64(a.Value(i)), 32, kind) }, nil
	case *array.Float64:
		return func(dst []byte, i int) []byte { return appendFloat(dst, a.Value(i), 64, kind) }, nil
	case *array.String:
		return texts(a.Value, kind), nil
	case *array.LargeString:
		return texts(a.Value, kind), nil
	case *array.StringView:
		return texts(a.Value, kind), nil
	case *array.Binary:
		return binaries(a.Value, kind), nil
	case *array.LargeBinary:
		return binaries(a.Value, kind), nil
	case *array.FixedSizeBinary:
		return binaries(a.Value, kind), nil
	case *array.Dictionary:
		value, err := appender(a.Dictionary(), kind)
		return func(dst []byte, i int) []byte { return value(dst, a.GetValueIndex(i)) }, err
	case array.ExtensionArray:
		return texts(a.ValueStr, kind), nil
	}
	return timeAppender(arr, kind)
}

func texts(value func(int) string, kind textKind) appendFunc {
	if kind == csvText {
		return func(dst []byte, i int) []byte { return append(dst, value(i)...) }
	}
	return func(dst []byte, i int) []byte {
		out, err := jsontext.AppendQuote(dst, value(i))
		_ = err // invalid UTF-8 is replaced by U+FFFD in out
		return out
	}
}

func binaries(value func(int) []byte, kind textKind) appendFunc {
	return func(dst []byte, i int) []byte {
		if kind == csvText {
			return base64.StdEncoding.AppendEncode(dst, value(i))
		}
		return append(base64.StdEncoding.AppendEncode(append(dst, '"'), value(i)), '"')
	}
}

// appendFloat writes the shortest text that reads back as the same number, as Python's repr does: 1.0, 1e-05, 1e+16.
func appendFloat(dst []byte, x float64, bits int, kind textKind) []byte {
	switch {
	case kind == jsonText && (math.IsNaN(x) || math.IsInf(x, 0)):
		return append(dst, "null"...)
	case math.IsNaN(x):
		return append(dst, "NaN"...)
	case math.IsInf(x, 0):
		if x < 0 {
			dst = append(dst, '-')
		}
		return append(dst, "inf"...)
	}
	abs := math.Abs(x)
	if abs != 0 && (abs < 1e-4 || abs >= 1e16) {
		return strconv.AppendFloat(dst, x, 'e', -1, bits)
	}
	from := len(dst)
	dst = strconv.AppendFloat(dst, x, 'f', -1, bits)
	if !slices.Contains(dst[from:], '.') {
		dst = append(dst, ".0"...)
	}
	return dst
}

// timeAppender makes the functions of dates, times, decimals and nested values.
func timeAppender(arr arrow.Array, kind textKind) (appendFunc, error) {
	quote := func(f func(dst []byte, i int) []byte) appendFunc {
		if kind == csvText {
			return f
		}
		return func(dst []byte, i int) []byte { return append(f(append(dst, '"'), i), '"') }
	}
	layout := map[textKind]string{csvText: "2006-01-02 15:04:05.999999999", jsonText: "2006-01-02T15:04:05.999999999"}[kind]
	switch a := arr.(type) {
	case *array.Date32:
		return quote(func(dst []byte, i int) []byte { return a.Value(i).ToTime().AppendFormat(dst, time.DateOnly) }), nil
	case *array.Date64:
		return quote(func(dst []byte, i int) []byte { return a.Value(i).ToTime().AppendFormat(dst, time.DateOnly) }), nil
	case *array.Time32:
		unit := a.DataType().(*arrow.Time32Type).Unit
		return quote(func(dst []byte, i int) []byte { return a.Value(i).ToTime(unit).AppendFormat(dst, "15:04:05.999999999") }), nil
	case *array.Time64:
		unit := a.DataType().(*arrow.Time64Type).Unit
		return quote(func(dst []byte, i int) []byte { return a.Value(i).ToTime(unit).AppendFormat(dst, "15:04:05.999999999") }), nil
	case *array.Timestamp:
		t := a.DataType().(*arrow.TimestampType)
		toTime, err := t.GetToTimeFunc()
		if t.TimeZone != "" {
			layout += "-07:00"
		}
		return quote(func(dst []byte, i int) []byte { return toTime(a.Value(i)).AppendFormat(dst, layout) }), err
	case *array.Decimal32, *array.Decimal64, *array.Decimal128, *array.Decimal256:
		return func(dst []byte, i int) []byte { return append(dst, arr.ValueStr(i)...) }, nil
	case *array.Struct:
		return structAppender(a)
	case array.ListLike:
		return listAppender(a)
	}
	switch arr.DataType().ID() {
	case arrow.DURATION, arrow.INTERVAL_MONTHS, arrow.INTERVAL_DAY_TIME, arrow.INTERVAL_MONTH_DAY_NANO:
		return quote(func(dst []byte, i int) []byte { return append(dst, arr.ValueStr(i)...) }), nil
	}
	return nil, fmt.Errorf("values of type %v cannot be written as text", arr.DataType())
}

// structAppender writes JSON objects, in CSV too.
func structAppender(a *array.Struct) (appendFunc, error) {
	t := a.DataType().(*arrow.StructType)
	cells := make([]appendFunc, a.NumField())
	keys := make([][]byte, a.NumField())
	for c := range cells {
		var err error
		if cells[c], err = appender(a.Field(c), jsonText); err != nil {
			return nil, err
		}
		if keys[c], err = jsontext.AppendQuote(nil, t.Field(c).Name); err != nil {
			return nil, err
		}
	}
	return func(dst []byte, i int) []byte {
		dst = append(dst, '{')
		for c, cell := range cells {
			if c > 0 {
				dst = append(dst, ',')
			}
			dst = append(append(dst, keys[c]...), ':')
			if isNull(a.Field(c), i) {
				dst = append(dst, "null"...)
			} else {
				dst = cell(dst, i)
			}
		}
		return append(dst, '}')
	}, nil
}

// listAppender writes JSON arrays, and maps as arrays of key and value.
func listAppender(a array.ListLike) (appendFunc, error) {
	values := a.ListValues()
	cell, err := appender(values, jsonText)
	return func(dst []byte, i int) []byte {
		dst = append(dst, '[')
		from, to := a.ValueOffsets(i)
		for k := from; k < to; k++ {
			if k > from {
				dst = append(dst, ',')
			}
			if isNull(values, int(k)) {
				dst = append(dst, "null"...)
			} else {
				dst = cell(dst, int(k))
			}
		}
		return append(dst, ']')
	}, err
}
