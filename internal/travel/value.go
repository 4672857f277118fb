package travel

import (
	"bytes"
	"fmt"
	"io"

	"sheaf/internal/codec"
)

// EncodeValue writes the value of a task as a frame: with checksums, in the form in which values go between processes.
func EncodeValue(w io.Writer, v any) error {
	if err := codec.EncodeFrame(w, v); err != nil {
		return cannot("a value", err)
	}
	return nil
}

// DecodeValue reads one frame, and nothing behind it.
func DecodeValue(r io.Reader) (any, error) { return codec.DecodeFrame(r) }

// AppendValue appends the frame of a value to dst.
func AppendValue(dst []byte, v any) ([]byte, error) {
	w := bytes.NewBuffer(dst)
	err := EncodeValue(w, v)
	return w.Bytes(), err
}

// ParseValue decodes a value from its frame; there must be nothing else in b.
func ParseValue(b []byte) (any, error) {
	r := bytes.NewReader(b)
	v, err := DecodeValue(r)
	if err == nil && r.Len() > 0 {
		return nil, fmt.Errorf("travel: %d bytes after a value: %w", r.Len(), codec.ErrCorrupt)
	}
	return v, err
}

// EncodeAny returns the form of a value that goes in a message, which has a checksum already.
func EncodeAny(v any) ([]byte, error) {
	b, err := codec.Marshal(v)
	if err != nil {
		return nil, cannot("a value", err)
	}
	return b, nil
}

// DecodeAny is the inverse of [EncodeAny].
func DecodeAny(b []byte) (any, error) { return codec.Unmarshal(b) }

func cannot(what string, err error) error {
	return fmt.Errorf("travel: %s: %w: %w", what, ErrTravel, err)
}
