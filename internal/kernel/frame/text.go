package frame

// #include <stdlib.h>
// #include "text.h"
import "C"

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/cgo"
	"sync"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"

	"sheaf/internal/blockio"
)

const textBuffer = 1 << 20 // bytes read at a time; what is being parsed stays in the processor's cache

// textInput is the Go side of a CSV or JSON-lines table while a query runs: C asks it for bytes, and it explains C's errors.
type textInput struct {
	op      string // "read csv", "read json"
	blocks  []blockio.Block
	schema  *arrow.Schema // of the file's columns
	guessed []bool
	sample  int
	query   *query
	cin     *C.sf_input

	// openBlock gives a block's records, without a header, and the offset of the first byte.
	openBlock func(context.Context, blockio.Block) (io.ReadCloser, int64, error)

	mu  sync.Mutex // guards err
	err error      // the first failure to read
}

// textReader is one open block.
type textReader struct {
	in *textInput
	r  io.ReadCloser
}

func (t *textInput) fail(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err == nil {
		t.err = err
	}
}

//export sheafTextOpen
func sheafTextOpen(handle C.uintptr_t, segment C.int64_t, start *C.int64_t) C.uintptr_t {
	t := cgo.Handle(handle).Value().(*textInput)
	if err := t.query.ctx.Err(); err != nil {
		t.fail(err)
		return 0
	}
	r, at, err := t.openBlock(t.query.ctx, t.blocks[segment])
	if err != nil {
		t.fail(err)
		return 0
	}
	*start = C.int64_t(at)
	return C.uintptr_t(cgo.NewHandle(&textReader{in: t, r: r}))
}

//export sheafTextRead
func sheafTextRead(reader C.uintptr_t, buf *C.char, n C.int64_t) C.int64_t {
	t := cgo.Handle(reader).Value().(*textReader)
	if err := t.in.query.ctx.Err(); err != nil {
		t.in.fail(err)
		return -1
	}
	got, err := io.ReadAtLeast(t.r, unsafe.Slice((*byte)(unsafe.Pointer(buf)), int(n)), 1)
	if err != nil && !errors.Is(err, io.EOF) {
		t.in.fail(err)
		return -1
	}
	return C.int64_t(got)
}

//export sheafTextClose
func sheafTextClose(reader C.uintptr_t) {
	h := cgo.Handle(reader)
	_ = h.Value().(*textReader).r.Close() // it was only read
	h.Delete()
}

// text fills what the C side needs of the blocks, and keeps t alive until the query's end.
func (t *textInput) text(q *query, a *arena, as []string, fileColumn string) (*C.sf_input, *C.sf_text, error) {
	t.query = q
	q.texts = append(q.texts, t)
	ci, ct := &slice[C.sf_input](a, 1)[0], &slice[C.sf_text](a, 1)[0]
	t.cin, ci.text = ci, ct
	h := cgo.NewHandle(t)
	a.atEnd(h.Delete)
	ct.handle, ct.buffer = C.uintptr_t(h), textBuffer
	segments := slice[C.sf_segment](a, len(t.blocks))
	bytes := int64(0)
	for i, b := range t.blocks {
		bytes += b.End - b.Start
		if fileColumn != "" {
			segments[i].path, segments[i].path_len = a.str(b.Path), C.int32_t(len(b.Path))
		}
	}
	ct.segments, ct.nsegments = unsafe.SliceData(segments), C.int64_t(len(segments))
	ci.morsels = ct.nsegments
	ci.rows = C.int64_t(-max(bytes/64, 1)) // a guess of 64 bytes a row
	ct.ncols = C.int32_t(t.schema.NumFields())
	values := slice[C.sf_value](a, t.schema.NumFields())
	names := slice[*C.char](a, len(values))
	lens := slice[C.int32_t](a, len(values))
	for i, f := range t.schema.Fields() {
		if err := a.value(&values[i], f.Type); err != nil {
			return nil, nil, fmt.Errorf("frame: %s: column %s: %w", t.op, f.Name, err)
		}
		names[i], lens[i] = a.str(f.Name), C.int32_t(len(f.Name))
	}
	ct.columns, ct.names, ct.name_len = unsafe.SliceData(values), unsafe.SliceData(names), unsafe.SliceData(lens)
	ct.path_column = -1
	schema, err := renamed(t.schema, as)
	if err != nil {
		return nil, nil, fmt.Errorf("frame: %s: %w", t.op, err)
	}
	if fileColumn != "" {
		ct.path_column = ct.ncols
		schema = withFileColumn(schema, fileColumn)
	}
	return ci, ct, a.fields(ci, schema)
}

// renamed gives a schema's fields other names.
func renamed(s *arrow.Schema, as []string) (*arrow.Schema, error) {
	if as == nil {
		return s, nil
	}
	if len(as) != s.NumFields() {
		return nil, fmt.Errorf("%d names are given for %d columns", len(as), s.NumFields())
	}
	fields := s.Fields()
	for i := range fields {
		fields[i].Name = as[i]
	}
	return arrow.NewSchema(fields, nil), nil
}

// withFileColumn adds the column that says which file a row is from.
func withFileColumn(s *arrow.Schema, name string) *arrow.Schema {
	fields := append(s.Fields(), arrow.Field{Name: name, Type: arrow.BinaryTypes.String})
	return arrow.NewSchema(fields, nil)
}

// value describes how texts become values of an Arrow type.
func (a *arena) value(v *C.sf_value, dt arrow.DataType) error {
	switch t := stored(dt).(type) {
	case *arrow.NullType:
		v.kind = C.V_NULL
	case *arrow.StringType, *arrow.LargeStringType, *arrow.StringViewType:
		v.kind = C.V_STR
	case *arrow.BooleanType:
		v.kind = C.V_BOOL
	case *arrow.Int8Type, *arrow.Int16Type, *arrow.Int32Type, *arrow.Int64Type:
		v.kind, v.width = C.V_INT, C.int32_t(dt.(arrow.FixedWidthDataType).BitWidth()/8)
	case *arrow.Uint8Type, *arrow.Uint16Type, *arrow.Uint32Type, *arrow.Uint64Type:
		v.kind, v.width = C.V_UINT, C.int32_t(dt.(arrow.FixedWidthDataType).BitWidth()/8)
	case *arrow.Float32Type:
		v.kind = C.V_F32
	case *arrow.Float64Type:
		v.kind = C.V_F64
	case *arrow.Date32Type, *arrow.Date64Type:
		v.kind = C.V_DATE
	case *arrow.Time32Type, *arrow.Time64Type:
		v.kind = C.V_TIME
	case *arrow.TimestampType:
		v.kind, v.digits = C.V_TS, C.int32_t([]int{0, 3, 6, 9}[t.Unit])
		if t.TimeZone != "" {
			v.kind = C.V_TSTZ
		}
	case arrow.DecimalType:
		p, s, ok := decimalDigits(dt)
		if !ok {
			return fmt.Errorf("text cannot be read as %v", dt)
		}
		v.kind, v.width, v.precision, v.scale = C.V_DECIMAL, C.int32_t(decimalBytes(p)), C.int32_t(p), C.int32_t(s)
	case *arrow.StructType:
		v.kind, v.nchild = C.V_STRUCT, C.int32_t(t.NumFields())
		children := slice[C.sf_value](a, t.NumFields())
		names := slice[*C.char](a, t.NumFields())
		lens := slice[C.int32_t](a, t.NumFields())
		for i, f := range t.Fields() {
			if err := a.value(&children[i], f.Type); err != nil {
				return err
			}
			names[i], lens[i] = a.str(f.Name), C.int32_t(len(f.Name))
		}
		v.child, v.names, v.name_len = unsafe.SliceData(children), unsafe.SliceData(names), unsafe.SliceData(lens)
	case *arrow.ListType, *arrow.LargeListType:
		v.kind, v.nchild, v.child = C.V_LIST, 1, &slice[C.sf_value](a, 1)[0]
		return a.value(v.child, t.(arrow.ListLikeType).Elem())
	default:
		return fmt.Errorf("text cannot be read as %v", dt)
	}
	return nil
}

// failure is the error which the C side or a reader has reported, nil when there was none.
func (t *textInput) failure(ctx context.Context) error {
	t.mu.Lock()
	err := t.err
	t.mu.Unlock()
	if err != nil {
		return fmt.Errorf("%s: %w", t.op, err)
	}
	ce := &t.cin.error
	if ce.set == 0 {
		return nil
	}
	b := t.blocks[ce.segment]
	e := &DataError{Op: t.op, Path: b.Path, Offset: int64(ce.offset)}
	file := blockio.File{Path: b.Path, Compression: b.Compression}
	if e.Line, e.Column, err = blockio.Position(ctx, file, e.Offset); err != nil {
		return fmt.Errorf("%s: %s at byte %d: %w", t.op, b.Path, e.Offset, err)
	}
	value := unsafe.Slice((*byte)(unsafe.Pointer(&ce.value)), len(ce.value))
	value = value[:min(int(ce.length), len(value))]
	e.Value = string(bytes.ToValidUTF8(value, []byte("\uFFFD")))
	if int(ce.length) > len(value) {
		e.Value += "…"
	}
	var dt arrow.DataType
	if c := int(ce.column); c >= 0 {
		e.Field, dt = t.schema.Field(c).Name, t.schema.Field(c).Type
		if t.guessed[c] {
			e.SampleRows = t.sample
		}
	}
	e.describe(ce, dt)
	return e
}

// headless opens a block without the lines before its first record.
func headless(ctx context.Context, b blockio.Block, d blockio.Dialect, check func(header []byte) error) (io.ReadCloser, int64, error) {
	r, start, err := blockio.OpenBlock(ctx, b)
	if err != nil || start != 0 {
		return r, start, err
	}
	br := bufio.NewReaderSize(r, 64<<10)
	n, header, err := blockio.SkipHead(br, d)
	if err == nil && check != nil {
		err = check(header)
	}
	if err != nil {
		r.Close()
		return nil, 0, fmt.Errorf("%s: %w", b.Path, err)
	}
	return struct {
		io.Reader
		io.Closer
	}{br, r}, n, nil
}
