package codec_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"sheaf/internal/codec"
)

func ExampleAbortError() {
	var buf bytes.Buffer
	w := codec.NewFrameWriter(&buf)
	_, _ = w.Write([]byte("the beginning of a value"))
	_ = w.Abort("the disk is gone")

	_, err := io.ReadAll(codec.NewFrameReader(&buf))
	abort, ok := errors.AsType[*codec.AbortError](err)
	fmt.Println(ok, abort.Reason)
	// Output: true the disk is gone
}
