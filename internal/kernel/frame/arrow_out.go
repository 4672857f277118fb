package frame

// #include <stdlib.h>
// #include "frame.h"
import "C"

import (
	"errors"
	"fmt"
	"math"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// next converts the next million rows, or nil at the end (but a batch without rows when it is the first).
func (q *query) next(first bool) (batch arrow.RecordBatch, done bool, err error) {
	var a arena // of this batch
	defer a.free()
	n := q.schema.NumFields()
	columns := slice[*C.sf_out](&a, n)
	for i, f := range q.schema.Fields() {
		columns[i] = &slice[C.sf_out](&a, 1)[0]
		if err := a.out(columns[i], f.Type); err != nil {
			return nil, false, fmt.Errorf("frame: column %s: %w", f.Name, err)
		}
	}
	chunks := &slice[C.sf_chunks](&a, 1)[0]
	defer C.sf_free_chunks(chunks)
	switch C.sf_fetch(&q.result, chunks, unsafe.SliceData(columns), C.int64_t(n), batchRows, batchBytes) {
	case 1:
		return nil, false, newError(C.GoString(C.duckdb_result_error(&q.result)), q.sql)
	case 2:
		return nil, false, errors.New("frame: " + C.GoString(chunks.error))
	}
	if chunks.rows == 0 && !first {
		return nil, true, nil
	}
	data := make([]arrow.ArrayData, n)
	defer func() {
		for _, d := range data {
			if d != nil {
				d.Release()
			}
		}
	}()
	for i, f := range q.schema.Fields() {
		if data[i], err = a.allocate(columns[i], f.Type, q.conn.pool.opts.Allocator); err != nil {
			return nil, false, fmt.Errorf("frame: column %s: %w", f.Name, err)
		}
	}
	if msg := C.sf_fill(chunks, unsafe.SliceData(columns), C.int64_t(n)); msg != nil {
		return nil, false, errors.New("frame: " + C.GoString(msg))
	}
	batch, err = q.finish(data, int64(chunks.rows))
	return batch, chunks.done != 0, err
}

// finish makes the batch, with dictionaries where they are wanted.
func (q *query) finish(data []arrow.ArrayData, rows int64) (arrow.RecordBatch, error) {
	columns := make([]arrow.Array, len(data))
	defer func() {
		for _, c := range columns {
			if c != nil {
				c.Release()
			}
		}
	}()
	for i, f := range q.schema.Fields() {
		columns[i] = array.MakeFromData(data[i])
		if d, ok := f.Type.(*arrow.DictionaryType); ok {
			encoded, err := encode(columns[i], d, q.conn.pool.opts.Allocator)
			if err != nil {
				return nil, fmt.Errorf("frame: column %s: %w", f.Name, err)
			}
			columns[i].Release()
			columns[i] = encoded
		}
		if e, ok := f.Type.(arrow.ExtensionType); ok {
			storage := columns[i]
			columns[i] = array.NewExtensionArrayWithStorage(e, storage)
			storage.Release()
		}
		if !f.Nullable && columns[i].NullN() > 0 {
			return nil, fmt.Errorf("frame: column %s has %d nulls and is declared without", f.Name, columns[i].NullN())
		}
	}
	return array.NewRecordBatch(q.schema, columns, rows), nil
}

// stored is the type in which a column comes out of DuckDB, before dictionaries and extensions are put around it.
func stored(dt arrow.DataType) arrow.DataType {
	switch t := dt.(type) {
	case *arrow.DictionaryType:
		return stored(t.ValueType)
	case arrow.ExtensionType:
		return stored(t.StorageType())
	}
	return dt
}

// out describes to C how a column of type dt is to be laid out.
func (a *arena) out(c *C.sf_out, dt arrow.DataType) error {
	dt = stored(dt)
	c.mul, c.div = 1, 1
	switch t := dt.(type) {
	case *arrow.NullType:
		c.kind = C.SFO_NULL
	case *arrow.BooleanType:
		c.kind = C.SFO_BOOL
	case *arrow.Float16Type:
		c.kind, c.width = C.SFO_HALF, 2
	case *arrow.StringType, *arrow.BinaryType:
		c.kind = C.SFO_STR32
	case *arrow.LargeStringType, *arrow.LargeBinaryType:
		c.kind = C.SFO_STR64
	case *arrow.FixedSizeBinaryType:
		c.kind, c.width = C.SFO_FIXEDBIN, C.int32_t(t.ByteWidth)
	case *arrow.Date64Type:
		c.kind, c.src_width, c.width, c.mul = C.SFO_SCALE, 4, 8, 86_400_000
	case *arrow.Time32Type:
		unscale(c, 4, t.Unit)
	case *arrow.Time64Type:
		unscale(c, 8, t.Unit)
	case *arrow.TimestampType:
		if t.TimeZone == "" {
			c.kind, c.width = C.SFO_COPY, 8
		} else {
			unscale(c, 8, t.Unit)
		}
	case *arrow.DurationType:
		unscale(c, 8, t.Unit)
		c.kind, c.width = C.SFO_DURATION, 8
	case *arrow.MonthDayNanoIntervalType:
		c.kind, c.width = C.SFO_INTERVAL, 16
	case arrow.DecimalType:
		p, _, _ := decimalDigits(dt)
		c.kind, c.src_width, c.width = C.SFO_DECIMAL, C.int32_t(decimalBytes(p)), C.int32_t(t.BitWidth()/8)
		if p == 38 {
			c.kind = C.SFO_HUGE // the source may be a HUGEINT
		}
	default:
		return a.outNested(c, dt)
	}
	return nil
}

func (a *arena) outNested(c *C.sf_out, dt arrow.DataType) error {
	switch t := dt.(type) {
	case *arrow.StructType:
		c.kind, c.nchild = C.SFO_STRUCT, C.int32_t(t.NumFields())
		children := slice[C.sf_out](a, t.NumFields())
		c.child = unsafe.SliceData(children)
		for i, f := range t.Fields() {
			if err := a.outChild(&children[i], f.Type); err != nil {
				return err
			}
		}
		return nil
	case arrow.ListLikeType:
		switch l := dt.(type) {
		case *arrow.FixedSizeListType:
			c.kind, c.width = C.SFO_FIXLIST, C.int32_t(l.Len())
		case *arrow.LargeListType:
			c.kind = C.SFO_LIST64
		case *arrow.ListType, *arrow.MapType:
			c.kind = C.SFO_LIST
		default:
			return fmt.Errorf("results of type %v cannot be made; use a list", dt)
		}
		c.nchild, c.child = 1, &slice[C.sf_out](a, 1)[0]
		return a.outChild(c.child, t.Elem())
	case arrow.FixedWidthDataType:
		switch dt.ID() {
		case arrow.INTERVAL_MONTHS, arrow.INTERVAL_DAY_TIME:
			return fmt.Errorf("results of type %v cannot be made; use month_day_nano_interval", dt)
		}
		c.kind, c.width = C.SFO_COPY, C.int32_t(t.BitWidth()/8)
		return nil
	}
	return fmt.Errorf("results of type %v cannot be made", dt)
}

func (a *arena) outChild(c *C.sf_out, dt arrow.DataType) error {
	if stored(dt) != dt {
		return fmt.Errorf("results of type %v inside of lists and structs cannot be made", dt)
	}
	return a.out(c, dt)
}

// unscale makes integers in a unit of microseconds.
func unscale(c *C.sf_out, width int32, unit arrow.TimeUnit) {
	c.kind, c.src_width, c.width = C.SFO_SCALE, 8, C.int32_t(width)
	switch unit {
	case arrow.Second:
		c.div = 1_000_000
	case arrow.Millisecond:
		c.div = 1_000
	case arrow.Nanosecond:
		c.mul = 1_000
	default:
		c.kind = C.SFO_COPY
	}
}

// allocate makes the buffers of a measured column and shows them to C. The data holds them; they are filled later.
func (a *arena) allocate(c *C.sf_out, dt arrow.DataType, mem memory.Allocator) (arrow.ArrayData, error) {
	dt = stored(dt)
	rows := int(c.rows)
	buffers := []*memory.Buffer{nil}
	var children []arrow.ArrayData
	release := func() {
		for _, b := range buffers {
			if b != nil {
				b.Release()
			}
		}
		for _, d := range children {
			d.Release()
		}
	}
	defer release()
	buffer := func(n int, zero bool) (*memory.Buffer, unsafe.Pointer) {
		b := memory.NewResizableBuffer(mem)
		b.Resize(n)
		if zero {
			clear(b.Bytes())
		}
		return b, a.pin(b.Bytes())
	}
	if c.kind == C.SFO_NULL {
		return array.NewData(dt, rows, buffers, nil, rows, 0), nil
	}
	if c.nulls > 0 {
		b, p := buffer((rows+7)/8, true)
		buffers[0], c.valid = b, (*C.uint8_t)(p)
	}
	if kind := c.kind; kind == C.SFO_STR32 || kind == C.SFO_STR64 || kind == C.SFO_LIST || kind == C.SFO_LIST64 {
		width := 4
		if kind == C.SFO_STR64 || kind == C.SFO_LIST64 {
			width = 8
		} else if c.bytes > math.MaxInt32 || (c.nchild > 0 && c.child.rows > math.MaxInt32) {
			return nil, errors.New("2048 rows hold more than 2 GB; use large_string or large_list")
		}
		b, p := buffer((rows+1)*width, false)
		clear(b.Bytes()[:width])
		buffers, c.offsets = append(buffers, b), p
	}
	switch {
	case c.kind == C.SFO_STR32 || c.kind == C.SFO_STR64:
		b, p := buffer(int(c.bytes), false)
		buffers, c.data = append(buffers, b), p
	case c.kind == C.SFO_BOOL:
		b, p := buffer((rows+7)/8, true)
		buffers, c.data = append(buffers, b), p
	case c.nchild == 0:
		b, p := buffer(rows*int(c.width), c.nulls > 0)
		buffers, c.data = append(buffers, b), p
	default:
		types := childTypes(dt)
		nodes := unsafe.Slice(c.child, int(c.nchild))
		for i := range nodes {
			d, err := a.allocate(&nodes[i], types[i], mem)
			if err != nil {
				return nil, err
			}
			children = append(children, d)
		}
	}
	return array.NewData(dt, rows, buffers, children, int(c.nulls), 0), nil
}

func childTypes(dt arrow.DataType) []arrow.DataType {
	if s, ok := dt.(*arrow.StructType); ok {
		types := make([]arrow.DataType, s.NumFields())
		for i, f := range s.Fields() {
			types[i] = f.Type
		}
		return types
	}
	return []arrow.DataType{dt.(arrow.ListLikeType).Elem()}
}
