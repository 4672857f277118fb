package agent

import (
	"encoding/binary"
	"fmt"
	"io"
)

// What goes over the pipes between an agent and its worker: the length of the payload as four bytes, a byte of kind, the payload.
const (
	frameDocument = 'D' // to the worker: who it is, then its configuration
	frameStop     = 'S' // to the worker: end in order
	frameHello    = 'H' // from the worker: Child was called
	frameReady    = 'R' // from the worker, with a payload of its own
	frameFailed   = 'E' // from the worker: the error that keeps it from becoming ready
	frameLeave    = 'L' // from the worker: it is about to end, for this reason, and wants no successor
	frameNested   = 'N' // from a program that starts workers without having called cluster.Init
)

const (
	documentBytesMax = 64 << 20 // to the worker
	reportBytesMax   = 1 << 20  // from the worker
)

func writeFrame(w io.Writer, kind byte, payload []byte) error {
	buf := make([]byte, 5, 5+len(payload))
	binary.BigEndian.PutUint32(buf, uint32(len(payload)))
	buf[4] = kind
	_, err := w.Write(append(buf, payload...)) // one write: small frames are atomic on a pipe
	return err
}

// readFrame reads a frame with at most bytesMax of payload. It takes memory only for what has arrived.
func readFrame(r io.Reader, bytesMax int) (kind byte, payload []byte, err error) {
	var head [5]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, nil, err
	}
	n := int64(binary.BigEndian.Uint32(head[:]))
	if n > int64(bytesMax) {
		return 0, nil, fmt.Errorf("agent: a frame of %d bytes, more than %d", n, bytesMax)
	}
	payload, err = io.ReadAll(io.LimitReader(r, n))
	if err == nil && int64(len(payload)) < n {
		err = io.ErrUnexpectedEOF
	}
	return head[4], payload, err
}
