package codec

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
)

var (
	// ErrUnsupported is in the chain of the error for a value that has no encoding, such as a channel.
	ErrUnsupported = errors.New("type has no encoding")
	// ErrCorrupt is in the chain of the error for bytes that are no encoding of any value.
	ErrCorrupt = errors.New("corrupt data")
	// ErrTruncated is in the chain of the error for data that ends inside a value.
	ErrTruncated = errors.New("truncated data")
	// ErrUnknownType is in the chain of the error for a type name that this process has not met; see [RegisterType].
	ErrUnknownType = errors.New("unknown type")
	// ErrDepth is in the chain of the error for slices, maps and interfaces nested deeper than 10,000 levels.
	ErrDepth = errors.New("nested too deep")
)

// An Error says where in the value something could not be encoded or decoded.
type Error struct {
	Path string // "main.Job.parts[3].cb"; the root is its type's name
	Err  error
}

func (e *Error) Error() string { return "codec: " + e.Path + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// pathError collects the path from the inside out while the calls return.
type pathError struct {
	steps []string
	err   error
}

func (e *pathError) Error() string { return e.err.Error() }
func (e *pathError) Unwrap() error { return e.err }

// at adds one step (".name", "[3]") in front of the error's path.
func at(err error, step string) error {
	var pe *pathError
	if !errors.As(err, &pe) {
		pe = &pathError{err: err}
	}
	pe.steps = append(pe.steps, step)
	return pe
}

func atIndex(err error, i int) error { return at(err, fmt.Sprintf("[%d]", i)) }

// rooted makes the exported error from one that came up to the root of type t.
func rooted(err error, t reflect.Type) error {
	var sb strings.Builder
	if t == nil {
		sb.WriteString("value")
	} else {
		sb.WriteString(strings.TrimLeft(t.String(), "*"))
	}
	if pe, ok := errors.AsType[*pathError](err); ok {
		for i := len(pe.steps) - 1; i >= 0; i-- {
			sb.WriteString(pe.steps[i])
		}
		err = pe.err
	}
	return &Error{Path: sb.String(), Err: err}
}

func unsupported(t reflect.Type) error {
	return fmt.Errorf("cannot encode %s: %w", t, ErrUnsupported)
}

func corruptf(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrCorrupt, fmt.Sprintf(format, args...))
}

// writeError is a failure of the writer, not of the value.
type writeError struct{ err error }

func (e *writeError) Error() string { return "codec: write: " + e.err.Error() }
func (e *writeError) Unwrap() error { return e.err }
