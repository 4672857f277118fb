package ndarray

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strconv"
	"strings"

	"sheaf/dtype"
)

// npyMagic starts every .npy file; two bytes of version and the length of the header follow.
const npyMagic = "\x93NUMPY"

// npyHeaderMax is the longest header that is read; real ones have about a hundred bytes.
const npyHeaderMax = 1 << 16

// NpyHeader is what a .npy file says of its array.
type NpyHeader struct {
	DType     dtype.Type
	Shape     []int
	Fortran   bool  // elements are in column-major order
	BigEndian bool  // of the file; arrays in memory never are
	Offset    int64 // of the first element in the file

	unit int64 // nanoseconds of one unit of a time, 1 for all others
}

// ReadNpyHeader reads the header of a .npy file and leaves r at its first element. Headers that are too long, types
// that no array can hold (records, strings, objects, float16) and impossible shapes are an error.
func ReadNpyHeader(r io.Reader) (*NpyHeader, error) {
	var pre [8]byte
	if _, err := io.ReadFull(r, pre[:]); err != nil {
		return nil, fail(ErrFormat, "npy: the file ends before its header")
	}
	if string(pre[:6]) != npyMagic {
		return nil, fail(ErrFormat, "npy: not a .npy file, it starts with %q", pre[:6])
	}
	lenBytes := 2
	switch pre[6] {
	case 1:
	case 2, 3:
		lenBytes = 4
	default:
		return nil, fail(ErrFormat, "npy: version %d.%d is not known; 1 to 3 are", pre[6], pre[7])
	}
	var size [4]byte
	if _, err := io.ReadFull(r, size[:lenBytes]); err != nil {
		return nil, fail(ErrFormat, "npy: the file ends before its header")
	}
	n := binary.LittleEndian.Uint32(size[:])
	if n > npyHeaderMax {
		return nil, fail(ErrFormat, "npy: a header of %d bytes is longer than the limit of %d", n, npyHeaderMax)
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(r, text); err != nil {
		return nil, fail(ErrFormat, "npy: the file ends inside its header")
	}
	h, err := parseNpyHeader(string(text))
	if err != nil {
		return nil, err
	}
	h.Offset = int64(8 + lenBytes + len(text))
	return h, nil
}

// parseNpyHeader reads the Python dictionary of a header.
func parseNpyHeader(text string) (*NpyHeader, error) {
	fields, err := npyFields(text)
	if err != nil {
		return nil, err
	}
	h := &NpyHeader{}
	for key, value := range fields {
		switch key {
		case "descr":
			err = h.parseDescr(value)
		case "fortran_order":
			h.Fortran = value == "True"
			if value != "True" && value != "False" {
				err = fail(ErrFormat, "npy: fortran_order is %q", value)
			}
		case "shape":
			h.Shape, err = parseNpyShape(value)
		default:
			err = fail(ErrFormat, "npy: unknown key %q in the header", key)
		}
		if err != nil {
			return nil, err
		}
	}
	if len(fields) != 3 {
		return nil, fail(ErrFormat, "npy: the header has %d of the keys descr, fortran_order and shape", len(fields))
	}
	if _, err := checkShape("npy", h.DType, h.Shape); err != nil {
		return nil, err
	}
	return h, nil
}

// npyFields cuts the dictionary {'key': value, …} in its keys and the texts of its values.
func npyFields(text string) (map[string]string, error) {
	bad := fail(ErrFormat, "npy: the header is not a dictionary: %.80q", text)
	s := strings.TrimSpace(text)
	if len(s) < 2 || s[0] != '{' || s[len(s)-1] != '}' {
		return nil, bad
	}
	s = strings.TrimSpace(s[1 : len(s)-1])
	fields := map[string]string{}
	for s != "" {
		quote := s[:1]
		if quote != "'" && quote != `"` {
			return nil, bad
		}
		key, rest, ok := strings.Cut(s[1:], quote)
		rest = strings.TrimSpace(rest)
		if !ok || rest == "" || rest[0] != ':' {
			return nil, bad
		}
		rest = strings.TrimSpace(rest[1:])
		end := valueEnd(rest)
		if _, twice := fields[key]; twice || end == 0 {
			return nil, bad
		}
		fields[key] = strings.TrimSpace(rest[:end])
		s = strings.TrimSpace(strings.TrimPrefix(rest[end:], ","))
	}
	return fields, nil
}

// valueEnd returns where a value ends: at the first comma outside of brackets and quotes.
func valueEnd(s string) int {
	depth, quote := 0, byte(0)
	for i := range len(s) {
		switch c := s[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case c == '(' || c == '[':
			depth++
		case c == ')' || c == ']':
			depth--
		case c == ',' && depth == 0:
			return i
		}
	}
	return len(s)
}

// npyUnits are the nanoseconds of the units of times.
var npyUnits = map[string]int64{
	"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9, "h": 3600e9, "D": 86400e9, "W": 7 * 86400e9,
}

// parseDescr reads the type of the elements.
func (h *NpyHeader) parseDescr(value string) error {
	if strings.HasPrefix(value, "[") || strings.HasPrefix(value, "(") {
		return fail(ErrDType, "npy: structured elements %.60s are not supported; save the fields as arrays of their own", value)
	}
	code := strings.Trim(value, `'"`)
	if len(code)+2 != len(value) {
		return fail(ErrFormat, "npy: descr is %.60q", value)
	}
	h.unit = 1
	if strings.HasPrefix(code, ">") {
		h.BigEndian, code = true, "<"+code[1:]
	}
	if base, unit, ok := strings.Cut(strings.TrimLeft(code, "<|="), "["); ok && (base == "M8" || base == "m8") {
		ns, known := npyUnits[strings.TrimSuffix(unit, "]")]
		if !known {
			return fail(ErrDType, "npy: times in units of %q cannot be nanoseconds", strings.TrimSuffix(unit, "]"))
		}
		h.unit, code = ns, base+"[ns]"
	}
	t, err := dtype.Parse(code)
	if err != nil || !t.IsArray() || t.Code() == "" || len(code) > 8 {
		return fail(ErrDType, "npy: elements of type %.60s are not supported; bool, integers, float32, float64, complex "+
			"and times are", value)
	}
	h.DType = t
	return nil
}

// parseNpyShape reads a tuple of lengths.
func parseNpyShape(value string) ([]int, error) {
	if len(value) < 2 || value[0] != '(' || value[len(value)-1] != ')' {
		return nil, fail(ErrFormat, "npy: shape is %.80q", value)
	}
	inner := strings.TrimSpace(value[1 : len(value)-1])
	shape := []int{}
	if inner == "" {
		return shape, nil
	}
	for part := range strings.SplitSeq(strings.TrimSuffix(inner, ","), ",") {
		n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(part), "L"))
		if err != nil || n < 0 {
			return nil, fail(ErrFormat, "npy: shape is %.80q", value)
		}
		shape = append(shape, n)
	}
	if len(shape) > 64 {
		return nil, fail(ErrFormat, "npy: %d dimensions; 64 is the limit", len(shape))
	}
	return shape, nil
}

// writeNpyHeader writes the header that numpy.save writes: version 1 (2 when it does not fit), aligned to 64 bytes.
func writeNpyHeader(w io.Writer, t dtype.Type, shape []int) error {
	dict := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': %s, }", t.Code(), ShapeString(shape))
	// Room for the first axis to grow to the longest number, as NumPy leaves it.
	if len(shape) > 0 {
		dict += strings.Repeat(" ", max(0, 21-len(strconv.Itoa(shape[0]))))
	}
	version, lenBytes := byte(1), 2
	if len(dict)+1+64 > 0xffff {
		version, lenBytes = 2, 4
	}
	pad := 64 - (8+lenBytes+len(dict)+1)%64
	dict += strings.Repeat(" ", pad) + "\n"
	var b bytes.Buffer
	b.WriteString(npyMagic)
	b.Write([]byte{version, 0})
	var size [4]byte
	binary.LittleEndian.PutUint32(size[:], uint32(len(dict)))
	b.Write(size[:lenBytes])
	b.WriteString(dict)
	_, err := w.Write(b.Bytes())
	return err
}
