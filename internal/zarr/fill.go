package zarr

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"sheaf/dtype"
)

// parseFill reads a fill value as the bytes of one element. null means zero.
func parseFill(t dtype.Type, b json.RawMessage) ([]byte, error) {
	out := make([]byte, t.Size())
	text := strings.TrimSpace(string(b))
	if text == "" || text == "null" {
		return out, nil
	}
	refuse := bad("fill value %.60s does not fit %v", text, t)
	switch {
	case t.IsComplex():
		var parts []json.RawMessage
		if json.Unmarshal(b, &parts) != nil || len(parts) != 2 {
			if x, ok := parseFloat(text, t.Real()); ok { // a real number
				putFloat(out[:t.Size()/2], x)
				return out, nil
			}
			return nil, refuse
		}
		for i, p := range parts {
			x, ok := parseFloat(strings.TrimSpace(string(p)), t.Real())
			if !ok {
				return nil, refuse
			}
			putFloat(out[i*t.Size()/2:(i+1)*t.Size()/2], x)
		}
	case t.IsFloat():
		x, ok := parseFloat(text, t)
		if !ok {
			return nil, refuse
		}
		putFloat(out, x)
	case t == dtype.Bool:
		switch text {
		case "true", "1":
			out[0] = 1
		case "false", "0":
		default:
			return nil, refuse
		}
	default:
		if !putInt(out, t, text) {
			return nil, refuse
		}
	}
	return out, nil
}

// parseFloat reads a JSON number, or one of the strings that the format has for others.
func parseFloat(text string, t dtype.Type) (float64, bool) {
	switch text {
	case `"NaN"`:
		return math.NaN(), true
	case `"Infinity"`:
		return math.Inf(1), true
	case `"-Infinity"`:
		return math.Inf(-1), true
	}
	if s, ok := strings.CutPrefix(text, `"0x`); ok { // the bits
		v, err := strconv.ParseUint(strings.TrimSuffix(s, `"`), 16, 8*t.Size())
		if err != nil {
			return 0, false
		}
		if t.Size() == 4 {
			return float64(math.Float32frombits(uint32(v))), true
		}
		return math.Float64frombits(v), true
	}
	x, err := strconv.ParseFloat(text, 64)
	return x, err == nil
}

func putFloat(out []byte, x float64) {
	if len(out) == 4 {
		binary.LittleEndian.PutUint32(out, math.Float32bits(float32(x)))
		return
	}
	binary.LittleEndian.PutUint64(out, math.Float64bits(x))
}

func putInt(out []byte, t dtype.Type, text string) bool {
	if t.IsTemporal() && text == `"NaT"` {
		binary.LittleEndian.PutUint64(out, 1<<63)
		return true
	}
	text = strings.TrimSuffix(text, ".0")
	var v uint64
	if t.IsUnsigned() {
		u, err := strconv.ParseUint(text, 10, 8*t.Size())
		if err != nil {
			return false
		}
		v = u
	} else {
		i, err := strconv.ParseInt(text, 10, 8*t.Size())
		if err != nil {
			return false
		}
		v = uint64(i)
	}
	var all [8]byte
	binary.LittleEndian.PutUint64(all[:], v)
	copy(out, all[:])
	return true
}

// formatFill is the inverse of parseFill.
func formatFill(t dtype.Type, b []byte) json.RawMessage {
	float := func(b []byte) string {
		x := 0.0
		if len(b) == 4 {
			x = float64(math.Float32frombits(binary.LittleEndian.Uint32(b)))
		} else {
			x = math.Float64frombits(binary.LittleEndian.Uint64(b))
		}
		switch {
		case math.IsNaN(x):
			return `"NaN"`
		case math.IsInf(x, 1):
			return `"Infinity"`
		case math.IsInf(x, -1):
			return `"-Infinity"`
		}
		s := strconv.FormatFloat(x, 'g', -1, 8*len(b))
		if !strings.ContainsAny(s, ".e") {
			s += ".0"
		}
		return s
	}
	switch {
	case t.IsComplex():
		h := len(b) / 2
		return json.RawMessage("[" + float(b[:h]) + ", " + float(b[h:]) + "]")
	case t.IsFloat():
		return json.RawMessage(float(b))
	case t == dtype.Bool:
		return json.RawMessage(strconv.FormatBool(b[0] != 0))
	}
	var all [8]byte
	copy(all[:], b)
	v := binary.LittleEndian.Uint64(all[:])
	if t.IsUnsigned() {
		return json.RawMessage(strconv.FormatUint(v, 10))
	}
	shift := 64 - 8*uint(len(b))
	return json.RawMessage(strconv.FormatInt(int64(v<<shift)>>shift, 10))
}
