package frame

// #include "text.h"
import "C"

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json/jsontext"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"sheaf/internal/blockio"
)

// JSONOptions say how files of JSON lines (one object a line) are to be read.
type JSONOptions struct {
	Types      map[string]arrow.DataType // by member; the others are guessed
	ParseDates []string                  // members that are timestamps, whatever the sample looks like
	SampleRows int                       // 10,000 when 0, but not more than about two megabytes
}

// JSONFormat is everything that parsing JSON lines needs to know.
type JSONFormat struct {
	Options    JSONOptions
	Schema     *arrow.Schema // the members, in order of first appearance
	Guessed    []bool
	SampleRows int
}

// JSONSource is a table of JSON-lines blocks. Members that are not in the schema are passed over; members that a line does not have are null.
type JSONSource struct {
	Blocks     []blockio.Block
	Format     *JSONFormat
	FileColumn string   // name of a further column with the file's path; none when empty
	As         []string // the columns' names in SQL, which does not tell upper and lower case apart; the schema's when nil
}

type jsonInput struct{ src JSONSource }

// JSON makes a table of JSON-lines blocks that is parsed while it is scanned, as [CSV] does.
func JSON(src JSONSource) Input { return &jsonInput{src} }

func (in *jsonInput) prepare(q *query, a *arena) (*C.sf_input, error) {
	f := in.src.Format
	t := &textInput{op: "read json", blocks: in.src.Blocks, schema: f.Schema, guessed: f.Guessed, sample: f.SampleRows, openBlock: openLines}
	ci, _, err := t.text(q, a, in.src.As, in.src.FileColumn)
	if err != nil {
		return nil, err
	}
	ci.kind = C.SF_JSON
	return ci, nil
}

func openLines(ctx context.Context, b blockio.Block) (io.ReadCloser, int64, error) {
	return headless(ctx, b, blockio.Dialect{NoQuotes: true}, nil) // a byte order mark
}

const jsonSampleBytes = 2 << 20

// SniffJSON guesses the types of the members from the first lines of the first file that is not empty.
//
// Numbers are int64 when all are whole and fit, otherwise float64; strings are dates or timestamps when all are, as in [SniffCSV];
// lists and objects become lists and structs of the same rules; members of several kinds, and those that are always null, are strings, which
// then hold the JSON text of other values.
func SniffJSON(ctx context.Context, files []blockio.File, o JSONOptions) (*JSONFormat, error) {
	for _, f := range files {
		if f.Size == 0 {
			continue
		}
		format, err := sniffJSON(ctx, f, o)
		if err != nil {
			if _, ok := errors.AsType[*DataError](err); ok {
				return nil, err
			}
			return nil, fmt.Errorf("read json: %s: %w", f.Path, err)
		}
		return format, nil
	}
	if len(files) == 0 {
		return nil, errors.New("read json: no files")
	}
	return nil, fmt.Errorf("read json: %s: the file is empty, so it has no columns", files[0].Path)
}

func sniffJSON(ctx context.Context, f blockio.File, o JSONOptions) (*JSONFormat, error) {
	r, err := blockio.Open(f)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	br := bufio.NewReaderSize(r, 1<<16)
	offset, _, err := blockio.SkipHead(br, blockio.Dialect{})
	if err != nil {
		return nil, err
	}
	limit := o.SampleRows
	if limit == 0 {
		limit = sampleRows
	}
	root := &shape{}
	format := &JSONFormat{Options: o}
	for read := 0; format.SampleRows < limit && read < jsonSampleBytes; {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		line, err := br.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		if len(bytes.TrimSpace(line)) > 0 {
			format.SampleRows++
			if bad := root.addLine(line); bad != nil {
				return nil, jsonError(ctx, f, offset, line, bad)
			}
		}
		read += len(line)
		offset += int64(len(line))
		if err != nil {
			break
		}
	}
	if len(root.names) == 0 {
		return nil, errors.New("no line holds an object with members")
	}
	return format, format.types(root)
}

// jsonError names the place of a syntax error in a sample line.
func jsonError(ctx context.Context, f blockio.File, offset int64, line []byte, bad error) error {
	e := &DataError{Op: "read json", Path: f.Path, Offset: offset}
	var syntax *jsontext.SyntacticError
	if errors.As(bad, &syntax) {
		e.Offset += min(syntax.ByteOffset, int64(len(line)))
	}
	e.Line, e.Column, bad = blockio.Position(ctx, f, e.Offset)
	if bad != nil {
		return bad
	}
	e.Value = strings.TrimRight(string(line[e.Offset-offset:]), "\r\n")
	e.Value = strings.ToValidUTF8(e.Value[:min(len(e.Value), 24)], "\uFFFD")
	if syntax == nil {
		e.Problem = fmt.Sprintf("a line of the file is not an object: %s", e.Value)
		return e
	}
	e.Problem = fmt.Sprintf("malformed JSON at column %d near %q", e.Column, e.Value)
	return e
}

func (f *JSONFormat) types(root *shape) error {
	o := f.Options
	for name := range o.Types {
		if root.members[name] == nil { // a member that the sample does not have, but the user knows
			root.member(name)
		}
	}
	for _, name := range o.ParseDates {
		if root.members[name] == nil {
			return fmt.Errorf("there is no member %q to read as dates; the members are %s", name, strings.Join(root.names, ", "))
		}
	}
	added := root.names[len(root.names)-(len(root.members)-len(root.seen)):]
	slices.Sort(added) // option maps have no order
	fields := make([]arrow.Field, len(root.names))
	f.Guessed = make([]bool, len(fields))
	for i, name := range root.names {
		fields[i] = arrow.Field{Name: name, Type: o.Types[name], Nullable: true}
		if fields[i].Type == nil {
			f.Guessed[i] = true
			fields[i].Type = root.members[name].guess(slices.Contains(o.ParseDates, name))
		}
	}
	f.Schema = arrow.NewSchema(fields, nil)
	return nil
}

// shape collects what values of one place look like.
type shape struct {
	bools, ints, floats, strings, lists, objects int
	all, any                                     int // guess bits of the strings
	names                                        []string
	members                                      map[string]*shape
	seen                                         map[string]bool // members that came from data
	element                                      *shape
}

var errNoObject = errors.New("not an object")

// addLine adds one record. The decoder checks the whole line, but for the Unicode in it, which is the reader's to judge.
func (s *shape) addLine(line []byte) error {
	d := jsontext.NewDecoder(bytes.NewReader(line), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if k := d.PeekKind(); k != '{' && k != 0 {
		return errNoObject
	}
	if err := s.add(d); err != nil {
		return err
	}
	rest := line[d.InputOffset():]
	if text := bytes.TrimLeft(rest, " \t\r\n"); len(text) > 0 {
		return &jsontext.SyntacticError{ByteOffset: int64(len(line) - len(text)), Err: errors.New("text after the object")}
	}
	return nil
}

func (s *shape) member(name string) *shape {
	if s.members == nil {
		s.members, s.seen = map[string]*shape{}, map[string]bool{}
	}
	m := s.members[name]
	if m == nil {
		m = &shape{}
		s.members[name] = m
		s.names = append(s.names, name)
	}
	return m
}

func (s *shape) add(d *jsontext.Decoder) error {
	tok, err := d.ReadToken()
	if err != nil {
		return err
	}
	switch tok.Kind() {
	case 't', 'f':
		s.bools++
	case '0':
		if text := tok.String(); guess(text)&guessInt != 0 {
			s.ints++
		} else {
			s.floats++
		}
	case '"':
		g := guess(tok.String())
		if s.strings++; s.strings == 1 {
			s.all = g
		}
		s.all &= g
		s.any |= g
	case '[':
		s.lists++
		if s.element == nil {
			s.element = &shape{}
		}
		for d.PeekKind() != ']' {
			if err := s.element.add(d); err != nil {
				return err
			}
		}
		_, err = d.ReadToken()
	case '{':
		s.objects++
		for d.PeekKind() != '}' {
			name, err := d.ReadToken()
			if err != nil {
				return err
			}
			key := name.String()
			m := s.member(key)
			s.seen[key] = true
			if err := m.add(d); err != nil {
				return err
			}
		}
		_, err = d.ReadToken()
	}
	return err
}

// guess is the type that all values of the place fit.
func (s *shape) guess(asTime bool) arrow.DataType {
	kinds := 0
	for _, n := range []int{s.bools, s.ints + s.floats, s.strings, s.lists, s.objects} {
		if n > 0 {
			kinds++
		}
	}
	if asTime {
		return guessedType(s.all, s.any, true)
	}
	if kinds != 1 {
		return arrow.BinaryTypes.String
	}
	switch {
	case s.bools > 0:
		return arrow.FixedWidthTypes.Boolean
	case s.floats > 0:
		return arrow.PrimitiveTypes.Float64
	case s.ints > 0:
		return arrow.PrimitiveTypes.Int64
	case s.lists > 0:
		return arrow.ListOf(s.element.guess(false))
	case s.objects > 0 && len(s.names) > 0:
		fields := make([]arrow.Field, len(s.names))
		for i, name := range s.names {
			fields[i] = arrow.Field{Name: name, Type: s.members[name].guess(false), Nullable: true}
		}
		return arrow.StructOf(fields...)
	}
	if s.strings > 0 {
		if dt := guessedType(s.all&^(guessInt|guessFloat|guessBool), s.any, false); dt != nil {
			return dt
		}
	}
	return arrow.BinaryTypes.String
}
