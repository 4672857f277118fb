package ndarray

import (
	"io"

	"sheaf/internal/codec"
)

// Arrays are spilled and sent in their raw form, alone and inside other values.
func init() {
	codec.Register(func(w io.Writer, a *Array) error { return a.WriteRaw(w) }, ReadRaw)
}
