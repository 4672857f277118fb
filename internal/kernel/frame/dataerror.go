package frame

// #include "text.h"
import "C"

import (
	"fmt"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
)

// DataError is a place in a file whose content is not what it should be.
type DataError struct {
	Op         string // "read csv" or "read json"
	Path       string
	Offset     int64  // bytes from the beginning of the (decompressed) file
	Line       int64  // from 1
	Column     int64  // byte of the line, from 1
	Field      string // the data's column, "" when the whole record is wrong
	Value      string // the text, cut after 128 bytes
	Problem    string // what is wrong with it
	SampleRows int    // rows from which the column's type was guessed; 0 when it was given
}

// Error names file, line and column in one sentence.
func (e *DataError) Error() string {
	var s strings.Builder
	fmt.Fprintf(&s, "%s: %s:%d", e.Op, e.Path, e.Line)
	if e.Field != "" {
		fmt.Fprintf(&s, " column %s", e.Field)
	}
	s.WriteString(": " + e.Problem)
	if e.SampleRows > 0 {
		fmt.Fprintf(&s, " (type guessed from the first %s rows)", thousands(e.SampleRows))
	}
	return s.String()
}

func thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// describe puts the C side's error code into words.
func (e *DataError) describe(ce *C.sf_error, dt arrow.DataType) {
	if ce.code != C.E_TYPE && ce.code != C.E_RANGE && ce.code != C.E_JSON_TYPE {
		e.SampleRows = 0
	}
	switch ce.code {
	case C.E_TYPE:
		e.Problem = fmt.Sprintf("%q is not a %s", e.Value, TypeName(dt))
	case C.E_RANGE:
		e.Problem = fmt.Sprintf("%q does not fit %s", e.Value, TypeName(dt))
	case C.E_FIELDS:
		e.Problem = fmt.Sprintf("%d fields, but there are %d columns", ce.seen, ce.expected)
	case C.E_QUOTE_OPEN:
		e.Problem = fmt.Sprintf("the quote opened at column %d is never closed", e.Column)
	case C.E_QUOTE_END:
		e.Problem = fmt.Sprintf("text after a closing quote at column %d: %s", e.Column, e.Value)
	case C.E_UTF8:
		e.Problem = fmt.Sprintf("%q is not UTF-8", e.Value)
	case C.E_MEMORY:
		e.Problem = "out of memory"
	case C.E_LONG:
		e.Problem = "a record is longer than 256 MB; is a quote missing?"
	case C.E_JSON:
		e.Field = ""
		e.Problem = fmt.Sprintf("malformed JSON at column %d near %q", e.Column, e.Value)
	case C.E_JSON_TYPE:
		e.Problem = fmt.Sprintf("%s is not a %s", e.Value, TypeName(dt))
	default:
		e.Problem = "cannot be read"
	}
}

// TypeName is the user's word for a column type: float64, string, date, timestamp[us], list<int64>.
func TypeName(dt arrow.DataType) string {
	switch t := dt.(type) {
	case nil:
		return "value"
	case *arrow.StringType, *arrow.LargeStringType, *arrow.StringViewType:
		return "string"
	case *arrow.Float16Type:
		return "float16"
	case *arrow.Float32Type:
		return "float32"
	case *arrow.Float64Type:
		return "float64"
	case *arrow.Date32Type, *arrow.Date64Type:
		return "date"
	case *arrow.TimestampType:
		return "timestamp"
	case *arrow.DictionaryType:
		return TypeName(t.ValueType)
	}
	return dt.String()
}
