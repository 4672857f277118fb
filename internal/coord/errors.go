package coord

import (
	"fmt"
	"strconv"
)

// A Code says what sort of error an [Error] is. The numbers are those of the wire and stay.
type Code uint8

// The codes of errors.
const (
	CodeTimeout Code = iota + 1
	CodeCancelled
	CodeNotHeld
	CodeClosed
	CodeExists
	CodeNotFound
	CodeMismatch
	CodeLimit
	CodeInvalid
	CodeRepeated
	codeEnd
)

// An Error is why a request failed.
type Error struct {
	Code Code
	Text string
}

func (e *Error) Error() string { return e.Text }

// Is reports whether target is an error of the same code, so that errors.Is(err, ErrTimeout) works.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// Errors to compare with by errors.Is.
var (
	ErrTimeout   = &Error{CodeTimeout, "the wait is over"}
	ErrCancelled = &Error{CodeCancelled, "the request was cancelled"}
	ErrNotHeld   = &Error{CodeNotHeld, "not held"}
	ErrClosed    = &Error{CodeClosed, "closed"}
	ErrExists    = &Error{CodeExists, "exists"}
	ErrNotFound  = &Error{CodeNotFound, "not found"}
	ErrMismatch  = &Error{CodeMismatch, "does not fit what others asked for"}
	ErrLimit     = &Error{CodeLimit, "a limit is reached"}
	ErrInvalid   = &Error{CodeInvalid, "not a valid request"}
	ErrRepeated  = &Error{CodeRepeated, "the answer to this request is not remembered any more"}
)

func failf(c Code, format string, args ...any) *Error {
	return &Error{c, "coordination: " + fmt.Sprintf(format, args...)}
}

// quoted returns a name for a message, which may be an absurd one.
func quoted(name string) string {
	const most = 100
	if len(name) > most {
		return strconv.Quote(name[:most]) + "…"
	}
	return strconv.Quote(name)
}

var spaceNames = [spaceEnd]string{"?", "lock", "semaphore", "queue", "variable", "event", "topic", "dataset"}

// String returns the word for one object of the space.
func (s Space) String() string {
	if s >= spaceEnd {
		return "?"
	}
	return spaceNames[s]
}
