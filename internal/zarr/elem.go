package zarr

import (
	"encoding/json"
	"math"
	"math/bits"
	"strings"
	"unsafe"

	"sheaf/dtype"
	"sheaf/ndarray"
)

// elem is the type of elements as they are stored.
type elem struct {
	t    dtype.Type
	big  bool  // bytes are most significant first
	unit int64 // nanoseconds of one unit of a time, 1 for all others
}

// timeUnits are the nanoseconds of NumPy's units of times.
var timeUnits = map[string]int64{
	"ns": 1, "us": 1e3, "μs": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9, "h": 3600e9, "D": 86400e9, "W": 7 * 86400e9,
}

// elemOfCode reads the code of version 2: "<f8", "|b1", ">M8[s]".
func elemOfCode(code string) (elem, error) {
	e := elem{unit: 1, big: strings.HasPrefix(code, ">")}
	if len(code) < 3 || len(code) > 16 || !strings.ContainsRune("<>|=", rune(code[0])) {
		return e, bad("the dtype is %.60q", code)
	}
	name, unit, timed := strings.Cut(code[1:], "[")
	if timed && (name == "M8" || name == "m8") {
		ns, ok := timeUnits[strings.TrimSuffix(unit, "]")]
		if !ok {
			return e, unsupported("times in units of %.20q", strings.TrimSuffix(unit, "]"))
		}
		e.unit, name = ns, name+"[ns]"
	} else if timed {
		return e, bad("the dtype is %.60q", code)
	}
	for _, t := range dtype.All() {
		if t.IsArray() && t.Code() != "" && t.Code()[1:] == name {
			e.t = t
			return e, nil
		}
	}
	return e, unsupported("elements of type %.60q; bool, integers, float32, float64, complex and times are known", code)
}

// elemOfName reads the data_type of version 3: a name, or an object with a name and a configuration.
func elemOfName(raw json.RawMessage) (elem, error) {
	e := elem{unit: 1}
	n, err := parseNamed(raw)
	if err != nil {
		return e, bad("data_type is %.60q", raw)
	}
	switch n.Name {
	case "numpy.datetime64", "numpy.timedelta64":
		var c struct {
			Unit  string `json:"unit"`
			Scale int64  `json:"scale_factor"`
		}
		if err := json.Unmarshal(n.Configuration, &c); err != nil {
			return e, bad("%s: configuration %.60q", n.Name, n.Configuration)
		}
		ns, ok := timeUnits[c.Unit]
		if c.Scale = max(c.Scale, 1); !ok || c.Scale > math.MaxInt64/ns {
			return e, unsupported("times in units of %d %.20s", c.Scale, c.Unit)
		}
		e.t, e.unit = dtype.Datetime, ns*c.Scale
		if n.Name == "numpy.timedelta64" {
			e.t = dtype.Timedelta
		}
		return e, nil
	}
	for _, t := range dtype.All() {
		if t.IsArray() && !t.IsTemporal() && t.String() == n.Name {
			e.t = t
			return e, nil
		}
	}
	return e, unsupported("elements of type %.60q; bool, integers, float32, float64, complex and times are known", n.Name)
}

// name is the inverse of elemOfName for elements that are written.
func (e elem) name() any {
	kind := ""
	switch e.t {
	case dtype.Datetime:
		kind = "numpy.datetime64"
	case dtype.Timedelta:
		kind = "numpy.timedelta64"
	default:
		return e.t.String()
	}
	return named{kind, json.RawMessage(`{"unit": "ns", "scale_factor": 1}`)}
}

// settle turns elements as they are stored into elements of this machine, in place.
func (e elem) settle(b []byte) error {
	if e.t == dtype.Bool {
		for i, v := range b {
			if v > 1 {
				b[i] = 1
			}
		}
	}
	if e.big {
		swap(b, e.t)
	}
	if e.unit == 1 {
		return nil
	}
	ticks := unsafe.Slice((*int64)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/8)
	for i, v := range ticks {
		if v == dtype.NaT {
			continue
		}
		if v > math.MaxInt64/e.unit || v < -math.MaxInt64/e.unit {
			return bad("element %d of a chunk is a time outside of the years 1678 to 2262", i)
		}
		ticks[i] = v * e.unit
	}
	return nil
}

// swap reverses the bytes of each number; the memory is aligned for the elements.
func swap(b []byte, t dtype.Type) {
	size := t.Size()
	if t.IsComplex() {
		size /= 2
	}
	p := unsafe.Pointer(unsafe.SliceData(b))
	switch size {
	case 2:
		for i, v := range unsafe.Slice((*uint16)(p), len(b)/2) {
			unsafe.Slice((*uint16)(p), len(b)/2)[i] = bits.ReverseBytes16(v)
		}
	case 4:
		for i, v := range unsafe.Slice((*uint32)(p), len(b)/4) {
			unsafe.Slice((*uint32)(p), len(b)/4)[i] = bits.ReverseBytes32(v)
		}
	case 8:
		for i, v := range unsafe.Slice((*uint64)(p), len(b)/8) {
			unsafe.Slice((*uint64)(p), len(b)/8)[i] = bits.ReverseBytes64(v)
		}
	}
}

// bytesOf returns the memory of a contiguous array.
func bytesOf(a *ndarray.Array) []byte {
	return unsafe.Slice((*byte)(a.KernelView().Data), a.Nbytes())
}
