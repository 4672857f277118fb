package frame

// #include <stdlib.h>
// #include "frame.h"
import "C"

import (
	"fmt"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// Input is a table of a query: [Batches], [CSV], [JSON], [Parquet] or [SQL].
type Input interface {
	// prepare lends the input to C for one query.
	prepare(q *query, a *arena) (*C.sf_input, error)
}

type arrowInput struct {
	schema  *arrow.Schema
	batches []arrow.RecordBatch
}

// Batches makes a table of record batches, which are read in place and must not change or be released before the query ends.
// All have the schema's column types, in order; slices with any offset are fine.
func Batches(schema *arrow.Schema, batches ...arrow.RecordBatch) Input {
	return &arrowInput{schema, batches}
}

const morselRows = 2048 * 60 // as in scan.c: what a thread claims at a time

func (in *arrowInput) prepare(_ *query, a *arena) (*C.sf_input, error) {
	ci := &slice[C.sf_input](a, 1)[0]
	ci.kind = C.SF_ARROW
	if err := a.fields(ci, in.schema); err != nil {
		return nil, err
	}
	batches := slice[C.sf_batch](a, len(in.batches))
	dicts := dictionaries{}
	n := 0
	for _, b := range in.batches {
		if err := sameTypes(in.schema, b.Schema()); err != nil {
			return nil, err
		}
		if b.NumRows() == 0 {
			continue
		}
		cb := &batches[n]
		n++
		cb.rows, cb.first_morsel = C.int64_t(b.NumRows()), ci.morsels
		ci.rows += cb.rows
		ci.morsels += (cb.rows + morselRows - 1) / morselRows
		columns := slice[C.sf_array](a, int(b.NumCols()))
		for i := range columns {
			if err := a.array(&columns[i], b.Column(i), dicts); err != nil {
				return nil, fmt.Errorf("frame: column %s: %w", in.schema.Field(i).Name, err)
			}
		}
		cb.columns = unsafe.SliceData(columns)
	}
	ci.nbatches = C.int64_t(n)
	ci.batches = unsafe.SliceData(batches)
	return ci, nil
}

// fields tells DuckDB the names and types of a table's columns.
func (a *arena) fields(ci *C.sf_input, schema *arrow.Schema) error {
	fields := slice[C.sf_field](a, schema.NumFields())
	for i, f := range schema.Fields() {
		t, err := a.logicalType(f.Type)
		if err != nil {
			return fmt.Errorf("%w (column %s)", err, f.Name)
		}
		fields[i].name, fields[i]._type = a.str(f.Name), t
	}
	ci.nfields, ci.fields = C.int64_t(len(fields)), unsafe.SliceData(fields)
	return nil
}

func sameTypes(want, got *arrow.Schema) error {
	if want.NumFields() != got.NumFields() {
		return fmt.Errorf("frame: a batch has %d columns, its schema %d", got.NumFields(), want.NumFields())
	}
	for i, f := range want.Fields() {
		if g := got.Field(i); !arrow.TypeEqual(f.Type, g.Type) {
			return fmt.Errorf("frame: column %s is %v in a batch and %v in the schema", f.Name, g.Type, f.Type)
		}
	}
	return nil
}

// dictionaries remembers the string tables of a query, as batches often share one dictionary.
type dictionaries map[*array.Data]*C.sf_array

// array describes an Arrow array to C.
func (a *arena) array(c *C.sf_array, arr arrow.Array, dicts dictionaries) error {
	if ext, ok := arr.(array.ExtensionArray); ok {
		return a.array(c, ext.Storage(), dicts)
	}
	data := arr.Data()
	bufs := data.Buffers()
	c.offset, c.length, c.mul, c.div = C.int64_t(data.Offset()), C.int64_t(data.Len()), 1, 1
	if arr.DataType().ID() != arrow.NULL && arr.NullN() > 0 && bufs[0] != nil {
		c.valid = (*C.uint8_t)(a.pin(bufs[0].Bytes()))
	}
	for i := 1; i < min(len(bufs), 3); i++ {
		if bufs[i] != nil {
			c.buf[i-1] = a.pin(bufs[i].Bytes())
		}
	}
	if fixed(c, arr.DataType()) {
		return nil
	}
	switch x := arr.(type) {
	case *array.StringView, *array.BinaryView:
		c.kind = C.SF_STRVIEW
		views := slice[unsafe.Pointer](a, len(bufs)-2)
		for i := range views {
			views[i] = a.pin(bufs[i+2].Bytes())
		}
		c.views = unsafe.SliceData(views)
	case *array.Dictionary:
		return a.dictionary(c, x, dicts)
	case *array.Struct:
		c.kind, c.nchild = C.SF_STRUCT, C.int32_t(x.NumField())
		children := slice[C.sf_array](a, x.NumField())
		for i := range children {
			if err := a.array(&children[i], x.Field(i), dicts); err != nil {
				return err
			}
		}
		c.child = unsafe.SliceData(children)
	case array.ListLike:
		switch t := arr.DataType().(type) {
		case *arrow.FixedSizeListType:
			c.kind, c.width = C.SF_FIXLIST, C.int32_t(t.Len())
		case *arrow.LargeListType:
			c.kind = C.SF_LIST64
		case *arrow.ListType, *arrow.MapType:
			c.kind = C.SF_LIST32
		default:
			return fmt.Errorf("arrays of type %v cannot be queried; cast to a list", arr.DataType())
		}
		child := slice[C.sf_array](a, 1)
		c.nchild, c.child = 1, &child[0]
		return a.array(c.child, x.ListValues(), dicts)
	default:
		return fmt.Errorf("arrays of type %v cannot be queried", arr.DataType())
	}
	return nil
}

// fixed sets the layout of types without children; false for the others.
func fixed(c *C.sf_array, dt arrow.DataType) bool {
	switch t := dt.(type) {
	case *arrow.NullType:
		c.kind = C.SF_NULL
	case *arrow.BooleanType:
		c.kind = C.SF_BOOL
	case *arrow.Float16Type:
		c.kind = C.SF_HALF
	case *arrow.StringType, *arrow.BinaryType:
		c.kind = C.SF_STR32
	case *arrow.LargeStringType, *arrow.LargeBinaryType:
		c.kind = C.SF_STR64
	case *arrow.FixedSizeBinaryType:
		c.kind, c.width = C.SF_FIXEDBIN, C.int32_t(t.ByteWidth)
		c.buf[1] = c.buf[0]
	case *arrow.Date64Type:
		c.kind = C.SF_DAYS
	case *arrow.Time32Type:
		scale(c, 4, t.Unit)
	case *arrow.Time64Type:
		scale(c, 8, t.Unit)
	case *arrow.TimestampType:
		if t.TimeZone == "" {
			c.kind, c.width = C.SF_COPY, 8
		} else {
			scale(c, 8, t.Unit)
		}
	case *arrow.DurationType:
		scale(c, 8, t.Unit)
		c.kind, c.width = C.SF_DURATION, 8
	case *arrow.MonthIntervalType:
		c.kind, c.width = C.SF_MONTHS, 4
	case *arrow.DayTimeIntervalType:
		c.kind, c.width = C.SF_DAYTIME, 8
	case *arrow.MonthDayNanoIntervalType:
		c.kind, c.width = C.SF_MDN, 16
	case arrow.DecimalType:
		p, _, ok := decimalDigits(dt)
		if !ok {
			return false
		}
		c.kind, c.width, c.out_width = C.SF_DECIMAL, C.int32_t(t.BitWidth()/8), C.int32_t(decimalBytes(p))
	case *arrow.DictionaryType:
		return false
	case arrow.FixedWidthDataType:
		c.kind, c.width = C.SF_COPY, C.int32_t(t.BitWidth()/8)
	default:
		return false
	}
	return true
}

// scale makes microseconds of integers in a unit.
func scale(c *C.sf_array, width int32, unit arrow.TimeUnit) {
	c.kind, c.width, c.out_width = C.SF_SCALE, C.int32_t(width), 8
	switch unit {
	case arrow.Second:
		c.mul = 1_000_000
	case arrow.Millisecond:
		c.mul = 1_000
	case arrow.Nanosecond:
		c.div = 1_000
	default:
		c.kind, c.width = C.SF_COPY, 8
	}
}

func (a *arena) dictionary(c *C.sf_array, x *array.Dictionary, dicts dictionaries) error {
	index := x.DataType().(*arrow.DictionaryType).IndexType.(arrow.FixedWidthDataType)
	c.width = C.int32_t(index.BitWidth() / 8)
	switch index.ID() {
	case arrow.INT8, arrow.INT16, arrow.INT32, arrow.INT64:
		c.width = -c.width
	}
	values := x.Dictionary()
	key, _ := values.Data().(*array.Data)
	d, seen := dicts[key]
	if !seen {
		d = &slice[C.sf_array](a, 1)[0]
		if err := a.array(d, values, dicts); err != nil {
			return err
		}
		if d.kind == C.SF_STR32 || d.kind == C.SF_STR64 {
			strs := slice[C.sf_string](a, values.Len())
			d.strings = unsafe.SliceData(strs)
			off := uintptr(values.Data().Offset())
			if d.kind == C.SF_STR32 {
				C.sf_dictionary(d.strings, (*C.int32_t)(unsafe.Add(d.buf[0], off*4)), nil, (*C.char)(d.buf[1]), d.length)
			} else {
				C.sf_dictionary(d.strings, nil, (*C.int64_t)(unsafe.Add(d.buf[0], off*8)), (*C.char)(d.buf[1]), d.length)
			}
			if values.NullN() > 0 {
				bits := slice[byte](a, (values.Len()+7)/8)
				for i := range values.Len() {
					if values.IsValid(i) {
						bits[i/8] |= 1 << (i % 8)
					}
				}
				d.string_ok = (*C.uint8_t)(unsafe.SliceData(bits))
			}
		}
		if key != nil {
			dicts[key] = d
		}
	}
	c.mul = d.length
	if d.strings != nil {
		c.kind, c.strings, c.string_ok = C.SF_DICT, d.strings, d.string_ok
		return nil
	}
	switch d.kind {
	case C.SF_LIST32, C.SF_LIST64, C.SF_FIXLIST, C.SF_STRUCT, C.SF_DICT, C.SF_DICTANY:
		return fmt.Errorf("a dictionary of %v cannot be queried", values.DataType())
	}
	c.kind, c.nchild, c.child = C.SF_DICTANY, 1, d
	return nil
}
