package codec

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"sync"
	"unsafe"
)

type registration struct {
	enc func(e *Encoder, p unsafe.Pointer) error
	dec func(d *Decoder, p unsafe.Pointer) error
}

var registered sync.Map // reflect.Type → registration

// Register gives T a format of its own, such as the raw buffers of an n-d array or Arrow's IPC stream for a table.
//
// enc writes v; dec reads it back from a reader that ends where enc stopped, and must read all of it. When T is a pointer, enc
// sees only pointers that are not nil, and pointers that were equal are equal again. Call it from an init function. It panics
// when T is an interface, which is a mistake in the program.
func Register[T any](enc func(w io.Writer, v T) error, dec func(r io.Reader) (T, error)) {
	t := reflect.TypeFor[T]()
	if t.Kind() == reflect.Interface {
		panic(fmt.Sprintf("codec: Register of the interface %s; register the types that implement it", t))
	}
	reg := registration{
		enc: func(e *Encoder, p unsafe.Pointer) error {
			w := chunkWriter{e: e}
			if err := enc(&w, *(*T)(p)); err != nil {
				return err
			}
			return w.close()
		},
		dec: func(d *Decoder, p unsafe.Pointer) error {
			r := chunkReader{d: d}
			v, err := dec(&r)
			if r.err != nil && !errors.Is(r.err, io.EOF) {
				return r.err // what dec says of a broken stream is less to the point
			}
			if err != nil {
				return fmt.Errorf("decode %s: %w", t, err)
			}
			if err := r.end(); err != nil {
				return err
			}
			*(*T)(p) = v
			return nil
		},
	}
	compileMu.Lock()
	defer compileMu.Unlock()
	registered.Store(t, reg)
	table.add(t)
	cache.Store(&codecCache{}) // types compiled before may contain T
}

func compileRegistered(tc *typeCodec) bool {
	v, ok := registered.Load(tc.t)
	if !ok {
		return false
	}
	reg := v.(registration)
	if tc.t.Kind() != reflect.Pointer {
		tc.enc, tc.dec = reg.enc, reg.dec
		return true
	}
	// A pointer's target is made by dec, so it is written where the pointer is met and not later.
	tc.enc = func(e *Encoder, p unsafe.Pointer) error {
		q := *(*unsafe.Pointer)(p)
		if q == nil {
			e.buf = append(e.buf, 0)
			return nil
		}
		if e.met(q, tc) {
			return nil
		}
		return reg.enc(e, p)
	}
	tc.dec = func(d *Decoder, p unsafe.Pointer) error {
		q, known, err := d.ref(tc)
		if err != nil {
			return err
		}
		if !known {
			i := len(d.refs)
			d.refs = append(d.refs, pendingDec{codec: tc})
			if err := reg.dec(d, p); err != nil {
				return err
			}
			d.refs[i].p = *(*unsafe.Pointer)(p)
			return nil
		}
		*(*unsafe.Pointer)(p) = q
		return nil
	}
	return true
}

// A chunkWriter cuts what a registered encoder writes into runs with their lengths in front; a length of 0 ends it.
type chunkWriter struct {
	e    *Encoder
	hold []byte // small writes wait for company
}

const chunkHold = 4 << 10

func (w *chunkWriter) Write(p []byte) (int, error) {
	if len(w.hold)+len(p) <= chunkHold {
		if w.hold == nil {
			w.hold = make([]byte, 0, chunkHold)
		}
		w.hold = append(w.hold, p...)
		return len(p), nil
	}
	if err := w.release(); err != nil {
		return 0, err
	}
	if len(p) <= chunkHold/2 {
		w.hold = append(w.hold, p...)
		return len(p), nil
	}
	w.e.buf = appendUvarint(w.e.buf, uint64(len(p)))
	if err := w.e.raw(p); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (w *chunkWriter) release() error {
	if len(w.hold) == 0 {
		return nil
	}
	w.e.buf = appendUvarint(w.e.buf, uint64(len(w.hold)))
	err := w.e.raw(w.hold)
	w.hold = w.hold[:0]
	return err
}

func (w *chunkWriter) close() error {
	if err := w.release(); err != nil {
		return err
	}
	w.e.buf = append(w.e.buf, 0)
	return nil
}

// A chunkReader is the other end of a chunkWriter.
type chunkReader struct {
	d    *Decoder
	left uint64 // of the current run
	err  error
}

func (r *chunkReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if err := r.more(); err != nil {
		return 0, err
	}
	n := min(uint64(len(p)), r.left)
	if err := r.d.read(p[:n]); err != nil {
		r.err = err
		return 0, err
	}
	r.left -= n
	return int(n), nil
}

// Affords reports whether n bytes may be allocated before they have arrived; see [Decoder.Expect].
func (r *chunkReader) Affords(n int64) bool {
	if n > r.d.credit {
		return false
	}
	r.d.credit -= n
	return true
}

// more makes left positive, or returns io.EOF at the end.
func (r *chunkReader) more() error {
	if r.err != nil || r.left > 0 {
		return r.err
	}
	if r.left, r.err = r.d.uvarint(); r.err == nil && r.left == 0 {
		r.err = io.EOF
	}
	return r.err
}

// end checks that everything was read.
func (r *chunkReader) end() error {
	err := r.more()
	switch {
	case errors.Is(err, io.EOF):
		return nil
	case err == nil:
		return corruptf("%d or more bytes were left by the type's decoder", r.left)
	}
	return err
}
