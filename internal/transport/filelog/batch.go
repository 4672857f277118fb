package filelog

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/zeebo/xxh3"
)

// A batch is, little-endian:
//
//	0  4  "SFL1"
//	4  4  number of records
//	8  8  number of the first
//	16 8  checksum of the batch before, 0 for the first
//	24 8  bytes of the records
//	32 8  xxh3 of the records, seeded with that of the 32 bytes before
//	40    records: a uvarint of the length, then the bytes
const (
	magic     = "SFL1"
	headerLen = 40
)

type header struct {
	count       uint32
	first       uint64
	before, sum uint64
	bytes       uint64
}

// appendBatch encodes records behind b.
func appendBatch(b []byte, first, before uint64, records [][]byte) ([]byte, uint64) {
	start := len(b)
	b = append(b, magic...)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(records)))
	b = binary.LittleEndian.AppendUint64(b, first)
	b = binary.LittleEndian.AppendUint64(b, before)
	b = append(b, make([]byte, 16)...)
	for _, r := range records {
		b = append(binary.AppendUvarint(b, uint64(len(r))), r...)
	}
	batch := b[start:]
	binary.LittleEndian.PutUint64(batch[24:], uint64(len(batch)-headerLen))
	sum := xxh3.HashSeed(batch[headerLen:], xxh3.Hash(batch[:32]))
	binary.LittleEndian.PutUint64(batch[32:], sum)
	return b, sum
}

var (
	errEnd  = errors.New("end")                   // the file ends where a batch could begin
	errTorn = errors.New("the file ends in it")   // within a batch
	errSum  = errors.New("checksum is wrong")     // or it is no batch at all
	errGap  = errors.New("it does not follow on") // a sound batch, but another one is expected
)

// readBatch reads the next batch into buf, and says how long it was.
func readBatch(r *bufio.Reader, left int64, buf []byte) (h header, records []byte, length int64, err error) {
	var head [headerLen]byte
	switch n, err := io.ReadFull(r, head[:]); {
	case err == io.EOF:
		return h, buf, 0, errEnd
	case err == io.ErrUnexpectedEOF:
		return h, buf, int64(n), errTorn
	case err != nil:
		return h, buf, 0, fmt.Errorf("filelog: %w", err)
	}
	h = header{
		count: binary.LittleEndian.Uint32(head[4:]), first: binary.LittleEndian.Uint64(head[8:]), before: binary.LittleEndian.Uint64(head[16:]),
		bytes: binary.LittleEndian.Uint64(head[24:]), sum: binary.LittleEndian.Uint64(head[32:]),
	}
	if string(head[:4]) != magic {
		return h, buf, 0, errSum
	}
	if h.bytes > uint64(left-headerLen) {
		return h, buf, 0, errTorn
	}
	if uint64(cap(buf)) < h.bytes {
		buf = make([]byte, h.bytes)
	}
	records = buf[:h.bytes]
	if _, err := io.ReadFull(r, records); err != nil {
		return h, buf, 0, fmt.Errorf("filelog: %w", err)
	}
	if xxh3.HashSeed(records, xxh3.Hash(head[:32])) != h.sum {
		return h, records, 0, errSum
	}
	return h, records, headerLen + int64(h.bytes), nil
}

// nextRecord cuts a record off.
func nextRecord(records []byte) (record, rest []byte, ok bool) {
	n, k := binary.Uvarint(records)
	if k <= 0 || n > uint64(len(records)-k) {
		return nil, nil, false
	}
	end := k + int(n)
	return records[k:end:end], records[end:], true
}

// findBatch reports whether a sound batch begins anywhere in data.
func findBatch(data []byte) bool {
	for i := 0; i+headerLen <= len(data); i++ {
		if string(data[i:i+4]) != magic {
			continue
		}
		n := binary.LittleEndian.Uint64(data[i+24:])
		if n > uint64(len(data)-i-headerLen) {
			continue
		}
		body := data[i+headerLen : i+headerLen+int(n)]
		if xxh3.HashSeed(body, xxh3.Hash(data[i:i+32])) == binary.LittleEndian.Uint64(data[i+32:]) {
			return true
		}
	}
	return false
}
