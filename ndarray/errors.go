package ndarray

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"sheaf/dtype"
)

// The causes of errors, to be matched with errors.Is.
var (
	// ErrShape says that shapes do not fit the operation or each other.
	ErrShape = errors.New("shape mismatch")
	// ErrAxis says that an axis is outside [-ndim, ndim) or given twice.
	ErrAxis = errors.New("bad axis")
	// ErrDType says that the operation is not defined for the element type.
	ErrDType = errors.New("bad dtype")
	// ErrIndex says that an index is outside its axis or of a wrong kind.
	ErrIndex = errors.New("bad index")
	// ErrValue says that an argument has no sensible meaning.
	ErrValue = errors.New("bad value")
	// ErrFormat says that a file or stream is not what the reader expects.
	ErrFormat = errors.New("bad format")
)

// failure is an error with a cause that is matched but not printed.
type failure struct {
	msg   string
	cause error
}

func (f *failure) Error() string { return f.msg }
func (f *failure) Unwrap() error { return f.cause }

// fail makes the package's error with one of the causes above.
func fail(cause error, format string, args ...any) error {
	return &failure{"ndarray: " + fmt.Sprintf(format, args...), cause}
}

// noDType says that an operation has no meaning for elements of type t.
func noDType(op string, t dtype.Type) error {
	return fail(ErrDType, "%s: not defined for %v", op, t)
}

// ShapeString prints a shape as NumPy does: "(3, 4)", "(3,)", "()".
func ShapeString(shape []int) string {
	if len(shape) == 1 {
		return "(" + strconv.Itoa(shape[0]) + ",)"
	}
	var b strings.Builder
	b.WriteByte('(')
	for i, n := range shape {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(strconv.Itoa(n))
	}
	b.WriteByte(')')
	return b.String()
}
