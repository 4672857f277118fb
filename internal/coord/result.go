package coord

import (
	"sheaf/internal/wire"
)

// A Value is plain data of bounded size, or data about the futures that it stands for. The machine does not look into Bytes
// and never changes them.
type Value struct {
	Bytes []byte
	IDs   []wire.ID
}

// An Item is a value on its way through a queue. Seq is its number, which no other item has.
type Item struct {
	Seq   uint64
	Value Value
}

// A Message is one of a topic. Seq counts the topic's messages from 1, so that a gap shows what was missed.
type Message struct {
	Seq  uint64
	At   int64 // see [TopicPublish]
	Data []byte
}

// A Leaf is a plain value in the tree of metadata.
type Leaf struct {
	Path  []string
	Bytes []byte
}

// A Result is the answer to a request, which says what is set in it.
type Result struct {
	OK       bool
	Token    uint64
	Tokens   []uint64
	Count    int
	Seq      uint64
	Names    []string
	Value    Value
	Items    []Item
	Messages []Message
	Leaves   []Leaf
}

// size estimates what it costs to remember the result.
func (r *Result) size() int {
	n := 64 + 8*len(r.Tokens) + r.Value.size()
	for _, name := range r.Names {
		n += 16 + len(name)
	}
	for _, i := range r.Items {
		n += 16 + i.Value.size()
	}
	for _, m := range r.Messages {
		n += 32 + len(m.Data)
	}
	for _, l := range r.Leaves {
		n += l.size()
	}
	return n
}

func (v Value) size() int { return len(v.Bytes) + 16*len(v.IDs) }

func (l Leaf) size() int {
	n := 32 + len(l.Bytes)
	for _, p := range l.Path {
		n += 16 + len(p)
	}
	return n
}
