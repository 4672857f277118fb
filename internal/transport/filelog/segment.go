package filelog

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"sheaf/internal/transport"
)

// write writes a group behind the others, into a new file if the present one is full.
func (l *Log) write(g *group) error {
	if l.size >= l.conf.SegmentBytes {
		if err := l.begin(g.first); err != nil {
			return err
		}
	}
	var sum uint64
	l.buf, sum = appendBatch(l.buf[:0], g.first, l.sum, g.records)
	n, err := l.file.Write(l.buf)
	l.size += int64(n)
	if err == nil && l.conf.Sync != transport.SyncNever {
		err = l.file.Sync()
	}
	if err != nil {
		return fmt.Errorf("filelog: append: %w", err)
	}
	l.sum = sum
	if cap(l.buf) > 4<<20 {
		l.buf = nil
	}
	return nil
}

// begin makes the file for records from a number on.
func (l *Log) begin(first uint64) error {
	s := segment{path: filepath.Join(l.dir, fmt.Sprintf("%020d.log", first)), first: first, sum: l.sum}
	f, err := os.OpenFile(s.path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("filelog: %w", err)
	}
	if err := syncDir(l.dir); err != nil {
		_ = f.Close()
		return err
	}
	if l.file != nil {
		if err := l.file.Close(); err != nil {
			_ = f.Close()
			return fmt.Errorf("filelog: %w", err)
		}
	}
	l.file, l.size = f, 0
	l.mu.Lock()
	l.segments = append(l.segments, s)
	l.mu.Unlock()
	return nil
}

// syncDir makes the names in a directory durable. Systems that cannot sync directories do it by themselves.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("filelog: %w", err)
	}
	err = d.Sync()
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, os.ErrPermission) || errors.Is(err, os.ErrInvalid) {
		err = nil
	}
	if err = errors.Join(err, d.Close()); err != nil {
		return fmt.Errorf("filelog: %w", err)
	}
	return nil
}

// recover finds the files, checks the last one and cuts off what a crash tore.
func (l *Log) recover() error {
	paths, err := filepath.Glob(filepath.Join(l.dir, "*.log"))
	if err != nil {
		return fmt.Errorf("filelog: %w", err)
	}
	slices.Sort(paths)
	for _, path := range paths {
		var first uint64
		if _, err := fmt.Sscanf(filepath.Base(path), "%020d.log", &first); err != nil {
			return fmt.Errorf("filelog: %s is no file of a log", path)
		}
		l.segments = append(l.segments, segment{path: path, first: first})
	}
	// A crash may have left the newest file empty: then the one before it is the last with records.
	for len(l.segments) > 0 {
		last := l.segments[len(l.segments)-1]
		empty, err := l.recoverLast(last)
		if err != nil || !empty || len(l.segments) == 1 {
			return err
		}
		if err := errors.Join(l.file.Close(), os.Remove(last.path)); err != nil {
			return fmt.Errorf("filelog: %w", err)
		}
		l.file = nil
		l.segments = l.segments[:len(l.segments)-1]
	}
	return l.begin(l.next)
}

// recoverLast opens the last file for writing behind its last sound batch, and reports whether it has none.
func (l *Log) recoverLast(s segment) (empty bool, err error) {
	if l.file, err = os.OpenFile(s.path, os.O_RDWR, 0); err != nil {
		return false, fmt.Errorf("filelog: %w", err)
	}
	info, err := l.file.Stat()
	if err != nil {
		return false, fmt.Errorf("filelog: %w", err)
	}
	l.next, l.size = s.first, 0
	w := walk{next: s.first, seen: len(l.segments) > 1 || s.first > 1}
	sound, bad, err := w.file(l.file, info.Size(), nil)
	if err != nil {
		return false, err
	}
	if bad != nil {
		rest := make([]byte, info.Size()-sound)
		if _, err := l.file.ReadAt(rest, sound); err != nil && err != io.EOF {
			return false, fmt.Errorf("filelog: %w", err)
		}
		if errors.Is(bad, errGap) || len(rest) > 0 && findBatch(rest[1:]) { // not the end of what was written
			return false, damage(s.path, sound, w.next, bad)
		}
		if err := errors.Join(l.file.Truncate(sound), l.file.Sync()); err != nil {
			return false, fmt.Errorf("filelog: %w", err)
		}
	}
	if _, err := l.file.Seek(sound, io.SeekStart); err != nil {
		return false, fmt.Errorf("filelog: %w", err)
	}
	l.next, l.size, l.sum = w.next, sound, w.sum
	return sound == 0, nil
}

func damage(path string, at int64, number uint64, why error) error {
	kind := transport.ErrLogDamaged
	if errors.Is(why, errGap) {
		kind = transport.ErrLogGap
	}
	return &transport.LogError{Where: fmt.Sprintf("%s, byte %d", path, at), Number: number, Reason: why.Error(), Err: kind}
}

// A walk goes through batches in order.
type walk struct {
	next uint64 // number of the next record
	sum  uint64 // of the batch before
	seen bool   // there are records before, whose sum is not known while sum is 0
	buf  []byte
}

// file walks through a file of some size and calls f with each record, if it is not nil. It returns how far the batches are sound, and
// what is wrong behind them.
func (w *walk) file(r io.Reader, size int64, f func(uint64, []byte) error) (sound int64, bad, err error) {
	br := bufio.NewReaderSize(r, 256<<10)
	for {
		h, records, n, err := readBatch(br, size-sound, w.buf)
		w.buf = records
		switch {
		case errors.Is(err, errEnd):
			return sound, nil, nil
		case errors.Is(err, errTorn), errors.Is(err, errSum):
			return sound, err, nil
		case err != nil:
			return sound, nil, err
		case h.first != w.next, h.before != w.sum && (w.sum != 0 || !w.seen):
			return sound, errGap, nil
		}
		for range h.count {
			record, rest, ok := nextRecord(records)
			if !ok {
				return sound, errSum, nil
			}
			if f != nil {
				if err := f(w.next, record); err != nil {
					return sound, nil, err
				}
			}
			records = rest
			w.next++
		}
		w.sum, w.seen = h.sum, true
		sound += n
	}
}

// Replay reads the files from the one that holds the record on.
func (l *Log) Replay(ctx context.Context, from uint64, f func(uint64, []byte) error) error {
	l.mu.Lock()
	l.idle() // what is half written is none of the log
	segments, end := slices.Clone(l.segments), l.written
	size := l.size
	l.mu.Unlock()
	from = max(from, 1)
	if from >= end {
		return nil
	}
	start := 0
	for start+1 < len(segments) && segments[start+1].first <= from {
		start++
	}
	if segments[start].first > from {
		return damage(segments[start].path, 0, from, fmt.Errorf("%w: the log begins with record %d", errGap, segments[start].first))
	}
	w := walk{next: segments[start].first, seen: segments[start].first > 1}
	for i := start; i < len(segments); i++ {
		limit := int64(-1)
		if i == len(segments)-1 {
			limit = size
		}
		if err := w.segment(ctx, segments[i], limit, from, f); err != nil {
			return err
		}
	}
	if w.next != end {
		return damage(segments[len(segments)-1].path, size, w.next, fmt.Errorf("%w: records up to %d were written", errGap, end-1))
	}
	return nil
}

// segment walks through one file, of which limit bytes count unless that is negative.
func (w *walk) segment(ctx context.Context, s segment, limit int64, from uint64, f func(uint64, []byte) error) error {
	file, err := os.Open(s.path)
	if err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return damage(s.path, 0, w.next, fmt.Errorf("%w: the file is gone", errGap))
		}
		return fmt.Errorf("filelog: %w", err)
	}
	defer func() { _ = file.Close() }()
	if limit < 0 {
		info, err := file.Stat()
		if err != nil {
			return fmt.Errorf("filelog: %w", err)
		}
		limit = info.Size()
	}
	sound, bad, err := w.file(io.LimitReader(file, limit), limit, func(number uint64, record []byte) error {
		if number < from {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		return f(number, record)
	})
	if err != nil {
		return err
	}
	if bad != nil {
		return damage(s.path, sound, w.next, bad)
	}
	return nil
}
