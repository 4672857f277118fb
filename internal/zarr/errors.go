package zarr

import (
	"errors"
	"fmt"
)

var (
	// ErrFormat is matched by errors about metadata or chunks that are damaged or no Zarr.
	ErrFormat = errors.New("bad format")
	// ErrUnsupported is matched by errors about features of the format that are not implemented.
	ErrUnsupported = errors.New("not supported")
)

type failure struct {
	msg   string
	cause error
}

func (f *failure) Error() string { return f.msg }
func (f *failure) Unwrap() error { return f.cause }

// bad is the error of something damaged.
func bad(format string, args ...any) error { return &failure{fmt.Sprintf(format, args...), ErrFormat} }

// unsupported is the error of something that exists but not here.
func unsupported(format string, args ...any) error {
	return &failure{fmt.Sprintf(format, args...), ErrUnsupported}
}
