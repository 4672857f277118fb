package agent

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
)

const (
	lineBytesMax  = 4 << 10 // longer lines are cut into several
	crashLinesMax = 8       // of the start of a crash report that are kept although many lines follow it
)

// A tail keeps the last lines of a worker's log, and the first ones of a crash report: what Go prints when a program panics or
// meets a fatal error can be hundreds of lines of stacks, and what happened is in the first.
type tail struct {
	mu    sync.Mutex // guards what follows
	max   int
	lines []string // the last max, oldest first
	crash []string // the first lines of the last crash report
	since int      // lines since that report began, itself included
}

func (t *tail) add(line string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if beginsCrash(line) && (t.since == 0 || t.since > crashLinesMax) {
		t.crash, t.since = nil, 0
	}
	if t.since > 0 || beginsCrash(line) {
		t.since++
		if len(t.crash) < crashLinesMax {
			t.crash = append(t.crash, line)
		}
	}
	if len(t.lines) >= t.max {
		t.lines = append(t.lines[:0], t.lines[len(t.lines)-t.max+1:]...)
	}
	t.lines = append(t.lines, line)
}

// beginsCrash says whether a line begins what the Go runtime prints before it ends a program.
func beginsCrash(line string) bool {
	return strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ") || strings.HasPrefix(line, "SIG") && strings.Contains(line, ": ")
}

// get returns the start of the crash report, if it is not among the last lines, and these.
func (t *tail) get() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var all []string
	if missing := t.since - len(t.lines); missing > 0 {
		head := t.crash[:min(missing, len(t.crash))]
		all = append(all, head...)
		if gap := missing - len(head); gap > 0 {
			all = append(all, fmt.Sprintf("… %d lines …", gap))
		}
	}
	return append(all, t.lines...)
}

// follow copies lines from r into the tail and, with a prefix, to w, until r ends. Lines are written whole, under lock.
func (t *tail) follow(r io.Reader, w io.Writer, lock *sync.Mutex, prefix string) {
	buf := make([]byte, 0, 2*lineBytesMax)
	emit := func(line []byte) {
		t.add(string(bytes.TrimSuffix(line, []byte("\r"))))
		if w != nil {
			lock.Lock()
			defer lock.Unlock()
			w.Write(append(append([]byte(prefix), line...), '\n')) // nobody to tell when a log cannot be written
		}
	}
	for {
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		rest := buf
		for {
			line, after, ok := bytes.Cut(rest, []byte("\n"))
			if !ok && len(rest) < lineBytesMax {
				break
			}
			if len(line) > lineBytesMax {
				line, after = rest[:lineBytesMax], rest[lineBytesMax:]
			} else if !ok {
				after = nil
			}
			emit(line)
			rest = after
		}
		buf = buf[:copy(buf[:cap(buf)], rest)]
		if err != nil {
			if len(buf) > 0 {
				emit(buf)
			}
			return
		}
	}
}
