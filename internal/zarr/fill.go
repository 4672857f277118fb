package zarr

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"sheaf/dtype"
	"sheaf/ndarray"
)

// parseFill reads a fill value: null (version 2 only), a number, a bool, "NaN", "Infinity", "-Infinity", "NaT", the bits of a
// float as "0x…", or a pair of these for complex numbers. The result is a 0-d array.
func parseFill(raw json.RawMessage, e elem) (*ndarray.Array, error) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || string(raw) == "null" {
		return ndarray.Zeros(e.t)
	}
	v, err := fillValue(raw, e)
	if err != nil {
		return nil, err
	}
	a, err := ndarray.Scalar(e.t, v)
	if err != nil {
		return nil, bad("fill_value %.60q is no %v", raw, e.t)
	}
	return a, nil
}

func fillValue(raw json.RawMessage, e elem) (any, error) {
	wrong := bad("fill_value %.60q is no %v", raw, e.t)
	switch t := e.t; {
	case t == dtype.Bool:
		switch string(raw) {
		case "true", "1":
			return true, nil
		case "false", "0":
			return false, nil
		}
		return nil, wrong
	case t.IsComplex():
		var pair []json.RawMessage
		if json.Unmarshal(raw, &pair) != nil {
			pair = []json.RawMessage{raw, json.RawMessage("0")}
		}
		if len(pair) != 2 {
			return nil, wrong
		}
		re, ok1 := fillFloat(pair[0], t.Real())
		im, ok2 := fillFloat(pair[1], t.Real())
		if !ok1 || !ok2 {
			return nil, wrong
		}
		return complex(re, im), nil
	case t.IsFloat():
		f, ok := fillFloat(raw, t)
		if !ok {
			return nil, wrong
		}
		if t == dtype.Float32 {
			return float32(f), nil
		}
		return f, nil
	}
	return fillInt(raw, e, wrong)
}

// fillInt reads the fill value of integers and times.
func fillInt(raw json.RawMessage, e elem, wrong error) (any, error) {
	text := string(raw)
	if e.t.IsTemporal() && text == `"NaT"` {
		return dtype.NaT, nil
	}
	if e.t == dtype.Uint64 {
		if u, err := strconv.ParseUint(text, 10, 64); err == nil {
			return u, nil
		}
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil { // such as 0.0
		f, err := strconv.ParseFloat(text, 64)
		if err != nil || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
			return nil, wrong
		}
		n = int64(f)
	}
	if !e.t.IsTemporal() && !dtype.FitsInt(e.t, int(n)) {
		return nil, wrong
	}
	if e.t.IsTemporal() {
		if n != dtype.NaT && (n > math.MaxInt64/e.unit || n < -math.MaxInt64/e.unit) {
			return nil, wrong
		}
		if n != dtype.NaT {
			n *= e.unit
		}
	}
	return n, nil
}

// fillFloat reads a float; the bits of "0x…" are those of t.
func fillFloat(raw json.RawMessage, t dtype.Type) (float64, bool) {
	var text string
	if json.Unmarshal(raw, &text) != nil {
		f, err := strconv.ParseFloat(string(raw), 64)
		return f, err == nil
	}
	switch text {
	case "NaN":
		return math.Float64frombits(0x7ff8 << 48), true // the bits are part of the format
	case "Infinity":
		return math.Inf(1), true
	case "-Infinity":
		return math.Inf(-1), true
	}
	hex, ok := strings.CutPrefix(text, "0x")
	if !ok || len(hex) != 2*t.Size() {
		return 0, false
	}
	u, err := strconv.ParseUint(hex, 16, 64)
	if err != nil {
		return 0, false
	}
	if t == dtype.Float32 {
		return float64(math.Float32frombits(uint32(u))), true
	}
	return math.Float64frombits(u), true
}

// zeroFill is the fill value of arrays that are written.
func zeroFill(t dtype.Type) json.RawMessage {
	switch {
	case t == dtype.Bool:
		return json.RawMessage("false")
	case t.IsComplex():
		return json.RawMessage("[0.0, 0.0]")
	case t.IsFloat():
		return json.RawMessage("0.0")
	}
	return json.RawMessage("0")
}
