package http

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/zeebo/xxh3"

	"sheaf/internal/codec"
	"sheaf/internal/wire"
)

// An entryReader reads the entries of a body.
type entryReader struct {
	r      io.Reader
	addr   string // of the peer, for errors
	budget *budget
	limit  int64 // bytes of one value
	sink   receive
	buf    [entryLen]byte
	count  uint32
	batch  []byte
	again  []wire.ID // that have to be asked for by themselves

	values, bytes int64 // received
}

// receive is given a value of about so many bytes, or why there is none. For the answer to a put there is neither when all is well.
type receive func(id wire.ID, v any, bytes int64, err error)

// all reads to the end. Its error is that of the transfer, an [ErrBroken] or the context's; those of single values go to the sink.
func (er *entryReader) all(ctx context.Context) error {
	var e entry
	for {
		if err := readEntry(er.r, &er.buf, &e); err != nil {
			return err
		}
		var err error
		switch e.kind {
		case kindValue:
			err = er.value(ctx, &e)
		case kindBatch:
			err = er.tiny(ctx, &e)
		case kindError:
			err = er.failed(&e)
		case kindEnd:
			if e.count != er.count {
				return fmt.Errorf("%w: %d entries arrived of %d", ErrBroken, er.count, e.count)
			}
			// The connection can be kept only when its body was read to the end.
			if n, err := er.r.Read(er.buf[:1]); n != 0 {
				return fmt.Errorf("%w: something follows the last entry", ErrBroken)
			} else if !errors.Is(err, io.EOF) {
				return fmt.Errorf("%w: after the last entry: %w", ErrBroken, unexpected(err))
			}
			return nil
		}
		if err != nil {
			return err
		}
		er.count++
	}
}

// failed reads the error of a value.
func (er *entryReader) failed(e *entry) error {
	text := make([]byte, e.bytes)
	if _, err := io.ReadFull(er.r, text); err != nil {
		return fmt.Errorf("%w: in an error: %w", ErrBroken, unexpected(err))
	}
	if e.code == codeOK {
		er.sink(e.id, nil, 0, nil)
		return nil
	}
	er.fail(e.id, e.code, string(text))
	return nil
}

func (er *entryReader) fail(id wire.ID, c code, text string) {
	er.sink(id, nil, 0, &ValueError{ID: id, Addr: er.addr, Text: text, Err: c.err()})
}

// value reads a value that has a frame of its own.
func (er *entryReader) value(ctx context.Context, e *entry) error {
	fr := codec.NewFrameReader(er.r)
	var v any
	var err error
	large := e.bytes > er.limit // it is read past: what follows it may be taken
	if !large {
		release, full := er.budget.acquire(ctx, e.bytes)
		if full != nil {
			return full
		}
		defer release()
		d := codec.NewDecoder(fr)
		d.Expect(e.bytes)
		v, err = d.Decode()
	}
	_, rest := io.Copy(io.Discard, fr) // verifies the end
	if abort, ok := errors.AsType[*codec.AbortError](rest); ok {
		c := codeValue
		if len(abort.Reason) > 0 {
			c = code(abort.Reason[0])
		}
		text, detail, _ := strings.Cut(abort.Reason[min(1, len(abort.Reason)):], "\x00")
		er.sink(e.id, nil, 0, &ValueError{ID: e.id, Addr: er.addr, Text: text, Detail: []byte(detail), Err: c.err()})
		return nil
	}
	if rest != nil {
		return fmt.Errorf("%w: value %v: %w", ErrBroken, e.id, rest)
	}
	switch {
	case large:
		er.fail(e.id, codeTooLarge, fmt.Sprintf("it has %d bytes, the receiver takes at most %d", e.bytes, er.limit))
		return nil
	case err != nil:
		er.fail(e.id, codeValue, "decode: "+err.Error())
		return nil
	}
	er.values++
	er.bytes += e.bytes
	er.sink(e.id, v, e.bytes, nil)
	return nil
}

// tiny reads a batch of values.
func (er *entryReader) tiny(ctx context.Context, e *entry) error {
	release, err := er.budget.acquire(ctx, e.bytes)
	if err != nil {
		return err
	}
	defer release()
	if int64(cap(er.batch)) < e.bytes {
		er.batch = make([]byte, e.bytes+e.bytes/4)
	}
	body := er.batch[:e.bytes]
	if _, err := io.ReadFull(er.r, body); err != nil {
		return fmt.Errorf("%w: in a batch: %w", ErrBroken, unexpected(err))
	}
	if xxh3.Hash(body) != e.sum {
		return fmt.Errorf("%w: checksum of a batch does not match", ErrBroken)
	}
	if e.count == 0 {
		return nil
	}
	ids := body[:int(e.count)*idLen]
	each := (e.bytes - int64(len(ids))) / int64(e.count)
	d := codec.NewDecoderBytes(body[len(ids):])
	for ; len(ids) > 0; ids = ids[idLen:] {
		v, err := d.Decode()
		if err != nil { // of no use for what is behind it
			for ; len(ids) > 0; ids = ids[idLen:] {
				er.again = append(er.again, getID(ids))
			}
			return nil
		}
		er.values++
		er.sink(getID(ids), v, each, nil)
	}
	er.bytes += e.bytes
	return nil
}
