package http

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/zeebo/xxh3"

	"sheaf/internal/wire"
)

// An entry begins with a header of 40 bytes, little-endian:
//
//	0  1  kind
//	1  1  code of an error
//	4  4  how many values a batch has, or how many entries came before the end
//	8  8  layer of the id; for a batch, the checksum of what follows
//	16 4  index of the id
//	20 4  part of the id
//	24 8  bytes: of the value in memory, about; of what follows for a batch and an error
//	32 8  xxh3 of the 32 bytes before
//
// Then follow, for a value its frame, for an error its text, and for a batch the ids (16 bytes each) and one stream of encoded values.
const entryLen = 40

type kind uint8

const (
	kindInvalid kind = iota
	kindValue
	kindBatch
	kindError
	kindEnd
)

type entry struct {
	kind  kind
	code  code
	count uint32
	id    wire.ID
	sum   uint64 // of a batch
	bytes int64
}

const (
	batchValueMax = 2 << 10   // values up to this size share a batch
	batchCount    = 4096      // with so many others
	batchBytes    = 256 << 10 // of so many bytes together
	batchBytesMax = 64 << 20  // what a receiver takes
	errorTextMax  = 16 << 10
	idLen         = 16
	idsMax        = 1 << 20 // in a request
)

func (e *entry) append(b []byte) []byte {
	start := len(b)
	b = append(b, byte(e.kind), byte(e.code), 0, 0)
	b = binary.LittleEndian.AppendUint32(b, e.count)
	if e.kind == kindBatch {
		b = binary.LittleEndian.AppendUint64(b, e.sum)
	} else {
		b = binary.LittleEndian.AppendUint64(b, uint64(e.id.Layer))
	}
	b = binary.LittleEndian.AppendUint32(b, uint32(e.id.Index))
	b = binary.LittleEndian.AppendUint32(b, uint32(e.id.Part))
	b = binary.LittleEndian.AppendUint64(b, uint64(e.bytes))
	return binary.LittleEndian.AppendUint64(b, xxh3.Hash(b[start:]))
}

// readEntry reads a header into e, with room for it in buf.
func readEntry(r io.Reader, buf *[entryLen]byte, e *entry) error {
	if _, err := io.ReadFull(r, buf[:]); err != nil {
		return fmt.Errorf("%w: in front of an entry: %w", ErrBroken, unexpected(err))
	}
	if xxh3.Hash(buf[:32]) != binary.LittleEndian.Uint64(buf[32:]) {
		return fmt.Errorf("%w: checksum of an entry's header does not match", ErrBroken)
	}
	*e = entry{kind: kind(buf[0]), code: code(buf[1]), count: binary.LittleEndian.Uint32(buf[4:]), bytes: int64(binary.LittleEndian.Uint64(buf[24:]))}
	if e.kind == kindBatch {
		e.sum = binary.LittleEndian.Uint64(buf[8:])
	} else {
		e.id = getID(buf[8:])
	}
	limit := int64(1 << 60)
	switch e.kind {
	case kindValue, kindEnd:
	case kindBatch:
		limit = batchBytesMax
		if int64(e.count)*idLen > e.bytes {
			limit = -1
		}
	case kindError:
		limit = errorTextMax
	default:
		limit = -1
	}
	if e.bytes < 0 || e.bytes > limit {
		return fmt.Errorf("%w: entry of kind %d with %d bytes", ErrBroken, e.kind, e.bytes)
	}
	return nil
}

// unexpected makes the end of the stream an unexpected one.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

func appendID(b []byte, id wire.ID) []byte {
	b = binary.LittleEndian.AppendUint64(b, uint64(id.Layer))
	b = binary.LittleEndian.AppendUint32(b, uint32(id.Index))
	return binary.LittleEndian.AppendUint32(b, uint32(id.Part))
}

func getID(b []byte) wire.ID {
	return wire.ID{
		Layer: wire.LayerID(binary.LittleEndian.Uint64(b)),
		Index: int32(binary.LittleEndian.Uint32(b[8:])), Part: int32(binary.LittleEndian.Uint32(b[12:])),
	}
}
