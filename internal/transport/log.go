package transport

import (
	"context"
	"errors"
	"fmt"
)

// A Log is a durable list of records, numbered from 1, to which one writer appends batches.
type Log interface {
	// Append adds records and returns the number of the first of them. When it returns, they are as durable as the log's policy says,
	// all of them or, after a crash on the way, the first few. After an error nothing more can be appended: what is stored is
	// learned by opening the log again.
	Append(ctx context.Context, records [][]byte) (first uint64, err error)

	// Replay calls f with each record from a number on, in order. The record is valid during the call. An error of f ends it and is
	// returned. A record that is not what was written is ErrLogDamaged, one that is missing ErrLogGap.
	Replay(ctx context.Context, from uint64, f func(number uint64, record []byte) error) error

	// Next returns the number that the next record gets.
	Next() uint64

	// Truncate forgets the records before a number, as far as that is cheap.
	Truncate(ctx context.Context, before uint64) error

	Close() error
}

// Sync says when a log calls a record durable.
type Sync uint8

// The policies, for what they cost and keep.
const (
	SyncDefault Sync = iota // SyncAlways
	SyncAlways              // it is on disk (fsync): survives a power cut
	SyncNever               // the operating system has it: survives the end of the process
)

// Errors of logs, to be matched with errors.Is.
var (
	ErrLogDamaged = errors.New("transport: log is damaged")
	ErrLogGap     = errors.New("transport: records are missing from the log")
	ErrLogClosed  = errors.New("transport: log is closed")
)

// A LogError says where a log is wrong. It is an ErrLogDamaged or ErrLogGap.
type LogError struct {
	Where  string // file and offset, or stream and sequence
	Number uint64 // of the record that should be there
	Reason string
	Err    error
}

func (e *LogError) Error() string {
	return fmt.Sprintf("%v: record %d at %s: %s", e.Err, e.Number, e.Where, e.Reason)
}

// Unwrap returns ErrLogDamaged or ErrLogGap.
func (e *LogError) Unwrap() error { return e.Err }
