package array

import (
	"errors"
	"fmt"

	"sheaf/internal/caller"
)

// The causes of errors, to be matched with errors.Is.
var (
	// ErrShape says that shapes do not fit the operation or each other.
	ErrShape = errors.New("shape mismatch")
	// ErrAxis says that an axis is outside [-ndim, ndim) or given twice.
	ErrAxis = errors.New("bad axis")
	// ErrChunks says that chunks do not fit the shape or the operation.
	ErrChunks = errors.New("bad chunks")
	// ErrDType says that the operation is not defined for the element type.
	ErrDType = errors.New("bad dtype")
	// ErrUnknownChunks says that the operation needs chunk sizes which only the data tell.
	ErrUnknownChunks = errors.New("unknown chunk sizes")
	// ErrIndex says that an index is outside of its axis or of a wrong kind.
	ErrIndex = errors.New("bad index")
	// ErrValue says that an argument has no sensible meaning.
	ErrValue = errors.New("bad value")
	// ErrFormat says that a file is not what the reader expects.
	ErrFormat = errors.New("bad format")
)

// failure is an error with a cause that is matched but not printed.
type failure struct {
	msg   string
	cause error
}

func (f *failure) Error() string { return f.msg }
func (f *failure) Unwrap() error { return f.cause }

// failed returns an array that carries the error of a call: "array: op at file.go:line: …".
func failed(op string, cause error, format string, args ...any) *Array {
	return &Array{err: fail(op, cause, format, args...)}
}

// fail makes the error of a wrong call, with the line of the user's program.
func fail(op string, cause error, format string, args ...any) error {
	return &failure{fmt.Sprintf("array: %s at %s: %s", op, caller.Site(), fmt.Sprintf(format, args...)), cause}
}

// wrong is the error of a helper that does not know yet which call it serves; at turns it into one with the place.
func wrong(cause error, format string, args ...any) error {
	return &failure{fmt.Sprintf(format, args...), cause}
}

// at completes an error of a helper with the operation and the user's line.
func at(op string, err error) *Array {
	cause := err
	if f := (*failure)(nil); errors.As(err, &f) {
		cause = f.cause
	}
	return failed(op, cause, "%v", err)
}

// mistakes made by whoever reads unknown sizes say the cure.
const cure = "call x.ComputeChunkSizes(ctx) first"

// Failed returns an array that carries the error of a call, for packages that make arrays: "array: op at file.go:line: …".
func Failed(op string, cause, err error) *Array { return failed(op, cause, "%v", err) }
