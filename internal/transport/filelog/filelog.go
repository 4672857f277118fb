// Package filelog keeps a log of records in files of a directory, durable before Append returns.
//
// Batches are written one behind the other, each with the number of its first record and a checksum that also covers the batch before
// it; concurrent appends share one write and one fsync. When a crash tore the last batch, it is cut off at the next opening: it was not
// acknowledged. Damage anywhere else is an error, for what was acknowledged must not silently be missing.
package filelog

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"sheaf/internal/transport"
)

// A Config says how a log is kept. The zero value works.
type Config struct {
	Sync         transport.Sync // SyncAlways by default
	SegmentBytes int64          // a new file is begun after so many, 64 MiB by default
	RecordMax    int            // bytes of the largest record, 256 MiB by default
}

// A Log is a [transport.Log] in files. It is safe for concurrent use.
type Log struct {
	dir  string
	conf Config
	lock *os.File

	mu       sync.Mutex // guards the rest
	free     sync.Cond  // signalled when writing ends
	segments []segment  // by number; the last one is being written
	next     uint64     // number of the next record, waiting ones included
	written  uint64     // and without them
	waiting  *group     // appends that share the next write
	writing  bool
	err      error // after which nothing can be appended

	file *os.File // of the last segment; used by who is writing
	size int64
	sum  uint64 // of the last batch
	buf  []byte
}

var _ transport.Log = (*Log)(nil)

// A segment is a file.
type segment struct {
	path  string
	first uint64 // number of its first record
	sum   uint64 // of the batch before it
}

// A group is the appends of one write.
type group struct {
	first   uint64
	records [][]byte
	done    chan struct{} // closed when err is set
	err     error
}

// Open opens the log of a directory, which is made if it does not exist. Only one process can have it open.
func Open(dir string, conf Config) (*Log, error) {
	if conf.SegmentBytes <= 0 {
		conf.SegmentBytes = 64 << 20
	}
	if conf.RecordMax <= 0 || conf.RecordMax > 1<<30 {
		conf.RecordMax = 256 << 20
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("filelog: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("filelog: %w", err)
	}
	l := &Log{dir: dir, conf: conf, lock: lock, next: 1}
	l.free.L = &l.mu
	if err = lockFile(lock); err != nil {
		err = fmt.Errorf("filelog: %s is open in another process: %w", dir, err)
	} else {
		err = l.recover()
	}
	l.written = l.next
	if err != nil {
		_ = lock.Close()
		if l.file != nil {
			_ = l.file.Close()
		}
		return nil, err
	}
	return l, nil
}

// Append writes records, together with those that others append at the same time.
func (l *Log) Append(_ context.Context, records [][]byte) (uint64, error) {
	for _, r := range records {
		if len(r) > l.conf.RecordMax {
			return 0, fmt.Errorf("filelog: record of %d bytes, at most %d", len(r), l.conf.RecordMax)
		}
	}
	l.mu.Lock()
	if l.err != nil {
		defer l.mu.Unlock()
		return 0, l.err
	}
	first := l.next
	l.next += uint64(len(records))
	if l.waiting == nil {
		l.waiting = &group{first: first, done: make(chan struct{})}
	}
	g := l.waiting
	g.records = append(g.records, records...)
	if l.writing { // who writes now takes the group with it next
		l.mu.Unlock()
		<-g.done
		return first, g.err
	}
	l.writing = true
	for l.waiting != nil {
		l.writeWaiting()
	}
	l.writing = false
	l.free.Broadcast()
	l.mu.Unlock()
	return first, g.err
}

// writeWaiting writes the group that waits. It is called with mu held and gives it up meanwhile.
func (l *Log) writeWaiting() {
	g := l.waiting
	l.waiting = nil
	err := l.err
	l.mu.Unlock()
	if err == nil && len(g.records) > 0 {
		err = l.write(g)
	}
	l.mu.Lock()
	if err == nil {
		l.written = g.first + uint64(len(g.records))
	} else if l.err == nil {
		l.err = err
	}
	g.err = err
	close(g.done)
}

// idle waits until nobody writes. It is called with mu held.
func (l *Log) idle() {
	for l.writing {
		l.free.Wait()
	}
}

// Next returns the number of the next record.
func (l *Log) Next() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.next
}

// Truncate removes the files whose records are all older.
func (l *Log) Truncate(_ context.Context, before uint64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.idle()
	n := 0
	for n+1 < len(l.segments) && l.segments[n+1].first <= before {
		if err := os.Remove(l.segments[n].path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("filelog: %w", err)
		}
		n++
	}
	l.segments = l.segments[n:]
	if n == 0 {
		return nil
	}
	return syncDir(l.dir)
}

// Close ends the use of the log. Appends that run end first.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.idle()
	if errors.Is(l.err, transport.ErrLogClosed) {
		return nil
	}
	l.err = transport.ErrLogClosed
	return errors.Join(l.file.Close(), l.lock.Close())
}
