package wire

import (
	"cmp"
	"fmt"
)

// A LayerID names a layer of tasks in a cluster. Clients choose them: the upper bits are the client's number, which the
// scheduler gave it, the lower ones a serial, so that a client can speak of what it has just submitted.
type LayerID uint64

// serialBits is how many of a LayerID's bits are the client's to count in.
const serialBits = 40

// NewLayerID returns the serial-th id of a client.
func NewLayerID(client uint32, serial uint64) LayerID {
	return LayerID(uint64(client)<<serialBits | serial&(1<<serialBits-1))
}

// Client returns the number of the client that chose the id.
func (l LayerID) Client() uint32 { return uint32(l >> serialBits) }

func (l LayerID) String() string { return fmt.Sprintf("%d.%d", l.Client(), l&(1<<serialBits-1)) }

// An ID names one value: that of a task of a layer, or with Part not 0 only part Part-1 of it. Parts are what the receivers of a
// shuffle need of each sender's value. They are inputs of tasks and are fetched; the value is held, freed and computed as a whole.
type ID struct {
	Layer LayerID
	Index int32
	Part  int32
}

// Whole returns the id of the whole value.
func (id ID) Whole() ID { return ID{Layer: id.Layer, Index: id.Index} }

func (id ID) String() string {
	if id.Part != 0 {
		return fmt.Sprintf("%s[%d]/%d", id.Layer, id.Index, id.Part-1)
	}
	return fmt.Sprintf("%s[%d]", id.Layer, id.Index)
}

// Compare orders ids by layer, index and part.
func (id ID) Compare(o ID) int {
	return cmp.Or(cmp.Compare(id.Layer, o.Layer), cmp.Compare(id.Index, o.Index), cmp.Compare(id.Part, o.Part))
}
