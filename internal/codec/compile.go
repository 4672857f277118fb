package codec

import (
	"reflect"
	"sync"
	"sync/atomic"
	"unsafe"
)

// A typeCodec is what was compiled for one type. Memory is passed by address, so nothing is boxed.
type typeCodec struct {
	t    reflect.Type
	size uintptr
	// enc appends the value at p; dec fills the zeroed memory at p. While a recursive type is being compiled they are
	// nil, so callers keep the typeCodec and not the functions.
	enc func(e *Encoder, p unsafe.Pointer) error
	dec func(d *Decoder, p unsafe.Pointer) error
	// plain memory holds no pointer and no padding, and travels as it is, but for bytes that must be 0 or 1.
	plain bool
	bools []uintptr
	// wire is the least number of bytes a value takes in the data, at least 1 unless the type has no size.
	wire uintptr
	// boxed is the type word of an interface that points to a value of this type; nil when such an interface holds the
	// value itself.
	boxed unsafe.Pointer
}

func (tc *typeCodec) String() string {
	if tc == nil {
		return "nil"
	}
	return tc.t.String()
}

type codecCache struct{ m sync.Map } // reflect.Type → *typeCodec, complete ones only

var (
	cache     atomic.Pointer[codecCache]
	compileMu sync.Mutex // one compilation at a time
)

func init() { cache.Store(&codecCache{}) }

func codecOf(t reflect.Type) *typeCodec {
	if tc, ok := cache.Load().m.Load(t); ok {
		return tc.(*typeCodec)
	}
	compileMu.Lock()
	defer compileMu.Unlock()
	c := &compiler{into: cache.Load(), pending: map[reflect.Type]*typeCodec{}}
	tc := c.codec(t)
	for t, tc := range c.pending {
		c.into.m.Store(t, tc)
	}
	table.add(t)
	return tc
}

// A compiler compiles one type and all types it reaches.
type compiler struct {
	into    *codecCache
	pending map[reflect.Type]*typeCodec
}

func (c *compiler) codec(t reflect.Type) *typeCodec {
	if tc, ok := c.into.m.Load(t); ok {
		return tc.(*typeCodec)
	}
	if tc, ok := c.pending[t]; ok {
		return tc
	}
	tc := &typeCodec{t: t, size: t.Size(), wire: 1}
	c.pending[t] = tc
	if !c.special(tc) {
		c.byKind(tc)
	}
	tc.boxed = boxedType(t)
	return tc
}

// special handles types that do not travel by structure.
func (c *compiler) special(tc *typeCodec) bool {
	return compileRegistered(tc) || compileStd(tc) || compileMethods(tc)
}

func (c *compiler) byKind(tc *typeCodec) {
	switch tc.t.Kind() {
	case reflect.Bool:
		compilePlain(tc, []uintptr{0})
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr,
		reflect.Float32, reflect.Float64, reflect.Complex64, reflect.Complex128:
		compilePlain(tc, nil)
	case reflect.String:
		tc.enc, tc.dec = encString, decString
	case reflect.Slice:
		c.slice(tc)
	case reflect.Array:
		c.array(tc)
	case reflect.Struct:
		c.structure(tc)
	case reflect.Map:
		c.mapping(tc)
	case reflect.Pointer:
		c.pointer(tc)
	case reflect.Interface:
		compileInterface(tc)
	case reflect.Func:
		compileFunc(tc)
	default: // chan, unsafe.Pointer
		compileUnsupported(tc)
	}
}

// compilePlain makes the codec of memory that travels as it is.
func compilePlain(tc *typeCodec, bools []uintptr) {
	size := int(tc.size)
	tc.plain, tc.bools, tc.wire = true, bools, tc.size
	switch {
	case size == 8 && bools == nil:
		tc.enc = func(e *Encoder, p unsafe.Pointer) error {
			e.buf = append(e.buf, (*[8]byte)(p)[:]...)
			return nil
		}
		tc.dec = func(d *Decoder, p unsafe.Pointer) error {
			b, err := d.next(8)
			if err != nil {
				return err
			}
			*(*[8]byte)(p) = [8]byte(b)
			return nil
		}
	default:
		tc.enc = func(e *Encoder, p unsafe.Pointer) error { return e.raw(unsafe.Slice((*byte)(p), size)) }
		tc.dec = func(d *Decoder, p unsafe.Pointer) error {
			if err := d.read(unsafe.Slice((*byte)(p), size)); err != nil {
				return err
			}
			return checkBools(p, 1, 0, bools)
		}
	}
}

// checkBools refuses bytes that are neither true nor false in n elements, size apart.
func checkBools(p unsafe.Pointer, n int, size uintptr, bools []uintptr) error {
	for _, off := range bools {
		for i := range n {
			if b := *(*byte)(unsafe.Add(p, uintptr(i)*size+off)); b > 1 {
				return corruptf("bool %d", b)
			}
		}
	}
	return nil
}

func encString(e *Encoder, p unsafe.Pointer) error {
	s := *(*string)(p)
	e.buf = appendUvarint(e.buf, uint64(len(s)))
	if len(s) < flushSize/4 {
		e.buf = append(e.buf, s...)
		return nil
	}
	return e.raw(unsafe.Slice(unsafe.StringData(s), len(s)))
}

func decString(d *Decoder, p unsafe.Pointer) error {
	n, err := d.uvarint()
	if err != nil {
		return err
	}
	s, err := d.string(n)
	if err != nil {
		return err
	}
	*(*string)(p) = s
	return nil
}

// compileUnsupported makes the codec of types whose nil value is all that can travel.
func compileUnsupported(tc *typeCodec) {
	t := tc.t
	tc.enc = func(e *Encoder, p unsafe.Pointer) error {
		if *(*unsafe.Pointer)(p) != nil {
			return unsupported(t)
		}
		e.buf = append(e.buf, 0)
		return nil
	}
	tc.dec = func(d *Decoder, p unsafe.Pointer) error {
		b, err := d.byte()
		if err == nil && b != 0 {
			err = corruptf("%s that is not nil", t)
		}
		return err
	}
}

// refuse makes the codec of types that cannot travel at all.
func refuse(tc *typeCodec, why string) {
	err := unsupported(tc.t)
	if why != "" {
		err = &wrapped{why, err}
	}
	tc.enc = func(*Encoder, unsafe.Pointer) error { return err }
	tc.dec = func(*Decoder, unsafe.Pointer) error { return err }
}

type wrapped struct {
	why string
	err error
}

func (w *wrapped) Error() string { return w.err.Error() + ": " + w.why }
func (w *wrapped) Unwrap() error { return w.err }
