package codec

import (
	"encoding/binary"
	"fmt"
	"reflect"
	"strconv"
	"sync"
	"time"
	"unsafe"
)

var (
	timeType     = reflect.TypeFor[time.Time]()
	locationType = reflect.TypeFor[*time.Location]()
	typeType     = reflect.TypeOf(reflect.TypeFor[int]()) // *reflect.rtype
)

// compileStd handles types of the standard library whose structure is not their meaning.
func compileStd(tc *typeCodec) bool {
	switch tc.t {
	case timeType:
		tc.enc, tc.dec, tc.wire = encTime, decTime, 13
		return true
	case locationType:
		tc.enc, tc.dec = encLocation, decLocation
		return true
	case typeType:
		tc.enc, tc.dec = encType, decType
		return true
	case reflect.TypeFor[sync.Mutex](), reflect.TypeFor[sync.RWMutex](), reflect.TypeFor[sync.Once](), reflect.TypeFor[sync.WaitGroup]():
		tc.enc = func(e *Encoder, _ unsafe.Pointer) error { e.buf = append(e.buf, 0); return nil }
		tc.dec = func(d *Decoder, _ unsafe.Pointer) error { _, err := d.byte(); return err }
		return true
	case reflect.TypeFor[sync.Map](), reflect.TypeFor[sync.Pool](), reflect.TypeFor[sync.Cond]():
		refuse(tc, "it belongs to the goroutines of one process")
		return true
	case reflect.TypeFor[reflect.Value]():
		refuse(tc, "encode the value's Interface()")
		return true
	}
	switch tc.t.PkgPath() {
	case "unique", "weak":
		refuse(tc, "it is a handle to memory of one process")
		return true
	case "internal/abi", "runtime":
		if holdsPointers(tc.t) { // a copy of a type's descriptor, for one, ends the process when it is used
			refuse(tc, "it belongs to the runtime of one process")
			return true
		}
	}
	return false
}

const (
	zoneUTC = iota
	zoneLocal
	zoneNamed
)

// encTime writes seconds and nanoseconds since 1970 in 12 bytes, and the zone.
func encTime(e *Encoder, p unsafe.Pointer) error {
	t := *(*time.Time)(p)
	e.buf = binary.LittleEndian.AppendUint64(e.buf, uint64(t.Unix()))
	e.buf = binary.LittleEndian.AppendUint32(e.buf, uint32(t.Nanosecond()))
	switch loc := t.Location(); loc {
	case time.UTC:
		e.buf = append(e.buf, zoneUTC)
	case time.Local:
		e.buf = append(e.buf, zoneLocal)
	default:
		abbrev, offset := t.Zone()
		e.zone(loc.String(), abbrev, offset)
	}
	return nil
}

func (e *Encoder) zone(name, abbrev string, offset int) {
	e.buf = append(e.buf, zoneNamed)
	for _, s := range []string{name, abbrev} {
		e.buf = appendUvarint(e.buf, uint64(len(s)))
		e.buf = append(e.buf, s...)
	}
	e.buf = binary.LittleEndian.AppendUint32(e.buf, uint32(int32(offset)))
}

func decTime(d *Decoder, p unsafe.Pointer) error {
	b, err := d.next(12)
	if err != nil {
		return err
	}
	sec, nsec := int64(binary.LittleEndian.Uint64(b)), binary.LittleEndian.Uint32(b[8:])
	if nsec >= 1e9 {
		return corruptf("%d nanoseconds", nsec)
	}
	t := time.Unix(sec, int64(nsec))
	loc, err := d.zone(t)
	if err != nil {
		return err
	}
	*(*time.Time)(p) = t.In(loc)
	return nil
}

// zone reads a location. A zone that the system does not know, or knows with another offset at t, becomes a fixed one.
func (d *Decoder) zone(t time.Time) (*time.Location, error) {
	kind, err := d.byte()
	if err != nil {
		return nil, err
	}
	switch kind {
	case zoneUTC:
		return time.UTC, nil
	case zoneLocal:
		return time.Local, nil
	case zoneNamed:
	default:
		return nil, corruptf("zone kind %d", kind)
	}
	var names [2]string
	for i := range names {
		n, err := d.uvarint()
		if err != nil {
			return nil, err
		}
		if n > 1024 {
			return nil, corruptf("zone name of %d bytes", n)
		}
		b, err := d.bytes(n)
		if err != nil {
			return nil, err
		}
		names[i] = string(b)
	}
	b, err := d.next(4)
	if err != nil {
		return nil, err
	}
	offset := int(int32(binary.LittleEndian.Uint32(b)))
	return findZone(names[0], names[1], offset, t), nil
}

var zones sync.Map // string → *time.Location, or nil for a name that the system does not know

func findZone(name, abbrev string, offset int, t time.Time) *time.Location {
	v, ok := zones.Load(name)
	if !ok {
		loc, err := time.LoadLocation(name)
		if err != nil || name == "" {
			loc = nil
		}
		v, _ = zones.LoadOrStore(name, loc)
	}
	if loc := v.(*time.Location); loc != nil {
		if here, at := t.In(loc).Zone(); at == offset && here == abbrev {
			return loc
		}
	}
	return time.FixedZone(name, offset)
}

func encLocation(e *Encoder, p unsafe.Pointer) error {
	switch loc := *(**time.Location)(p); loc {
	case nil:
		e.buf = append(e.buf, 0)
	case time.UTC:
		e.buf = append(e.buf, 1, zoneUTC)
	case time.Local:
		e.buf = append(e.buf, 1, zoneLocal)
	default:
		abbrev, offset := time.Unix(0, 0).In(loc).Zone()
		e.buf = append(e.buf, 1)
		e.zone(loc.String(), abbrev, offset)
	}
	return nil
}

func decLocation(d *Decoder, p unsafe.Pointer) error {
	b, err := d.byte()
	if err != nil || b == 0 {
		return err
	}
	loc, err := d.zone(time.Unix(0, 0))
	if err != nil {
		return err
	}
	*(**time.Location)(p) = loc
	return nil
}

// encType and decType carry a reflect.Type.
func encType(e *Encoder, p unsafe.Pointer) error {
	t, ok := reflect.NewAt(typeType, p).Elem().Interface().(reflect.Type)
	if !ok || reflect.ValueOf(t).IsNil() {
		e.buf = append(e.buf, 0)
		return nil
	}
	table.add(t)
	return e.typeRef(t)
}

func decType(d *Decoder, p unsafe.Pointer) error {
	tc, err := d.typeRef()
	if err != nil || tc == nil {
		return err
	}
	reflect.NewAt(typeType, p).Elem().Set(reflect.ValueOf(tc.t))
	return nil
}

func formatScalar(v reflect.Value) string {
	if v.CanInt() {
		return strconv.FormatInt(v.Int(), 10)
	}
	return fmt.Sprint(v.Interface())
}

// holdsPointers reports whether a type of the runtime is more than numbers and text.
func holdsPointers(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Struct:
		for i := range t.NumField() {
			if holdsPointers(t.Field(i).Type) {
				return true
			}
		}
		return false
	case reflect.Array:
		return holdsPointers(t.Elem())
	case reflect.String:
		return false
	}
	return t.Kind() > reflect.Complex128
}
