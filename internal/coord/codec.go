package coord

import (
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"sheaf/internal/wire"
)

// coder writes fields to b, or reads them from it: one description of a struct does both. Numbers are varints. Nothing that
// is read is larger than the bytes that it came in allow.
type coder struct {
	b       []byte
	reading bool
	err     error
}

func (c *coder) fail(what string) {
	if c.err == nil {
		c.err = fmt.Errorf("coord: broken message: %s", what)
	}
	c.b = nil
}

func (c *coder) uint(x *uint64) {
	if !c.reading {
		c.b = binary.AppendUvarint(c.b, *x)
		return
	}
	v, n := binary.Uvarint(c.b)
	if n <= 0 {
		c.fail("a number is cut off or too large")
		return
	}
	*x, c.b = v, c.b[n:]
}

func (c *coder) int64(x *int64) {
	if !c.reading {
		c.b = binary.AppendVarint(c.b, *x)
		return
	}
	v, n := binary.Varint(c.b)
	if n <= 0 {
		c.fail("a number is cut off or too large")
		return
	}
	*x, c.b = v, c.b[n:]
}

func (c *coder) int(x *int) {
	v := int64(*x)
	c.int64(&v)
	*x = int(v)
}

func (c *coder) duration(x *time.Duration) { c.int64((*int64)(x)) }

func (c *coder) bool(x *bool) {
	v := uint64(0)
	if *x {
		v = 1
	}
	if c.uint(&v); v > 1 {
		c.fail("a flag that is neither set nor clear")
	}
	*x = v == 1
}

// length writes or reads how many elements follow, of which each takes some bytes.
func (c *coder) length(n int) int {
	v := uint64(n)
	if c.uint(&v); c.reading && v > uint64(len(c.b)) {
		c.fail(fmt.Sprintf("%d elements in %d bytes", v, len(c.b)))
		return 0
	}
	return int(v)
}

func (c *coder) bytes(x *[]byte) {
	n := c.length(len(*x))
	if !c.reading {
		c.b = append(c.b, *x...)
		return
	}
	if *x = nil; n > 0 && c.err == nil {
		*x = slices.Clone(c.b[:n])
		c.b = c.b[n:]
	}
}

func (c *coder) string(x *string) {
	n := c.length(len(*x))
	if !c.reading {
		c.b = append(c.b, *x...)
		return
	}
	if *x = ""; c.err == nil {
		*x = string(c.b[:n])
		c.b = c.b[n:]
	}
}

// list writes or reads the elements of a slice.
func list[T any](c *coder, x *[]T, element func(*T)) {
	n := c.length(len(*x))
	if !c.reading {
		for i := range *x {
			element(&(*x)[i])
		}
		return
	}
	*x = nil
	for i := 0; i < n && c.err == nil; i++ {
		var e T
		element(&e)
		*x = append(*x, e)
	}
	if c.err != nil {
		*x = nil
	}
}

func (c *coder) uints(x *[]uint64)   { list(c, x, c.uint) }
func (c *coder) strings(x *[]string) { list(c, x, c.string) }

func (c *coder) id(x *wire.ID) {
	layer, index := uint64(x.Layer), int64(x.Index)
	c.uint(&layer)
	c.int64(&index)
	if int64(int32(index)) != index {
		c.fail("an index beyond 32 bits")
	}
	*x = wire.ID{Layer: wire.LayerID(layer), Index: int32(index)}
}

func (c *coder) value(x *Value) {
	c.bytes(&x.Bytes)
	list(c, &x.IDs, c.id)
}

func (c *coder) item(x *Item) {
	c.uint(&x.Seq)
	c.value(&x.Value)
}

func (c *coder) message(x *Message) {
	c.uint(&x.Seq)
	c.int64(&x.At)
	c.bytes(&x.Data)
}

func (c *coder) leaf(x *Leaf) {
	c.strings(&x.Path)
	c.bytes(&x.Bytes)
}

func (c *coder) space(x *Space) {
	v := uint64(*x)
	if c.uint(&v); v > 255 {
		c.fail("unknown kind of object")
	}
	*x = Space(v)
}

func (c *coder) result(x *Result) {
	c.bool(&x.OK)
	c.uint(&x.Token)
	c.uints(&x.Tokens)
	c.int(&x.Count)
	c.uint(&x.Seq)
	c.strings(&x.Names)
	c.value(&x.Value)
	list(c, &x.Items, c.item)
	list(c, &x.Messages, c.message)
	list(c, &x.Leaves, c.leaf)
}

// end checks that all was read.
func (c *coder) end() error {
	if c.err == nil && len(c.b) > 0 {
		c.fail(fmt.Sprintf("%d bytes too many", len(c.b)))
	}
	return c.err
}
