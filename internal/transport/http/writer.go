package http

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/zeebo/xxh3"

	"sheaf/internal/codec"
	"sheaf/internal/wire"
)

// A Value is one that is to be sent.
type Value struct {
	Any   any       // the value itself
	Frame io.Reader // or its frame (codec.EncodeFrame), as it lies on disk
	Bytes int64     // size in memory, about; see codec.SizeOf

	// Close is called when the value is not needed any more, if it is not nil.
	Close func()
}

func (v *Value) close() {
	if v.Close != nil {
		v.Close()
	}
}

// An entryWriter writes entries. Its errors are of the writer below.
type entryWriter struct {
	w     *bufio.Writer
	head  []byte
	count uint32 // of entries
	each  bool   // no batches

	batch      []batched // tiny values that wait for company
	batchBytes int64
	enc        *codec.Encoder
	ids        []byte

	explain Explainer // of values that cannot be encoded; may be nil

	values, bytes int64 // sent
}

type batched struct {
	id    wire.ID
	value Value
}

// buffers are kept between requests.
var buffers = sync.Pool{New: func() any { return bufio.NewWriterSize(nil, 64<<10) }}

// newEntryWriter returns a writer, which is to be dropped.
func newEntryWriter(w io.Writer) *entryWriter {
	b := buffers.Get().(*bufio.Writer)
	b.Reset(w)
	return &entryWriter{w: b}
}

// value writes a value and closes it. One that cannot be encoded becomes an error entry.
func (ew *entryWriter) value(id wire.ID, v Value) error {
	if v.Frame == nil && v.Bytes <= batchValueMax && !ew.each {
		ew.batch = append(ew.batch, batched{id, v})
		ew.batchBytes += v.Bytes
		if len(ew.batch) >= batchCount || ew.batchBytes >= batchBytes {
			return ew.flushBatch()
		}
		return nil
	}
	if err := ew.flushBatch(); err != nil {
		v.close()
		return err
	}
	return ew.single(id, v)
}

// single writes a value as a frame of its own.
func (ew *entryWriter) single(id wire.ID, v Value) error {
	defer v.close()
	if err := ew.header(entry{kind: kindValue, id: id, bytes: max(v.Bytes, 0)}); err != nil {
		return err
	}
	ew.values++
	ew.bytes += v.Bytes
	fw := codec.NewFrameWriter(ew.w)
	if v.Frame == nil {
		if err := codec.Encode(fw, v.Any); err != nil {
			return fw.Abort(ew.reason(id, err))
		}
	} else if _, err := io.CopyBuffer(struct{ io.Writer }{fw}, codec.NewFrameReader(v.Frame), make([]byte, 1<<20)); err != nil {
		// It is checked on the way, and one that was damaged here is as good as lost.
		return fw.Abort(string(rune(codeNotHere)) + err.Error())
	}
	return fw.Close()
}

// reason is what the receiver is told of a value that cannot be encoded: a code, the text and, behind a zero byte, the detail.
func (ew *entryWriter) reason(id wire.ID, err error) string {
	text, detail := err.Error(), []byte(nil)
	if ew.explain != nil {
		text, detail = ew.explain.Explain(id, err)
	}
	if text = strings.ReplaceAll(text, "\x00", " "); len(text)+len(detail) > ExplainBytesMax {
		text, detail = text[:min(len(text), ExplainBytesMax)], nil
	}
	text = string(rune(codeValue)) + text
	if len(detail) > 0 {
		text += "\x00" + string(detail)
	}
	return text
}

// fail writes an error.
func (ew *entryWriter) fail(id wire.ID, c code, text string) error {
	if err := ew.flushBatch(); err != nil {
		return err
	}
	text = text[:min(len(text), errorTextMax)]
	if err := ew.header(entry{kind: kindError, code: c, id: id, bytes: int64(len(text))}); err != nil {
		return err
	}
	_, err := ew.w.WriteString(text)
	return err
}

// flushBatch writes the values that wait.
func (ew *entryWriter) flushBatch() error {
	if len(ew.batch) == 0 {
		return nil
	}
	items := ew.batch
	defer func() {
		for i := range items {
			items[i].value.close()
		}
		clear(items)
		ew.batch, ew.batchBytes = items[:0], 0
	}()
	if ew.enc == nil {
		ew.enc = codec.NewEncoder(nil)
	}
	ew.enc.Reset()
	ew.ids = ew.ids[:0]
	for i := range items {
		if err := ew.enc.Encode(items[i].value.Any); err != nil { // the stream is spoilt: each for itself
			for j := range items {
				it := items[j]
				it.value.Close = nil
				if err := ew.single(it.id, it.value); err != nil {
					return err
				}
			}
			return nil
		}
		ew.ids = appendID(ew.ids, items[i].id)
	}
	body := ew.enc.Bytes()
	var h xxh3.Hasher
	_, _ = h.Write(ew.ids)
	_, _ = h.Write(body)
	e := entry{kind: kindBatch, count: uint32(len(items)), sum: h.Sum64(), bytes: int64(len(ew.ids) + len(body))}
	if e.bytes > batchBytesMax {
		return fmt.Errorf("http: %d tiny values have %d bytes", len(items), e.bytes)
	}
	if err := ew.header(e); err != nil {
		return err
	}
	ew.values += int64(len(items))
	ew.bytes += ew.batchBytes
	_, err1 := ew.w.Write(ew.ids)
	_, err2 := ew.w.Write(body)
	return errors.Join(err1, err2)
}

func (ew *entryWriter) header(e entry) error {
	ew.count++
	ew.head = e.append(ew.head[:0])
	_, err := ew.w.Write(ew.head)
	return err
}

// end writes the last entry.
func (ew *entryWriter) end() error {
	if err := ew.flushBatch(); err != nil {
		return err
	}
	if err := ew.header(entry{kind: kindEnd, count: ew.count}); err != nil {
		return err
	}
	return ew.w.Flush()
}

// drop ends the use of the writer, and closes what was not written.
func (ew *entryWriter) drop() {
	ew.w.Reset(nil)
	buffers.Put(ew.w)
	ew.w = nil
	for i := range ew.batch {
		ew.batch[i].value.close()
	}
	ew.batch = nil
}
