package frame

// #include <stdlib.h>
// #include "text.h"
import "C"

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"

	"sheaf/internal/blockio"
)

// CSVOptions say how a CSV file is to be read. The zero value is RFC 4180 with a header, pandas' null texts, and types guessed from the first
// 10,000 rows.
type CSVOptions struct {
	Comma            byte                      // ',' when 0
	Quote            byte                      // '"' when 0
	NoQuotes         bool                      // quotes are plain text
	Comment          byte                      // lines that start with it are skipped; none when 0
	NoHeader         bool                      // the first record is data; columns are called 0, 1, … unless Names says otherwise
	Names            []string                  // in the place of the header's
	SkipRows         int                       // lines at the top of every file
	Types            map[string]arrow.DataType // by column; the others are guessed
	ParseDates       []string                  // columns that are timestamps, whatever the sample looks like
	NullValues       []string                  // texts that mean null, besides the default ones
	KeepDefaultNulls *bool                     // false: only NullValues mean null (and empty fields in columns that are not strings)
	SampleRows       int                       // 10,000 when 0
	AllStrings       bool                      // guess nothing: every column without a type is a string
}

// defaultNulls are the texts which pandas reads as missing.
var defaultNulls = []string{
	"", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null",
}

// CSVFormat is everything that parsing a CSV file needs to know.
type CSVFormat struct {
	Options    CSVOptions
	Schema     *arrow.Schema // of the file's columns, in the file's order
	Header     []string      // as it stands in the first file; nil without one
	Guessed    []bool        // by column: the type is a guess
	SampleRows int           // from so many rows
}

// Dialect is what the block splitter must know.
func (o CSVOptions) Dialect() blockio.Dialect {
	return blockio.Dialect{Comma: o.Comma, Quote: o.Quote, NoQuotes: o.NoQuotes, Comment: o.Comment, SkipRows: o.SkipRows, Header: !o.NoHeader}
}

func (o CSVOptions) nulls() []string {
	if o.KeepDefaultNulls != nil && !*o.KeepDefaultNulls {
		return o.NullValues
	}
	return append(slices.Clone(defaultNulls), o.NullValues...)
}

// check refuses what cannot be a dialect.
func (o CSVOptions) check() error {
	d := o.Dialect()
	comma, quote := cmpOr(d.Comma, ','), cmpOr(d.Quote, '"')
	switch {
	case comma == '\n' || comma == '\r' || comma >= 0x80:
		return fmt.Errorf("frame: read csv: %q cannot separate fields", comma)
	case !o.NoQuotes && (quote == comma || quote == '\n' || quote == '\r' || quote >= 0x80):
		return fmt.Errorf("frame: read csv: %q cannot quote fields separated by %q", quote, comma)
	case o.Comment != 0 && (o.Comment == comma || o.Comment == quote || o.Comment == '\n' || o.Comment >= 0x80):
		return fmt.Errorf("frame: read csv: %q cannot begin comments", o.Comment)
	case o.SkipRows < 0 || o.SampleRows < 0:
		return fmt.Errorf("frame: read csv: negative SkipRows or SampleRows")
	}
	return nil
}

func cmpOr(b, def byte) byte {
	if b == 0 {
		return def
	}
	return b
}

// CSVSource is a table of CSV blocks.
//
// The blocks must have exact record boundaries ([blockio.CSVBlocks]). Every file's header must be that of the first.
// Records with fewer fields than columns end in nulls, as in pandas; more fields are an error.
type CSVSource struct {
	Blocks     []blockio.Block
	Format     *CSVFormat
	FileColumn string   // name of a further column with the file's path; none when empty
	As         []string // the columns' names in SQL, which does not tell upper and lower case apart; the schema's when nil
}

type csvInput struct{ src CSVSource }

// CSV makes a table of CSV blocks that is parsed while it is scanned: only columns that the query uses are converted.
func CSV(src CSVSource) Input { return &csvInput{src} }

func (in *csvInput) prepare(q *query, a *arena) (*C.sf_input, error) {
	f := in.src.Format
	if err := f.Options.check(); err != nil {
		return nil, err
	}
	t := &textInput{op: "read csv", blocks: in.src.Blocks, schema: f.Schema, guessed: f.Guessed, sample: f.SampleRows, openBlock: f.open}
	for _, b := range t.blocks {
		if !b.Exact {
			return nil, fmt.Errorf("frame: read csv: %s: block at byte %d has no exact boundaries; use blockio.CSVBlocks", b.Path, b.Start)
		}
	}
	ci, ct, err := t.text(q, a, in.src.As, in.src.FileColumn)
	if err != nil {
		return nil, err
	}
	ci.kind = C.SF_CSV
	o := f.Options
	ct.comma, ct.quote, ct.comment = C.uint8_t(cmpOr(o.Comma, ',')), C.uint8_t(cmpOr(o.Quote, '"')), C.uint8_t(o.Comment)
	if o.NoQuotes {
		ct.no_quotes = 1
	}
	nulls := o.nulls()
	texts, lens := slice[*C.char](a, len(nulls)), slice[C.int32_t](a, len(nulls))
	for i, s := range nulls {
		if len(s) > 63 {
			return nil, fmt.Errorf("frame: read csv: null value %q is longer than 63 bytes", s)
		}
		texts[i], lens[i] = a.str(s), C.int32_t(len(s))
		ct.null_lens |= 1 << len(s)
		if s != "" {
			ct.null_first[s[0]] = 1
		}
		if guess(s)&(guessInt|guessBool|guessDate|guessTime) != 0 || (guess(s)&guessFloat != 0 && !strings.ContainsAny(s, "nN")) {
			ct.numeric_nulls = 1
		}
	}
	ct.nulls, ct.null_len, ct.nnulls = unsafe.SliceData(texts), unsafe.SliceData(lens), C.int32_t(len(nulls))
	return ci, nil
}

// open reads a block behind the file's head, whose header must be the format's.
func (f *CSVFormat) open(ctx context.Context, b blockio.Block) (io.ReadCloser, int64, error) {
	return headless(ctx, b, f.Options.Dialect(), func(header []byte) error {
		if f.Header == nil || len(bytes.TrimSpace(header)) == 0 {
			return nil // an empty file has no rows either
		}
		got, _, _ := f.Options.split(header, true)
		if !slices.Equal(got, f.Header) {
			return fmt.Errorf("the header is %q, that of the first file %q", got, f.Header)
		}
		return nil
	})
}

// split takes the first record of data apart. complete is false when its end is not in data and data is not all there is.
func (o CSVOptions) split(data []byte, all bool) (fields []string, rest []byte, complete bool) {
	comma, quote := cmpOr(o.Comma, ','), cmpOr(o.Quote, '"')
	for {
		var field []byte
		if !o.NoQuotes && len(data) > 0 && data[0] == quote {
			data = data[1:]
			for {
				i := bytes.IndexByte(data, quote)
				if i < 0 {
					return append(fields, string(append(field, data...))), nil, all
				}
				field = append(field, data[:i]...)
				data = data[i+1:]
				if len(data) == 0 || data[0] != quote {
					break
				}
				field = append(field, quote)
				data = data[1:]
			}
		}
		i := bytes.IndexFunc(data, func(r rune) bool { return r == rune(comma) || r == '\n' })
		if i < 0 {
			return append(fields, string(append(field, bytes.TrimSuffix(data, []byte("\r"))...))), nil, all
		}
		end := data[i] == '\n'
		text := data[:i]
		data = data[i+1:]
		if end {
			return append(fields, string(append(field, bytes.TrimSuffix(text, []byte("\r"))...))), data, true
		}
		fields = append(fields, string(append(field, text...)))
	}
}
