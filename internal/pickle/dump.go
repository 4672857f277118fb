package pickle

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
)

// Dump writes a value that Load could have returned, in protocol 3. Dictionaries are written in the order of their keys.
func Dump(v any) ([]byte, error) {
	b, err := dump([]byte{opProto, 3}, v)
	return append(b, opStop), err
}

func dump(b []byte, v any) ([]byte, error) {
	var err error
	switch v := v.(type) {
	case nil:
		return append(b, opNone), nil
	case bool:
		if v {
			return append(b, opNewTrue), nil
		}
		return append(b, opNewFalse), nil
	case int:
		return dump(b, int64(v))
	case int64:
		if int64(int32(v)) == v {
			return binary.LittleEndian.AppendUint32(append(b, opBinInt), uint32(v)), nil
		}
		return binary.LittleEndian.AppendUint64(append(b, opLong1, 8), uint64(v)), nil
	case string:
		b = binary.LittleEndian.AppendUint32(append(b, opBinUnicode), uint32(len(v)))
		return append(b, v...), nil
	case Bytes:
		b = binary.LittleEndian.AppendUint32(append(b, opBinBytes), uint32(len(v)))
		return append(b, v...), nil
	case Tuple:
		b = append(b, opMark)
		for _, x := range v {
			if b, err = dump(b, x); err != nil {
				return b, err
			}
		}
		return append(b, opTuple), nil
	case Dict:
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		b = append(b, opEmptyDict, opMark)
		for _, k := range keys {
			if b, err = dump(b, k); err != nil {
				return b, err
			}
			if b, err = dump(b, v[k]); err != nil {
				return b, err
			}
		}
		return append(b, opSetItems), nil
	case DType:
		return dumpDType(b, string(v))
	}
	return b, fmt.Errorf("pickle: a %T cannot be written", v)
}

// dumpDType writes the call numpy.dtype(code, False, True) and the state with byte order and unit.
func dumpDType(b []byte, code string) ([]byte, error) {
	if len(code) < 2 {
		return b, fmt.Errorf("pickle: %q is no dtype", code)
	}
	order, rest := code[:1], code[1:]
	name, unit, timed := strings.Cut(strings.TrimSuffix(rest, "]"), "[")
	b = append(b, opGlobal)
	b = append(b, "numpy\ndtype\n"...)
	b, err := dump(b, Tuple{name, false, true})
	if err != nil {
		return b, err
	}
	b = append(b, opReduce)
	state := Tuple{3, order, nil, nil, nil, -1, -1, 0}
	if timed {
		state[0] = 4
		state = append(state, Tuple{nil, Tuple{Bytes(unit), 1, 1, 1}})
	}
	b, err = dump(b, state)
	return append(b, opBuild), err
}
