//go:build cgo

package dataframe

import (
	"errors"
	"fmt"

	"sheaf/dataframe/internal/plan"
	"sheaf/internal/caller"
)

var (
	// ErrColumn is matched by errors about columns that do not exist, or exist already.
	ErrColumn = plan.ErrColumn
	// ErrType is matched by errors about operations that a column's type does not have.
	ErrType = plan.ErrType
	// ErrArgument is matched by errors about other unusable arguments of a call.
	ErrArgument = plan.ErrArgument
	// ErrExists is matched by errors of writers whose directory has files already.
	ErrExists = errors.New("files exist already")
)

// A BuildError is a mistake in a call that builds a frame.
type BuildError struct {
	Op   string // the operation: "groupby"
	Site string // the user's file:line
	Err  error
}

// Error is one line: operation, place, mistake, and what may help.
func (e *BuildError) Error() string {
	return fmt.Sprintf("dataframe: %s at %s: %v", e.Op, e.Site, e.Err)
}

// Unwrap returns the mistake itself.
func (e *BuildError) Unwrap() error { return e.Err }

// Report is the error as a program shows it to its user: the mistake, and below it the place and what may help.
func (e *BuildError) Report() string {
	var m *plan.Mistake
	if !errors.As(e.Err, &m) {
		return fmt.Sprintf("error: %s: %v\n   --> %s", e.Op, e.Err, e.Site)
	}
	s := fmt.Sprintf("error: %s: %s\n   --> %s", e.Op, m.Message, e.Site)
	if m.Hint != "" {
		s += "   " + m.Hint
	}
	return s
}

// mistake makes the error of a call, unless it has one already.
func mistake(op string, err error) error {
	var b *BuildError
	if err == nil || errors.As(err, &b) {
		return err
	}
	return &BuildError{Op: op, Site: caller.Site(), Err: err}
}
