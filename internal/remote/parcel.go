package remote

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"sync"

	"sheaf/graph"
	"sheaf/internal/exec"
	"sheaf/internal/wire"
)

// Handles are parts of persisted collections, which can be published: a collection travels as the plan that it is, with the names of
// the values in the place of its handles. Encoders do not know of that, so it is told beside them.
var (
	travelling sync.Mutex // held while something with handles is encoded or decoded
	baggage    *[]*Handle // collects the handles that are encoded
	arriving   *Executor  // claims the handles that are decoded
)

// Collect calls encode and returns the handles in what it has encoded.
func Collect(encode func() error) ([]*Handle, error) {
	travelling.Lock()
	defer travelling.Unlock()
	var hs []*Handle
	baggage = &hs
	defer func() { baggage = nil }()
	err := encode()
	return hs, err
}

// Revive calls decode, in which handles that were encoded in [Collect] become handles of this executor, which claims the values.
func (x *Executor) Revive(decode func() error) error {
	travelling.Lock()
	defer travelling.Unlock()
	arriving = x
	defer func() { arriving = nil }()
	return decode()
}

// MarshalBinary writes the value's name; see [Collect].
func (h *Handle) MarshalBinary() ([]byte, error) {
	if baggage == nil {
		return nil, fmt.Errorf("client: the result %s is kept by a cluster, and cannot be part of a value there; pass its future as an argument: %w",
			h.key, exec.ErrSerialize)
	}
	*baggage = append(*baggage, h)
	b := h.key.Token.AppendBytes(nil)
	b = binary.AppendUvarint(b, uint64(h.e.id.Layer))
	b = binary.AppendVarint(b, int64(h.e.id.Index))
	return append(b, h.key.Name...), nil
}

// UnmarshalBinary reads what MarshalBinary wrote; see [Executor.Revive].
func (h *Handle) UnmarshalBinary(b []byte) error {
	if arriving == nil {
		return fmt.Errorf("client: a result of a cluster is part of a value: %w", exec.ErrSerialize)
	}
	var token [graph.TokenBytes]byte
	if len(b) < len(token) {
		return fmt.Errorf("client: %d bytes are no name of a value", len(b))
	}
	copy(token[:], b)
	b = b[len(token):]
	layer, n := binary.Uvarint(b)
	if n <= 0 {
		return fmt.Errorf("client: the name of a value is damaged")
	}
	index, m := binary.Varint(b[n:])
	if m <= 0 {
		return fmt.Errorf("client: the name of a value is damaged")
	}
	key := graph.Key{Name: string(b[n+m:]), Token: graph.TokenFromBytes(token)}
	adopted := arriving.Adopt(wire.ID{Layer: wire.LayerID(layer), Index: int32(index)})
	h.x, h.e, h.key = adopted.x, adopted.e, key
	h.x.mu.Lock()
	h.e.hold()
	h.x.mu.Unlock()
	h.hold = &hold{x: h.x, e: h.e}
	runtime.AddCleanup(h, (*hold).release, h.hold)
	adopted.Release()
	return nil
}
