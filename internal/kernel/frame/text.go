package frame

import "context"

// textInput is the Go side of a CSV or JSON-lines input while a query runs.
type textInput struct{}

func (t *textInput) failure(context.Context) error { return nil }
