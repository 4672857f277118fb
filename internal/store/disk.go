package store

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
)

// segmentBytes is the size from which a new spill file is begun. A file's space is given back when its last value goes.
const segmentBytes = 256 << 20

// keptBytes is the size up to which an empty file keeps its space for the next values.
const keptBytes = 16 << 20

// disk is where spilled values are. Its files have no names on systems that allow it, so that nothing is left behind
// however the process ends.
type disk struct {
	dir     string
	mu      sync.Mutex
	current *segment
	all     map[*segment]struct{}
	buf     *bufio.Writer
}

// bufferBytes is how much is written or read at a time.
const bufferBytes = 1 << 20

var readers = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, bufferBytes) }}

type segment struct {
	file *os.File
	name string // empty where the file has none any more
	end  int64
	live int // values in it
	open bool
}

// extent is where one value is.
type extent struct {
	seg         *segment
	start, size int64
}

// errEncode marks errors of the codec, as opposed to those of the disk.
var errEncode = errors.New("the value cannot be encoded")

// where names the place for errors.
func (d *disk) where() string {
	if d.dir != "" {
		return d.dir
	}
	return os.TempDir()
}

// countingWriter keeps the disk's own error apart from the codec's.
type countingWriter struct {
	w   *os.File
	at  int64
	err error
}

func (c *countingWriter) Write(p []byte) (int, error) {
	n, err := c.w.WriteAt(p, c.at)
	c.at += int64(n)
	if err != nil {
		c.err = err
	}
	return n, err
}

// write appends a value to the current segment. Writers take turns.
func (d *disk) write(v any, codec Codec) (*extent, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	seg, err := d.segment()
	if err != nil {
		return nil, err
	}
	cw := &countingWriter{w: seg.file, at: seg.end}
	if d.buf == nil {
		d.buf = bufio.NewWriterSize(cw, bufferBytes)
	}
	d.buf.Reset(cw)
	err = codec.Encode(d.buf, v)
	if err == nil {
		err = d.buf.Flush()
	}
	if err != nil {
		if cw.err != nil {
			_ = seg.file.Truncate(seg.end)
			return nil, cw.err
		}
		return nil, fmt.Errorf("%w: %w", errEncode, err)
	}
	x := &extent{seg: seg, start: seg.end, size: cw.at - seg.end}
	seg.end = cw.at
	seg.live++
	if seg.end >= segmentBytes {
		seg.open = false
		d.current = nil
	}
	return x, nil
}

func (d *disk) segment() (*segment, error) {
	if d.current != nil {
		return d.current, nil
	}
	if d.all == nil {
		d.all = map[*segment]struct{}{}
	}
	f, name, err := d.create()
	if err != nil {
		return nil, err
	}
	d.current = &segment{file: f, name: name, open: true}
	d.all[d.current] = struct{}{}
	return d.current, nil
}

// create makes a file and takes its name away at once. Where a file in use cannot be removed (Windows) it is removed
// by close.
func (d *disk) create() (*os.File, string, error) {
	f, err := os.CreateTemp(d.dir, "sheaf-spill-*")
	if err != nil {
		return nil, "", err
	}
	if err := os.Remove(f.Name()); err == nil {
		return f, "", nil
	}
	return f, f.Name(), nil
}

func (d *disk) read(x *extent, codec Codec) (any, error) {
	r := readers.Get().(*bufio.Reader)
	defer readers.Put(r)
	r.Reset(io.NewSectionReader(x.seg.file, x.start, x.size))
	defer r.Reset(nil)
	return codec.Decode(r)
}

// share returns a reader of a value's bytes that keeps their space until it is closed.
func (d *disk) share(x *extent) io.ReadCloser {
	d.mu.Lock()
	x.seg.live++
	d.mu.Unlock()
	return &sharedExtent{Reader: io.NewSectionReader(x.seg.file, x.start, x.size), close: sync.OnceFunc(func() { d.free(x) })}
}

// sharedExtent is a value's bytes in the hands of a reader.
type sharedExtent struct {
	io.Reader
	close func()
}

func (s *sharedExtent) Close() error {
	s.close()
	return nil
}

// free gives up a value's space; the file goes with its last value.
func (d *disk) free(x *extent) {
	d.mu.Lock()
	defer d.mu.Unlock()
	seg := x.seg
	if seg.live--; seg.live > 0 {
		return
	}
	if seg.open { // begin again at the start of the current segment
		if seg.end > keptBytes {
			_ = seg.file.Truncate(0)
		}
		seg.end = 0
		return
	}
	d.remove(seg)
}

func (d *disk) remove(seg *segment) {
	delete(d.all, seg)
	_ = seg.file.Close()
	if seg.name != "" {
		_ = os.Remove(seg.name)
	}
}

func (d *disk) close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for seg := range d.all {
		d.remove(seg)
	}
	d.current = nil
	return nil
}
