package frame

// #include "frame.h"
import "C"

import "errors"

// viewInput is a table that DuckDB itself makes: a temporary view for the length of one query.
type viewInput interface {
	view() (string, error)
}

type sqlInput string

// SQL makes a table of a query, which may name the other inputs that are not SQL or Parquet.
func SQL(query string) Input { return sqlInput(query) }

func (s sqlInput) view() (string, error) { return string(s), nil }

func (sqlInput) prepare(*query, *arena) (*C.sf_input, error) {
	return nil, errors.New("frame: internal error: a view is not scanned")
}
