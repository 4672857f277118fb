package frame

import (
	"fmt"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// TakeRows makes a batch of the rows at the given positions, in their order; a position may come more than once.
func TakeRows(batch arrow.RecordBatch, rows []int, mem memory.Allocator) (arrow.RecordBatch, error) {
	columns := make([]arrow.Array, batch.NumCols())
	defer func() {
		for _, c := range columns {
			if c != nil {
				c.Release()
			}
		}
	}()
	for c, col := range batch.Columns() {
		d, err := take(col.Data(), rows, mem)
		if err != nil {
			return nil, fmt.Errorf("frame: take: column %s: %w", batch.ColumnName(c), err)
		}
		columns[c] = array.MakeFromData(d)
		d.Release()
	}
	return array.NewRecordBatch(batch.Schema(), columns, int64(len(rows))), nil
}

// take gathers elements of an array of any layout. The result starts at offset 0; dictionaries are shared.
func take(d arrow.ArrayData, rows []int, mem memory.Allocator) (arrow.ArrayData, error) {
	dt := d.DataType()
	if ext, ok := dt.(arrow.ExtensionType); ok {
		storage := array.NewData(ext.StorageType(), d.Len(), d.Buffers(), d.Children(), d.NullN(), d.Offset())
		defer storage.Release()
		got, err := take(storage, rows, mem)
		if err != nil {
			return nil, err
		}
		defer got.Release()
		return array.NewData(dt, got.Len(), got.Buffers(), got.Children(), got.NullN(), 0), nil
	}
	t := taker{d: d, rows: rows, mem: mem}
	defer t.release()
	t.validity()
	var err error
	switch dt.ID() {
	case arrow.NULL:
		return array.NewData(dt, len(rows), []*memory.Buffer{nil}, nil, len(rows), 0), nil
	case arrow.BOOL:
		t.bools()
	case arrow.STRING, arrow.BINARY:
		err = takeBytes[int32](&t, arrow.Int32Traits.CastFromBytes, math.MaxInt32)
	case arrow.LARGE_STRING, arrow.LARGE_BINARY:
		err = takeBytes[int64](&t, arrow.Int64Traits.CastFromBytes, math.MaxInt64)
	case arrow.LIST, arrow.MAP:
		err = takeLists[int32](&t, arrow.Int32Traits.CastFromBytes, math.MaxInt32)
	case arrow.LARGE_LIST:
		err = takeLists[int64](&t, arrow.Int64Traits.CastFromBytes, math.MaxInt64)
	case arrow.FIXED_SIZE_LIST:
		n := int(dt.(*arrow.FixedSizeListType).Len())
		elements := make([]int, 0, n*len(rows))
		for _, r := range rows {
			for k := range n {
				elements = append(elements, (d.Offset()+r)*n+k)
			}
		}
		err = t.child(d.Children()[0], elements)
	case arrow.STRUCT:
		moved := make([]int, len(rows))
		for i, r := range rows {
			moved[i] = d.Offset() + r
		}
		for _, c := range d.Children() {
			if err = t.child(c, moved); err != nil {
				break
			}
		}
	default:
		w, ok := dt.(arrow.FixedWidthDataType)
		if !ok || w.BitWidth()%8 != 0 {
			return nil, fmt.Errorf("rows of type %v cannot be picked", dt)
		}
		t.fixed(w.BitWidth() / 8)
	}
	if err != nil {
		return nil, err
	}
	if dt.ID() == arrow.DICTIONARY {
		return array.NewDataWithDictionary(dt, len(rows), t.buffers, t.nulls, 0, d.Dictionary().(*array.Data)), nil
	}
	return array.NewData(dt, len(rows), t.buffers, t.children, t.nulls, 0), nil
}

// taker collects the buffers of one result.
type taker struct {
	d        arrow.ArrayData
	rows     []int
	mem      memory.Allocator
	nulls    int
	buffers  []*memory.Buffer
	children []arrow.ArrayData
}

func (t *taker) release() {
	for _, b := range t.buffers {
		if b != nil {
			b.Release()
		}
	}
	for _, c := range t.children {
		c.Release()
	}
}

// buffer adds a zeroed buffer of n bytes.
func (t *taker) buffer(n int) []byte {
	b := memory.NewResizableBuffer(t.mem)
	b.Resize(n)
	clear(b.Bytes())
	t.buffers = append(t.buffers, b)
	return b.Bytes()
}

// source is the i-th buffer of the array, nil when it has none.
func (t *taker) source(i int) []byte {
	if b := t.d.Buffers()[i]; b != nil {
		return b.Bytes()
	}
	return nil
}

func (t *taker) validity() {
	bitmap := t.source(0)
	if bitmap == nil || t.d.NullN() == 0 {
		t.buffers = append(t.buffers, nil)
		return
	}
	out := t.buffer((len(t.rows) + 7) / 8)
	for i, r := range t.rows {
		if bitutil.BitIsSet(bitmap, t.d.Offset()+r) {
			out[i/8] |= 1 << (i % 8)
		} else {
			t.nulls++
		}
	}
	if t.nulls == 0 {
		t.buffers[0].Release()
		t.buffers[0] = nil
	}
}

// valid tells whether the i-th taken row is not null.
func (t *taker) valid(i int) bool {
	return t.nulls == 0 || bitutil.BitIsSet(t.buffers[0].Bytes(), i)
}

func (t *taker) bools() {
	src, out := t.source(1), t.buffer((len(t.rows)+7)/8)
	for i, r := range t.rows {
		if bitutil.BitIsSet(src, t.d.Offset()+r) {
			out[i/8] |= 1 << (i % 8)
		}
	}
}

func (t *taker) fixed(width int) {
	src, out := t.source(1), t.buffer(len(t.rows)*width)
	off := t.d.Offset()
	switch width {
	case 8:
		takeWords(arrow.Uint64Traits.CastFromBytes(out), arrow.Uint64Traits.CastFromBytes(src), t.rows, off)
	case 4:
		takeWords(arrow.Uint32Traits.CastFromBytes(out), arrow.Uint32Traits.CastFromBytes(src), t.rows, off)
	case 2:
		takeWords(arrow.Uint16Traits.CastFromBytes(out), arrow.Uint16Traits.CastFromBytes(src), t.rows, off)
	case 1:
		takeWords(out, src, t.rows, off)
	default:
		for i, r := range t.rows {
			copy(out[i*width:(i+1)*width], src[(off+r)*width:])
		}
	}
}

func takeWords[T uint8 | uint16 | uint32 | uint64](out, src []T, rows []int, off int) {
	for i, r := range rows {
		out[i] = src[off+r]
	}
}

// takeBytes gathers strings and blobs: their lengths first, then their bytes.
func takeBytes[T int32 | int64](t *taker, cast func([]byte) []T, limit int) error {
	offsets := cast(t.source(1))
	var zero T
	width := 4
	if _, wide := any(zero).(int64); wide {
		width = 8
	}
	out := cast(t.buffer((len(t.rows) + 1) * width))
	total := 0
	for i, r := range t.rows {
		if t.valid(i) {
			total += int(offsets[t.d.Offset()+r+1] - offsets[t.d.Offset()+r])
		}
		if total > limit {
			return fmt.Errorf("the strings have more than %d bytes; use large strings", limit)
		}
		out[i+1] = T(total)
	}
	src, data := t.source(2), t.buffer(total)
	for i, r := range t.rows {
		if t.valid(i) {
			copy(data[out[i]:out[i+1]], src[offsets[t.d.Offset()+r]:])
		}
	}
	return nil
}

// takeLists gathers lists: their offsets, then their elements as one pick of the child.
func takeLists[T int32 | int64](t *taker, cast func([]byte) []T, limit int) error {
	offsets := cast(t.source(1))
	var zero T
	width := 4
	if _, wide := any(zero).(int64); wide {
		width = 8
	}
	out := cast(t.buffer((len(t.rows) + 1) * width))
	var elements []int
	for i, r := range t.rows {
		if t.valid(i) {
			for k := offsets[t.d.Offset()+r]; k < offsets[t.d.Offset()+r+1]; k++ {
				elements = append(elements, int(k))
			}
		}
		if len(elements) > limit {
			return fmt.Errorf("the lists have more than %d elements; use large lists", limit)
		}
		out[i+1] = T(len(elements))
	}
	return t.child(t.d.Children()[0], elements)
}

// child gathers from a child array, whose own offset is counted by take.
func (t *taker) child(d arrow.ArrayData, rows []int) error {
	got, err := take(d, rows, t.mem)
	if err == nil {
		t.children = append(t.children, got)
	}
	return err
}
